// A text with its findings already replaced, and the way back to the original. A marker is another neighbour
// than the secret was (`shpat_..sk-proj-..`), so what is found next to a marker must be found at once:
// otherwise scrubbing twice would find more than scrubbing once.

import { type Finding, mergeOverlaps } from '../value/finding.ts'
import type { ValueRange } from '../value/value-range.ts'

export class MaskedView {
  readonly bytes: Uint8Array
  readonly #found: readonly Finding[]
  /** By finding: where its marker begins in `bytes`. */
  readonly #marks: number[] = []
  readonly #markLength: (f: Finding) => number
  readonly #from: number

  constructor(value: ValueRange, found: readonly Finding[], marker: (f: Finding) => Uint8Array) {
    const { bytes: b, from, to } = value
    this.#found = found
    this.#from = from
    this.#markLength = (f) => marker(f).length
    const parts: Uint8Array[] = []
    let last = from
    let length = 0
    for (const f of found) {
      const mark = marker(f)
      parts.push(b.subarray(last, f.start), mark)
      length += f.start - last
      this.#marks.push(length)
      length += mark.length
      last = f.end
    }
    parts.push(b.subarray(last, to))
    this.bytes = Buffer.concat(parts)
  }

  /** Adds to the findings what was found in the view; true when that is anything new. */
  merge(into: Finding[], more: readonly Finding[]): boolean {
    let isNew = false
    for (const f of more) {
      const start = this.#origin(f.start, false)
      const end = this.#origin(f.end, true)
      if (into.some((x) => x.start <= start && x.end >= end)) continue
      into.push({ start, end, type: f.type, rank: f.rank })
      isNew = true
    }
    if (isNew) mergeOverlaps(into)
    return isNew
  }

  /** Position in the original; inside a marker, the start or end of what it stands for. */
  #origin(at: number, isEnd: boolean): number {
    let lo = 0
    let hi = this.#marks.length
    while (lo < hi) {
      const mid = (lo + hi) >> 1
      if ((this.#marks[mid] as number) <= at) lo = mid + 1
      else hi = mid
    }
    if (lo === 0) return this.#from + at
    const f = this.#found[lo - 1] as Finding
    const mark = this.#marks[lo - 1] as number
    const after = mark + this.#markLength(f)
    if (at >= after) return f.end + (at - after)
    if (at === mark) return f.start
    return isEnd ? f.end : f.start
  }
}
