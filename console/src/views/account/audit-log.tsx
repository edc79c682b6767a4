// Lists the entries of the tenant's audit log, newest first.

import type { JSX } from 'preact'
import type { RowOf } from '../../api/operations.ts'
import { Badge, Time } from '../../parts/basics.tsx'
import { NONE, oneLine } from '../../parts/format.ts'
import { ListEnd } from '../../parts/list-end.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { Table } from '../../parts/table.tsx'
import { usePages } from '../traces/use-pages.ts'

type AuditRow = RowOf<'GET /api/v1/audit'>

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
              <Table
                label="Audit log"
                columns={['When', 'Who', 'Action', 'What', 'Outcome', 'From']}
              >
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
                      <Badge tone={row.outcome === 'done' ? 'good' : 'bad'}>{row.outcome}</Badge>
                    </td>
                    <td>{row.ip ?? NONE}</td>
                  </tr>
                ))}
              </Table>
              <ListEnd pages={pages} noun="entries" />
            </>
          )
        }
      </Answered>
    </section>
  )
}
