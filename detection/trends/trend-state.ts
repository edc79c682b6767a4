// The life of a trend rule in a series: what it holds for usual, whether it is open, and when it takes a new level for the usual one. It
// opens when two of three windows are anomalous, or one window with many calls is very anomalous, and closes after four normal
// ones. Anomalous minutes are not learned from; while a rule is open, what was usual before stays what windows are compared
// with, for a day at most. Then the new level is the usual one, and a signal says so.

/** What a rule has learned. It is not changed, so that states may share it. */
export interface Usual {
  /** The minute up to which was learned. */
  readonly minute: number
  /** Of quantiles: median and deviation of p50, then of p95. */
  readonly quantiles?: readonly number[]
  readonly errors?: number
  readonly calls?: number
  /** How often each word was counted. */
  readonly words?: readonly (readonly [word: string, count: number])[]
}

export interface TrendState {
  usual: Usual | null
  isOpen: boolean
  /** Whether each of the last windows was anomalous, as bits, newest last; and the number of normal windows since. */
  recent: number
  calm: number
  openedMinute: number
}

/** The states after a minute, from where minutes are judged again when late calls have changed them. */
export interface Checkpoint {
  readonly minute: number
  readonly states: readonly TrendState[]
}

const RECENT_BITS = 0b111
const OUTSIDE_TO_OPEN = 2
const CALM_TO_CLOSE = 4
const CALLS_TO_OPEN_AT_ONCE = 100
const FAR_EFFECT = 2
/** An anomaly of this length is the new normal, and what was learned longer ago is forgotten. */
const DAY_MINUTES = 1440
/** What is usual is learned anew after this time. */
const LEARN_EVERY_MINUTES = 10
/** Checkpoints, so many minutes apart, reach as far back as the minutes that are remembered. */
const CHECKPOINT_MINUTES = 40
const CHECKPOINTS_MAX = 3

export const newState = (): TrendState => ({
  usual: null,
  isOpen: false,
  recent: 0,
  calm: 0,
  openedMinute: 0,
})

export const mustLearn = (state: TrendState, minute: number): boolean =>
  !state.isOpen && (state.usual === null || minute - state.usual.minute >= LEARN_EVERY_MINUTES)

/** Takes what was learned. When nothing could be, what was usual before stays for a day. */
export function learn(state: TrendState, learned: Usual | null, minute: number): void {
  if (learned !== null) state.usual = learned
  else if (state.usual !== null && minute - state.usual.minute >= DAY_MINUTES) state.usual = null
}

/** Whether the level has been another one for so long that it is the usual one now. */
export const isNewNormal = (state: TrendState, minute: number): boolean =>
  state.isOpen && minute - state.openedMinute >= DAY_MINUTES

/** Forgets what was usual. */
export function beginAnew(state: TrendState): void {
  Object.assign(state, { usual: null, isOpen: false, recent: 0, calm: 0 })
}

/** Goes on to the next window. `effect` is 1 at the threshold, null for a normal window. Returns true if the rule opens. */
export function moved(
  state: TrendState,
  effect: number | null,
  minute: number,
  calls: number,
): boolean {
  state.recent = ((state.recent << 1) | (effect === null ? 0 : 1)) & RECENT_BITS
  state.calm = effect === null ? Math.min(state.calm + 1, CALM_TO_CLOSE) : 0
  if (state.isOpen) {
    if (state.calm >= CALM_TO_CLOSE) state.isOpen = false
    return false
  }
  if (effect === null) return false
  const isFar = effect >= FAR_EFFECT && calls >= CALLS_TO_OPEN_AT_ONCE
  if (!isFar && bitsOf(state.recent) < OUTSIDE_TO_OPEN) return false
  state.isOpen = true
  state.openedMinute = minute
  return true
}

const bitsOf = (bits: number): number => (bits & 1) + ((bits >> 1) & 1) + ((bits >> 2) & 1)

interface Judged {
  states: TrendState[]
  checkpoints: Checkpoint[]
  judgedMinute: number
}

const copied = (states: readonly TrendState[]): TrendState[] => states.map((s) => ({ ...s }))

/** Notes the states after a minute, if it is time. */
export function checkpoint(judged: Judged, minute: number): void {
  const last = judged.checkpoints.at(-1)?.minute ?? Number.NEGATIVE_INFINITY
  if (minute - last < CHECKPOINT_MINUTES) return
  judged.checkpoints.push({ minute, states: copied(judged.states) })
  if (judged.checkpoints.length > CHECKPOINTS_MAX) judged.checkpoints.shift()
}

/** Goes back to before a minute. False, and nothing is changed, when that is too long ago. */
export function goBack(judged: Judged, minute: number): boolean {
  const kept = judged.checkpoints.filter((c) => c.minute < minute)
  const from = kept.at(-1)
  if (from === undefined && judged.checkpoints.length >= CHECKPOINTS_MAX) return false
  judged.checkpoints = kept
  judged.states = copied(from?.states ?? [])
  judged.judgedMinute = from?.minute ?? Number.NEGATIVE_INFINITY
  return true
}
