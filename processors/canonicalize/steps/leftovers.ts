// What no field used: attributes without a rule, values that lost against a different value, values that their rule
// could not use, and span events and links that nothing reads. All of it is stored in `attributes`, so that nothing
// is lost.

import type { Arena } from '../../../core/arena.ts'
import { VALUE } from '../../../core/batch.ts'
import { type EventTable, PAIR, PAIR_STRIDE } from '../../../core/event.ts'
import { IntList } from '../bytes/int-list.ts'
import { keptEvents, keptLinks } from '../readers/kept-span-events.ts'
import type { DialectRule } from '../rules/dialect.ts'
import { attrValue } from '../span/any-value.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { jsonOf } from '../span/resource.ts'

const NOTHING = new Int32Array(0)

export class Leftovers {
  readonly #span: CurrentSpan
  readonly #bytesMax: number
  /** Attribute rows without a rule, then those that must be kept for another reason. */
  readonly kept = new IntList()
  #planned: Int32Array = NOTHING
  #first = 0
  readonly #events = new IntList()
  readonly #losers = new IntList()
  readonly #loserRules: DialectRule[] = []
  /** Attribute rows whose value their rule could not use. */
  readonly #failed = new IntList()
  /** By attribute row: the generation in which it filled a field. */
  #used = new Int32Array(4096)
  #generation = 0
  /** How many values were cut to the limit since the last read. */
  truncated = 0

  constructor(span: CurrentSpan, bytesMax: number) {
    this.#span = span
    this.#bytesMax = bytesMax
  }

  beginBatch(attrCount: number): void {
    if (this.#used.length < attrCount) this.#used = new Int32Array(attrCount * 2)
  }

  begin(): void {
    this.#generation++
    this.kept.clear()
    this.#planned = NOTHING
    this.#events.clear()
    this.#losers.clear()
    this.#failed.clear()
    this.truncated = 0
  }

  markUsed(attr: number): void {
    this.#used[attr] = this.#generation
  }

  /** Keeps an attribute that no rule uses. */
  unknown(attr: number): void {
    this.kept.push(attr)
  }

  /** Keeps attributes of the span that no rule uses, counted from its first. */
  planned(positions: Int32Array, first: number): void {
    this.#planned = positions
    this.#first = first
  }

  unreadEvent(event: number): void {
    this.#events.push(event)
  }

  /** Keeps an attribute if another one filled its field with a different value. */
  lost(attr: number, rule: DialectRule): void {
    // A copy of the content that filled the field is not kept.
    if (rule.isContent) return
    this.#loserRules[this.#losers.length] = rule
    this.#losers.push(attr)
  }

  failed(attr: number): void {
    this.#failed.push(attr)
  }

  /** Whether an attribute without a rule satisfies `is`. */
  someUnknown(is: (span: CurrentSpan, attr: number) => boolean): boolean {
    for (const position of this.#planned) if (is(this.#span, this.#first + position)) return true
    for (let i = 0; i < this.kept.length; i++) if (is(this.#span, this.kept.at(i))) return true
    return false
  }

  /** Writes metadata. It must be called before `write`, because the pairs of a map are adjacent. */
  writeMetadata(events: EventTable, e: number): void {
    const m = this.#span.entries.metadata
    for (let i = 0; i < m.length; i += 4) {
      const again = i === 0 ? SAME.none : sameKey(this.#span.arena, m, i)
      if (again === SAME.value) continue
      // Two source keys may have the same name here. The second value then gets another name.
      if (again === SAME.key) this.#renameKey(m, i)
      events.addMetadata(e, m.at(i), m.at(i + 1), m.at(i + 2), m.at(i + 3))
    }
  }

  #renameKey(m: IntList, at: number): void {
    const { arena } = this.#span
    const name = arena.text(m.at(at), m.at(at + 1))
    for (let n = 2; n < 10; n++) {
      m.items[at] = arena.appendText(`${name}_${n}`)
      m.items[at + 1] = arena.lastLen
      if (sameKey(arena, m, at) === SAME.none) return
    }
  }

  write(events: EventTable, e: number): void {
    this.#collect()
    const planned = this.#planned
    const { kept } = this
    const count = planned.length + kept.length
    if (count > 0) {
      let at = events.addAttributes(e, count)
      for (let i = 0; i < planned.length; i++, at += PAIR_STRIDE)
        this.#writeAttribute(events.pairs, at, this.#first + (planned[i] as number))
      for (let i = 0; i < kept.length; i++, at += PAIR_STRIDE)
        this.#writeAttribute(events.pairs, at, kept.at(i))
    }
    if (this.#events.length > 0)
      addJson(events, e, 'otel.events', keptEvents(this.#span, [...this.#events.values()]))
    const links = keptLinks(this.#span)
    if (links !== null) addJson(events, e, 'otel.links', links)
  }

  #collect(): void {
    for (let i = 0; i < this.#failed.length; i++) this.#keepOnce(this.#failed.at(i))
    for (let i = 0; i < this.#losers.length; i++) {
      const attr = this.#losers.at(i)
      const rule = this.#loserRules[i] as DialectRule
      if (!this.#isSaid(attr, rule)) this.#keepOnce(attr)
    }
  }

  #keepOnce(attr: number): void {
    if (this.#used[attr] === this.#generation) return
    this.markUsed(attr)
    this.kept.push(attr)
  }

  /** True when the field has the attribute's value, or when the difference is only one of words in a vocabulary. */
  #isSaid(attr: number, rule: DialectRule): boolean {
    const span = this.#span
    if (rule.number >= 0) return span.number(attr) === span.events.num(span.event, rule.number)
    if (rule.range < 0 || rule.how === 'provider' || rule.how === 'finish' || rule.to === 'kind')
      return true
    const len = span.events.len(span.event, rule.range)
    if (span.type(attr) !== VALUE.STRING || span.len(attr) !== len) return false
    const b = span.arena.bytes
    const off = span.events.off(span.event, rule.range)
    const at = span.off(attr)
    for (let i = 0; i < len; i++) if (b[off + i] !== b[at + i]) return false
    return true
  }

  #writeAttribute(pairs: Int32Array, at: number, attr: number): void {
    const { batch, arena } = this.#span
    pairs[at + PAIR.KEY_OFF] = batch.attrKeyOffset(attr)
    pairs[at + PAIR.KEY_LEN] = batch.attrKeyLength(attr)
    const type = batch.attrType(attr)
    if (type === VALUE.STRING) {
      const off = batch.attrOffset(attr)
      const len = batch.attrLength(attr)
      const cut = len > this.#bytesMax ? charBoundary(arena.bytes, off, this.#bytesMax) : len
      if (cut < len) this.truncated++
      pairs[at + PAIR.OFF] = off
      pairs[at + PAIR.LEN] = cut
      pairs[at + PAIR.JSON] = 0
      return
    }
    const value = attrValue(batch, attr)
    const isText = type === VALUE.BYTES
    pairs[at + PAIR.OFF] = arena.appendText(isText ? String(value as string) : jsonOf(value))
    pairs[at + PAIR.LEN] = arena.lastLen
    pairs[at + PAIR.JSON] = isText ? 0 : 1
  }
}

/** More entries than this are not compared with each other. The writers accept equal keys. */
const COMPARED_MAX = 4 * 128

const SAME = { none: 0, key: 1, value: 2 } as const

/** Whether an earlier entry has the same key, and whether it has the same value as well. */
function sameKey(arena: Arena, m: IntList, at: number): number {
  if (at > COMPARED_MAX) return SAME.none
  for (let i = 0; i < at; i += 4)
    if (isSame(arena, m, i, at)) return isSame(arena, m, i + 2, at + 2) ? SAME.value : SAME.key
  return SAME.none
}

/** True if the ranges at two positions of the list are equal. */
function isSame(arena: Arena, m: IntList, i: number, k: number): boolean {
  const len = m.at(k + 1)
  if (m.at(i + 1) !== len) return false
  const b = arena.bytes
  const x = m.at(i)
  const y = m.at(k)
  let n = 0
  while (n < len && b[x + n] === b[y + n]) n++
  return n === len
}

/** At most `max` bytes without cutting a character in two. */
function charBoundary(b: Uint8Array, off: number, max: number): number {
  let n = max
  while (n > 0 && ((b[off + n] as number) & 0xc0) === 0x80) n--
  return n
}

function addJson(events: EventTable, e: number, name: string, json: string): void {
  const keyOff = events.arena.appendText(name)
  const keyLen = events.arena.lastLen
  const off = events.arena.appendText(json)
  events.addAttribute(e, keyOff, keyLen, off, events.arena.lastLen, true)
}
