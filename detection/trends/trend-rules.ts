// Rules over series: whether the newest closed minutes differ from those before. A rule opens when two of three windows are
// anomalous, or one window with many calls is very anomalous. It closes after four normal windows. Anomalous minutes are excluded
// from learning. Each minute is judged in order, so the result depends on the calls and not on when they arrived.

import type { SignalType } from '../../core/signals/signal.ts'
import type { Finding } from '../finding.ts'
import type { DetectionLimits } from '../settings.ts'
import {
  BUCKET_MS,
  type Bucket,
  compact,
  type Measure,
  type Series,
  summary,
  summaryOf,
  type TrendState,
} from './series.ts'
import { deviations, median, rateBounds } from './statistics.ts'

const WINDOW_MINUTES_MAX = 5
/** A series is learned after this many minutes with calls, or after this many calls in at least so many minutes. */
const LEARNED_MINUTES = 30
const LEARNED_CALLS = 1000
const LEARNED_SPAN_MINUTES = 30
const BASELINE_MINUTES = 120
const RECENT = 3
const OUTSIDE_TO_OPEN = 2
const CALM_TO_CLOSE = 4
const CALLS_TO_OPEN_AT_ONCE = 100
/** After this time an anomaly becomes the new normal. */
const EXCLUDED_MINUTES_MAX = 1440

/** How anomalous a window is, 1 at the threshold, with the evidence for people. */
interface Outside {
  readonly effect: number
  readonly value: number
  readonly threshold: number
  readonly evidence: Readonly<Record<string, string | number | null>>
}

interface TrendRule {
  readonly id: string
  readonly type: SignalType
  readonly severity: 'high' | 'medium' | 'low'
  readonly kinds: ReadonlySet<string> | null
  judge(
    window: readonly Bucket[],
    baseline: readonly Bucket[],
    settings: DetectionLimits,
  ): Outside | null
}

const MODELS: ReadonlySet<string> = new Set(['llm'])

export const TREND_RULES: readonly TrendRule[] = [
  quantileRule('latency_anomaly', 'trend.latency@1', 'medium', 'latency', 20, false),
  quantileRule('cost_anomaly', 'trend.cost@1', 'medium', 'cost', 0.0005, false),
  quantileRule('token_anomaly', 'trend.tokens@1', 'low', 'tokens', 200, false),
  quantileRule('output_drift', 'trend.output@1', 'low', 'output', 40, true),
  {
    id: 'trend.errors@1',
    type: 'error_rate',
    severity: 'high',
    kinds: null,
    judge: errorRate,
  },
  {
    id: 'trend.model@1',
    type: 'model_drift',
    severity: 'medium',
    kinds: MODELS,
    judge: (window, baseline, { trend_calls }) =>
      shares(window, baseline, (b) => b.models, 'response_model', trend_calls),
  },
  {
    id: 'trend.finish@1',
    type: 'output_drift',
    severity: 'low',
    kinds: MODELS,
    judge: (window, baseline, { trend_calls }) =>
      shares(window, baseline, (b) => b.finishes, 'finish_reasons', trend_calls),
  },
]

// ---------------------------------------------------------------- tests

/** What may also be lower than usual must differ by more. */
const BOTH_WAYS_RATIO_MIN = 2
/** The quantiles that are compared with those of earlier minutes. */
const QUANTILES = ['p50', 'p95'] as const

function quantileRule(
  type: SignalType,
  id: string,
  severity: TrendRule['severity'],
  measure: Measure,
  floor: number,
  isBothWays: boolean,
): TrendRule {
  return {
    id,
    type,
    severity,
    kinds: measure === 'latency' ? null : MODELS,
    judge(window, baseline, settings) {
      const now = summaryOf(window, measure)
      if (now.count < settings.trend_calls) return null
      const before = baseline.map((b) => summary(b, measure)).filter((q) => q.count > 0)
      if (before.length < LEARNED_MINUTES / 2) return null
      for (const q of QUANTILES) {
        const others = before.map((b) => b[q])
        const usual = median(others)
        const isFall = isBothWays && now[q] < usual
        const ratio = isFall ? usual / Math.max(now[q], 1e-9) : now[q] / Math.max(usual, 1e-9)
        const far = Math.abs(deviations(now[q], others))
        const needed = isBothWays
          ? Math.max(BOTH_WAYS_RATIO_MIN, settings.trend_ratio)
          : settings.trend_ratio
        const isUp = now[q] > usual || isFall
        if (
          !isUp ||
          ratio < needed ||
          far < settings.trend_deviations ||
          Math.abs(now[q] - usual) < floor
        )
          continue
        return {
          effect: Math.min((ratio - 1) / (needed - 1), far / settings.trend_deviations),
          value: tidy(now[q]),
          threshold: tidy(isFall ? usual / needed : usual * needed),
          evidence: {
            measure,
            quantile: q,
            now: tidy(now[q]),
            usual: tidy(usual),
            calls: now.count,
          },
        }
      }
      return null
    },
  }
}

const tidy = (x: number): number => Number(x.toPrecision(4))

const ERROR_FACTOR = 1.5
const ERRORS_MIN = 5

function errorRate(
  window: readonly Bucket[],
  baseline: readonly Bucket[],
  settings: DetectionLimits,
): Outside | null {
  const [errors, calls] = totals(window)
  if (calls < settings.trend_calls || errors < ERRORS_MIN) return null
  const [errorsBefore, callsBefore] = totals(baseline)
  const [low] = rateBounds(errors, calls)
  const [, high] = rateBounds(errorsBefore, callsBefore)
  const threshold = high * ERROR_FACTOR
  const difference = errors / calls - errorsBefore / Math.max(1, callsBefore)
  if (low <= threshold || difference < settings.error_rate_difference) return null
  return {
    effect: low / threshold,
    value: tidy(errors / calls),
    threshold: tidy(threshold),
    evidence: {
      measure: 'errors',
      errors,
      calls,
      now: percent(errors / calls),
      usual: percent(errorsBefore / Math.max(1, callsBefore)),
    },
  }
}

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`

function totals(buckets: readonly Bucket[]): readonly [errors: number, calls: number] {
  return [buckets.reduce((n, b) => n + b.errors, 0), buckets.reduce((n, b) => n + b.calls, 0)]
}

/** A word, such as a model or a finish reason, whose share rose by at least this much. */
const SHARE_DIFFERENCE_MIN = 0.2

function shares(
  window: readonly Bucket[],
  baseline: readonly Bucket[],
  of: (bucket: Bucket) => ReadonlyMap<string, number>,
  name: string,
  callsMin: number,
): Outside | null {
  const now = summed(window, of)
  const before = summed(baseline, of)
  const calls = total(now)
  const callsBefore = total(before)
  if (calls < callsMin || callsBefore < callsMin * 2) return null
  let most: Outside | null = null
  for (const [word, n] of now) {
    const k = before.get(word) ?? 0
    const [low] = rateBounds(n, calls)
    const [, high] = rateBounds(k, callsBefore)
    const threshold = high + SHARE_DIFFERENCE_MIN
    if (low <= threshold || low / threshold <= (most?.effect ?? 0)) continue
    const usual = [...before].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? ''
    most = {
      effect: low / threshold,
      value: tidy(n / calls),
      threshold: tidy(threshold),
      evidence: {
        measure: name,
        now: word,
        usual,
        share_now: percent(n / calls),
        share_before: percent(k / callsBefore),
        calls,
      },
    }
  }
  return most
}

const total = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((a, b) => a + b, 0)

function summed(
  buckets: readonly Bucket[],
  of: (bucket: Bucket) => ReadonlyMap<string, number>,
): Map<string, number> {
  const out = new Map<string, number>()
  for (const bucket of buckets)
    for (const [word, n] of of(bucket)) out.set(word, (out.get(word) ?? 0) + n)
  return out
}

// ---------------------------------------------------------------- the life of a rule

/** Whether there is a minute to judge. */
export const isDue = (series: Series, closedMinute: number): boolean =>
  series.isChanged || closedMinute > series.judgedMinute

/** Judges the minutes up to `closedMinute` that were not judged yet. If a judged minute has changed, all are judged again. */
export function judgeSeries(
  series: Series,
  closedMinute: number,
  settings: DetectionLimits,
): Finding[] {
  if (!isDue(series, closedMinute)) return []
  if (series.isChanged) {
    series.states.clear()
    series.judgedMinute = Number.NEGATIVE_INFINITY
    series.isChanged = false
  }
  const buckets = [...series.buckets.values()]
    .filter((b) => b.minute <= closedMinute)
    .toSorted((a, b) => a.minute - b.minute)
  const out: Finding[] = []
  for (let i = 0; i < buckets.length; i++) {
    const bucket = buckets[i] as Bucket
    if (bucket.minute <= series.judgedMinute) continue
    for (const rule of TREND_RULES) {
      if (
        settings.disabled.includes(rule.type) ||
        (rule.kinds !== null && !rule.kinds.has(series.kind))
      )
        continue
      const found = judgeMinute(series, rule, buckets, i, settings)
      if (found !== null) out.push(found)
    }
  }
  series.judgedMinute = closedMinute
  compact(series, closedMinute)
  return out
}

function judgeMinute(
  series: Series,
  rule: TrendRule,
  buckets: readonly Bucket[],
  at: number,
  settings: DetectionLimits,
): Finding | null {
  const state = stateOf(series, rule.id)
  const window = windowAt(buckets, at, settings.trend_calls)
  const first = window[0] as Bucket
  const baseline = buckets.filter(
    (b) =>
      b.minute < first.minute &&
      b.minute >= first.minute - BASELINE_MINUTES &&
      !state.excluded.has(b.minute),
  )
  if (!isLearned(baseline)) return null
  const outside = rule.judge(window, baseline, settings)
  const minute = (buckets[at] as Bucket).minute
  if (outside !== null) for (const b of window) state.excluded.add(b.minute)
  if (state.excluded.size > EXCLUDED_MINUTES_MAX) state.excluded.clear()
  return moved(state, outside, minute, window)
    ? findingOf(series, rule, outside as Outside, minute)
    : null
}

/** Updates the state with a window. Returns true if the rule opens. */
function moved(
  state: TrendState,
  outside: Outside | null,
  minute: number,
  window: readonly Bucket[],
): boolean {
  state.recent = [...state.recent, outside !== null].slice(-RECENT)
  state.calm = outside === null ? state.calm + 1 : 0
  if (state.isOpen) {
    if (state.calm >= CALM_TO_CLOSE) state.isOpen = false
    return false
  }
  if (outside === null) return false
  const [, calls] = totals(window)
  const isFar = outside.effect >= 2 && calls >= CALLS_TO_OPEN_AT_ONCE
  if (!isFar && state.recent.filter(Boolean).length < OUTSIDE_TO_OPEN) return false
  state.isOpen = true
  state.openedMinute = minute
  return true
}

function stateOf(series: Series, rule: string): TrendState {
  let state = series.states.get(rule)
  if (state === undefined) {
    state = { isOpen: false, recent: [], calm: 0, openedMinute: 0, excluded: new Set() }
    series.states.set(rule, state)
  }
  return state
}

/** The window that ends with the minute. It includes earlier minutes while it has too few calls. */
function windowAt(buckets: readonly Bucket[], at: number, callsMin: number): Bucket[] {
  const last = buckets[at] as Bucket
  const window = [last]
  let calls = last.calls
  for (let i = at - 1; i >= 0 && calls < callsMin; i--) {
    const bucket = buckets[i] as Bucket
    if (bucket.minute <= last.minute - WINDOW_MINUTES_MAX) break
    window.unshift(bucket)
    calls += bucket.calls
  }
  return window
}

export function isLearned(baseline: readonly Bucket[]): boolean {
  if (baseline.length >= LEARNED_MINUTES) return true
  const first = baseline[0]
  const last = baseline.at(-1)
  if (first === undefined || last === undefined) return false
  const [, calls] = totals(baseline)
  return calls >= LEARNED_CALLS && last.minute - first.minute >= LEARNED_SPAN_MINUTES
}

function findingOf(series: Series, rule: TrendRule, o: Outside, minute: number): Finding {
  return {
    type: rule.type,
    rule: rule.id,
    severity: rule.severity,
    tenant: series.tenant,
    project: series.project,
    identity: [series.key, String(minute)],
    dimensions: [series.key, rule.id],
    atMs: (minute + 1) * BUCKET_MS,
    trace: null,
    span: null,
    event: null,
    value: o.value,
    threshold: o.threshold,
    evidence: { ...o.evidence, effect: tidy(o.effect), series: series.dimensions },
    context: {
      environment: series.dimensions['environment'] ?? null,
      conversation_id: null,
      session_id: null,
      user_id: null,
      cost_usd: 0,
    },
  }
}
