// Judges the closed minutes of a series, in order, so the result depends on the calls and not on when they arrived. Late calls to minutes
// that were judged have these judged again, from the checkpoint before.

import type { Finding } from '../finding.ts'
import type { DetectionLimits } from '../settings.ts'
import { HOUR_MINUTES, keepHour } from './season.ts'
import { BUCKET_MS, compact, exclude, minutesOf, type Series } from './series.ts'
import {
  isLearned,
  type Outside,
  TREND_RULES,
  type TrendRule,
  tidy,
  totals,
  type Window,
} from './trend-rules.ts'
import {
  beginAnew,
  checkpoint,
  goBack,
  isNewNormal,
  learn,
  moved,
  mustLearn,
  newState,
  type TrendState,
} from './trend-state.ts'

const WINDOW_MINUTES_MAX = 5
const BASELINE_MINUTES = 120

export interface SeriesVerdict {
  readonly findings: readonly Finding[]
  /** Rules whose new level is the usual one from a minute on: the identity of the signal with which each had opened. */
  readonly accepted: readonly Accepted[]
  /** Signals of minutes from here on that were found before and are not among the findings do not hold. */
  readonly judgedFrom: number
}

export interface Accepted {
  readonly finding: Finding
  readonly minute: number
}

/** Whether there is a minute to judge. */
export const isDue = (series: Series, closedMinute: number): boolean =>
  series.changedMinute <= series.judgedMinute || closedMinute > series.judgedMinute

/** Whether any rule knows what is usual. */
export const knowsUsual = ({ states }: Series): boolean => states.some((s) => s?.usual !== null)

/** Judges the minutes up to `closedMinute` that were not judged yet. Sketches up to `compactTo` are no longer needed. */
export function judgeSeries(
  series: Series,
  closedMinute: number,
  compactTo: number,
  settings: DetectionLimits,
): SeriesVerdict {
  if (series.changedMinute <= series.judgedMinute) rewind(series)
  series.changedMinute = Number.POSITIVE_INFINITY
  const from = series.judgedMinute
  const findings: Finding[] = []
  const accepted: Accepted[] = []
  const last = Math.min(closedMinute, series.newestMinute)
  for (const { minute } of minutesOf(series, from + 1, last)) {
    keepHours(series, series.judgedMinute, minute)
    const window = windowAt(series, minute, settings.trend_calls)
    TREND_RULES.forEach((rule, i) => {
      if (settings.disabled.includes(rule.type) || !(rule.kinds?.has(series.kind) ?? true)) return
      const known = series.states[i]
      // A series that never has enough calls costs nothing.
      if (known === undefined && window.calls < settings.trend_calls) return
      const state = known ?? newState()
      series.states[i] = state
      if (isNewNormal(state, minute)) {
        accepted.push({ finding: openedOf(series, rule, state), minute })
        exclude(series, minutesOf(series, state.openedMinute, minute), 1 << i, false)
        beginAnew(state)
      }
      const found = judgeMinute({ ...window, bit: 1 << i }, rule, state, minute, settings)
      if (found !== null) findings.push(found)
    })
    series.judgedMinute = minute
    checkpoint(series, minute)
  }
  if (Number.isFinite(closedMinute)) {
    keepHours(series, series.judgedMinute, closedMinute)
    series.judgedMinute = Math.max(series.judgedMinute, closedMinute)
  }
  compact(series, Math.min(compactTo, series.judgedMinute) - WINDOW_MINUTES_MAX)
  return { findings, accepted, judgedFrom: from + 1 }
}

/** Goes back to before the first minute that has changed, unless that is too long ago. */
function rewind(series: Series): void {
  if (!goBack(series, series.changedMinute)) return
  const again = minutesOf(series, series.judgedMinute + 1, Number.POSITIVE_INFINITY)
  exclude(series, again, ~0, false)
}

/** Keeps the hours that end after `before`, and not after `now`. */
function keepHours(series: Series, before: number, now: number): void {
  const hour = Math.floor(before / HOUR_MINUTES)
  if (!Number.isFinite(hour) || Math.floor(now / HOUR_MINUTES) <= hour) return
  // The hours after it have no minutes yet.
  const first = hour * HOUR_MINUTES
  keepHour(series, hour, minutesOf(series, first, first + HOUR_MINUTES - 1))
}

function judgeMinute(
  window: Window,
  rule: TrendRule,
  state: TrendState,
  minute: number,
  settings: DetectionLimits,
): Finding | null {
  const { series, minutes, bit, calls } = window
  const isEnough = calls >= settings.trend_calls
  if (isEnough && mustLearn(state, minute)) {
    const before = minutes[0]?.minute ?? minute
    const known = minutesOf(series, before - BASELINE_MINUTES, before - 1).filter(
      (m) => (m.excluded & bit) === 0,
    )
    learn(state, isLearned(known) ? rule.learn(series, known, minute) : null, minute)
  }
  if (state.usual === null) return null
  const outside = isEnough ? rule.judge(window, state.usual, settings) : null
  if (outside !== null) exclude(series, minutes, bit)
  return moved(state, outside?.effect ?? null, minute, calls) && outside !== null
    ? findingOf(series, rule, minute, outside)
    : null
}

/** The window that ends with the minute. It includes earlier minutes while it has too few calls. */
function windowAt(series: Series, at: number, callsMin: number): Window {
  const all = minutesOf(series, at - WINDOW_MINUTES_MAX + 1, at)
  let first = all.length - 1
  let calls = all[first]?.calls ?? 0
  while (first > 0 && calls < callsMin) calls += all[--first]?.calls ?? 0
  const minutes = all.slice(first)
  return { series, minutes, bit: 0, ...totals(minutes) }
}

/** The finding with which a rule opened, as far as it is known: what says which signal it is. */
const openedOf = (series: Series, rule: TrendRule, { openedMinute }: TrendState): Finding =>
  findingOf(series, rule, openedMinute, { effect: 0, value: 0, threshold: 0, evidence: {} })

function findingOf(series: Series, rule: TrendRule, minute: number, o: Outside): Finding {
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
