// Reports each lost record or part once, although every exporter and the usage ledger read the same records and find
// the same gaps. The memory is bounded; beyond the bound a part may be counted again.

import type { LogSettings } from './settings.ts'

const PIECES_MAX = 10_000

export class Damage {
  readonly #s: Pick<LogSettings, 'dir' | 'log' | 'metrics'>
  /** The gaps by their first sequence number. They do not overlap. */
  readonly #gaps = new Map<bigint, bigint>()
  readonly #parts = new Set<string>()

  constructor(settings: Pick<LogSettings, 'dir' | 'log' | 'metrics'>) {
    this.#s = settings
  }

  /** Counts and logs the records in `[from, to)`, except for those that were reported before. */
  reportMissing(from: bigint, to: bigint, detail: string): void {
    const { metrics, log, dir } = this.#s
    const count = this.#newlyMissing(from, to)
    if (count === 0) return
    metrics.add('observa_log_damaged_total', 'what="records"', count)
    log.error({ dir, from: String(from), count }, `Records cannot be read: ${detail}`)
  }

  /** Counts and logs a part that cannot be read, once. */
  reportPart(name: string): void {
    if (!this.#isNewPart(name)) return
    this.#s.metrics.add('observa_log_damaged_total', 'what="parts"')
    this.#s.log.error({ dir: this.#s.dir }, `Part of the log cannot be read: ${name}`)
  }

  /** Returns how many of the records in `[from, to)` were not yet known to be missing. */
  #newlyMissing(from: bigint, to: bigint): number {
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

  #isNewPart(name: string): boolean {
    if (this.#parts.has(name)) return false
    if (this.#parts.size < PIECES_MAX) this.#parts.add(name)
    return true
  }
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
