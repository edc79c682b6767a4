// Drift: whether the chosen time range differs from the one before it, in which topics, and which exchanges are typical of
// each.

import type { JSX } from 'preact'
import type { AnswerOf, RowOf } from '../../api/operations.ts'
import { useApi } from '../../api/use-query.ts'
import { Badge, Link, Time } from '../../parts/basics.tsx'
import { count, oneLine } from '../../parts/format.ts'
import { Answered, Empty } from '../../parts/states.tsx'
import { useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { nameOf, percent } from './topics-list.tsx'

type Drift = AnswerOf<'GET /api/v1/drift'>
type Typical = Omit<RowOf<'GET /api/v1/traces/{id}/similar'>, 'similarity'>

export function DriftList(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const answer = useApi<Drift>('/api/v1/drift', () => range.bounds(), {
    key: [range.key, query.get('project')],
  })
  return <Answered of={answer}>{(drift) => <Found drift={drift} label={range.label} />}</Answered>
}

function Found({ drift, label }: { readonly drift: Drift; readonly label: string }): JSX.Element {
  if (drift.is_drift === null)
    return (
      <Empty title="Too few traces to compare">
        “{label}” has {count(drift.drawn)} embedded traces, and the time before it{' '}
        {count(drift.base_drawn)}.
      </Empty>
    )
  return (
    <>
      <p>
        <Badge tone={drift.is_drift ? 'bad' : 'good'}>
          {drift.is_drift ? 'Drift' : 'No drift'}
        </Badge>{' '}
        {count(drift.drawn)} traces of “{label}” compared with {count(drift.base_drawn)} from{' '}
        <Time at={drift.base_from} /> to <Time at={drift.base_to} />: chance alone gives such a
        difference with a probability of {drift.p_value?.toFixed(3)}.
      </p>
      <ShiftsTable drift={drift} />
      <TypicalList title="Typical of this time" rows={drift.typical} />
      <TypicalList title="Typical of the time before" rows={drift.base_typical} />
    </>
  )
}

function ShiftsTable({ drift }: { readonly drift: Drift }): JSX.Element {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label="Shares of topics">
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col" class="number">
              Before
            </th>
            <th scope="col" class="number">
              Now
            </th>
            <th scope="col">By chance</th>
          </tr>
        </thead>
        <tbody>
          {drift.topics.map((topic) => (
            <tr key={topic.topic_id}>
              <td class="main-cell wide">{oneLine(nameOf(topic), 80)}</td>
              <td class="number">{percent(topic.base_share)}</td>
              <td class="number">{percent(topic.share)}</td>
              <td>{topic.is_significant ? 'no' : 'may be'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function TypicalList({
  title,
  rows,
}: {
  readonly title: string
  readonly rows: readonly Typical[]
}): JSX.Element {
  return (
    <section>
      <h2>{title}</h2>
      <ul>
        {rows.map((row) => (
          <li key={row.event_id}>
            <Link to={`/traces/${row.trace_id}`}>
              {oneLine(
                row.snippet === null || row.snippet === '' ? row.trace_id : row.snippet,
                160,
              )}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
