// Lists the entries of the tenant's audit log, newest first.

import type { JSX } from 'preact'
import { Badge, Time } from '../../parts/basics.tsx'
import { NONE, oneLine } from '../../parts/format.ts'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { usePages } from '../traces/use-pages.ts'

interface AuditRow {
  readonly audit_id: string
  readonly at: string
  readonly actor_kind: string
  readonly actor: string | null
  readonly action: string
  readonly resource_kind: string
  readonly resource: string | null
  readonly outcome: 'done' | 'refused'
  readonly ip: string | null
}

const PAGE = 100

export function AuditLog(): JSX.Element {
  const pages = usePages<AuditRow>('/api/v1/audit', [], () => ({ limit: PAGE }))
  return (
    <section class="panel">
      <h2>Audit</h2>
      <Answered of={pages.answer}>
        {() =>
          pages.rows.length === 0 ? (
            <Empty title="No changes yet" />
          ) : (
            <>
              <div class="scroll-x" tabIndex={0} role="region" aria-label="Audit log">
                <table class="table">
                  <thead>
                    <tr>
                      <th scope="col">When</th>
                      <th scope="col">Who</th>
                      <th scope="col">Action</th>
                      <th scope="col">What</th>
                      <th scope="col">Outcome</th>
                      <th scope="col">From</th>
                    </tr>
                  </thead>
                  <tbody>
                    {pages.rows.map((row) => (
                      <tr key={row.audit_id}>
                        <td>
                          <Time at={row.at} />
                        </td>
                        <td>
                          {row.actor_kind} <span class="muted">{oneLine(row.actor ?? '', 40)}</span>
                        </td>
                        <td>
                          <code>{row.action}</code>
                        </td>
                        <td>
                          {row.resource_kind}{' '}
                          <span class="muted">{oneLine(row.resource ?? NONE, 50)}</span>
                        </td>
                        <td>
                          <Badge tone={row.outcome === 'done' ? 'good' : 'bad'}>
                            {row.outcome}
                          </Badge>
                        </td>
                        <td>{row.ip ?? NONE}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
              <ListEnd pages={pages} noun="entries" />
            </>
          )
        }
      </Answered>
    </section>
  )
}
