// The canonical events of a batch, as columns over the arena. `canonicalize` makes one event for each
// span that is not dropped; later processors set further fields; encoders read them.

import type { Arena } from './arena.ts'
import type { SpanBatch } from './batch.ts'
import { NUMBER_FIELDS, R, RANGE_FIELDS } from './fields.ts'
import { grownBytes, grownFloats, grownInts } from './grow.ts'
import { ClaimRows } from './reports/claim-rows.ts'
import { ReportRows } from './reports/report-rows.ts'

const RN = RANGE_FIELDS.length
const NN = NUMBER_FIELDS.length

/** Columns of a row in `EventTable.pairs`: one entry of `metadata` or `attributes`. */
export const PAIR = { KEY_OFF: 0, KEY_LEN: 1, OFF: 2, LEN: 3, JSON: 4 } as const
export const PAIR_STRIDE = 5

/** Columns of a row in `EventTable.maps`: where an event's pairs are. */
const META_FIRST = 0
const META_COUNT = 1
const ATTRS_FIRST = 2
const ATTRS_COUNT = 3
const MAPS_STRIDE = 4

/** Models of an event: the one asked for and the one that answered. */
const MODELS = 2

/** Rows that are emptied together: few enough to be in the cache when they are filled. */
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
 * Events as rows: `ranges` holds (offset, length) pairs, length -1 = null; `numbers` holds float64, NaN = null.
 * Index with `R.<field>` and `N.<field>` of `fields.ts`, through the methods below. `NO_FIELD` is unset and stays unset.
 */
export class EventTable {
  readonly batch: SpanBatch
  count = 0
  /** By event: the span row it was made of. */
  spanOf = new Int32Array(512)
  ranges = new Int32Array(512 * RN * 2)
  numbers = new Float64Array(512 * NN)
  maps = new Int32Array(512 * MAPS_STRIDE)
  pairs = new Int32Array(8192 * PAIR_STRIDE)
  pairCount = 0
  /** What could be counted twice: filled by `canonicalize`, checked by the ledger. */
  readonly claims = new ClaimRows()
  /** What each report of usage says and where it stands in its trace: for the ledger as well. */
  readonly reports = new ReportRows()
  /** By event, two columns: bytes of the maker's prefix that were cut off the model asked for and the one that answered. */
  modelPrefixes = new Uint8Array(512 * MODELS)
  /** By event, only when `explain` was asked for. */
  explain: Provenance[][] | null = null
  /** Rows of events below this are empty or in use. */
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
    if (this.explain !== null) this.explain = []
  }

  /** Adds an event with every field null and returns its number. */
  add(span: number): number {
    const e = this.count++
    if (e >= this.#cleared) this.#clear(e)
    this.spanOf[e] = span
    return e
  }

  /** Makes room for a few events from `e` on and empties their rows: one call for each is most of the work. */
  #clear(e: number): void {
    const end = e + CLEARED
    if (end > this.spanOf.length) {
      this.spanOf = grownInts(this.spanOf, end)
      this.ranges = grownInts(this.ranges, this.spanOf.length * RN * 2)
      this.numbers = grownFloats(this.numbers, this.spanOf.length * NN)
      this.maps = grownInts(this.maps, this.spanOf.length * MAPS_STRIDE)
      this.modelPrefixes = grownBytes(this.modelPrefixes, this.spanOf.length * MODELS)
    }
    this.ranges.fill(-1, e * RN * 2, end * RN * 2)
    this.numbers.fill(Number.NaN, e * NN, end * NN)
    this.maps.fill(0, e * MAPS_STRIDE, end * MAPS_STRIDE)
    this.modelPrefixes.fill(0, e * MODELS, end * MODELS)
    this.#cleared = end
  }

  /** Removes the last event: for a span that turns out to be none. */
  removeLast(): void {
    this.count--
    this.#cleared = this.count
  }

  has(e: number, r: number): boolean {
    return (this.ranges[(e * RN + r) * 2 + 1] as number) >= 0
  }

  off(e: number, r: number): number {
    return this.ranges[(e * RN + r) * 2] as number
  }

  /** Length in bytes, -1 when null. */
  len(e: number, r: number): number {
    return this.ranges[(e * RN + r) * 2 + 1] as number
  }

  setRange(e: number, r: number, off: number, len: number): void {
    const i = (e * RN + r) * 2
    this.ranges[i] = off
    this.ranges[i + 1] = len
  }

  clear(e: number, r: number): void {
    this.ranges[(e * RN + r) * 2 + 1] = -1
  }

  /** Sets a model field to a range whose first `prefix` bytes (`openai/`) name its maker: the field begins behind them. */
  setModel(e: number, r: number, off: number, len: number, prefix: number): void {
    this.setRange(e, r, off + prefix, len - prefix)
    this.modelPrefixes[e * MODELS + (r === R.response_model ? 1 : 0)] = prefix
  }

  /** Bytes before a model field that belong to the name as it was sent. */
  modelPrefix(e: number, r: number): number {
    return this.modelPrefixes[e * MODELS + (r === R.response_model ? 1 : 0)] as number
  }

  /** Appends text to the arena and sets the field. */
  setText(e: number, r: number, text: string): void {
    const off = this.arena.appendText(text)
    this.setRange(e, r, off, this.arena.lastLen)
  }

  /** Sets the field to a literal made with `arena.literal` (id >= 0). */
  setLiteral(e: number, r: number, id: number): void {
    this.setRange(e, r, this.arena.literalOff(id), this.arena.literalLen(id))
  }

  /** The field as a JS string, null when unset. */
  text(e: number, r: number): string | null {
    const len = this.len(e, r)
    return len < 0 ? null : this.arena.text(this.off(e, r), len)
  }

  /** NaN when null. */
  num(e: number, n: number): number {
    return this.numbers[e * NN + n] as number
  }

  setNum(e: number, n: number, value: number): void {
    this.numbers[e * NN + n] = value
  }

  /** Nanoseconds of a time field, null when unset. */
  timeNs(e: number, r: number): bigint | null {
    return this.len(e, r) < 0 ? null : this.arena.view.getBigUint64(this.off(e, r), true)
  }

  /** Milliseconds since the epoch of a time field as a float, NaN when unset. */
  timeMs(e: number, r: number): number {
    if (this.len(e, r) < 0) return Number.NaN
    const off = this.off(e, r)
    const v = this.arena.view
    return (v.getUint32(off + 4, true) * 4294967296 + v.getUint32(off, true)) / 1e6
  }

  /** Lower-case hex of an id field, null when unset. */
  hex(e: number, r: number): string | null {
    const len = this.len(e, r)
    if (len < 0) return null
    const off = this.off(e, r)
    return this.arena.buf.toString('hex', off, off + len)
  }

  metadataFirst(e: number): number {
    return this.maps[e * MAPS_STRIDE + META_FIRST] as number
  }

  metadataCount(e: number): number {
    return this.maps[e * MAPS_STRIDE + META_COUNT] as number
  }

  attributesFirst(e: number): number {
    return this.maps[e * MAPS_STRIDE + ATTRS_FIRST] as number
  }

  attributesCount(e: number): number {
    return this.maps[e * MAPS_STRIDE + ATTRS_COUNT] as number
  }

  /** Adds an entry to `metadata`. Entries of one event and map are contiguous; adding out of order moves them. */
  addMetadata(e: number, keyOff: number, keyLen: number, off: number, len: number): void {
    this.#addPair(e, META_FIRST, keyOff, keyLen, off, len, 0)
  }

  addMetadataText(e: number, key: string, value: string): void {
    const arena = this.arena
    const keyOff = arena.appendText(key)
    const keyLen = arena.lastLen
    const off = arena.appendText(value)
    this.addMetadata(e, keyOff, keyLen, off, arena.lastLen)
  }

  /** Adds an entry to `attributes`; `json` says that the range is JSON text (number, bool, array, object) and not a string. */
  addAttribute(
    e: number,
    keyOff: number,
    keyLen: number,
    off: number,
    len: number,
    json: boolean,
  ): void {
    this.#addPair(e, ATTRS_FIRST, keyOff, keyLen, off, len, json ? 1 : 0)
  }

  /** Adds many entries to `attributes` at once: rows of PAIR columns, behind those that are there. */
  addAttributeRows(e: number, rows: Int32Array): void {
    if (rows.length === 0) return
    const at = this.addAttributes(e, rows.length / PAIR_STRIDE)
    const p = this.pairs
    for (let i = 0; i < rows.length; i++) p[at + i] = rows[i] as number
  }

  /** Adds `n` entries to `attributes` for the caller to fill in: where in `pairs` the first one begins. */
  addAttributes(e: number, n: number): number {
    const m = e * MAPS_STRIDE + ATTRS_FIRST
    const count = this.maps[m + 1] as number
    const first = this.maps[m] as number
    if (count === 0) this.maps[m] = this.pairCount
    else if (first + count !== this.pairCount) this.#moveToEnd(m, first, count)
    const at = this.pairCount * PAIR_STRIDE
    const end = at + n * PAIR_STRIDE
    if (end > this.pairs.length) this.pairs = grownInts(this.pairs, end)
    this.pairCount += n
    this.maps[m + 1] = count + n
    return at
  }

  #addPair(
    e: number,
    map: number,
    keyOff: number,
    keyLen: number,
    off: number,
    len: number,
    json: number,
  ): void {
    const m = e * MAPS_STRIDE + map
    const count = this.maps[m + 1] as number
    const first = this.maps[m] as number
    if (count === 0) this.maps[m] = this.pairCount
    else if (first + count !== this.pairCount) this.#moveToEnd(m, first, count)
    const row = this.#newPair()
    const p = this.pairs
    p[row] = keyOff
    p[row + 1] = keyLen
    p[row + 2] = off
    p[row + 3] = len
    p[row + 4] = json
    this.maps[m + 1] = count + 1
  }

  #moveToEnd(m: number, first: number, count: number): void {
    this.maps[m] = this.pairCount
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
