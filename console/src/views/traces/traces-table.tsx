// The table of traces, used by the list of traces and by the views of users, sessions and conversations.

import type { JSX } from 'preact'
import type { TraceRow } from '../../api/types.ts'
import { KindMark, Link, Time } from '../../parts/basics.tsx'
import { oneLine } from '../../parts/format.ts'
import { COLUMNS, type Column, DEFAULT_COLUMNS } from './columns.tsx'

export function TracesTable({
  rows,
  columns = DEFAULT_COLUMNS,
  label,
  sort,
  onSort,
}: {
  readonly rows: readonly TraceRow[]
  readonly columns?: readonly string[]
  readonly label: string
  /** The sort order, `column` or `-column`; undefined if the list cannot be sorted. */
  readonly sort?: string
  readonly onSort?: (sort: string) => void
}): JSX.Element {
  const shown = COLUMNS.filter((c) => columns.includes(c.key))
  const durationMax = Math.max(0, ...rows.map((t) => t.duration_ms))
  return (
    <div class="scroll-x" role="region" aria-label={label} tabIndex={0}>
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">Trace</th>
            {shown.map((c) => (
              <th scope="col" class={classOf(c)} aria-sort={ariaSort(c.sort, sort)} key={c.key}>
                {c.sort === undefined || onSort === undefined ? (
                  c.label
                ) : (
                  <SortButton by={c.sort} label={c.label} sort={sort} onSort={onSort} />
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((trace) => (
            <tr key={trace.trace_id}>
              <td class="main-cell">
                <KindMark kind={trace.kind} isPlain />
                <Link
                  to={`/traces/${trace.trace_id}`}
                  class="row-link"
                  row
                  title={trace.name ?? trace.trace_id}
                >
                  {trace.name === null ? 'root span has not come' : oneLine(trace.name, 90)}
                </Link>
                <span class="narrow-only muted">
                  <Time at={trace.start_time} />
                </span>
              </td>
              {shown.map((c) => (
                <td class={classOf(c)} key={c.key}>
                  {c.cell(trace, durationMax)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

const classOf = (column: Column): string =>
  `${column.isNumber === true ? 'number' : ''}${column.isWide === true ? ' wide-cell' : ''}`

/** Returns the value of `aria-sort` for a column; undefined if the list is not sorted by it. */
function ariaSort(
  by: string | undefined,
  sort: string | undefined,
): 'ascending' | 'descending' | undefined {
  if (by === undefined || sort === undefined) return undefined
  return sort === `-${by}` ? 'descending' : sort === by ? 'ascending' : undefined
}

/** Returns the next sort order when a column is clicked: first descending, then ascending. */
function SortButton({
  by,
  label,
  sort,
  onSort,
}: {
  readonly by: string
  readonly label: string
  readonly sort: string | undefined
  readonly onSort: (sort: string) => void
}): JSX.Element {
  const mark = sort === `-${by}` ? '▾' : sort === by ? '▴' : ''
  return (
    <button
      type="button"
      class="sort"
      title={`Sort by ${label.toLowerCase()}`}
      onClick={() => onSort(sort === `-${by}` ? by : `-${by}`)}
    >
      {label}
      <span aria-hidden="true"> {mark}</span>
    </button>
  )
}
