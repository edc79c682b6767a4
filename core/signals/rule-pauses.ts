// Hours of the week in which a rule raises nothing, by the time of the call and not by that of a clock: the same events give the same
// signals whenever they are looked at.

import type { SignalType } from './signal.ts'
import { isInScope, type LabelReader, type Scope } from './signal-scopes.ts'
import { isInWindow, type WeekWindow } from './timetable.ts'

export interface Pause extends WeekWindow {
  readonly types?: readonly SignalType[] | undefined
  readonly match: Scope
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
