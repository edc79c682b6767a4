// Traces like this one: those of the sample whose last exchange means nearly the same.

import type { JSX } from 'preact'
import type { AnswerOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { Link } from '../../parts/basics.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { NearTable } from '../search/near-table.tsx'

type Similar = AnswerOf<'GET /api/v1/traces/{id}/similar'>

const LIMIT = 30

export function TraceSimilar({ traceId }: { readonly traceId: string }): JSX.Element {
  const answer = useApi<Similar>(
    `/api/v1/traces/${encodeURIComponent(traceId)}/similar`,
    { limit: LIMIT },
    { keepsPrevious: false },
  )
  return (
    <Answered of={answer}>
      {({ is_sampled: isSampled, data }) =>
        isSampled ? (
          data.length === 0 ? (
            <Empty title="No trace like this one">No other trace of the sample is near.</Empty>
          ) : (
            <NearTable rows={data} label="Traces like this one" />
          )
        ) : (
          <Empty title="This trace is not in the sample">
            <p>
              Only traces that were embedded can be compared. <code>semantic.sampling</code> says
              which are, <code>semantic.embeddings</code> turns it on.
            </p>
            <Link to="/search">Search by meaning</Link>
          </Empty>
        )
      }
    </Answered>
  )
}
