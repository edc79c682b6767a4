// What of the log is gone, each piece counted once: every exporter and the usage ledger read the same records and meet the
// same gaps. Bounded; beyond the bound a piece may count again.

const PIECES_MAX = 10_000

export class Damage {
  /** Gaps by their first sequence; they do not overlap. */
  readonly #gaps = new Map<bigint, bigint>()
  readonly #parts = new Set<string>()

  /** How many of the records in `[from, to)` were not known to be missing. */
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

  /** Was this part not known to be damaged? */
  isNewPart(name: string): boolean {
    if (this.#parts.has(name)) return false
    if (this.#parts.size < PIECES_MAX) this.#parts.add(name)
    return true
  }
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
