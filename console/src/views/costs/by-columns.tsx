// The columns of the table of costs by model, route, user and so on.

import type { ComponentChildren } from 'preact'
import type { GroupedUsage } from '../../api/types.ts'
import { Link, ShareBar } from '../../parts/basics.tsx'
import { count, duration, exact, money, NONE, oneLine, percent } from '../../parts/format.ts'
import type { Column } from '../../parts/list-table.tsx'
import type { Dimension } from './dimensions.ts'

export interface ByRow extends GroupedUsage {
  readonly name: string | null
  /** Cost in the time before; null when nothing was spent there. */
  readonly before: number | null
  /** Of the cost of all. */
  readonly share: number
}

const tokens = (n: number): ComponentChildren =>
  n === 0 ? <span class="muted">{NONE}</span> : <span title={exact(n)}>{count(n)}</span>

/** Where a group of this dimension is looked at: its own view, or its traces. */
function Name({ row, by }: { readonly row: ByRow; readonly by: Dimension }): ComponentChildren {
  const { name } = row
  if (name === null) return <span class="muted">none</span>
  const text = oneLine(name, 48)
  const shared = { row: true, class: 'row-link', title: name }
  if (by === 'user' || by === 'conversation')
    return (
      <Link to={`/${by}s/${encodeURIComponent(name)}`} {...shared}>
        {text}
      </Link>
    )
  if (by === 'agent') return <span title={name}>{text}</span>
  return (
    <Link to="/traces" params={{ [by]: name }} {...shared}>
      {text}
    </Link>
  )
}

/** The name of a dimension is the heading of its names. */
const nameOf = (by: Dimension): Column<ByRow> => ({
  key: 'name',
  label: by,
  isMain: true,
  isName: true,
  sort: 'name',
  cell: (row) => <Name row={row} by={by} />,
})

const FIGURES: readonly Column<ByRow>[] = [
  {
    key: 'calls',
    label: 'Calls',
    isNumber: true,
    isWide: true,
    sort: 'calls',
    cell: (row) => count(row.calls),
  },
  {
    key: 'errors',
    label: 'Errors',
    isNumber: true,
    isWide: true,
    isExtra: true,
    sort: 'errors',
    cell: (row) => count(row.errors),
  },
  {
    key: 'unpriced',
    label: 'Without a price',
    isNumber: true,
    isWide: true,
    isExtra: true,
    sort: 'unpriced',
    cell: (row) => count(row.unpriced),
  },
  {
    key: 'input',
    label: 'Input',
    isNumber: true,
    isWide: true,
    sort: 'input_tokens',
    cell: (row) => count(row.input_tokens),
  },
  {
    key: 'cached',
    label: 'Cached',
    isNumber: true,
    isWide: true,
    sort: 'cache_read_tokens',
    cell: (row) => tokens(row.cache_read_tokens),
  },
  {
    key: 'output',
    label: 'Output',
    isNumber: true,
    isWide: true,
    sort: 'output_tokens',
    cell: (row) => count(row.output_tokens),
  },
  {
    key: 'reasoning',
    label: 'Reasoning',
    isNumber: true,
    isWide: true,
    sort: 'reasoning_tokens',
    cell: (row) => tokens(row.reasoning_tokens),
  },
  {
    key: 'tokens',
    label: 'All tokens',
    isNumber: true,
    isWide: true,
    isExtra: true,
    sort: 'total_tokens',
    cell: (row) => tokens(row.total_tokens),
  },
  {
    key: 'p95',
    label: 'p95',
    isNumber: true,
    isWide: true,
    sort: 'p95_ms',
    cell: (row) => duration(row.p95_ms),
  },
  {
    key: 'before',
    label: 'Before',
    isNumber: true,
    isWide: true,
    sort: 'before',
    cell: (row) => <span class="muted">{row.before === null ? 'new' : money(row.before)}</span>,
  },
  {
    key: 'cost',
    label: 'Cost',
    isNumber: true,
    sort: 'cost_usd',
    cell: (row) => (
      <span title={`${row.cost_usd} USD`}>
        {row.cost_usd === 0 && row.unpriced > 0 ? (
          <span class="muted">no price</span>
        ) : (
          money(row.cost_usd)
        )}
      </span>
    ),
  },
  {
    key: 'share',
    label: 'Share',
    isNumber: true,
    cell: (row) => (
      <span class="share-cell">
        <ShareBar part={row.share} total={1} />
        {percent(row.share, 1)}
      </span>
    ),
  },
]

export const columnsOf = (by: Dimension): readonly Column<ByRow>[] => [nameOf(by), ...FIGURES]
