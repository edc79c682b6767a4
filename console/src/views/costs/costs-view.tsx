// The cost view: cost over time and by model, route, provider or environment, compared with the previous period, and unpriced models.

import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { apiAddress } from '../../api/client.ts'
import type { Bucket, Costs, GroupedUsage, Totals } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Link, ShareBar, Tabs } from '../../parts/basics.tsx'
import { withoutGaps } from '../../parts/buckets.ts'
import { Chart } from '../../parts/chart.tsx'
import {
  change,
  count,
  duration,
  exact,
  money,
  NONE,
  oneLine,
  percent,
} from '../../parts/format.ts'
import { Answered, Empty } from '../../parts/states.tsx'
import { useKeys } from '../../state/keyboard.ts'
import { setParams, useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { Compare } from './compare.tsx'
import { DIMENSIONS, type Dimension } from './dimensions.ts'
import { previousOf } from './previous-range.ts'
import { Unpriced } from './unpriced.tsx'

interface Breakdown {
  readonly data: readonly GroupedUsage[]
}

export function CostsView(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const key = [range.key, query.get('project')]
  const costs = useApi<Costs>('/api/v1/costs', () => range.bounds(), { key })
  const isComparing = query.get('compare') === 'true'
  const toggle = (): void => setParams({ compare: isComparing ? null : 'true' })
  useKeys([{ keys: 'm', says: 'Compare two periods or two filters', run: toggle }])
  const before = useApi<Costs>('/api/v1/costs', () => previousOf(range.bounds()), {
    key: [...key, 'before'],
  })
  return (
    <>
      <header class="view-head">
        <h1>Costs</h1>
        <span class="muted">{range.label}</span>
        <div class="view-actions">
          <button
            type="button"
            class="button toggle"
            aria-pressed={isComparing}
            title="Compare two periods or two filters (key m)"
            onClick={toggle}
          >
            Compare
          </button>
        </div>
      </header>
      <Answered of={costs} lines={10}>
        {({ total, data }) =>
          total.events === 0 ? (
            <Empty title="No calls in this time">
              Nothing was called in “{range.label}”, so nothing was spent.
            </Empty>
          ) : (
            <>
              <Sums total={total} before={before.data?.total ?? null} buckets={data} />
              <CostCharts data={data} />
              {isComparing ? <Compare /> : null}
              <By />
              <Unpriced />
            </>
          )
        }
      </Answered>
    </>
  )
}

function Sums({
  total,
  before,
  buckets,
}: {
  readonly total: Totals
  readonly before: Totals | null
  readonly buckets: readonly Bucket[]
}): JSX.Element {
  const sum = (field: 'cache_read_tokens' | 'reasoning_tokens'): number =>
    buckets.reduce((n, b) => n + b[field], 0)
  const delta = before === null ? null : change(total.cost_usd, before.cost_usd)
  return (
    <div class="numbers panel">
      <Number label="Cost" value={money(total.cost_usd)} title={`${total.cost_usd} USD`} />
      <Number
        label="Time before"
        value={before === null ? NONE : money(before.cost_usd)}
        note={delta === null ? undefined : `${delta > 0 ? '+' : ''}${(delta * 100).toFixed(0)} %`}
      />
      <Number
        label="A call"
        value={money(total.llm_calls === 0 ? null : total.cost_usd / total.llm_calls)}
      />
      <Number
        label="Tokens in"
        value={count(total.input_tokens)}
        title={exact(total.input_tokens)}
        note={`${percent(sum('cache_read_tokens'), total.input_tokens)} from cache`}
      />
      <Number
        label="Tokens out"
        value={count(total.output_tokens)}
        title={exact(total.output_tokens)}
        note={`${percent(sum('reasoning_tokens'), total.output_tokens)} reasoning`}
      />
      <Number
        label="Without a price"
        value={exact(total.unpriced)}
        note={total.unpriced === 0 ? 'every call has one' : 'not in the sum'}
      />
    </div>
  )
}

function Number({
  label,
  value,
  title,
  note,
}: {
  readonly label: string
  readonly value: string
  readonly title?: string
  readonly note?: string | undefined
}): JSX.Element {
  return (
    <div class="fact" title={title}>
      <span class="fact-label">{label}</span>
      <span class="fact-value">
        {value}
        {note === undefined ? null : <span class="muted"> {note}</span>}
      </span>
    </div>
  )
}

function CostCharts({ data }: { readonly data: readonly Bucket[] }): JSX.Element {
  const range = useTimeRange()
  const { at, cost, tokens } = useMemo(() => {
    const { from, to } = range.bounds()
    const buckets = withoutGaps(data, from, to)
    return {
      at: buckets.map((b) => Date.parse(b.at)),
      cost: [{ label: 'cost', color: '--chart-4', values: buckets.map((b) => b.cost_usd) }],
      tokens: [
        {
          label: 'input',
          color: '--chart-2',
          values: buckets.map((b) => b.input_tokens),
          isFilled: true,
        },
        {
          label: 'of it cached',
          color: '--chart-1',
          values: buckets.map((b) => b.cache_read_tokens),
          isDashed: true,
        },
        {
          label: 'output',
          color: '--chart-3',
          values: buckets.map((b) => b.output_tokens),
          isFilled: true,
        },
      ],
    }
  }, [data, range.key])
  return (
    <div class="charts">
      <Chart title="Cost over time" at={at} series={cost} format={money} kind="bars" />
      <Chart title="Tokens over time" at={at} series={tokens} format={count} />
    </div>
  )
}

function By(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const by = DIMENSIONS.find((d) => d === query.get('by')) ?? 'model'
  const key = [range.key, by, query.get('project')]
  const now = useApi<Breakdown>(
    '/api/v1/analytics/breakdown',
    () => ({ ...range.bounds(), by, limit: 200 }),
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
        <a
          class="button small push"
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
        {({ data }) => (
          <ByTable rows={data.filter(isUsed)} before={before.data?.data ?? []} by={by} />
        )}
      </Answered>
    </section>
  )
}

/** Spans that called no model have no part in what was spent. */
const isUsed = (row: GroupedUsage): boolean =>
  row.calls > 0 || row.total_tokens > 0 || row.cost_usd > 0

const CSV_FIELDS = [
  'calls',
  'errors',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'total_tokens',
  'cost_usd',
  'unpriced',
] as const

/** Returns the table as a CSV file in a data URL. */
function csvAddress(rows: readonly GroupedUsage[], by: Dimension): string {
  const lines = rows.map((row) =>
    [csvCell(row.by[by] ?? ''), ...CSV_FIELDS.map((f) => String(row[f]))].join(','),
  )
  const text = [[by, ...CSV_FIELDS].join(','), ...lines].join('\r\n')
  return `data:text/csv;charset=utf-8,${encodeURIComponent(`${text}\r\n`)}`
}

/** Quotes a CSV cell. A text that starts like a formula is escaped, because a spreadsheet would execute it. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function ByTable({
  rows,
  before,
  by,
}: {
  readonly rows: readonly GroupedUsage[]
  readonly before: readonly GroupedUsage[]
  readonly by: Dimension
}): JSX.Element {
  const total = rows.reduce((n, r) => n + r.cost_usd, 0)
  const earlier = new Map(before.map((r) => [r.by[by] ?? null, r.cost_usd]))
  if (rows.length === 0) return <p class="muted">No call in this time.</p>
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label={`Costs by ${by}`}>
      <table class="table rows">
        <thead>
          <tr>
            <th scope="col">{by}</th>
            <th scope="col" class="number">
              Calls
            </th>
            <th scope="col" class="number">
              Input
            </th>
            <th scope="col" class="number">
              Cached
            </th>
            <th scope="col" class="number">
              Output
            </th>
            <th scope="col" class="number">
              Reasoning
            </th>
            <th scope="col" class="number">
              p95
            </th>
            <th scope="col" class="number">
              Before
            </th>
            <th scope="col" class="number">
              Cost
            </th>
            <th scope="col" class="number">
              Share
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <ByRow
              row={row}
              by={by}
              before={earlier.get(row.by[by] ?? null) ?? null}
              total={total}
              key={row.by[by] ?? ''}
            />
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Sum of {exact(rows.length)}</th>
            <td class="number">{count(rows.reduce((n, r) => n + r.calls, 0))}</td>
            <td class="number">{count(rows.reduce((n, r) => n + r.input_tokens, 0))}</td>
            <td class="number">{count(rows.reduce((n, r) => n + r.cache_read_tokens, 0))}</td>
            <td class="number">{count(rows.reduce((n, r) => n + r.output_tokens, 0))}</td>
            <td class="number">{count(rows.reduce((n, r) => n + r.reasoning_tokens, 0))}</td>
            <td />
            <td />
            <td class="number">{money(total)}</td>
            <td />
          </tr>
        </tfoot>
      </table>
    </div>
  )
}

function ByRow({
  row,
  by,
  before,
  total,
}: {
  readonly row: GroupedUsage
  readonly by: Dimension
  readonly before: number | null
  readonly total: number
}): JSX.Element {
  const name = row.by[by] ?? null
  const isUnknown = row.cost_usd === 0 && row.unpriced > 0
  return (
    <tr>
      <td class="main-cell">
        {name === null ? (
          <span class="muted">none</span>
        ) : by === 'model' ? (
          <Link to="/traces" params={{ model: name }} row class="row-link">
            {oneLine(name, 48)}
          </Link>
        ) : (
          <span title={name}>{oneLine(name, 48)}</span>
        )}
      </td>
      <td class="number">{count(row.calls)}</td>
      <td class="number">{count(row.input_tokens)}</td>
      <td class="number">
        {row.cache_read_tokens === 0 ? (
          <span class="muted">{NONE}</span>
        ) : (
          count(row.cache_read_tokens)
        )}
      </td>
      <td class="number">{count(row.output_tokens)}</td>
      <td class="number">
        {row.reasoning_tokens === 0 ? (
          <span class="muted">{NONE}</span>
        ) : (
          count(row.reasoning_tokens)
        )}
      </td>
      <td class="number">{duration(row.p95_ms)}</td>
      <td class="number muted">{before === null ? 'new' : money(before)}</td>
      <td class="number" title={`${row.cost_usd} USD`}>
        {isUnknown ? <span class="muted">no price</span> : money(row.cost_usd)}
      </td>
      <td class="number share-cell">
        <ShareBar part={row.cost_usd} total={total} />
        {percent(row.cost_usd, total)}
      </td>
    </tr>
  )
}
