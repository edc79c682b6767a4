// One topic with its most typical traces.

import type { JSX } from 'preact'
import type { AnswerOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { Answered, Empty } from '../../parts/states.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { useTitle } from '../../state/title.ts'
import { NearTable } from '../search/near-table.tsx'

type Topic = AnswerOf<'GET /api/v1/topics/{id}'>

const LIMIT = 50

export function TopicView({ id }: { readonly id: string }): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const answer = useApi<Topic>(
    `/api/v1/topics/${encodeURIComponent(id)}`,
    () => ({ ...range.bounds(), limit: LIMIT }),
    { key: [range.key, query.get('project'), id], keepsPrevious: false },
  )
  useTitle(answer.data === undefined ? null : (answer.data.name ?? `Topic ${id}`))
  return (
    <>
      <p>
        <button type="button" class="button" onClick={() => setParams({ topic: null })}>
          All topics
        </button>
      </p>
      <Answered of={answer}>
        {(topic) => (
          <>
            <h2>{topic.name ?? `Topic ${topic.topic_id}`}</h2>
            {topic.words.length === 0 ? null : (
              <p class="muted">Frequent here and rare elsewhere: {topic.words.join(', ')}.</p>
            )}
            {topic.data.length === 0 ? (
              <Empty title="No traces">Nothing of “{range.label}” is of this topic.</Empty>
            ) : (
              <NearTable rows={topic.data} label="Traces of the topic, the most typical first" />
            )}
          </>
        )}
      </Answered>
    </>
  )
}
