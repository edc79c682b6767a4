// What a drill is: a row with its name, what it does and needs, and how to run one round. A round has instances and
// directories of its own, which are gone when it ends; rounds are added up by `main.ts`.

import type { Books, Findings } from './books.ts'

export interface Round {
  readonly seed: number
  /** Repeatable from the seed. */
  readonly random: () => number
  /** At most so many; what a cycle is says the drill. */
  readonly cycles: number
  /** True when time is up or somebody wants it to stop: the round then checks what it has and ends. */
  isOver(): boolean
  /** For a person, on standard error. */
  progress(text: string): void
}

/** What a round found. Every field but `notes` adds up over rounds. */
export interface Report extends Findings {
  readonly cycles: number
  readonly issued: number
  readonly acknowledged: number
  /** Cycles that could not be run here. */
  readonly skipped: number
  /** Figures of this drill alone, by name. */
  readonly notes: Readonly<Record<string, number | string>>
}

export interface Drill {
  readonly name: string
  readonly about: string
  /** What a cycle is, and how many are run when nobody says. */
  readonly cycle: string
  readonly cycles: number
  /** Cycles of one round at most, after which all is checked and a new directory begins. */
  readonly roundCycles: number
  /** What the machine lacks for it, or null. */
  readonly missing: () => string | null
  run(round: Round): Promise<Report>
}

export const nothingMissing = (): null => null

export function reportOf(
  books: Books,
  findings: Findings,
  cycles: number,
  notes: Report['notes'] = {},
): Report {
  const { issued, acknowledged } = books
  return { cycles, issued, acknowledged, ...findings, skipped: 0, notes }
}

export function add(a: Report, b: Report): Report {
  const notes: Record<string, number | string> = { ...a.notes }
  for (const [name, value] of Object.entries(b.notes)) {
    const before = notes[name]
    notes[name] = typeof before === 'number' && typeof value === 'number' ? before + value : value
  }
  return {
    cycles: a.cycles + b.cycles,
    issued: a.issued + b.issued,
    acknowledged: a.acknowledged + b.acknowledged,
    delivered: a.delivered + b.delivered,
    deadLettered: a.deadLettered + b.deadLettered,
    lost: a.lost + b.lost,
    doubled: a.doubled + b.doubled,
    corrupt: a.corrupt + b.corrupt,
    skipped: a.skipped + b.skipped,
    notes,
  }
}

export const EMPTY: Report = {
  cycles: 0,
  issued: 0,
  acknowledged: 0,
  delivered: 0,
  deadLettered: 0,
  lost: 0,
  doubled: 0,
  corrupt: 0,
  skipped: 0,
  notes: {},
}

export function isSound(r: Report): boolean {
  return r.lost + r.doubled + r.corrupt === 0
}
