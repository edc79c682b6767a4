// The rules over series: what each learns of the minutes before, and whether a window of the newest minutes differs from it. When they are
// asked, and what follows, is in `judge-series.ts`.

import type { SignalType } from '../../core/signals/signal.ts'
import type { DetectionLimits } from '../settings.ts'
import { seasonalErrors, seasonalValues } from './season.ts'
import {
  highBin,
  lowBin,
  type Measure,
  type Minute,
  pairIn,
  QUANTILES,
  type Series,
  summaryOf,
  wordsIn,
} from './series.ts'
import { valueOf } from './sketch.ts'
import { deviation, median, rateBounds } from './statistics.ts'
import type { Usual } from './trend-state.ts'

/** A series is learned after this many minutes with calls, or after this many calls in at least so many minutes. */
const LEARNED_MINUTES = 30
const LEARNED_CALLS = 1000
const LEARNED_SPAN_MINUTES = 30

/** How anomalous a window is, 1 at the threshold, with the evidence for people. */
export interface Outside {
  readonly effect: number
  readonly value: number
  readonly threshold: number
  readonly evidence: Readonly<Record<string, string | number | null>>
}

export interface Window {
  readonly series: Series
  readonly minutes: readonly Minute[]
  readonly errors: number
  readonly calls: number
  /** Of the rule. */
  readonly bit: number
}

export interface TrendRule {
  readonly id: string
  readonly type: SignalType
  readonly severity: 'high' | 'medium' | 'low'
  readonly kinds: ReadonlySet<string> | null
  /** What is usual in minutes that are no anomalies; null when they say too little. */
  learn(series: Series, minutes: readonly Minute[], at: number): Usual | null
  judge(window: Window, usual: Usual, settings: DetectionLimits): Outside | null
}

const MODELS: ReadonlySet<string> = new Set(['llm'])

export const TREND_RULES: readonly TrendRule[] = [
  quantileRule('latency_anomaly', 'trend.latency@2', 'medium', 'latency', 20, false),
  quantileRule('cost_anomaly', 'trend.cost@2', 'medium', 'cost', 0.0005, false),
  quantileRule('token_anomaly', 'trend.tokens@2', 'low', 'tokens', 200, false),
  quantileRule('output_drift', 'trend.output@2', 'low', 'output', 40, true),
  {
    id: 'trend.errors@2',
    type: 'error_rate',
    severity: 'high',
    kinds: null,
    learn: (_, minutes, at) => ({ minute: at, ...totals(minutes) }),
    judge: errorRate,
  },
  shareRule('model_drift', 'trend.model@2', 'medium', 'models', 'response_model'),
  shareRule('output_drift', 'trend.finish@2', 'low', 'finishes', 'finish_reasons'),
]

/** Whether these minutes are enough to say what is usual. */
export function isLearned(minutes: readonly Minute[]): boolean {
  if (minutes.length >= LEARNED_MINUTES) return true
  const first = minutes[0]
  const last = minutes.at(-1)
  if (first === undefined || last === undefined) return false
  if (last.minute - first.minute < LEARNED_SPAN_MINUTES) return false
  return totals(minutes).calls >= LEARNED_CALLS
}

export function totals(minutes: readonly Minute[]): { errors: number; calls: number } {
  let errors = 0
  let calls = 0
  for (const m of minutes) {
    errors += m.errors
    calls += m.calls
  }
  return { errors, calls }
}

export const tidy = (x: number): number => Number(x.toPrecision(4))

// ---------------------------------------------------------------- quantiles

/** What may also be lower than usual must differ by more. */
const BOTH_WAYS_RATIO_MIN = 2

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
    learn(series, minutes, at) {
      const pairs: number[] = []
      for (const { minute } of minutes) {
        const [n, pair] = pairIn(series, minute, measure)
        if (n > 0) pairs.push(pair)
      }
      if (pairs.length < LEARNED_MINUTES / 2) return null
      return { minute: at, quantiles: [lowBin, highBin].flatMap((bin) => spreadOf(pairs, bin)) }
    },
    judge(window, usual, settings) {
      const now = summaryOf(window.series, window.minutes, measure)
      if (now.count < settings.trend_calls) return null
      const needed = Math.max(isBothWays ? BOTH_WAYS_RATIO_MIN : 1, settings.trend_ratio)
      for (const [i, q] of QUANTILES.entries()) {
        const [centre = 0, spread = 0] = usual.quantiles?.slice(2 * i) ?? []
        const limits = { needed, deviations: settings.trend_deviations, floor, isBothWays }
        const effect = effectOf(now[q], centre, spread, limits)
        if (effect === null) continue
        const at = window.minutes.at(-1)?.minute ?? 0
        const seasonal = seasonalValues(window.series, at, window.bit, measure, q)
        const isUsual = (values: readonly number[]): boolean => {
          const middle = median(values)
          return effectOf(now[q], middle, deviation(values, middle), limits) === null
        }
        if (seasonal.some(isUsual)) continue
        const [sameHour] = seasonal
        return {
          effect,
          value: tidy(now[q]),
          threshold: tidy(now[q] < centre ? centre / needed : centre * needed),
          evidence: {
            measure,
            quantile: q,
            now: tidy(now[q]),
            usual: tidy(centre),
            ...(sameHour === undefined
              ? {}
              : { usual_at_this_hour_of_the_week: tidy(median(sameHour)) }),
            calls: now.count,
          },
        }
      }
      return null
    },
  }
}

function spreadOf(pairs: readonly number[], bin: (pair: number) => number): number[] {
  const values = pairs.map((pair) => valueOf(bin(pair)))
  const centre = median(values)
  return [centre, deviation(values, centre)]
}

interface QuantileLimits {
  readonly needed: number
  readonly deviations: number
  readonly floor: number
  readonly isBothWays: boolean
}

function effectOf(
  now: number,
  centre: number,
  spread: number,
  { needed, deviations, floor, isBothWays }: QuantileLimits,
): number | null {
  const isFall = now < centre
  if (now === centre || (isFall && !isBothWays)) return null
  const ratio = isFall ? centre / Math.max(now, 1e-9) : now / Math.max(centre, 1e-9)
  const far = Math.abs(now - centre) / spread
  if (ratio < needed || far < deviations || Math.abs(now - centre) < floor) return null
  return Math.min((ratio - 1) / (needed - 1), far / deviations)
}

// ---------------------------------------------------------------- rates

const ERROR_FACTOR = 1.5
const ERRORS_MIN = 5

function errorRate(window: Window, usual: Usual, settings: DetectionLimits): Outside | null {
  const { errors, calls } = window
  if (calls < settings.trend_calls || errors < ERRORS_MIN) return null
  const before = rateTest(window, usual.errors ?? 0, usual.calls ?? 0, settings)
  if (before === null) return null
  const at = window.minutes.at(-1)?.minute ?? 0
  const seasonal = seasonalErrors(window.series, at, window.bit)
  if (seasonal.some((season) => rateTest(window, ...season, settings) === null)) return null
  const [sameHour] = seasonal
  return {
    effect: before.effect,
    value: tidy(errors / calls),
    threshold: tidy(before.threshold),
    evidence: {
      measure: 'errors',
      errors,
      calls,
      now: percent(errors / calls),
      usual: percent(rate(usual.errors ?? 0, usual.calls ?? 0)),
      ...(sameHour === undefined
        ? {}
        : { usual_at_this_hour_of_the_week: percent(rate(...sameHour)) }),
    },
  }
}

const rate = (errors: number, calls: number): number => errors / Math.max(1, calls)

function rateTest(
  { errors, calls }: Window,
  errorsBefore: number,
  callsBefore: number,
  settings: DetectionLimits,
): { readonly effect: number; readonly threshold: number } | null {
  const [low] = rateBounds(errors, calls)
  const [, high] = rateBounds(errorsBefore, callsBefore)
  const threshold = high * ERROR_FACTOR
  const difference = errors / calls - rate(errorsBefore, callsBefore)
  if (low <= threshold || difference < settings.error_rate_difference) return null
  return { effect: low / threshold, threshold }
}

const percent = (share: number): string => `${Math.round(share * 1000) / 10} %`

// ---------------------------------------------------------------- shares

/** A word, such as a model or a finish reason, whose share rose by at least this much. */
const SHARE_DIFFERENCE_MIN = 0.2

function shareRule(
  type: SignalType,
  id: string,
  severity: TrendRule['severity'],
  words: 'models' | 'finishes',
  name: string,
): TrendRule {
  return {
    id,
    type,
    severity,
    kinds: MODELS,
    learn: (series, minutes, at) => ({ minute: at, words: [...wordsIn(series[words], minutes)] }),
    judge: (window, usual, { trend_calls }) =>
      risen(wordsIn(window.series[words], window.minutes), new Map(usual.words), name, trend_calls),
  }
}

function risen(
  now: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number>,
  name: string,
  callsMin: number,
): Outside | null {
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
    const usual =
      [...before].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? ''
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
