// The current span: transforms read its attributes here and write what they found. It is one object that is reused
// for every span, so that a span that needs no parsing allocates nothing.

import { type Arena, type Literal } from '../../../core/arena.ts'
import { type SpanBatch, VALUE } from '../../../core/batch.ts'
import type { EventTable } from '../../../core/event.ts'
import { N, R } from '../../../core/fields.ts'
import { SpanView } from '../../../core/span-view.ts'
import { JsonKernel } from '../json/json-kernel.ts'
import { JsonOut } from '../json/json-writer.ts'
import { parseLoose } from '../json/loose-json.ts'
import { plainText } from '../json/values.ts'
import type { ProviderNames } from '../vocabulary/provider-names.ts'
import { attrValue } from './any-value.ts'
import { ContentClues } from './content-clues.ts'
import { IndexedFamilies } from './indexed-families.ts'
import { MapEntries } from './map-entries.ts'
import { ModelClues } from './model-clues.ts'
import { StatusClues } from './status-clues.ts'
import { TimeClues } from './time-clues.ts'
import { UsageClues } from './usage-clues.ts'

/** Words that instrumentations write for an absent value. */
const NULL_WORDS = [
  'None',
  'null',
  'none',
  'undefined',
  'N/A',
  'NaN',
  '<not specified>',
  '<REDACTED>',
  'nil',
]

/** The length of the longest of these words. */
export const NULL_BYTES_MAX = 15

/** Words for an absent value that people may also write. */
const SAYABLE = ['none', 'nil', 'NaN']

/**
 * The result of a program: the field is filled; the values are not usable; or they are not simple enough and nothing
 * was written.
 */
export type Outcome = 'done' | 'nothing' | 'not plain'

/** Writes an indexed family to a field, straight from its values in the arena. */
export type FamilyProgram = (span: CurrentSpan, field: number) => Outcome

/**
 * The attributes of one indexed family, and the program that writes them: undefined if not determined yet, null if
 * there is none.
 */
export interface PlannedFamily {
  readonly family: number
  readonly positions: Int32Array
  program: FamilyProgram | null | undefined
}

export class CurrentSpan {
  readonly providers: ProviderNames
  readonly json = new JsonKernel()
  readonly out = new JsonOut(this.json)
  readonly content = new ContentClues()
  readonly entries = new MapEntries()
  readonly families: IndexedFamilies<PlannedFamily>
  readonly models = new ModelClues()
  readonly status = new StatusClues()
  readonly times = new TimeClues()
  readonly usage = new UsageClues()
  // Written in this file only. They are read a hundred times a span, and as getters they would cost 2 % (2026-11).
  batch!: SpanBatch
  arena!: Arena
  events!: EventTable
  /** The number of the event. */
  event = 0
  /** The number of the span in the batch. */
  index = 0
  /** The span as it was received. */
  received!: SpanView
  /** The span's first attribute. */
  firstAttr = 0
  /** '' if not known yet. */
  kind = ''
  /** '' if not known yet. */
  operation = ''
  /** Nothing says that the span is a call, only a model or counts. */
  isKindGuessed = false
  #isAggregate = false
  #isVirtual = false

  constructor(providers: ProviderNames, familyCount: number) {
    this.providers = providers
    this.families = new IndexedFamilies(familyCount)
  }

  beginBatch(batch: SpanBatch, events: EventTable): void {
    if (this.received?.batch !== batch) this.received = new SpanView(batch)
    this.batch = batch
    this.arena = batch.arena
    this.events = events
    this.json.bind(batch.arena)
  }

  /** Begins the span numbered `index`, which becomes the event numbered `event`. */
  begin(event: number, index: number): void {
    this.event = event
    this.index = index
    this.firstAttr = this.received.at(index).firstAttr
    this.kind = ''
    this.operation = ''
    this.isKindGuessed = false
    this.#isAggregate = false
    this.#isVirtual = false
    this.content.reset()
    this.entries.reset(this.arena)
    this.families.reset()
    this.models.reset()
    this.status.reset()
    this.times.reset()
    this.usage.reset()
  }

  get isRoot(): boolean {
    return this.received.parentIdOffset < 0
  }

  setKind(kind: string): void {
    this.kind = kind
  }

  setOperation(operation: string): void {
    this.operation = operation
  }

  /** True if its counts are those of the calls inside it. */
  get isAggregate(): boolean {
    return this.#isAggregate
  }

  markAggregate(): void {
    this.#isAggregate = true
  }

  /** True if it does not represent its own call: a preview, a raw copy. */
  get isVirtual(): boolean {
    return this.#isVirtual
  }

  markVirtual(): void {
    this.#isVirtual = true
  }

  type(attr: number): number {
    return this.batch.attrType(attr)
  }

  off(attr: number): number {
    return this.batch.attrOffset(attr)
  }

  len(attr: number): number {
    return this.batch.attrLength(attr)
  }

  /** True if the value is absent, empty, or a word for an absent value. */
  isNull(attr: number): boolean {
    const type = this.type(attr)
    if (type !== VALUE.STRING) return type === VALUE.EMPTY
    const len = this.len(attr)
    if (len === 0) return true
    if (len > NULL_BYTES_MAX) return false
    const { arena } = this
    const off = this.off(attr)
    const c = arena.bytes[off]
    // The words begin with N, n, u or <
    if (c !== 78 && c !== 110 && c !== 117 && c !== 60) return false
    for (const word of NULL_WORDS) if (arena.equals(off, len, word)) return true
    return false
  }

  /** The same for content, where a person may well write `none`. */
  isNullContent(attr: number): boolean {
    if (!this.isNull(attr)) return false
    const len = this.len(attr)
    if (this.type(attr) !== VALUE.STRING || len === 0 || len > 4) return true
    return !SAYABLE.some((word) => this.arena.equals(this.off(attr), len, word))
  }

  /** Whether the text of an attribute contains a literal of at least two bytes. True where it cannot be looked for. */
  mayContain(attr: number, literal: Literal): boolean {
    const id = literal.id(this.arena)
    return id < 0 || this.json.contains(this.off(attr), this.len(attr), id)
  }

  /** The value as text. Arrays and lists become JSON. */
  text(attr: number): string {
    if (this.type(attr) === VALUE.STRING) return this.arena.text(this.off(attr), this.len(attr))
    const v = attrValue(this.batch, attr)
    return v === null ? '' : plainText(v)
  }

  /** The value with JSON text parsed. Text that is not JSON stays text. */
  value(attr: number): unknown {
    const v = attrValue(this.batch, attr)
    if (typeof v !== 'string') return v
    const parsed = parseLoose(v)
    return parsed === undefined ? v : parsed
  }

  /** The number, also from numeric text. NaN for anything else. */
  number(attr: number): number {
    const type = this.type(attr)
    if (type === VALUE.INT || type === VALUE.DOUBLE || type === VALUE.BOOL)
      return this.batch.nums[attr] as number
    if (type !== VALUE.STRING || this.len(attr) === 0 || this.len(attr) > 40) return Number.NaN
    const text = this.arena.latin1(this.off(attr), this.len(attr)).trim()
    // Number('') is 0 and Number('0x1') is 1, which the sender did not mean.
    return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN
  }

  /** 1 or 0 for a flag, also from text. NaN for anything else. */
  truth(attr: number): number {
    const type = this.type(attr)
    if (type === VALUE.BOOL || type === VALUE.INT) return this.batch.nums[attr] === 0 ? 0 : 1
    if (type !== VALUE.STRING) return Number.NaN
    const word = this.text(attr).toLowerCase()
    return word === 'true' || word === '1' ? 1 : word === 'false' || word === '0' ? 0 : Number.NaN
  }

  /** Sets a text field from an attribute. A text value is not copied. */
  setText(attr: number, field: number): boolean {
    if (this.isNull(attr)) return false
    if (this.type(attr) === VALUE.STRING)
      this.events.setRange(this.event, field, this.off(attr), this.len(attr))
    else this.events.setText(this.event, field, this.text(attr))
    return true
  }

  setJson(field: number, value: unknown): void {
    this.events.setText(this.event, field, JSON.stringify(value) ?? 'null')
  }

  setString(field: number, text: string): void {
    this.events.setText(this.event, field, text)
  }

  /** Sets a field to a constant. */
  setConstant(field: number, literal: Literal): void {
    const id = literal.id(this.arena)
    if (id >= 0) this.events.setLiteral(this.event, field, id)
    else this.setString(field, literal.text)
  }

  /** Sets a field to a word of a closed vocabulary. */
  setWord(field: number, text: string): void {
    const literal = this.arena.literal(text)
    if (literal >= 0) this.events.setLiteral(this.event, field, literal)
    else this.setString(field, text)
  }

  /** Sets a time field from ms since the epoch. */
  setTimeMs(field: number, ms: number): void {
    const off = this.arena.reserve(8)
    // A float of ms is exact to about a quarter of a microsecond, so rounding to whole microseconds loses nothing.
    this.arena.view.setBigUint64(off, BigInt(Math.round(ms * 1e3)) * 1000n, true)
    this.events.setRange(this.event, field, off, 8)
  }

  /** Notes in `quality` that something was repaired. */
  addQuality(what: string): void {
    const before = this.fieldText(R.quality)
    const list: string[] = before === null ? [] : (JSON.parse(before) as string[])
    if (!list.includes(what)) this.setJson(R.quality, [...list, what])
  }

  /** Sets a JSON field to the range as a JSON string. */
  setJsonString(field: number, off: number, len: number): void {
    this.out.begin(this.arena)
    this.out.text(off, len)
    this.setOut(field)
  }

  /** Finishes the text in `out` and sets a field to it. */
  setOut(field: number): void {
    this.out.end()
    this.events.setRange(this.event, field, this.out.off, this.out.len)
  }

  hasRange(field: number): boolean {
    return this.events.has(this.event, field)
  }

  hasNumber(field: number): boolean {
    return !Number.isNaN(this.events.num(this.event, field))
  }

  /** Sets a number field that is not set yet. */
  offerNumber(field: number, value: number): void {
    if (!Number.isNaN(value) && !this.hasNumber(field)) this.events.setNum(this.event, field, value)
  }

  offerText(field: number, text: unknown): void {
    if (typeof text === 'string' && text !== '' && !this.hasRange(field))
      this.setString(field, text)
  }

  /** The span's name. Null when it is empty or longer than `bytesMax`. */
  spanName(bytesMax: number): string | null {
    const length = this.received.nameLength
    return length <= 0 || length > bytesMax ? null : this.received.name()
  }

  fieldText(field: number): string | null {
    return this.events.text(this.event, field)
  }

  hasUsage(): boolean {
    return (
      this.hasNumber(N.input_tokens) ||
      this.hasNumber(N.output_tokens) ||
      this.hasNumber(N.total_tokens)
    )
  }

  /** True if the span has counts or a cost from which a remainder can be computed. */
  hasSum(): boolean {
    return this.hasUsage() || this.hasNumber(N.cost_usd)
  }

  /** True if the span has any count, even a part of a total. A container must not add it to its calls. */
  hasAnyCount(): boolean {
    return (
      this.hasUsage() ||
      this.hasNumber(N.reasoning_tokens) ||
      this.hasNumber(N.cache_read_tokens) ||
      this.hasNumber(N.cache_write_tokens) ||
      this.hasNumber(N.cost_usd)
    )
  }

  hasMessages(): boolean {
    return this.hasRange(R.input_messages) || this.hasRange(R.output_messages)
  }
}
