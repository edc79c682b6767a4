// What was spent by model, route, user and so on: shares, the same in the time before, and everything that is not listed as one row, so
// that the sum is that of the view.

import type { JSX } from 'preact'
import { apiAddress } from '../../api/client.ts'
import type { GroupedUsage } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Tabs } from '../../parts/basics.tsx'
import { count, exact, money } from '../../parts/format.ts'
import { ColumnChoice, ListTable, useColumns, useSorting } from '../../parts/list-table.tsx'
import { Answered } from '../../parts/states.tsx'
import { setParams, useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { type ByRow, columnsOf } from './by-columns.tsx'
import { csvAddress } from './by-csv.ts'
import { DIMENSIONS, type Dimension } from './dimensions.ts'
import { previousOf } from './previous-range.ts'

type Usage = Omit<GroupedUsage, 'by'>

interface Breakdown {
  readonly data: readonly GroupedUsage[]
  /** All that is in none of the groups. */
  readonly others: Usage | null
}

/** The orders in which the API finds the largest groups; by anything else those that are here are sorted. */
const ORDERS = ['cost_usd', 'total_tokens', 'calls', 'p95_ms']
const LIMIT = 200

export function By(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const sorting = useSorting('-cost_usd')
  const by = DIMENSIONS.find((d) => d === query.get('by')) ?? 'model'
  const columns = columnsOf(by)
  const order = ORDERS.find((name) => sorting.sort === `-${name}`) ?? 'cost_usd'
  const key = [range.key, by, order, query.get('project')]
  const now = useApi<Breakdown>(
    '/api/v1/analytics/breakdown',
    () => ({ ...range.bounds(), by, order, limit: LIMIT }),
    { key },
  )
  const before = useApi<Breakdown>(
    '/api/v1/analytics/breakdown',
    () => ({ ...previousOf(range.bounds()), by, limit: 1000 }),
    { key: [...key, 'before'] },
  )
  return (
    <section class="panel">
      <div class="panel-head">
        <h2>By</h2>
        <Tabs
          label="Broken down by"
          tabs={DIMENSIONS.map((d) => [d, d])}
          selected={by}
          onSelect={(d) => setParams({ by: d === 'model' ? null : d }, { isReplaced: true })}
        />
        <div class="push">
          <ColumnChoice list="costs" columns={columns} />
        </div>
        <a
          class="button small"
          href={csvAddress((now.data?.data ?? []).filter(isUsed), by)}
          download={`costs-by-${by}.csv`}
        >
          CSV
        </a>
        <a
          class="button small"
          href={apiAddress('/api/v1/analytics/breakdown', { ...range.bounds(), by, limit: 1000 })}
        >
          JSON
        </a>
      </div>
      <Answered of={now}>
        {({ data, others }) => (
          <ByTable
            groups={data.filter(isUsed)}
            others={others}
            before={before.data?.data ?? []}
            by={by}
            {...sorting}
          />
        )}
      </Answered>
    </section>
  )
}

/** Spans that called no model have no part in what was spent. */
const isUsed = (row: Usage): boolean => row.calls > 0 || row.total_tokens > 0 || row.cost_usd > 0

interface ByTableProps {
  readonly groups: readonly GroupedUsage[]
  readonly others: Usage | null
  readonly before: readonly GroupedUsage[]
  readonly by: Dimension
  readonly sort: string
  readonly onSort: (sort: string) => void
}

function ByTable({ groups, others, before, by, sort, onSort }: ByTableProps): JSX.Element {
  const columns = useColumns('costs', columnsOf(by))
  const left = others !== null && isUsed(others) ? others : null
  const all = left === null ? groups : [...groups, left]
  const total = all.reduce((n, row) => n + row.cost_usd, 0)
  const earlier = new Map(before.map((row) => [row.by[by] ?? null, row.cost_usd]))
  const rows = sorted(
    groups.map((usage) => {
      const name = usage.by[by] ?? null
      return {
        ...usage,
        name,
        before: earlier.get(name) ?? null,
        share: total === 0 ? 0 : usage.cost_usd / total,
      }
    }),
    sort,
  )
  if (rows.length === 0) return <p class="muted">No call in this time.</p>
  return (
    <ListTable
      label={`Costs by ${by}`}
      columns={columns}
      rows={rows}
      idOf={(row) => row.name ?? ''}
      sort={sort}
      onSort={onSort}
      foot={
        <>
          {left === null ? null : (
            <Summary
              label={`All others than these ${exact(rows.length)}`}
              columns={columns.map((c) => c.key)}
              rows={[left]}
            />
          )}
          <Summary
            label={left === null ? `Sum of ${exact(rows.length)}` : 'Sum of all'}
            columns={columns.map((c) => c.key)}
            rows={all}
          />
        </>
      }
    />
  )
}

/** Rows without a value come last, whatever the order. */
function sorted(rows: readonly ByRow[], sort: string): readonly ByRow[] {
  const direction = sort.startsWith('-') ? -1 : 1
  const of = columnValue(sort.replace(/^-/, ''))
  return rows.toSorted((a, b) => {
    const [x, y] = [of(a), of(b)]
    if (x === null || y === null) return Number(x === null) - Number(y === null)
    if (typeof x === 'string' || typeof y === 'string')
      return direction * String(x).localeCompare(String(y))
    return direction * (x - y)
  })
}

function columnValue(column: string): (row: ByRow) => number | string | null {
  const values: Readonly<Record<string, (row: ByRow) => number | string | null>> = {
    name: (row) => row.name,
    calls: (row) => row.calls,
    input_tokens: (row) => row.input_tokens,
    cache_read_tokens: (row) => row.cache_read_tokens,
    output_tokens: (row) => row.output_tokens,
    reasoning_tokens: (row) => row.reasoning_tokens,
    total_tokens: (row) => row.total_tokens,
    errors: (row) => row.errors,
    unpriced: (row) => row.unpriced,
    p95_ms: (row) => row.p95_ms,
    before: (row) => row.before,
  }
  return values[column] ?? ((row) => row.cost_usd)
}

const SUMMED: Readonly<Record<string, (row: Usage) => number>> = {
  calls: (row) => row.calls,
  errors: (row) => row.errors,
  unpriced: (row) => row.unpriced,
  input: (row) => row.input_tokens,
  cached: (row) => row.cache_read_tokens,
  output: (row) => row.output_tokens,
  reasoning: (row) => row.reasoning_tokens,
  tokens: (row) => row.total_tokens,
  cost: (row) => row.cost_usd,
}

/** A row of sums below the others. */
function Summary({
  label,
  columns,
  rows,
}: {
  readonly label: string
  readonly columns: readonly string[]
  readonly rows: readonly Usage[]
}): JSX.Element {
  return (
    <tr>
      {columns.map((key, i) => {
        if (i === 0)
          return (
            <th scope="row" key={key}>
              {label}
            </th>
          )
        const of = SUMMED[key]
        if (of === undefined) return <td key={key} class="wide-cell" />
        const sum = rows.reduce((n, row) => n + of(row), 0)
        return (
          <td class={`number ${key === 'cost' ? '' : 'wide-cell'}`} key={key}>
            {key === 'cost' ? money(sum) : count(sum)}
          </td>
        )
      })}
    </tr>
  )
}
