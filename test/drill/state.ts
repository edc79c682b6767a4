// The sums of a drill over many runs, in a file, so that the results of an interrupted run are added to those of the next
// one.

import { readFile, rename, writeFile } from 'node:fs/promises'
import { add, EMPTY, type Report } from './drill.ts'

export interface Sums {
  /** Seed of the next round, so that no two rounds are alike. */
  readonly seed: number
  readonly rounds: number
  readonly total: Report
}

type State = Record<string, Sums>

export class StateFile {
  readonly #path: string | null
  #state: State = {}

  private constructor(path: string | null) {
    this.#path = path
  }

  /** Without a path, nothing is stored. */
  static async open(path: string | null): Promise<StateFile> {
    const file = new StateFile(path)
    const text = path === null ? null : await readFile(path, 'utf8').catch(() => null)
    // The type is right, because only this class writes the file.
    if (text !== null) file.#state = JSON.parse(text) as State
    return file
  }

  of(drill: string, seed: number): Sums {
    return this.#state[drill] ?? { seed, rounds: 0, total: EMPTY }
  }

  async add(drill: string, from: Sums, report: Report, seed: number): Promise<Sums> {
    const sums = { seed, rounds: from.rounds + 1, total: add(from.total, report) }
    this.#state[drill] = sums
    if (this.#path === null) return sums
    await writeFile(`${this.#path}.new`, `${JSON.stringify(this.#state, null, 2)}\n`)
    await rename(`${this.#path}.new`, this.#path)
    return sums
  }
}
