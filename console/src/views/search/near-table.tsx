// Exchanges that are near a text or a trace, the nearest first.

import type { JSX } from 'preact'
import type { RowOf } from '../../api/operations.ts'
import { Link, ShareBar, Time } from '../../parts/basics.tsx'
import { NONE, oneLine } from '../../parts/format.ts'

type Near = RowOf<'GET /api/v1/traces/{id}/similar'>

/** Returns the question; where none was stored or may be read, the trace is named by its id. */
const textOf = (row: Near): string =>
  row.snippet === null || row.snippet.trim() === '' ? row.trace_id : row.snippet

export function NearTable({
  rows,
  label,
}: {
  readonly rows: readonly Near[]
  readonly label: string
}): JSX.Element {
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label={label}>
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">Question</th>
            <th scope="col" class="number">
              Nearness
            </th>
            <th scope="col">Model</th>
            <th scope="col">Route</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.event_id}>
              <td class="main-cell wide">
                <Link to={`/traces/${row.trace_id}`} row class="row-link">
                  {oneLine(textOf(row), 160)}
                </Link>
              </td>
              <td class="number share-cell">
                <ShareBar part={Math.max(0, row.similarity)} total={1} />{' '}
                {row.similarity.toFixed(2)}
              </td>
              <td>{oneLine(row.model === '' ? NONE : row.model, 40)}</td>
              <td>{oneLine(row.route === '' ? NONE : row.route, 40)}</td>
              <td>
                <Time at={row.start_time} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
