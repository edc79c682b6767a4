// The canonical events of a batch, as columns over the arena. `canonicalize` makes an event of each span that is not
// dropped, later processors set further fields, and encoders read them.

import type { Arena } from './arena.ts'
import type { SpanBatch } from './batch.ts'
import { NUMBER_FIELDS, R, RANGE_FIELDS } from './fields.ts'
import { grownBytes, grownFloats, grownInts } from './grow.ts'
import { ClaimRows } from './reports/claim-rows.ts'
import { OutcomeRows } from './reports/outcome-rows.ts'
import { ReportRows } from './reports/report-rows.ts'

const RANGE_FIELD_COUNT = RANGE_FIELDS.length
const NUMBER_FIELD_COUNT = NUMBER_FIELDS.length

/** Columns of a row in `EventTable.pairs`. A row is one entry of `metadata` or `attributes`. */
export const PAIR = { KEY_OFF: 0, KEY_LEN: 1, OFF: 2, LEN: 3, JSON: 4 } as const
export const PAIR_STRIDE = 5

/** Columns of a row in `EventTable.maps`: where the entries of an event begin in `pairs`, and how many there are. */
const META_FIRST = 0
const META_COUNT = 1
const ATTRS_FIRST = 2
const ATTRS_COUNT = 3
const MAPS_STRIDE = 4

/** Columns of a row in `EventTable.modelPrefixes`: one for the requested model, one for the model that answered. */
const MODELS = 2

/** Number of rows cleared at once. Few, so that they are still in the CPU cache when they are filled. */
const CLEARED = 8

/** For `explain`: which source key and rule filled a field. */
export interface Provenance {
  readonly field: string
  /** Source key with its place: `attr:gen_ai.system`, `resource:service.name`, `event:gen_ai.choice`, `name`, ... */
  readonly source: string
  /** Dialect table and transform, e.g. `openinference: llm.provider -> alias`. */
  readonly rule: string
}

/**
 * Events as table rows. `ranges` holds (offset, length) pairs, with length -1 for null; `numbers` holds float64, with
 * NaN for null. The methods below take the column `R.<field>` or `N.<field>` of `fields.ts`. Setting `NO_FIELD` has no
 * effect.
 */
export class EventTable {
  readonly batch: SpanBatch
  count = 0
  /** The span that each event was made of, by event. */
  spanOf = new Int32Array(512)
  ranges = new Int32Array(512 * RANGE_FIELD_COUNT * 2)
  numbers = new Float64Array(512 * NUMBER_FIELD_COUNT)
  maps = new Int32Array(512 * MAPS_STRIDE)
  pairs = new Int32Array(8192 * PAIR_STRIDE)
  pairCount = 0
  /**
   * The keys by which `canonicalize` knows each model call; the usage ledger uses them to recognise a second report of
   * the same call.
   */
  readonly claims = new ClaimRows()
  /** What each usage report says and where it stands in its trace, for the usage ledger. */
  readonly reports = new ReportRows()
  /** The outcomes of those reports of the batch that do not simply count. */
  readonly outcomes = new OutcomeRows()
  /**
   * How many bytes of a vendor prefix (`openai/`) were cut off each model name; two columns for each event, requested
   * model first.
   */
  modelPrefixes = new Uint8Array(512 * MODELS)
  /** Provenance of the fields, by event; null unless `explain` was asked for. */
  explain: Provenance[][] | null = null
  /** Rows below this index have been cleared. */
  #cleared = 0

  constructor(batch: SpanBatch) {
    this.batch = batch
  }

  get arena(): Arena {
    return this.batch.arena
  }

  reset(): void {
    this.count = 0
    this.#cleared = 0
    this.pairCount = 0
    this.claims.reset()
    this.reports.reset()
    this.outcomes.reset()
    if (this.explain !== null) this.explain = []
  }

  /** Adds an event with every field null and returns its number. */
  add(span: number): number {
    const event = this.count++
    if (event >= this.#cleared) this.#clear(event)
    this.spanOf[event] = span
    return event
  }

  /** The index of the span that the event was made from. */
  spanRowOf(event: number): number {
    return this.spanOf[event] as number
  }

  /** Clears the rows of the next few events at once, because one call for each event would take most of the time. */
  #clear(event: number): void {
    const end = event + CLEARED
    if (end > this.spanOf.length) {
      this.spanOf = grownInts(this.spanOf, end)
      this.ranges = grownInts(this.ranges, this.spanOf.length * RANGE_FIELD_COUNT * 2)
      this.numbers = grownFloats(this.numbers, this.spanOf.length * NUMBER_FIELD_COUNT)
      this.maps = grownInts(this.maps, this.spanOf.length * MAPS_STRIDE)
      this.modelPrefixes = grownBytes(this.modelPrefixes, this.spanOf.length * MODELS)
    }
    this.ranges.fill(-1, event * RANGE_FIELD_COUNT * 2, end * RANGE_FIELD_COUNT * 2)
    this.numbers.fill(Number.NaN, event * NUMBER_FIELD_COUNT, end * NUMBER_FIELD_COUNT)
    this.maps.fill(0, event * MAPS_STRIDE, end * MAPS_STRIDE)
    this.modelPrefixes.fill(0, event * MODELS, end * MODELS)
    this.#cleared = end
  }

  /** Removes the last event, when its span turns out not to be one. */
  removeLast(): void {
    this.count--
    this.#cleared = this.count
  }

  has(event: number, field: number): boolean {
    return (this.ranges[(event * RANGE_FIELD_COUNT + field) * 2 + 1] as number) >= 0
  }

  off(event: number, field: number): number {
    return this.ranges[(event * RANGE_FIELD_COUNT + field) * 2] as number
  }

  /** Length in bytes; -1 when the field is null. */
  len(event: number, field: number): number {
    return this.ranges[(event * RANGE_FIELD_COUNT + field) * 2 + 1] as number
  }

  setRange(event: number, field: number, off: number, len: number): void {
    const i = (event * RANGE_FIELD_COUNT + field) * 2
    this.ranges[i] = off
    this.ranges[i + 1] = len
  }

  clear(event: number, field: number): void {
    this.ranges[(event * RANGE_FIELD_COUNT + field) * 2 + 1] = -1
  }

  /** Sets a model field to a range without its first `prefix` bytes, which name the vendor (`openai/`). */
  setModel(event: number, field: number, off: number, len: number, prefix: number): void {
    this.setRange(event, field, off + prefix, len - prefix)
    this.modelPrefixes[event * MODELS + (field === R.response_model ? 1 : 0)] = prefix
  }

  /** Length of the vendor prefix that was cut off a model field, in bytes. */
  modelPrefix(event: number, field: number): number {
    return this.modelPrefixes[event * MODELS + (field === R.response_model ? 1 : 0)] as number
  }

  /** Appends text to the arena and sets the field to it. */
  setText(event: number, field: number, text: string): void {
    const off = this.arena.appendText(text)
    this.setRange(event, field, off, this.arena.lastLen)
  }

  /** Sets the field to a literal made with `arena.literal` (id >= 0). */
  setLiteral(event: number, field: number, id: number): void {
    this.setRange(event, field, this.arena.literalOff(id), this.arena.literalLen(id))
  }

  /** The field as a JS string; null when unset. */
  text(event: number, field: number): string | null {
    const len = this.len(event, field)
    return len < 0 ? null : this.arena.text(this.off(event, field), len)
  }

  /** The field's value; NaN when null. */
  num(event: number, field: number): number {
    return this.numbers[event * NUMBER_FIELD_COUNT + field] as number
  }

  setNum(event: number, field: number, value: number): void {
    this.numbers[event * NUMBER_FIELD_COUNT + field] = value
  }

  /** Nanoseconds of a time field; null when unset. */
  timeNs(event: number, field: number): bigint | null {
    return this.len(event, field) < 0
      ? null
      : this.arena.view.getBigUint64(this.off(event, field), true)
  }

  /** Milliseconds since the epoch of a time field, as a float; NaN when unset. */
  timeMs(event: number, field: number): number {
    if (this.len(event, field) < 0) return Number.NaN
    const off = this.off(event, field)
    const { view } = this.arena
    return (view.getUint32(off + 4, true) * 4294967296 + view.getUint32(off, true)) / 1e6
  }

  /** Lower-case hex of an id field; null when unset. */
  hex(event: number, field: number): string | null {
    const len = this.len(event, field)
    if (len < 0) return null
    const off = this.off(event, field)
    return this.arena.buf.toString('hex', off, off + len)
  }

  metadataFirst(event: number): number {
    return this.maps[event * MAPS_STRIDE + META_FIRST] as number
  }

  metadataCount(event: number): number {
    return this.maps[event * MAPS_STRIDE + META_COUNT] as number
  }

  attributesFirst(event: number): number {
    return this.maps[event * MAPS_STRIDE + ATTRS_FIRST] as number
  }

  attributesCount(event: number): number {
    return this.maps[event * MAPS_STRIDE + ATTRS_COUNT] as number
  }

  /**
   * Adds an entry to `metadata`. The entries of one map of one event lie next to each other; adding out of order moves
   * them.
   */
  addMetadata(event: number, keyOff: number, keyLen: number, off: number, len: number): void {
    this.#addPair(event, META_FIRST, keyOff, keyLen, off, len, 0)
  }

  addMetadataText(event: number, key: string, value: string): void {
    const arena = this.arena
    const keyOff = arena.appendText(key)
    const keyLen = arena.lastLen
    const off = arena.appendText(value)
    this.addMetadata(event, keyOff, keyLen, off, arena.lastLen)
  }

  /**
   * Adds an entry to `attributes`. `json` says that the range is JSON text (number, bool, array, object) rather than a
   * plain string.
   */
  addAttribute(
    event: number,
    keyOff: number,
    keyLen: number,
    off: number,
    len: number,
    json: boolean,
  ): void {
    this.#addPair(event, ATTRS_FIRST, keyOff, keyLen, off, len, json ? 1 : 0)
  }

  /** Adds many entries to `attributes` at once, after the existing ones. `rows` has the columns of `PAIR`. */
  addAttributeRows(event: number, rows: Int32Array): void {
    if (rows.length === 0) return
    const at = this.addAttributes(event, rows.length / PAIR_STRIDE)
    const { pairs } = this
    for (let i = 0; i < rows.length; i++) pairs[at + i] = rows[i] as number
  }

  /** Adds entries to `attributes` for the caller to fill in, and returns where the first one begins in `pairs`. */
  addAttributes(event: number, added: number): number {
    const mapAt = event * MAPS_STRIDE + ATTRS_FIRST
    const count = this.maps[mapAt + 1] as number
    const first = this.maps[mapAt] as number
    if (count === 0) this.maps[mapAt] = this.pairCount
    else if (first + count !== this.pairCount) this.#moveToEnd(mapAt, first, count)
    const at = this.pairCount * PAIR_STRIDE
    const end = at + added * PAIR_STRIDE
    if (end > this.pairs.length) this.pairs = grownInts(this.pairs, end)
    this.pairCount += added
    this.maps[mapAt + 1] = count + added
    return at
  }

  #addPair(
    event: number,
    map: number,
    keyOff: number,
    keyLen: number,
    off: number,
    len: number,
    json: number,
  ): void {
    const mapAt = event * MAPS_STRIDE + map
    const count = this.maps[mapAt + 1] as number
    const first = this.maps[mapAt] as number
    if (count === 0) this.maps[mapAt] = this.pairCount
    else if (first + count !== this.pairCount) this.#moveToEnd(mapAt, first, count)
    const row = this.#newPair()
    const { pairs } = this
    pairs[row] = keyOff
    pairs[row + 1] = keyLen
    pairs[row + 2] = off
    pairs[row + 3] = len
    pairs[row + 4] = json
    this.maps[mapAt + 1] = count + 1
  }

  #moveToEnd(mapAt: number, first: number, count: number): void {
    this.maps[mapAt] = this.pairCount
    for (let i = 0; i < count; i++) {
      const to = this.#newPair()
      const from = (first + i) * PAIR_STRIDE
      this.pairs.copyWithin(to, from, from + PAIR_STRIDE)
    }
  }

  #newPair(): number {
    const row = this.pairCount++ * PAIR_STRIDE
    if (row + PAIR_STRIDE > this.pairs.length) this.pairs = grownInts(this.pairs, row + PAIR_STRIDE)
    return row
  }
}

const LOG_PREFIX = 'log:'

/** Whether the event is a log record that belongs to a span. The span already reports the call's failure and figures. */
export function isRecordOfSpan(events: EventTable, event: number): boolean {
  if (!events.has(event, R.span_id) || events.len(event, R.event_type) < LOG_PREFIX.length)
    return false
  return events.arena.equals(events.off(event, R.event_type), LOG_PREFIX.length, LOG_PREFIX)
}
