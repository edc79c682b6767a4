// A series has the calls of one kind to one target, by minutes of their end times. Minutes add up exactly, so the order of arrival makes
// no difference. Minutes that are open, and the few before that a window may take in, have sketches. Of the others there is a row of whole
// numbers: calls, errors and quantiles, in a table that new minutes overwrite. Ten thousand series are thus some hundred MB.

import { FLAG, type Observations } from '../observation.ts'
import type { Site } from '../site.ts'
import { addValue, type MinuteSketches, newMinute, sketchOf } from './minute-sketches.ts'
import { merge, newSketch, quantileBins, type Sketch, valueOf, ZERO_BIN } from './sketch.ts'
import type { Checkpoint, TrendState } from './trend-state.ts'

export const BUCKET_MS = 60_000
/** Minutes of a series that are remembered: two hours that are learned from, and those that are judged. */
export const MINUTES_MAX = 128
/** The most different models or finish reasons of a series. Further ones are counted together. */
const WORDS_MAX = 8
const OTHER = '(other)'

export const MEASURES = ['latency', 'cost', 'tokens', 'output'] as const
export type Measure = (typeof MEASURES)[number]

/** The quantiles that are compared with those of earlier minutes. */
export const QUANTILES = ['p50', 'p95'] as const
export type Quantile = (typeof QUANTILES)[number]
const QS = [0.5, 0.95]

export interface Quantiles {
  readonly count: number
  readonly p50: number
  readonly p95: number
}

/** Columns of a minute's row. A pair holds the bins of both quantiles of a measure. */
const COLUMN = { MINUTE: 0, CALLS: 1, ERRORS: 2, EXCLUDED: 3, COUNT: 4, PAIR: 8 } as const
const STRIDE = 12

/** What is usual at hours of the week (`season.ts`). */
export interface Season {
  /** The first hour that was kept. */
  readonly firstHour: number
  readonly rows: Int16Array
}

interface Latest {
  readonly minute: number
  readonly place: number
  readonly sketches: MinuteSketches
}

export interface Series {
  readonly key: string
  readonly tenant: string
  readonly project: string
  readonly kind: string
  /** The names of the series for people: service, environment, kind, route, provider, model or tool. */
  readonly dimensions: Readonly<Record<string, string>>
  /** Rows of minutes; the place of a minute is its remainder. */
  readonly rows: Int32Array
  /** Sketches of minutes that may still get calls, by measure. */
  readonly sketches: Map<number, MinuteSketches>
  /** The minute of the last call, where it has sketches: most calls are in the minute of the one before. */
  latest: Latest | null
  /** Counts by minute of models and of finish reasons. */
  readonly models: Map<string, Int32Array>
  readonly finishes: Map<string, Int32Array>
  newestMinute: number
  /** State of the rules (`trend-state.ts`), and the last minute that they have judged. */
  states: TrendState[]
  checkpoints: Checkpoint[]
  judgedMinute: number
  /** The first of the judged minutes that got more calls since; infinite for none. */
  changedMinute: number
  season: Season | null
  /** Time in the log of the last call, ms. */
  touchedMs: number
  readonly raised: Map<string, string>
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
    rows: new Int32Array(MINUTES_MAX * STRIDE),
    sketches: new Map(),
    latest: null,
    models: new Map(),
    finishes: new Map(),
    newestMinute: Number.NEGATIVE_INFINITY,
    states: [],
    checkpoints: [],
    judgedMinute: Number.NEGATIVE_INFINITY,
    changedMinute: Number.POSITIVE_INFINITY,
    season: null,
    touchedMs: atMs,
    raised: new Map(),
  }
}

const placeOf = (minute: number): number => ((minute % MINUTES_MAX) + MINUTES_MAX) % MINUTES_MAX

// ---------------------------------------------------------------- calls come in

/** Adds a call. Usage that repeats another event's is left out, and so is the latency of a failed call. */
export function addCall(series: Series, o: Observations): void {
  const { flags, endMs, finish } = o
  if ((flags & FLAG.REPEATED) !== 0) return
  const minute = Math.floor(endMs / BUCKET_MS)
  const latest = latestIn(series, minute)
  const place = latest === null ? placeIn(series, minute) : latest.place
  if (place < 0) return
  if (minute <= series.judgedMinute) series.changedMinute = Math.min(series.changedMinute, minute)
  const { rows } = series
  const at = place * STRIDE
  rows[at + COLUMN.CALLS] = (rows[at + COLUMN.CALLS] ?? 0) + 1
  const isError = (flags & FLAG.ERROR) !== 0
  if (isError) rows[at + COLUMN.ERRORS] = (rows[at + COLUMN.ERRORS] ?? 0) + 1
  const { responseModel } = o.site
  if (responseModel !== '') count(series.models, responseModel, place)
  if (finish !== '') count(series.finishes, finish, place)
  const sketches = latest === null ? series.sketches.get(minute) : latest.sketches
  if (sketches === undefined || (flags & FLAG.AGGREGATE) !== 0) return
  const { startMs, costUsd, inputTokens, outputTokens } = o
  if (!isError && endMs > startMs) addValue(sketches, 0, endMs - startMs)
  if (costUsd > 0) addValue(sketches, 1, costUsd)
  if (inputTokens + outputTokens > 0) addValue(sketches, 2, inputTokens + outputTokens)
  if (outputTokens > 0) addValue(sketches, 3, outputTokens)
}

function latestIn(series: Series, minute: number): Latest | null {
  const { latest } = series
  if (latest !== null && latest.minute === minute) return latest
  const place = placeIn(series, minute)
  const sketches = place < 0 ? undefined : series.sketches.get(minute)
  if (sketches === undefined) return null
  series.latest = { minute, place, sketches }
  return series.latest
}

/** The place of a minute; a minute that is new gets that of one that is too old. Negative for a minute that is too old itself. */
function placeIn(series: Series, minute: number): number {
  const { rows } = series
  const place = placeOf(minute)
  if (rows[place * STRIDE + COLUMN.MINUTE] === minute) return place
  if (minute <= series.newestMinute - MINUTES_MAX) return -1
  dropSketches(series, rows[place * STRIDE + COLUMN.MINUTE] ?? 0)
  rows.fill(0, place * STRIDE, (place + 1) * STRIDE)
  rows[place * STRIDE + COLUMN.MINUTE] = minute
  for (const counts of series.models.values()) counts[place] = 0
  for (const counts of series.finishes.values()) counts[place] = 0
  series.sketches.set(minute, newMinute())
  series.newestMinute = Math.max(series.newestMinute, minute)
  return place
}

function count(words: Map<string, Int32Array>, word: string, place: number): void {
  let counts = words.get(word)
  if (counts === undefined) {
    if (words.size >= WORDS_MAX) dropUnused(words)
    const name = words.size < WORDS_MAX ? word : OTHER
    counts = words.get(name)
    if (counts === undefined) {
      counts = new Int32Array(MINUTES_MAX)
      words.set(name, counts)
    }
  }
  counts[place] = (counts[place] ?? 0) + 1
}

function dropUnused(words: Map<string, Int32Array>): void {
  for (const [word, counts] of words) if (counts.every((n) => n === 0)) words.delete(word)
}

// ---------------------------------------------------------------- minutes are read

/** A minute with calls. Valid until the next call comes in. */
export interface Minute {
  readonly minute: number
  readonly calls: number
  readonly errors: number
  /** Rules, as bits, for which the minute is anomalous and is not learned from. */
  readonly excluded: number
}

/** The minutes with calls from `from` to `to`, both included, in order. */
export function minutesOf(series: Series, from: number, to: number): Minute[] {
  const out: Minute[] = []
  // A series whose only calls repeat others has no minute yet; counting up from minus infinity would never end.
  if (series.newestMinute === Number.NEGATIVE_INFINITY) return out
  const first = Math.max(from, series.newestMinute - MINUTES_MAX + 1)
  for (let minute = first; minute <= Math.min(to, series.newestMinute); minute++) {
    const at = placeOf(minute) * STRIDE
    if (series.rows[at + COLUMN.MINUTE] === minute) out.push(minuteAt(series.rows, at))
  }
  return out
}

const minuteAt = (rows: Int32Array, at: number): Minute => ({
  minute: rows[at + COLUMN.MINUTE] ?? 0,
  calls: rows[at + COLUMN.CALLS] ?? 0,
  errors: rows[at + COLUMN.ERRORS] ?? 0,
  excluded: rows[at + COLUMN.EXCLUDED] ?? 0,
})

/** Excludes minutes from what a rule (its bit) learns, or takes that back. */
export function exclude(series: Series, minutes: readonly Minute[], bit: number, is = true): void {
  for (const { minute } of minutes) {
    const at = placeOf(minute) * STRIDE + COLUMN.EXCLUDED
    const before = series.rows[at] ?? 0
    series.rows[at] = is ? before | bit : before & ~bit
  }
}

/** Replaces sketches by quantiles in the minutes up to `minute`. */
export function compact(series: Series, minute: number): void {
  for (const [m, sketches] of series.sketches) {
    if (m > minute) continue
    const at = placeOf(m) * STRIDE
    if (series.rows[at + COLUMN.MINUTE] === m)
      for (let i = 0; i < MEASURES.length; i++) {
        const sketch = sketchOf(sketches, i)
        if (sketch === null) continue
        series.rows[at + COLUMN.COUNT + i] = sketch.count
        series.rows[at + COLUMN.PAIR + i] = pairOf(sketch)
      }
    dropSketches(series, m)
  }
}

function dropSketches(series: Series, minute: number): void {
  series.sketches.delete(minute)
  if (series.latest?.minute === minute) series.latest = null
}

/** The bins of both quantiles in one whole number. */
function pairOf(sketch: Sketch): number {
  const [p50 = ZERO_BIN, p95 = ZERO_BIN] = quantileBins(sketch, QS)
  return ((p95 & 0xffff) << 16) | (p50 & 0xffff)
}

export const lowBin = (pair: number): number => (pair << 16) >> 16
export const highBin = (pair: number): number => pair >> 16

/** Count and the pair of a measure of a minute. */
export function pairIn(
  series: Series,
  minute: number,
  measure: Measure,
): readonly [count: number, pair: number] {
  const i = MEASURES.indexOf(measure)
  const sketches = series.sketches.get(minute)
  if (sketches !== undefined) {
    const sketch = sketchOf(sketches, i)
    return sketch === null ? [0, 0] : [sketch.count, pairOf(sketch)]
  }
  const at = placeOf(minute) * STRIDE
  return [series.rows[at + COLUMN.COUNT + i] ?? 0, series.rows[at + COLUMN.PAIR + i] ?? 0]
}

const NOTHING: Quantiles = { count: 0, p50: 0, p95: 0 }

/** Quantiles of one measure of several minutes together; where one has no sketch, those of the one with most calls. */
export function summaryOf(series: Series, minutes: readonly Minute[], measure: Measure): Quantiles {
  const i = MEASURES.indexOf(measure)
  const all = newSketch()
  for (const { minute } of minutes) {
    const sketches = series.sketches.get(minute)
    if (sketches === undefined) return ofMost(series, minutes, measure)
    const sketch = sketchOf(sketches, i)
    if (sketch !== null) merge(all, sketch)
  }
  if (all.count === 0) return NOTHING
  const [p50 = ZERO_BIN, p95 = ZERO_BIN] = quantileBins(all, QS)
  return { count: all.count, p50: valueOf(p50), p95: valueOf(p95) }
}

function ofMost(series: Series, minutes: readonly Minute[], measure: Measure): Quantiles {
  let sum = 0
  let most = 0
  let pairOfMost = 0
  for (const { minute } of minutes) {
    const [n, pair] = pairIn(series, minute, measure)
    sum += n
    if (n <= most) continue
    most = n
    pairOfMost = pair
  }
  if (sum === 0) return NOTHING
  return { count: sum, p50: valueOf(lowBin(pairOfMost)), p95: valueOf(highBin(pairOfMost)) }
}

/** How often each word was counted in some minutes. */
export function wordsIn(
  words: ReadonlyMap<string, Int32Array>,
  minutes: readonly Minute[],
): Map<string, number> {
  const out = new Map<string, number>()
  for (const [word, counts] of words) {
    let n = 0
    for (const { minute } of minutes) n += counts[placeOf(minute)] ?? 0
    if (n > 0) out.set(word, n)
  }
  return out
}
