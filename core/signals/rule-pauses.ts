// Hours of the week in which a rule raises no signals. They are compared with the time of the call, not with a clock, so that
// the same events give the same signals whenever they are processed.

import type { SignalType } from './signal.ts'
import { isInScope, type LabelReader, type RuleScope } from './signal-scopes.ts'
import { isInWindow, type WeekWindow } from './timetable.ts'

export interface Pause extends WeekWindow {
  readonly types?: readonly SignalType[] | undefined
  readonly match: RuleScope
  readonly time_zone: string
}

export class Pauses {
  readonly #pauses: readonly Pause[]

  constructor(pauses: readonly Pause[]) {
    this.#pauses = pauses
  }

  /** Whether signals of the type are paused for a call that ended at `atMs`. */
  holdFor(type: SignalType, atMs: number, labelOf: LabelReader): boolean {
    return this.#pauses.some(
      (p) =>
        (p.types === undefined || p.types.includes(type)) &&
        !Number.isNaN(atMs) &&
        isInWindow(p, atMs, p.time_zone) &&
        isInScope(p.match, labelOf),
    )
  }
}
