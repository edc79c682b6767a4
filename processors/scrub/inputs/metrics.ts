// Scrubs byte strings that arrive one by one: the texts, keys and values of a metrics request.

import { Arena } from '../../../core/arena.ts'
import type { MetricsContext, MetricsVisitor } from '../../../core/component.ts'
import type { Inspectors } from '../create.ts'
import { keyMeaning } from '../detectors/key-names.ts'
import { replacementIn } from '../judge/actions.ts'
import { isPrivateInteger } from '../matchers/numbers.ts'
import type { Scanner } from '../search/scanner.ts'
import { type KeyMeaning, NO_MEANING } from '../value/key-meaning.ts'
import { ValueRange } from '../value/value-range.ts'

export class ByteScrubber {
  readonly #inspectors: Inspectors
  readonly #arena = new Arena(1024 * 1024)
  readonly #scanner: Scanner
  readonly #value = new ValueRange()

  constructor(inspectors: Inspectors) {
    this.#inspectors = inspectors
    this.#scanner = inspectors.base.engine.scanner(this.#arena)
  }

  /** The bytes to put in place of `value`, or null when it may stay. */
  readonly visit: MetricsVisitor = (kind, key, value, ctx) => {
    const name = key === null || kind === 'key' ? null : Buffer.from(key).toString('utf8')
    const meaning = name === null ? NO_MEANING : keyMeaning(name)
    if (kind === 'number') return this.#number(value, meaning, ctx)
    const arena = this.#arena
    arena.reset()
    const from = arena.append(value)
    const to = from + value.length
    this.#scanner.scan(from, to)
    const tenant = ctx?.tenantId ?? ''
    const inspector = this.#inspectors.of(tenant)
    const { candidates, count } = this.#scanner
    const range = this.#value.set(arena.bytes, from, to).under(meaning, name)
    const found = inspector.find(range.scanned(candidates, 0, count))
    if (found.length === 0) return null
    const pieces: Uint8Array[] = []
    let last = from
    const place = kind === 'key' ? 'attribute_key' : 'metric'
    for (const f of found) {
      const type = inspector.engine.compiled.types[f.type] as string
      ctx?.count('observa_scrub_findings_total', `type="${type}",place="${place}"`, 1)
      if (inspector.replacer.actionOf(f.type) === 'report') continue
      pieces.push(arena.bytes.subarray(last, f.start))
      pieces.push(replacementIn(inspector.replacer, arena.bytes, from, to, f, tenant))
      last = f.end
    }
    if (pieces.length === 0) return null
    pieces.push(arena.bytes.subarray(last, to))
    return Buffer.concat(pieces)
  }

  #number(
    value: Uint8Array,
    meaning: KeyMeaning,
    ctx: MetricsContext | undefined,
  ): Uint8Array | null {
    const inspector = this.#inspectors.of(ctx?.tenantId ?? '')
    const decimal = Buffer.from(value).toString('latin1')
    const rule = isPrivateInteger(decimal, meaning.hints, inspector.numbers)
    if (rule === null) return null
    const type = inspector.engine.compiled.types[rule.type] as string
    ctx?.count('observa_scrub_findings_total', `type="${type}",place="metric"`, 1)
    if (inspector.replacer.actionOf(rule.type) === 'report') return null
    return inspector.replacer.bytesFor(rule.type, value, 0, value.length, ctx?.tenantId ?? '')
  }
}
