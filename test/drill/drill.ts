// The interface of a drill: a row with its name, description and requirements, and a function that runs one round. Every
// round has its own instances and directories, which are removed when it ends. `main.ts` adds up the rounds.

import type { Books, Findings } from './books.ts'

export interface Round {
  readonly seed: number
  /** Random numbers that the seed determines. */
  readonly random: () => number
  /** The maximum number of cycles. Each drill defines what a cycle is. */
  readonly cycles: number
  /** True when time is up or the drill was interrupted. The round then checks what it has done and ends. */
  isOver(): boolean
  /** Prints progress to standard error, for a person. */
  progress(text: string): void
}

/** The findings of a round. Every field except `notes` is added up over rounds. */
export interface Report extends Findings {
  readonly cycles: number
  readonly issued: number
  readonly acknowledged: number
  /** Cycles that could not be run on this machine. */
  readonly skipped: number
  /** Figures of this drill only, by name. Those of rounds are added up; a list keeps one for each, a text is the last one. */
  readonly notes: Readonly<Record<string, Note>>
}

export type Note = number | string | readonly number[]

export interface Drill {
  readonly name: string
  readonly about: string
  /** Describes a cycle, and gives the default number of cycles. */
  readonly cycle: string
  readonly cycles: number
  /** The most cycles in one round. After a round everything is checked, and the next round starts with a new directory. */
  readonly roundCycles: number
  /** Names what the machine lacks to run the drill; null if it can run. */
  readonly missing: () => string | null
  /** Limits that depend on the machine and whether they hold, a line each. They do not fail the drill. */
  readonly judged?: (total: Report) => readonly string[]
  run(round: Round): Promise<Report>
}

export const nothingMissing = (): null => null

export function reportOf(
  books: Books,
  findings: Findings,
  cycles: number,
  notes: Report['notes'] = {},
): Report {
  const { sent: issued, acknowledged } = books
  return { cycles, issued, acknowledged, ...findings, skipped: 0, notes }
}

export function add(a: Report, b: Report): Report {
  const notes: Record<string, Note> = { ...a.notes }
  for (const [name, value] of Object.entries(b.notes)) notes[name] = both(notes[name], value)
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

function both(a: Note | undefined, b: Note): Note {
  if (typeof a === 'number' && typeof b === 'number') return a + b
  return Array.isArray(a) && Array.isArray(b) ? [...a, ...b] : b
}

/** The figures of the rounds; empty when there are none. */
export function listOf(note: Note | undefined): readonly number[] {
  return typeof note === 'object' ? note : []
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
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

export function isSound(report: Report): boolean {
  return report.lost + report.doubled + report.corrupt === 0
}
