// Groups of near duplicates, the largest first: calls that a cache or a fixed answer would save.

import type { JSX } from 'preact'
import type { RowOf } from '../../api/operations.ts'
import type { Page } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Link, Time } from '../../parts/basics.tsx'
import { count, money, NONE, oneLine } from '../../parts/format.ts'
import { Answered, Empty } from '../../parts/states.tsx'
import { useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'

type Group = RowOf<'GET /api/v1/duplicates'>

const LIMIT = 100

export function DuplicatesList(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const answer = useApi<Page<Group>>(
    '/api/v1/duplicates',
    () => ({ ...range.bounds(), limit: LIMIT }),
    { key: [range.key, query.get('project')] },
  )
  return (
    <Answered of={answer}>
      {({ data }) =>
        data.length === 0 ? (
          <Empty title="No duplicates">
            No two embedded exchanges of “{range.label}” say nearly the same.
          </Empty>
        ) : (
          <div class="scroll-x" tabIndex={0} role="region" aria-label="Near duplicates">
            <table class="table rows">
              <thead>
                <tr>
                  <th scope="col">Question</th>
                  <th scope="col" class="number">
                    Traces
                  </th>
                  <th scope="col" class="number">
                    Cost
                  </th>
                  <th scope="col" class="number">
                    Nearness, least
                  </th>
                  <th scope="col">Last</th>
                </tr>
              </thead>
              <tbody>
                {data.map((group) => (
                  <GroupRow key={group.group_id} group={group} />
                ))}
              </tbody>
            </table>
          </div>
        )
      }
    </Answered>
  )
}

function GroupRow({ group }: { readonly group: Group }): JSX.Element {
  const trace = group.trace_ids[0] ?? ''
  const text = group.snippet === null || group.snippet === '' ? trace : group.snippet
  return (
    <tr>
      <td class="main-cell wide">
        <Link to={`/traces/${trace}`} row class="row-link">
          {oneLine(text, 160)}
        </Link>
      </td>
      <td class="number">{count(Math.round(group.traces))}</td>
      <td class="number">{group.cost_usd === 0 ? NONE : money(group.cost_usd)}</td>
      <td class="number">{group.least_similarity.toFixed(3)}</td>
      <td>
        <Time at={group.last_seen} />
      </td>
    </tr>
  )
}
