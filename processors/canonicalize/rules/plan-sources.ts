// The `field_sources` texts of a plan, which are kept with the plan for the next spans of the same shape. Optional values make
// a few of them.

import { grownInts } from '../../../core/grow.ts'

/** More than these take the place of earlier ones. */
const TEXTS_MAX = 8
/** Number of steps in a word of `StepSet`. */
const BITS = 32

/** A text, and the steps of the plan whose rules it names. */
export interface SourcesText {
  readonly steps: Int32Array
  readonly text: string
  /** The number of the batch whose arena has the text, and its position. */
  batch: number
  off: number
}

export class PlanSources {
  readonly #texts: SourcesText[] = []
  #last: SourcesText | null = null
  #next = 0

  /** The text for exactly these steps, or null. */
  find(steps: StepSet): SourcesText | null {
    // Nearly all spans of a plan are like the one before.
    if (this.#last !== null && steps.isSame(this.#last.steps)) return this.#last
    for (const known of this.#texts) if (steps.isSame(known.steps)) return this.#found(known)
    return null
  }

  add(steps: Int32Array, text: string): SourcesText {
    const made = { steps, text, batch: -1, off: 0 }
    this.#texts[this.#next] = made
    this.#next = (this.#next + 1) % TEXTS_MAX
    return this.#found(made)
  }

  #found(text: SourcesText): SourcesText {
    this.#last = text
    return text
  }
}

/** Steps of a plan, as bits. */
export class StepSet {
  #words = new Int32Array(2)

  clear(): void {
    this.#words.fill(0)
  }

  add(step: number): void {
    const word = step >> 5
    if (word >= this.#words.length) this.#words = grownInts(this.#words, word + 1)
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (step & (BITS - 1)))
  }

  has(step: number): boolean {
    return (((this.#words[step >> 5] ?? 0) >>> (step & (BITS - 1))) & 1) === 1
  }

  /** A copy of the words, for `isSame`. */
  copy(): Int32Array {
    return this.#words.slice()
  }

  isSame(words: Int32Array): boolean {
    const mine = this.#words
    if (mine.length !== words.length) return false
    for (let i = 0; i < mine.length; i++) if (mine[i] !== words[i]) return false
    return true
  }
}
