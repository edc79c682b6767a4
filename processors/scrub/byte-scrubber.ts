// Scrubs byte strings that arrive one by one: the texts, keys and values of a metrics request.

import { Arena } from '../../core/arena.ts'
import type { MetricsVisitor } from '../../core/component.ts'
import type { Inspector } from './inspector.ts'
import { type KeyMeaning, keyMeaning } from './key-names.ts'
import type { Scanner } from './scanner.ts'

const NONE: KeyMeaning = { kind: 'none', strength: 'weak', hints: 0 }

export class ByteScrubber {
  readonly #inspector: Inspector
  readonly #arena = new Arena(1024 * 1024)
  readonly #scanner: Scanner

  constructor(inspector: Inspector) {
    this.#inspector = inspector
    this.#scanner = inspector.engine.scanner(this.#arena)
  }

  /** The bytes to put in place of `value`, or null when it may stay. */
  readonly visit: MetricsVisitor = (kind, key, value) => {
    const name = key === null || kind === 'key' ? null : Buffer.from(key).toString('utf8')
    const meaning = name === null ? NONE : keyMeaning(name)
    const arena = this.#arena
    arena.reset()
    const from = arena.append(value)
    const to = from + value.length
    this.#scanner.scan(from, to)
    const inspector = this.#inspector
    const { candidates, count } = this.#scanner
    const found = inspector.find(arena.bytes, from, to, candidates, 0, count, meaning, name)
    if (found.length === 0) return null
    const pieces: Uint8Array[] = []
    let last = from
    for (const f of found) {
      if (inspector.replacer.actionOf(f.type) === 'report') continue
      pieces.push(arena.bytes.subarray(last, f.start))
      pieces.push(inspector.replacer.bytesFor(f.type, arena.bytes, f.start, f.end, ''))
      last = f.end
    }
    if (pieces.length === 0) return null
    pieces.push(arena.bytes.subarray(last, to))
    return Buffer.concat(pieces)
  }
}
