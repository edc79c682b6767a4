// What became of notifications, newest first. One that failed can be sent again.

import type { JSX } from 'preact'
import type { RowOf } from '../../api/operations.ts'
import { Badge, Link, Time } from '../../parts/basics.tsx'
import { exact, many, NONE, oneLine } from '../../parts/format.ts'
import { Outcome } from '../../parts/forms.tsx'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered } from '../../parts/states.tsx'
import { usePages } from '../traces/use-pages.ts'
import { useChange } from './use-change.ts'

type Delivery = RowOf<'GET /api/v1/deliveries'>
type Target = RowOf<'GET /api/v1/targets'>

const PATH = '/api/v1/deliveries'
const EVERY_MS = 5000

const TONES = { pending: 'info', delivered: 'good', failed: 'bad', cancelled: 'neutral' } as const

export function Deliveries({ targets }: { readonly targets: readonly Target[] }): JSX.Element {
  const pages = usePages<Delivery>(PATH, [], () => ({ limit: 50 }), { everyMs: EVERY_MS })
  const change = useChange()
  const names = new Map(targets.map((target) => [target.target_id, target.name]))
  return (
    <section class="panel">
      <h2>Deliveries</h2>
      <Outcome of={change} />
      <Answered of={pages.answer}>
        {() =>
          pages.rows.length === 0 ? (
            <p class="muted">Nobody was told anything yet.</p>
          ) : (
            <>
              <div class="scroll-x" tabIndex={0} role="region" aria-label="Deliveries">
                <table class="table">
                  <thead>
                    <tr>
                      <th scope="col">When</th>
                      <th scope="col">Target</th>
                      <th scope="col">Why</th>
                      <th scope="col">State</th>
                      <th scope="col" class="number">
                        Attempts
                      </th>
                      <th scope="col">What it answered</th>
                      <th scope="col">What to do</th>
                    </tr>
                  </thead>
                  <tbody>
                    {pages.rows.map((row) => (
                      <tr key={row.delivery_id}>
                        <td>
                          <Time at={row.created_at} />
                        </td>
                        <th scope="row">
                          {oneLine(names.get(row.target_id) ?? row.target_id, 40)}
                        </th>
                        <td>
                          <Why row={row} />
                        </td>
                        <td>
                          <Badge tone={TONES[row.status]}>{row.status}</Badge>
                        </td>
                        <td class="number">{exact(row.attempts)}</td>
                        <td class="wide">{answerOf(row)}</td>
                        <td>
                          {row.status === 'failed' || row.status === 'cancelled' ? (
                            <button
                              type="button"
                              class="button small"
                              disabled={change.isBusy}
                              onClick={() =>
                                void change.run(
                                  `${PATH}/${encodeURIComponent(row.delivery_id)}/retry`,
                                  { method: 'POST', body: {} },
                                )
                              }
                            >
                              Send again
                            </button>
                          ) : null}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <ListEnd pages={pages} noun="deliveries" />
            </>
          )
        }
      </Answered>
    </section>
  )
}

function Why({ row }: { readonly row: Delivery }): JSX.Element {
  const [first] = row.issues
  if (first === undefined) return <>{row.reason}</>
  return (
    <Link to={`/issues/${encodeURIComponent(first.issue_id)}`}>
      {row.reason}: {many(row.issues.length, 'issue')}
    </Link>
  )
}

function answerOf(row: Delivery): string {
  const parts = [
    row.response_status === null ? '' : String(row.response_status),
    row.error_code ?? '',
    oneLine(row.error ?? '', 120),
  ].filter((part) => part !== '')
  return parts.length === 0 ? NONE : parts.join(' · ')
}
