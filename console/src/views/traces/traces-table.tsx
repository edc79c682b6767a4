// The table of traces, used by the list of traces and by the views of users, sessions and conversations.

import type { JSX } from 'preact'
import type { TraceRow } from '../../api/types.ts'
import { ListTable, type Sorting, useColumns } from '../../parts/list-table.tsx'
import { COLUMNS } from './columns.tsx'

export function TracesTable({
  rows,
  label,
  sorting = {},
}: {
  readonly rows: readonly TraceRow[]
  readonly label: string
  /** Absent if the list cannot be sorted. */
  readonly sorting?: Partial<Sorting>
}): JSX.Element {
  return (
    <ListTable
      label={label}
      columns={useColumns('traces', COLUMNS)}
      rows={rows}
      idOf={(trace) => trace.trace_id}
      {...sorting}
    />
  )
}
