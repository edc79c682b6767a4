// What is usual at an hour of the week: the hours of a series of the last two weeks. A rule compares a window with what was before, and
// where the same hours of the weeks before are known, with these too: a peak of every Monday morning is no anomaly. An anomalous
// hour is not learned from, unless the same hour of the other week was anomalous as well, for then it is a season.

import {
  highBin,
  lowBin,
  MEASURES,
  type Measure,
  type Minute,
  pairIn,
  type Quantile,
  type Season,
  type Series,
} from './series.ts'
import { valueOf, ZERO_BIN } from './sketch.ts'

export const HOUR_MINUTES = 60
const WEEK_HOURS = 168
const WEEKS = 2
const HOURS_MAX = WEEK_HOURS * WEEKS + 2
/** An hour with fewer calls says nothing. */
const HOUR_CALLS_MIN = 50
/** Columns: hour as offset to the first one, plus 1, calls, errors per ten thousand, anomalous rules, two quantiles of each measure. */
const STRIDE = 12
const QUANTILES_AT = 4
const SHARE = 10_000

const placeOf = (hour: number): number => (((hour % HOURS_MAX) + HOURS_MAX) % HOURS_MAX) * STRIDE

/** Keeps an hour, of which these are the minutes. */
export function keepHour(series: Series, hour: number, minutes: readonly Minute[]): void {
  const calls = minutes.reduce((n, m) => n + m.calls, 0)
  // A series without states never had enough calls to be judged.
  if (calls < HOUR_CALLS_MIN || series.states.length === 0) return
  // An offset must fit into its column, which takes three years.
  if (series.season !== null && hour - series.season.firstHour >= 32_000) series.season = null
  series.season ??= { firstHour: hour, rows: new Int16Array(HOURS_MAX * STRIDE) }
  const { rows, firstHour } = series.season
  if (hour < firstHour) return
  const at = placeOf(hour)
  rows[at] = hour - firstHour + 1
  rows[at + 1] = Math.min(calls, 32_767)
  rows[at + 2] = Math.round((minutes.reduce((n, m) => n + m.errors, 0) / calls) * SHARE)
  rows[at + 3] = minutes.reduce((bits, m) => bits | m.excluded, 0)
  for (const [i, measure] of MEASURES.entries()) {
    const pairs = minutes
      .map(({ minute }) => pairIn(series, minute, measure))
      .filter(([n]) => n > 0)
    const middle = (bins: readonly number[]): number =>
      bins.toSorted((a, b) => a - b)[Math.floor(bins.length / 2)] ?? ZERO_BIN
    rows[at + QUANTILES_AT + 2 * i] = middle(pairs.map(([, pair]) => lowBin(pair)))
    rows[at + QUANTILES_AT + 2 * i + 1] = middle(pairs.map(([, pair]) => highBin(pair)))
  }
}

/** Near its ends an hour may also be as the one beside it. */
const EDGE_MINUTES = 15

/** The rows of what is usual at a minute of the week, one list for each hour that it may be like. `bit` is that of the rule. */
function hoursLike(season: Season, minute: number, bit: number): number[][] {
  const hour = Math.floor(minute / HOUR_MINUTES)
  const hours = [hour]
  const past = minute - hour * HOUR_MINUTES
  if (past < EDGE_MINUTES) hours.push(hour - 1)
  if (past >= HOUR_MINUTES - EDGE_MINUTES) hours.push(hour + 1)
  return hours.map((h) => learned(season, h, bit)).filter((places) => places.length > 0)
}

function learned({ rows, firstHour }: Season, hour: number, bit: number): number[] {
  const places: number[] = []
  for (let week = 1; week <= WEEKS; week++) {
    const like = hour - week * WEEK_HOURS
    const at = placeOf(like)
    if (rows[at] === like - firstHour + 1) places.push(at)
  }
  const isAnomalous = (at: number): boolean => ((rows[at + 3] ?? 0) & bit) !== 0
  const isSeason = places.length === WEEKS && places.every(isAnomalous)
  return isSeason ? places : places.filter((at) => !isAnomalous(at))
}

/** Values of a quantile of a measure at the same time of the weeks before, a list for each hour that the minute may be like. */
export function seasonalValues(
  series: Series,
  minute: number,
  bit: number,
  measure: Measure,
  q: Quantile,
): number[][] {
  const { season } = series
  if (season === null) return []
  const column = QUANTILES_AT + 2 * MEASURES.indexOf(measure) + (q === 'p50' ? 0 : 1)
  return hoursLike(season, minute, bit)
    .map((places) =>
      places.map((at) => valueOf(season.rows[at + column] ?? 0)).filter((x) => x > 0),
    )
    .filter((values) => values.length > 0)
}

/** Errors and calls at the same time of the weeks before, a pair for each hour that the minute may be like. */
export function seasonalErrors(
  series: Series,
  minute: number,
  bit: number,
): (readonly [errors: number, calls: number])[] {
  const { season } = series
  if (season === null) return []
  return hoursLike(season, minute, bit).map((places) => {
    let errors = 0
    let calls = 0
    for (const at of places) {
      const n = season.rows[at + 1] ?? 0
      calls += n
      errors += (n * (season.rows[at + 2] ?? 0)) / SHARE
    }
    return [Math.round(errors), calls]
  })
}
