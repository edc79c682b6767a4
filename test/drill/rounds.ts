// Runs a drill round by round until its cycles are done, time is up or it is interrupted, and adds up the findings.

import type { Drill, Report } from './drill.ts'
import { EMPTY } from './drill.ts'
import { StateFile } from './state.ts'

export interface RunOptions {
  readonly cycles?: number
  readonly seconds?: number
  readonly seed: number
  /** Path of a file that keeps sums over several runs. */
  readonly state?: string
  readonly signal: AbortSignal
  progress(text: string): void
}

export interface Outcome {
  readonly drill: string
  /** Seed of the first round of this run. */
  readonly seed: number
  readonly rounds: number
  readonly seconds: number
  /** The sums, including earlier runs when there is a state file. */
  readonly total: Report
}

export async function runDrill(drill: Drill, options: RunOptions): Promise<Outcome> {
  const state = await StateFile.open(options.state ?? null)
  const startedAt = performance.now()
  const secondsPast = (): number => (performance.now() - startedAt) / 1000
  const isOver = (): boolean =>
    options.signal.aborted || secondsPast() > (options.seconds ?? Number.POSITIVE_INFINITY)
  let sums = state.of(drill.name, options.seed)
  const { seed } = sums
  const missing = drill.missing()
  // With a time limit but no number of cycles, only the time limit ends the drill.
  const byTime = options.seconds === undefined ? drill.cycles : Number.POSITIVE_INFINITY
  let left = options.cycles ?? byTime
  if (missing !== null) {
    options.progress(`${drill.name} is skipped: ${missing}`)
    const skipped = { ...EMPTY, skipped: Number.isFinite(left) ? left : 1, notes: { missing } }
    return { drill: drill.name, seed, rounds: 0, seconds: 0, total: skipped }
  }
  while (left > 0 && !isOver()) {
    const cycles = Math.min(left, drill.roundCycles)
    const random = randomOf(sums.seed)
    const progress = (text: string): void => options.progress(text)
    const report = await drill.run({ seed: sums.seed, random, cycles, isOver, progress })
    left -= cycles
    // A round uses one seed, or one for each of its cycles.
    sums = await state.add(drill.name, sums, report, sums.seed + Math.max(1, report.cycles))
  }
  return { drill: drill.name, seed, rounds: sums.rounds, seconds: secondsPast(), total: sums.total }
}

/** Random numbers from a seed (mulberry32). */
function randomOf(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b_79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
