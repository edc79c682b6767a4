// A text in pieces that is judged as one: which pieces a finding of the joined text lies in, and whether it is more than
// a secret in one piece and a word beside it in the next.

import { latinText } from './bytes.ts'
import type { Finding } from './finding.ts'
import type { Range } from './value-range.ts'

/** A part of a finding, in one piece. */
export interface Crossed<P extends Range> extends Range {
  readonly piece: P
}

export class JoinedPieces<P extends Range> {
  readonly #bytes: Uint8Array
  readonly #pieces: readonly P[]
  readonly #starts: number[] = []

  constructor(bytes: Uint8Array, pieces: readonly P[]) {
    this.#bytes = bytes
    this.#pieces = pieces
    let n = 0
    for (const p of pieces) {
      this.#starts.push(n)
      n += p.to - p.from
    }
  }

  /** A finding of the joined text in each of its pieces. One that lies in a single piece may owe its name to the piece before. */
  partsOf(f: Finding): Crossed<P>[] {
    const out: Crossed<P>[] = []
    for (let i = this.#lastAtOrBefore(f.start); i < this.#pieces.length; i++) {
      const piece = this.#pieces[i] as P
      const base = (this.#starts[i] as number) - piece.from
      if (base + piece.from >= f.end) break
      const from = Math.max(f.start - base, piece.from)
      const to = Math.min(f.end - base, piece.to)
      if (to > from) out.push({ piece, from, to })
    }
    return out
  }

  /**
   * The same for texts that only stand one after another, such as messages: "ann@mail.test" and "Answer briefly." make
   * no longer address. Words beside a piece that is a secret by itself are left out.
   */
  withoutNeighbours(
    crossed: readonly Crossed<P>[],
    isWhole: (part: Crossed<P>) => boolean,
  ): readonly Crossed<P>[] {
    const out: Crossed<P>[] = []
    let run: Crossed<P>[] = []
    let hasWhole = false
    const close = (): void => {
      if (!run.every((part) => isPlainWord(this.#bytes, part))) out.push(...run)
      run = []
    }
    for (const part of crossed)
      if (isWhole(part)) {
        hasWhole = true
        close()
        out.push(part)
      } else run.push(part)
    close()
    return hasWhole ? out : crossed
  }

  #lastAtOrBefore(at: number): number {
    let lo = 0
    let hi = this.#starts.length - 1
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1
      if ((this.#starts[mid] as number) <= at) lo = mid
      else hi = mid - 1
    }
    return lo
  }
}

const WORDS_MAX = 64
const SHORT_WORDS = new Set(
  'a i am an as at be by do go he hi if in is it me my no of oh ok on or so to up us we'.split(' '),
)

/** Words of letters in one case, a capital first or not, joined or not; or a number of a list. */
function isPlainWord(b: Uint8Array, r: Range): boolean {
  if (r.to - r.from > WORDS_MAX) return false
  const words = latinText(b, r.from, r.to).split(/[^A-Za-z0-9]+/)
  return words.every((w) => {
    if (w === '' || /^\d{1,2}$/.test(w)) return true
    if (!/^(?:[A-Za-z][a-z]*|[A-Z]+)$/.test(w)) return false
    return w.length < 3 ? SHORT_WORDS.has(w.toLowerCase()) : /[aeiouy]/i.test(w)
  })
}
