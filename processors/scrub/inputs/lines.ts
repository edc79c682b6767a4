// Scrubs the lines of a stream as bytes, each with the end of what came before in view, so that a name above and
// its value below are seen together. What came before has left already: only the line itself is changed.

import { Arena } from '../../../core/arena.ts'
import type { Judge, Judges } from '../judge/judge.ts'
import type { Scanner } from '../search/scanner.ts'
import { ValueRange } from '../value/value-range.ts'

const CONTEXT_LINES = 2
const CONTEXT_BYTES = 600

export class LineScrubber {
  readonly #judges: Judges
  readonly #judge: Judge
  readonly #tenant: string
  readonly #arena = new Arena(1024 * 1024)
  readonly #scanner: Scanner
  readonly #value = new ValueRange()
  /** The last lines as they left. */
  #before: Buffer = Buffer.alloc(0)

  constructor(judges: Judges, tenant: string) {
    this.#judges = judges
    this.#judge = judges.of(tenant)
    this.#tenant = tenant
    this.#scanner = judges.scanner(this.#arena)
  }

  /** The line (or lines) as it may leave. */
  scrub(line: Buffer): Uint8Array {
    const arena = this.#arena
    arena.reset()
    this.#judges.work.open()
    const from = arena.append(this.#before)
    const start = arena.append(line)
    const to = start + line.length
    this.#scanner.scan(from, to)
    const { candidates, count } = this.#scanner
    const judge = this.#judge
    const value = this.#value.set(arena.bytes, from, to).scanned(candidates, 0, count)
    const found = judge.find(value)
    const parts: Uint8Array[] = []
    let last = start
    for (const f of found) {
      if (f.end <= start || judge.actionOf(f.type) === 'report') continue
      const own = { ...f, start: Math.max(f.start, start) }
      parts.push(arena.bytes.subarray(last, own.start))
      parts.push(judge.replacement(value, own, this.#tenant))
      last = own.end
    }
    parts.push(arena.bytes.subarray(last, to))
    const out = Buffer.concat(parts)
    this.#remember(out)
    return out
  }

  #remember(line: Buffer): void {
    const all = Buffer.concat([this.#before, line.subarray(-CONTEXT_BYTES)])
    let at = all.length
    for (let n = 0; n <= CONTEXT_LINES && at > 0; n++) at = all.lastIndexOf(0x0a, at - 1)
    const from = Math.max(at + 1, all.length - CONTEXT_BYTES)
    this.#before = Buffer.from(all.subarray(from))
  }
}
