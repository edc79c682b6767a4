// Sums over events out of ClickHouse, exact under replays and late data: totals of a range, usage over time and by dimension.
// Events that repeat the usage of other events count as events, and their usage is in no sum. `analytics/usage-report.ts`
// reads all of this in one query.

import type { ClickHouseClient } from '@clickhouse/client'
import type { SumsFilter } from './analytics/sum-sources.ts'
import { readReport, type Usage, type UsageReport } from './analytics/usage-report.ts'
import type { ProjectScope } from './page.ts'
import type { Breakdown } from './usage-sums.ts'

export type TotalsFilter = SumsFilter

export interface Totals {
  readonly events: number
  /** Exact up to some thousands, then within one in a hundred. */
  readonly traces: number
  /** Events of any kind that failed. */
  readonly errors: number
  /** Calls of models: LLMs, embeddings and rerankers. */
  readonly llm_calls: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cost_usd: number
  /** Calls with usage and without a price. */
  readonly unpriced: number
  /** Milliseconds of calls; null without any. */
  readonly p50_ms: number | null
  readonly p95_ms: number | null
  readonly p99_ms: number | null
}

export interface UsageRow {
  readonly calls: number
  /** Calls that failed. */
  readonly errors: number
  readonly input_tokens: number
  readonly output_tokens: number
  readonly total_tokens: number
  readonly cache_read_tokens: number
  readonly cache_write_tokens: number
  readonly reasoning_tokens: number
  readonly cost_usd: number
  readonly unpriced: number
  readonly p50_ms: number | null
  readonly p95_ms: number | null
}

export interface BucketRow extends UsageRow {
  /** Start of the bucket, ms since the epoch. */
  readonly at: number
}

export type BreakdownRow = UsageRow & Readonly<Partial<Record<Breakdown, string | null>>>

/** One row for the whole range. */
export async function readTotals(
  client: ClickHouseClient,
  scope: ProjectScope,
  filter: TotalsFilter,
): Promise<Totals> {
  const { total } = await readReport(client, scope, filter, { withTraces: true })
  return totalsOf(total)
}

/** Usage in buckets of equal length, oldest first, empty ones included. */
export async function usageOverTime(
  client: ClickHouseClient,
  scope: ProjectScope,
  filter: TotalsFilter & { readonly bucketS: number },
): Promise<readonly BucketRow[]> {
  const { bucketS, ...range } = filter
  const { overTime } = await readReport(client, scope, range, { bucketS })
  return overTime.map((bucket) => ({ at: bucket.at, ...usageRowOf(bucket) }))
}

/** Usage by the named dimensions, dearest first. */
export async function usageBy(
  client: ClickHouseClient,
  scope: ProjectScope,
  filter: TotalsFilter & { readonly by: readonly Breakdown[]; readonly limit: number },
): Promise<readonly BreakdownRow[]> {
  const { by, limit, ...range } = filter
  return groupRows(await readReport(client, scope, range, { by: [by], limit }))
}

/** Groups of the first list that have calls, or usage that only an agent reports: together they are the whole. */
export function groupRows({ lists }: UsageReport): readonly BreakdownRow[] {
  return (lists[0]?.groups ?? [])
    .filter((group) => group.calls > 0 || group.total_tokens > 0 || group.cost_usd > 0)
    .map((group) => ({ ...group.by, ...usageRowOf(group) }))
}

export function totalsOf(usage: Usage): Totals {
  return {
    events: usage.events,
    traces: usage.traces ?? 0,
    errors: usage.errors,
    llm_calls: usage.calls,
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    total_tokens: usage.total_tokens,
    cost_usd: usage.cost_usd,
    unpriced: usage.unpriced,
    p50_ms: usage.p50_ms,
    p95_ms: usage.p95_ms,
    p99_ms: usage.p99_ms,
  }
}

export function usageRowOf(usage: Usage): UsageRow {
  return {
    calls: usage.calls,
    errors: usage.call_errors,
    input_tokens: usage.input_tokens,
    output_tokens: usage.output_tokens,
    total_tokens: usage.total_tokens,
    cache_read_tokens: usage.cache_read_tokens,
    cache_write_tokens: usage.cache_write_tokens,
    reasoning_tokens: usage.reasoning_tokens,
    cost_usd: usage.cost_usd,
    unpriced: usage.unpriced,
    p50_ms: usage.p50_ms,
    p95_ms: usage.p95_ms,
  }
}
