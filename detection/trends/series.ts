// A series has the calls of one kind to one target, in buckets of a minute by their end times. Buckets add up exactly, so the order
// of arrival makes no difference. Recent buckets have sketches. Older ones have counts, sums and quantiles only.

import { FLAG, type Observations } from '../observation.ts'
import type { Site } from '../site.ts'
import { add, merge, newSketch, quantile, type Sketch } from './sketch.ts'

export const BUCKET_MS = 60_000
/** The most buckets of a series that are remembered: those that are learned from and those that are judged. */
export const BUCKETS_MAX = 150
const SKETCHED_BUCKETS_MAX = 12
/** The most different models or finish reasons of a bucket. Further ones are counted together. */
const WORDS_MAX = 12
const OTHER = '(other)'

export const MEASURES = ['latency', 'cost', 'tokens', 'output'] as const
export type Measure = (typeof MEASURES)[number]

export interface Quantiles {
  readonly count: number
  readonly p50: number
  readonly p95: number
}

export interface Bucket {
  readonly minute: number
  calls: number
  errors: number
  readonly models: Map<string, number>
  readonly finishes: Map<string, number>
  /** Sketches of a bucket that may still get calls. */
  sketches: Record<Measure, Sketch> | null
  /** Quantiles of a bucket without sketches. */
  closed: Record<Measure, Quantiles> | null
}

export interface Series {
  readonly key: string
  readonly tenant: string
  readonly project: string
  readonly kind: string
  /** The names of the series for people: service, environment, kind, route, provider, model or tool. */
  readonly dimensions: Readonly<Record<string, string>>
  readonly buckets: Map<number, Bucket>
  /** State of the rules over the series (`trend-rules.ts`), and the last minute that they have judged. */
  readonly states: Map<string, TrendState>
  judgedMinute: number
  /** True if a minute that was judged before got more calls. */
  isChanged: boolean
  /** Time in the log of the last call, ms. */
  touchedMs: number
  readonly raised: Map<string, string>
}

/** The state of a rule between two windows. */
export interface TrendState {
  isOpen: boolean
  /** Whether each of the last windows was anomalous, newest last, and the number of normal windows since. */
  recent: boolean[]
  calm: number
  openedMinute: number
  /** Anomalous minutes, which are excluded from learning. */
  readonly excluded: Set<number>
}

const TARGETS: ReadonlySet<string> = new Set(['tool', 'mcp', 'retrieval', 'embedding', 'rerank'])

/** The dimensions of the series that a call belongs to. Null for an event that is no call. */
export function dimensionsOf(site: Site): Record<string, string> | null {
  const { service, environment, kind, route, provider, model, tool, name } = site
  const out: Record<string, string> = { service, environment, kind }
  if (kind === 'llm') Object.assign(out, { route, provider, model })
  else if (TARGETS.has(kind))
    Object.assign(out, { route, tool: tool === '' ? model || name : tool })
  else return null
  for (const [word, value] of Object.entries(out)) if (value === '') delete out[word]
  return out
}

export function newSeries(
  key: string,
  { tenant, project, kind }: Site,
  dimensions: Record<string, string>,
  atMs: number,
): Series {
  return {
    key,
    tenant,
    project,
    kind,
    dimensions,
    buckets: new Map(),
    states: new Map(),
    judgedMinute: Number.NEGATIVE_INFINITY,
    isChanged: false,
    touchedMs: atMs,
    raised: new Map(),
  }
}

/** Adds a call. Usage that repeats another event's is left out, and so is the latency of a failed call. */
export function addCall(series: Series, o: Observations, atMs: number): void {
  const { flags, endMs, finish } = o
  if ((flags & FLAG.REPEATED) !== 0) return
  series.touchedMs = atMs
  const minute = Math.floor(endMs / BUCKET_MS)
  const bucket = bucketAt(series, minute)
  if (bucket === null) return
  if (minute <= series.judgedMinute) series.isChanged = true
  bucket.calls++
  const isError = (flags & FLAG.ERROR) !== 0
  if (isError) bucket.errors++
  const { responseModel } = o.site
  if (responseModel !== '') count(bucket.models, responseModel)
  if (finish !== '') count(bucket.finishes, finish)
  if (bucket.sketches === null || (flags & FLAG.AGGREGATE) !== 0) return
  const { startMs, costUsd, inputTokens, outputTokens } = o
  if (!isError && endMs > startMs) add(bucket.sketches.latency, endMs - startMs)
  if (costUsd > 0) add(bucket.sketches.cost, costUsd)
  if (inputTokens + outputTokens > 0) add(bucket.sketches.tokens, inputTokens + outputTokens)
  if (outputTokens > 0) add(bucket.sketches.output, outputTokens)
}

function bucketAt(series: Series, minute: number): Bucket | null {
  const known = series.buckets.get(minute)
  if (known !== undefined) return known
  if (series.buckets.size >= BUCKETS_MAX) {
    const oldest = Math.min(...series.buckets.keys())
    if (minute < oldest) return null
    series.buckets.delete(oldest)
  }
  const sketches = {
    latency: newSketch(),
    cost: newSketch(),
    tokens: newSketch(),
    output: newSketch(),
  }
  const bucket: Bucket = {
    minute,
    calls: 0,
    errors: 0,
    models: new Map(),
    finishes: new Map(),
    sketches,
    closed: null,
  }
  series.buckets.set(minute, bucket)
  return bucket
}

function count(counts: Map<string, number>, word: string): void {
  const name = counts.has(word) || counts.size < WORDS_MAX ? word : OTHER
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** Replaces sketches by quantiles in all buckets up to `minute` except for the newest ones. */
export function compact(series: Series, minute: number): void {
  const sketched = [...series.buckets.values()].filter((b) => b.sketches !== null)
  if (sketched.length <= SKETCHED_BUCKETS_MAX) return
  sketched.sort((a, b) => a.minute - b.minute)
  for (const bucket of sketched.slice(0, -SKETCHED_BUCKETS_MAX)) {
    if (bucket.minute > minute) return
    bucket.closed = {
      latency: summary(bucket, 'latency'),
      cost: summary(bucket, 'cost'),
      tokens: summary(bucket, 'tokens'),
      output: summary(bucket, 'output'),
    }
    bucket.sketches = null
  }
}

/** Quantiles of one measure of a bucket. */
export function summary(bucket: Bucket, measure: Measure): Quantiles {
  if (bucket.closed !== null) return bucket.closed[measure]
  return bucket.sketches === null ? NOTHING : quantilesOf(bucket.sketches[measure])
}

/** Quantiles of one measure of several buckets together; of buckets without sketches, those of the one with most calls. */
export function summaryOf(buckets: readonly Bucket[], measure: Measure): Quantiles {
  const all = newSketch()
  for (const { sketches } of buckets) {
    if (sketches === null) {
      const counts = buckets.map((b) => summary(b, measure))
      const most = counts.toSorted((a, b) => b.count - a.count)[0] ?? NOTHING
      return { ...most, count: counts.reduce((n, c) => n + c.count, 0) }
    }
    merge(all, sketches[measure])
  }
  return quantilesOf(all)
}

const NOTHING: Quantiles = { count: 0, p50: 0, p95: 0 }

const quantilesOf = (sketch: Sketch): Quantiles => ({
  count: sketch.count,
  p50: quantile(sketch, 0.5),
  p95: quantile(sketch, 0.95),
})
