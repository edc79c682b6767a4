// Lists the entries of the tenant's audit log, unless sorted otherwise newest first.

import type { JSX } from 'preact'
import type { RowOf } from '../../api/operations.ts'
import { Badge, Time } from '../../parts/basics.tsx'
import { NONE, oneLine } from '../../parts/format.ts'
import { ListEnd } from '../../parts/list-end.tsx'
import {
  type Column,
  ColumnChoice,
  ListTable,
  useColumns,
  useSorting,
} from '../../parts/list-table.tsx'
import { Answered, Empty } from '../../parts/states.tsx'
import { usePages } from '../traces/use-pages.ts'

type AuditRow = RowOf<'GET /api/v1/audit'>

const PAGE = 100

const COLUMNS: readonly Column<AuditRow>[] = [
  { key: 'when', label: 'When', isMain: true, sort: 'at', cell: (row) => <Time at={row.at} /> },
  {
    key: 'who',
    label: 'Who',
    cell: (row) => (
      <>
        {row.actor_kind} <span class="muted">{oneLine(row.actor ?? '', 40)}</span>
      </>
    ),
  },
  { key: 'action', label: 'Action', cell: (row) => <code>{row.action}</code> },
  {
    key: 'what',
    label: 'What',
    isWide: true,
    cell: (row) => (
      <>
        {row.resource_kind} <span class="muted">{oneLine(row.resource ?? NONE, 50)}</span>
      </>
    ),
  },
  {
    key: 'outcome',
    label: 'Outcome',
    cell: (row) => <Badge tone={row.outcome === 'done' ? 'good' : 'bad'}>{row.outcome}</Badge>,
  },
  { key: 'from', label: 'From', isWide: true, cell: (row) => row.ip ?? NONE },
  {
    key: 'client',
    label: 'Client',
    isWide: true,
    isExtra: true,
    cell: (row) => oneLine(row.user_agent ?? NONE, 60),
  },
  {
    key: 'request',
    label: 'Request',
    isWide: true,
    isExtra: true,
    cell: (row) => <code>{row.request_id ?? NONE}</code>,
  },
]

export function AuditLog(): JSX.Element {
  const sorting = useSorting('-at')
  const columns = useColumns('audit', COLUMNS)
  const pages = usePages<AuditRow>('/api/v1/audit', [sorting.sort], () => ({
    sort: sorting.sort,
    limit: PAGE,
  }))
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>Audit</h2>
        <div class="push">
          <ColumnChoice list="audit" columns={COLUMNS} />
        </div>
      </div>
      <Answered of={pages.answer}>
        {() =>
          pages.rows.length === 0 ? (
            <Empty title="No changes yet" />
          ) : (
            <>
              <ListTable
                label="Audit log"
                columns={columns}
                rows={pages.rows}
                idOf={(row) => row.audit_id}
                {...sorting}
              />
              <ListEnd pages={pages} noun="entries" />
            </>
          )
        }
      </Answered>
    </section>
  )
}
