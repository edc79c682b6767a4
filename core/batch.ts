// A batch of spans and log records as decoded bytes plus index tables, not as an object graph. The payload in the arena
// is never changed: an edit appends the new value to the arena and points the table row at it. A reader therefore need
// not know about edits, and an unedited value is still the bytes that came from the socket. The decoders in `proto/`
// fill the tables by the column names below; all other code reads them through the views of `span-view.ts` and the
// `attr...` methods of the batch.

import type { Arena } from './arena.ts'
import { grownFloats, grownInts } from './grow.ts'
import type { CanonicalValues } from './reports/canonical-values.ts'
import type { TenantContext } from './tenant.ts'

/** Columns of a row in `SpanBatch.spans`. Offsets are arena offsets; -1 means absent. */
export const SPAN = {
  FLAGS: 0,
  /** Index into `requests`. */
  REQUEST: 1,
  RESOURCE: 2,
  SCOPE: 3,
  /** The whole Span or LogRecord message as received. */
  MSG_OFF: 4,
  MSG_LEN: 5,
  /**
   * Offsets of 16, 8 and 8 raw bytes. PARENT_ID is -1 for a root span; all three are -1 for a log record without ids.
   */
  TRACE_ID: 6,
  SPAN_ID: 7,
  PARENT_ID: 8,
  NAME_OFF: 9,
  NAME_LEN: 10,
  /** Span kind (0..5) or severity number of a log record. */
  KIND: 11,
  /**
   * Offsets of 8 bytes each: nanoseconds since the epoch, unsigned little-endian; -1 means absent. A log record has its
   * time in START.
   */
  START: 12,
  END: 13,
  /** 0 unset, 1 ok, 2 error. */
  STATUS: 14,
  STATUS_MSG_OFF: 15,
  STATUS_MSG_LEN: 16,
  ATTR_FIRST: 17,
  ATTR_COUNT: 18,
  EVENT_FIRST: 19,
  EVENT_COUNT: 20,
  LINK_FIRST: 21,
  LINK_COUNT: 22,
  STATE_OFF: 23,
  STATE_LEN: 24,
  /** Span flags field (fixed32) and the dropped counters, for re-encoding. */
  W3C_FLAGS: 25,
  DROPPED_ATTRS: 26,
  DROPPED_EVENTS: 27,
  DROPPED_LINKS: 28,
  /** Position of this item in its own request (0, 1, ...), used in messages and for event ids. */
  ORDINAL: 29,
} as const
export const SPAN_STRIDE = 30

/** Bits of SPAN.FLAGS. */
export const SPAN_FLAG = {
  /** A log record, not a span. */
  LOG: 1,
  /** The item was changed: encoders must write it from the table rows instead of copying the received message. */
  EDITED: 2,
  /** A processor (filter, sample) dropped the item and counted it. Encoders and later processors skip it. */
  DROPPED: 4,
  /** Converted from a legacy Observa event (one JSON object), see `proto/legacy/requests.ts`. */
  LEGACY: 8,
  /** Some text of the item was not valid UTF-8 and was repaired on arrival. EDITED is set too. */
  REPAIRED: 16,
} as const

/** Columns of a row in `SpanBatch.attrs`. */
export const ATTR = { KEY: 0, KEY_OFF: 1, KEY_LEN: 2, TYPE: 3, OFF: 4, LEN: 5 } as const
export const ATTR_STRIDE = 6

/**
 * Types of an attribute value, and what the columns OFF and LEN hold for each. `SpanBatch.nums` also holds the value of
 * INT, DOUBLE and BOOL rows as a float64; beyond 2^53 that is inexact for INT, and the exact value is in the bytes.
 */
export const VALUE = {
  /** No value set (an empty AnyValue). */
  EMPTY: 0,
  /** UTF-8 bytes; may be invalid UTF-8 as received. */
  STRING: 1,
  /** A boolean: the OFF column holds 0 or 1 itself, not an offset. */
  BOOL: 2,
  /** 8 bytes at OFF: signed little-endian (decoded from the varint). */
  INT: 3,
  /** 8 bytes at OFF: IEEE 754 little-endian. */
  DOUBLE: 4,
  /** OFF, LEN: the ArrayValue message (field 1 = repeated AnyValue). */
  ARRAY: 5,
  /** OFF, LEN: the KeyValueList message (field 1 = repeated KeyValue). */
  KVLIST: 6,
  BYTES: 7,
} as const

/** Columns of a row in `SpanBatch.events` (span events). */
export const EVENT_ROW = {
  TIME: 0,
  NAME_OFF: 1,
  NAME_LEN: 2,
  ATTR_FIRST: 3,
  ATTR_COUNT: 4,
  DROPPED_ATTRS: 5,
} as const
export const EVENT_ROW_STRIDE = 6

/** Columns of a row in `SpanBatch.links`. */
export const LINK = {
  TRACE_ID: 0,
  SPAN_ID: 1,
  STATE_OFF: 2,
  STATE_LEN: 3,
  ATTR_FIRST: 4,
  ATTR_COUNT: 5,
  W3C_FLAGS: 6,
  DROPPED_ATTRS: 7,
} as const
export const LINK_STRIDE = 8

/** Columns of a row in `SpanBatch.resources`. FLAGS: 1 = edited. */
export const RESOURCE = {
  FLAGS: 0,
  ATTR_FIRST: 1,
  ATTR_COUNT: 2,
  SCHEMA_OFF: 3,
  SCHEMA_LEN: 4,
  /** The Resource message as received, -1 when absent. */
  MSG_OFF: 5,
  MSG_LEN: 6,
} as const
export const RESOURCE_STRIDE = 7

/** Columns of a row in `SpanBatch.scopes`. FLAGS: 1 = edited. */
export const SCOPE = {
  FLAGS: 0,
  NAME_OFF: 1,
  NAME_LEN: 2,
  VERSION_OFF: 3,
  VERSION_LEN: 4,
  ATTR_FIRST: 5,
  ATTR_COUNT: 6,
  SCHEMA_OFF: 7,
  SCHEMA_LEN: 8,
  MSG_OFF: 9,
  MSG_LEN: 10,
} as const
export const SCOPE_STRIDE = 11

/** One request inside a batch: whose it is and what became of its items. */
export interface BatchRequest {
  readonly tenant: TenantContext
  /** When the receiver had read the body. This is the ingest time of all rows of the request. */
  readonly receivedAtMs: number
  /** Items refused one by one, for a bad id or a bad line. The other items of the request are processed. */
  rejected: number
  /**
   * Why items were rejected: a few English sentences for `partial_success` and the logs. They never contain payload
   * text.
   */
  readonly reasons: string[]
}

/** Sizes of all tables at one moment. `rewind` goes back to them when a request cannot be decoded. */
export interface BatchMark {
  readonly top: number
  readonly spans: number
  readonly attrs: number
  readonly events: number
  readonly links: number
  readonly resources: number
  readonly scopes: number
}

/** How many findings of one type there are in one place, as `pipe --explain` shows them. */
export interface SecretNote {
  readonly type: string
  /** Whether a built-in detector or a rule of the configuration found it. */
  readonly by: 'detector' | 'rule'
  readonly place: string
  /** Attribute key; null where the place has no key, or where the key itself is a secret. */
  readonly key: string | null
  readonly action: string
  count: number
}

/** The spans and log records of one task, possibly of several requests and tenants. */
export class SpanBatch {
  readonly arena: Arena
  readonly requests: BatchRequest[] = []
  spans = new Int32Array(512 * SPAN_STRIDE)
  attrs = new Int32Array(16_384 * ATTR_STRIDE)
  /** Value of an INT, DOUBLE or BOOL attribute, indexed by attribute row. */
  nums = new Float64Array(16_384)
  events = new Int32Array(256 * EVENT_ROW_STRIDE)
  links = new Int32Array(64 * LINK_STRIDE)
  resources = new Int32Array(64 * RESOURCE_STRIDE)
  scopes = new Int32Array(64 * SCOPE_STRIDE)
  spanCount = 0
  attrCount = 0
  eventCount = 0
  linkCount = 0
  resourceCount = 0
  scopeCount = 0
  /** Secrets found, by span and type name. `scrub` fills it. A finding in a resource or scope counts for each of its spans. */
  readonly secrets = new Map<number, Map<string, number>>()
  /** Findings by span, for `explain`: where each was and what was done about it. Never contains the value found. */
  readonly secretNotes = new Map<number, readonly SecretNote[]>()
  /**
   * A keyed digest, by span, of the values that placeholders and pseudonyms replaced. Two texts that are equal after
   * scrubbing may have differed before, so whoever compares texts compares this too. It is never stored by itself.
   */
  readonly maskedDigests = new Map<number, string>()
  /** By log record, the hash of its bytes as an edge received them. */
  readonly receivedHashes = new Map<number, string>()
  /** By row, of canonical events that another instance made (`proto/canonical-events.ts`). */
  readonly canonical = new Map<number, CanonicalValues>()
  readonly #notes = [this.secrets, this.secretNotes, this.maskedDigests, this.receivedHashes]

  constructor(arena: Arena) {
    this.arena = arena
  }

  reset(): void {
    this.arena.reset()
    this.requests.length = 0
    this.spanCount = 0
    this.attrCount = 0
    this.eventCount = 0
    this.linkCount = 0
    this.resourceCount = 0
    this.scopeCount = 0
    for (const notes of [...this.#notes, this.canonical]) notes.clear()
  }

  mark(): BatchMark {
    return {
      top: this.arena.top,
      spans: this.spanCount,
      attrs: this.attrCount,
      events: this.eventCount,
      links: this.linkCount,
      resources: this.resourceCount,
      scopes: this.scopeCount,
    }
  }

  rewind(mark: BatchMark): void {
    this.arena.release(mark.top)
    for (const notes of [...this.#notes, this.canonical])
      for (const span of notes.keys()) if (span >= mark.spans) notes.delete(span)
    this.spanCount = mark.spans
    this.attrCount = mark.attrs
    this.eventCount = mark.events
    this.linkCount = mark.links
    this.resourceCount = mark.resources
    this.scopeCount = mark.scopes
  }

  /** Adds a row of zeros and returns the index of its first column. */
  addSpan(): number {
    const row = this.spanCount++ * SPAN_STRIDE
    if (row + SPAN_STRIDE > this.spans.length) this.spans = grownInts(this.spans, row + SPAN_STRIDE)
    this.spans.fill(0, row, row + SPAN_STRIDE)
    return row
  }

  /** Adds an attribute row and returns its number (not its column index). */
  addAttr(
    keyId: number,
    keyOff: number,
    keyLen: number,
    type: number,
    off: number,
    len: number,
    num: number,
  ): number {
    const i = this.attrCount++
    const row = i * ATTR_STRIDE
    if (row + ATTR_STRIDE > this.attrs.length) {
      this.attrs = grownInts(this.attrs, row + ATTR_STRIDE)
      this.nums = grownFloats(this.nums, this.attrs.length / ATTR_STRIDE)
    }
    const a = this.attrs
    a[row] = keyId
    a[row + 1] = keyOff
    a[row + 2] = keyLen
    a[row + 3] = type
    a[row + 4] = off
    a[row + 5] = len
    this.nums[i] = num
    return i
  }

  addEvent(): number {
    const row = this.eventCount++ * EVENT_ROW_STRIDE
    if (row + EVENT_ROW_STRIDE > this.events.length)
      this.events = grownInts(this.events, row + EVENT_ROW_STRIDE)
    this.events.fill(0, row, row + EVENT_ROW_STRIDE)
    return row
  }

  addLink(): number {
    const row = this.linkCount++ * LINK_STRIDE
    if (row + LINK_STRIDE > this.links.length) this.links = grownInts(this.links, row + LINK_STRIDE)
    this.links.fill(0, row, row + LINK_STRIDE)
    return row
  }

  addResource(): number {
    const row = this.resourceCount++ * RESOURCE_STRIDE
    if (row + RESOURCE_STRIDE > this.resources.length)
      this.resources = grownInts(this.resources, row + RESOURCE_STRIDE)
    this.resources.fill(0, row, row + RESOURCE_STRIDE)
    return row
  }

  addScope(): number {
    const row = this.scopeCount++ * SCOPE_STRIDE
    if (row + SCOPE_STRIDE > this.scopes.length)
      this.scopes = grownInts(this.scopes, row + SCOPE_STRIDE)
    this.scopes.fill(0, row, row + SCOPE_STRIDE)
    return row
  }

  /** Points an attribute row at new text, which is appended to the arena. The caller marks the owner edited. */
  setAttrText(attr: number, text: string): void {
    const off = this.arena.appendText(text)
    this.setAttrRange(attr, VALUE.STRING, off, this.arena.lastLen)
  }

  /** Points an attribute row at a range of the arena. The caller marks the owning span, resource or scope edited. */
  setAttrRange(attr: number, type: number, off: number, len: number): void {
    const row = attr * ATTR_STRIDE
    this.attrs[row + ATTR.TYPE] = type
    this.attrs[row + ATTR.OFF] = off
    this.attrs[row + ATTR.LEN] = len
  }

  markEdited(span: number): void {
    const row = span * SPAN_STRIDE
    this.spans[row] = (this.spans[row] as number) | SPAN_FLAG.EDITED
  }

  /** Drops a span: encoders and later processors skip it. The processor that drops it counts it. */
  drop(span: number): void {
    const row = span * SPAN_STRIDE
    this.spans[row] = (this.spans[row] as number) | SPAN_FLAG.DROPPED
  }

  isDropped(span: number): boolean {
    return ((this.spans[span * SPAN_STRIDE] as number) & SPAN_FLAG.DROPPED) !== 0
  }

  isLog(span: number): boolean {
    return ((this.spans[span * SPAN_STRIDE] as number) & SPAN_FLAG.LOG) !== 0
  }

  /** Row of the first attribute of `span` with this key, or -1. When a key occurs twice, the first wins. */
  findAttr(span: number, keyId: number): number {
    const row = span * SPAN_STRIDE
    const first = this.spans[row + SPAN.ATTR_FIRST] as number
    return this.findAttrIn(first, this.spans[row + SPAN.ATTR_COUNT] as number, keyId)
  }

  findAttrIn(first: number, count: number, keyId: number): number {
    const a = this.attrs
    for (let i = first, row = first * ATTR_STRIDE; i < first + count; i++, row += ATTR_STRIDE)
      if (a[row] === keyId) return i
    return -1
  }

  /** Interned key of an attribute (`core/keys.ts`). */
  attrKey(attr: number): number {
    return this.attrs[attr * ATTR_STRIDE] as number
  }

  attrKeyOffset(attr: number): number {
    return this.attrs[attr * ATTR_STRIDE + ATTR.KEY_OFF] as number
  }

  attrKeyLength(attr: number): number {
    return this.attrs[attr * ATTR_STRIDE + ATTR.KEY_LEN] as number
  }

  /** The key as it was sent. */
  attrKeyText(attr: number): string {
    return this.arena.text(this.attrKeyOffset(attr), this.attrKeyLength(attr))
  }

  /** One of VALUE; it says what offset and length mean. */
  attrType(attr: number): number {
    return this.attrs[attr * ATTR_STRIDE + ATTR.TYPE] as number
  }

  attrOffset(attr: number): number {
    return this.attrs[attr * ATTR_STRIDE + ATTR.OFF] as number
  }

  attrLength(attr: number): number {
    return this.attrs[attr * ATTR_STRIDE + ATTR.LEN] as number
  }

  /** Gives an attribute another key. The caller marks the owner edited. */
  setAttrKey(attr: number, key: number, off: number, len: number): void {
    const row = attr * ATTR_STRIDE
    this.attrs[row + ATTR.KEY] = key
    this.attrs[row + ATTR.KEY_OFF] = off
    this.attrs[row + ATTR.KEY_LEN] = len
  }

  /** Adds a copy of an attribute row and returns its number. */
  copyAttr(attr: number): number {
    const number = this.nums[attr] as number
    const [key, type] = [this.attrKey(attr), this.attrType(attr)]
    const [keyOff, keyLen] = [this.attrKeyOffset(attr), this.attrKeyLength(attr)]
    return this.addAttr(
      key,
      keyOff,
      keyLen,
      type,
      this.attrOffset(attr),
      this.attrLength(attr),
      number,
    )
  }

  /** Index of the request that a span came with. */
  requestOf(span: number): number {
    return this.spans[span * SPAN_STRIDE + SPAN.REQUEST] as number
  }

  isLegacy(span: number): boolean {
    return ((this.spans[span * SPAN_STRIDE] as number) & SPAN_FLAG.LEGACY) !== 0
  }

  /** Text of an attribute as a JS string; null unless it is a string. */
  attrText(attr: number): string | null {
    const row = attr * ATTR_STRIDE
    if (this.attrs[row + ATTR.TYPE] !== VALUE.STRING) return null
    return this.arena.text(
      this.attrs[row + ATTR.OFF] as number,
      this.attrs[row + ATTR.LEN] as number,
    )
  }
}
