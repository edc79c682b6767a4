// Counts each lost record or part once, although every exporter and the usage ledger read the same records and find
// the same gaps. The memory is bounded; beyond the bound a part may be counted again.

const PIECES_MAX = 10_000

export class Damage {
  /** The gaps by their first sequence number. They do not overlap. */
  readonly #gaps = new Map<bigint, bigint>()
  readonly #parts = new Set<string>()

  /** Returns how many of the records in `[from, to)` were not yet known to be missing. */
  newlyMissing(from: bigint, to: bigint): number {
    let fresh = Number(to - from)
    let start = from
    let end = to
    for (const [a, b] of this.#gaps) {
      if (b < from || a > to) continue
      fresh -= Number(min(b, to) - max(a, from))
      start = min(start, a)
      end = max(end, b)
      this.#gaps.delete(a)
    }
    if (this.#gaps.size < PIECES_MAX) this.#gaps.set(start, end)
    return fresh
  }

  /** True if this part was not yet known to be damaged. */
  isNewPart(name: string): boolean {
    if (this.#parts.has(name)) return false
    if (this.#parts.size < PIECES_MAX) this.#parts.add(name)
    return true
  }
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
