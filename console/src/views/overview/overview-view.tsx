// The start page: totals of the time range compared with the previous period, their course, open issues, and the pipeline.

import type { ComponentChildren, JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import type { Bucket, Overview } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { Link, ShareBar } from '../../parts/basics.tsx'
import { MINUTE_MS, withoutGaps } from '../../parts/charts/buckets.ts'
import { Chart, Sparkline } from '../../parts/charts/chart.tsx'
import { HeatMap, type Heatmap } from '../../parts/charts/heat-map.tsx'
import { change, count, duration, exact, money, oneLine, percent } from '../../parts/format.ts'
import { Answered, Empty } from '../../parts/states.tsx'
import { useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'
import { OpenIssues } from './open-issues.tsx'
import { PipelineGraph } from './pipeline-graph.tsx'
import { Scores } from './scores.tsx'

const EVERY_MS = 15_000
const MAP_EVERY_MS = 60_000
/** Three hours and the minute ahead that a range has. */
const SHORT_MS = 3 * 3_600_000 + MINUTE_MS

export function OverviewView(): JSX.Element {
  const { query } = useLocation()
  const range = useTimeRange()
  const environment = query.get('environment')
  const answer = useApi<Overview>(
    '/api/v1/dashboard/overview',
    () => ({ ...range.bounds(), environment }),
    {
      key: [range.key, environment, query.get('project')],
      everyMs: range.isRelative && EVERY_MS,
    },
  )
  // For a short time range, hours are too coarse, so the totals are requested by minute.
  const { from, to } = range.bounds()
  const isShort = Date.parse(to) - Date.parse(from) <= SHORT_MS
  const minutes = useApi<Pick<Overview, 'over_time'>>(
    '/api/v1/dashboard/metrics',
    () => ({ ...range.bounds(), environment, bucket: 'minute' }),
    {
      key: [range.key, environment, query.get('project')],
      everyMs: range.isRelative && EVERY_MS,
      isEnabled: isShort,
    },
  )
  const byMinute = isShort ? (minutes.data?.over_time ?? null) : null
  return (
    <>
      <header class="view-head">
        <h1>Overview</h1>
        <span class="muted">{range.label}</span>
      </header>
      <PipelineGraph />
      <Answered of={answer} lines={10}>
        {(overview) =>
          overview.total.events + overview.previous.events === 0 ? (
            <NoTraffic label={range.label} />
          ) : (
            <Filled overview={overview} byMinute={byMinute} />
          )
        }
      </Answered>
    </>
  )
}

function NoTraffic({ label }: { readonly label: string }): JSX.Element {
  return (
    <Empty title="No traffic in this time">
      <p>Nothing has come in “{label}” or the time before.</p>
      <Link to="/set-up" class="button primary">
        Send the first trace
      </Link>
      <p>
        For something to look at now, run <code>npm run demo</code>
      </p>
    </Empty>
  )
}

function Filled({
  overview,
  byMinute,
}: {
  readonly overview: Overview
  readonly byMinute: readonly Bucket[] | null
}): JSX.Element {
  const buckets = useMemo(
    () =>
      byMinute === null
        ? withoutGaps(overview.over_time, overview.from, overview.to)
        : withoutGaps(byMinute, overview.from, overview.to, MINUTE_MS),
    [overview, byMinute],
  )
  return (
    <>
      <Tiles overview={overview} buckets={buckets} />
      {/* What needs somebody comes before the pictures, so that it is seen without scrolling. */}
      <div class="columns">
        <Models overview={overview} />
        <OpenIssues overview={overview} />
      </div>
      <Charts buckets={buckets} />
      <Latency />
      <Scores />
    </>
  )
}

function Tiles({
  overview,
  buckets,
}: {
  readonly overview: Overview
  readonly buckets: readonly Bucket[]
}): JSX.Element {
  const { total, previous } = overview
  const of = (
    field: 'calls' | 'errors' | 'cost_usd' | 'total_tokens' | 'p95_ms',
  ): readonly number[] => buckets.map((b) => b[field] ?? 0)
  return (
    <div class="tiles">
      <Tile
        label="Traces"
        value={count(total.traces)}
        title={exact(total.traces)}
        delta={change(total.traces, previous.traces)}
        to="/traces"
      />
      <Tile
        label="Model calls"
        value={count(total.llm_calls)}
        title={exact(total.llm_calls)}
        delta={change(total.llm_calls, previous.llm_calls)}
        line={of('calls')}
      />
      <Tile
        label="Tokens"
        value={count(total.total_tokens)}
        title={`${exact(total.input_tokens)} in, ${exact(total.output_tokens)} out`}
        delta={change(total.total_tokens, previous.total_tokens)}
        line={of('total_tokens')}
      />
      <Tile
        label="Cost"
        value={money(total.cost_usd)}
        title={`${total.cost_usd} USD`}
        delta={change(total.cost_usd, previous.cost_usd)}
        isBadUp
        line={of('cost_usd')}
        to="/costs"
        note={total.unpriced > 0 ? `${count(total.unpriced)} calls without a price` : undefined}
      />
      <Tile
        label="Error rate"
        value={percent(total.errors, total.events)}
        title={`${exact(total.errors)} of ${exact(total.events)} spans`}
        note={`${count(total.errors)} of ${count(total.events)} spans`}
        delta={change(share(total), share(previous))}
        isBadUp
        line={of('errors')}
        color="--bad"
        to="/traces"
        params={{ errors: 'true' }}
      />
      <Tile
        label="p95 latency"
        value={duration(total.p95_ms)}
        title={`p50 ${duration(total.p50_ms)}, p99 ${duration(total.p99_ms)}`}
        delta={change(total.p95_ms, previous.p95_ms)}
        isBadUp
        line={of('p95_ms')}
        note={`p50 ${duration(total.p50_ms)} · p99 ${duration(total.p99_ms)}`}
      />
    </div>
  )
}

const share = ({
  errors,
  events,
}: {
  readonly errors: number
  readonly events: number
}): number | null => (events === 0 ? null : errors / events)

interface TileProps {
  readonly label: string
  readonly value: string
  readonly title?: string
  readonly delta: number | null
  readonly isBadUp?: boolean
  readonly line?: readonly number[]
  readonly color?: string
  readonly note?: string | undefined
  readonly to?: string
  readonly params?: Readonly<Record<string, string>>
}

function Tile({
  label,
  value,
  title,
  delta,
  isBadUp = false,
  line = [],
  color,
  note,
  to,
  params = {},
}: TileProps): JSX.Element {
  const body: ComponentChildren = (
    <>
      <span class="tile-label">{label}</span>
      <span class="tile-value">{value}</span>
      <span class="tile-note">
        <Delta of={delta} isBadUp={isBadUp} />
        {note === undefined ? null : <span>{note}</span>}
      </span>
      <Sparkline values={line} {...(color === undefined ? {} : { color })} />
    </>
  )
  if (to === undefined)
    return (
      <div class="tile" title={title}>
        {body}
      </div>
    )
  return (
    <Link class="tile" to={to} params={params} {...(title === undefined ? {} : { title })}>
      {body}
    </Link>
  )
}

function Delta({
  of,
  isBadUp,
}: {
  readonly of: number | null
  readonly isBadUp: boolean
}): JSX.Element {
  if (of === null) return <span class="muted">nothing before</span>
  if (Math.abs(of) < 0.005) return <span class="muted">as before</span>
  const tone = of > 0 === isBadUp ? 'worse' : 'better'
  return (
    <span class={`delta ${isBadUp ? tone : ''}`}>
      {of > 0 ? '▲' : '▼'}{' '}
      {of >= 10 ? `${count(Math.round(of))}×` : `${Math.abs(of * 100).toFixed(0)} %`}{' '}
      <span class="unseen">against the time before</span>
    </span>
  )
}

function Charts({ buckets }: { readonly buckets: readonly Bucket[] }): JSX.Element {
  const at = useMemo(() => buckets.map((b) => Date.parse(b.at)), [buckets])
  const series = useMemo(() => {
    const of = (field: keyof Bucket): (number | null)[] =>
      buckets.map((b) => {
        const value = b[field]
        return typeof value === 'number' ? value : null
      })
    return {
      calls: [
        { label: 'calls', color: '--chart-1', values: of('calls') },
        { label: 'errors', color: '--bad', values: of('errors') },
      ],
      tokens: [
        { label: 'input', color: '--chart-2', values: of('input_tokens'), isFilled: true },
        { label: 'output', color: '--chart-3', values: of('output_tokens'), isFilled: true },
      ],
      cost: [{ label: 'cost', color: '--chart-4', values: of('cost_usd'), isFilled: true }],
      latency: [
        { label: 'p95', color: '--chart-5', values: of('p95_ms'), hasPoints: true },
        { label: 'p50', color: '--chart-1', values: of('p50_ms'), isDashed: true, hasPoints: true },
      ],
    }
  }, [buckets])
  return (
    <div class="charts">
      <Chart title="Model calls" at={at} series={series.calls} format={count} kind="bars" />
      <Chart title="Cost" at={at} series={series.cost} format={money} kind="bars" />
      <Chart title="Tokens" at={at} series={series.tokens} format={count} />
      <Chart title="Latency of model calls" at={at} series={series.latency} format={duration} />
    </div>
  )
}

function Latency(): JSX.Element | null {
  const { query } = useLocation()
  const range = useTimeRange()
  const environment = query.get('environment')
  const answer = useApi<Heatmap>(
    '/api/v1/analytics/heatmap',
    () => ({ ...range.bounds(), environment }),
    {
      key: [range.key, environment, query.get('project')],
      everyMs: range.isRelative && MAP_EVERY_MS,
    },
  )
  return answer.data === undefined ? null : <HeatMap map={answer.data} title="Latency of traces" />
}

function Models({ overview }: { readonly overview: Overview }): JSX.Element {
  const max = Math.max(...overview.models.map((m) => m.cost_usd), 0)
  return (
    <section class="panel">
      <h2>Models by cost</h2>
      {overview.models.length === 0 ? (
        <p class="muted">No model was called.</p>
      ) : (
        <div class="scroll-x" tabIndex={0} role="region" aria-label="Models by cost">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col" class="number">
                  Calls
                </th>
                <th scope="col" class="number">
                  Tokens
                </th>
                <th scope="col" class="number">
                  Cost
                </th>
                <th scope="col" class="number">
                  p95
                </th>
              </tr>
            </thead>
            <tbody>
              {overview.models.map((m) => (
                <tr key={m.model}>
                  <td class="main-cell">
                    <Link to="/traces" params={{ model: m.model }} row>
                      {oneLine(m.model ?? 'unknown', 60)}
                    </Link>
                    <ShareBar part={m.cost_usd} total={max} />
                  </td>
                  <td class="number">{count(m.calls)}</td>
                  <td class="number">{count(m.total_tokens)}</td>
                  <td class="number">
                    {m.unpriced === m.calls && m.calls > 0 ? (
                      <span class="muted">no price</span>
                    ) : (
                      money(m.cost_usd)
                    )}
                  </td>
                  <td class="number">{duration(m.p95_ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  )
}
