// The cost view: cost over time and by model, route, provider or environment, compared with the previous period, and unpriced models.

import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { Bucket, Costs, Totals } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { withoutGaps } from '../../parts/charts/buckets.ts'
import { Chart } from '../../parts/charts/chart.tsx'
import { change, count, exact, money, NONE, percent } from '../../parts/format.ts'
import { Answered, Empty } from '../../parts/states.tsx'
import { useKeys } from '../../state/keyboard.ts'
import { setParams, useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { By } from './by.tsx'
import { Compare } from './compare.tsx'
import { previousOf } from './previous-range.ts'
import { Unpriced } from './unpriced.tsx'

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
