// Scrubs byte strings that arrive one by one: the texts, keys and values of a metrics request.

import { Arena } from '../../../core/arena.ts'
import type { MetricsContext, MetricsVisitor } from '../../../core/component.ts'
import { keyMeaning } from '../detectors/key-names.ts'
import type { Judges } from '../judge/judge.ts'
import { isPrivateInteger } from '../matchers/numbers/numbers.ts'
import type { Scanner } from '../search/scanner.ts'
import { type KeyMeaning, NO_MEANING } from '../value/key-meaning.ts'
import { ValueRange } from '../value/value-range.ts'

export class MetricScrubber {
  readonly #judges: Judges
  readonly #arena = new Arena(1024 * 1024)
  readonly #scanner: Scanner
  readonly #value = new ValueRange()
  readonly #known = new WeakSet<MetricsContext>()

  constructor(judges: Judges) {
    this.#judges = judges
    this.#scanner = judges.scanner(this.#arena)
  }

  /** The bytes to put in place of `value`, or null when it may stay. */
  readonly visit: MetricsVisitor = (kind, key, value, ctx) => {
    const name = key === null || kind === 'key' ? null : Buffer.from(key).toString('utf8')
    const meaning = name === null ? NO_MEANING : keyMeaning(name)
    if (kind === 'number') return this.#number(value, meaning, ctx)
    this.#openBudget(ctx)
    const arena = this.#arena
    arena.reset()
    const from = arena.append(value)
    const to = from + value.length
    this.#scanner.scan(from, to)
    const tenant = ctx?.tenantId ?? ''
    const judge = this.#judges.of(tenant)
    const { candidates, count } = this.#scanner
    const range = this.#value.set(arena.bytes, from, to).under(meaning, name)
    const found = judge.find(range.scanned(candidates, 0, count))
    if (found.length === 0) return null
    const parts: Uint8Array[] = []
    let last = from
    const place = kind === 'key' ? 'attribute_key' : 'metric'
    for (const f of found) {
      const type = judge.typeName(f.type)
      ctx?.count('observa_scrub_findings_total', `type="${type}",place="${place}"`, 1)
      if (judge.actionOf(f.type) === 'report') continue
      parts.push(arena.bytes.subarray(last, f.start))
      parts.push(judge.replacement(range, f, tenant))
      last = f.end
    }
    if (parts.length === 0) return null
    parts.push(arena.bytes.subarray(last, to))
    return Buffer.concat(parts)
  }

  /** A context is made for each request. */
  #openBudget(ctx: MetricsContext | undefined): void {
    if (ctx !== undefined && this.#known.has(ctx)) return
    if (ctx !== undefined) this.#known.add(ctx)
    this.#judges.work.open()
  }

  #number(
    value: Uint8Array,
    meaning: KeyMeaning,
    ctx: MetricsContext | undefined,
  ): Uint8Array | null {
    const tenant = ctx?.tenantId ?? ''
    const judge = this.#judges.of(tenant)
    const decimal = Buffer.from(value).toString('latin1')
    const rule = isPrivateInteger(decimal, meaning.hints, judge.numbers)
    if (rule === null) return null
    const type = judge.typeName(rule.type)
    ctx?.count('observa_scrub_findings_total', `type="${type}",place="metric"`, 1)
    if (judge.actionOf(rule.type) === 'report') return null
    const number = this.#value.set(value, 0, value.length).under(meaning, null)
    return judge.replacement(number, { start: 0, end: value.length, ...rule }, tenant)
  }
}
