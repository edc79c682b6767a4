// The rows of a batch, looked at by name. A view holds a place, not a copy: it is moved from row to row with `at` and
// allocates nothing, so one of each serves a whole batch. Offsets are arena offsets; -1 says that something is not there.
// Who knows wires (`proto/`) reads and writes the columns themselves.

import {
  EVENT_ROW,
  EVENT_ROW_STRIDE,
  LINK,
  LINK_STRIDE,
  RESOURCE,
  RESOURCE_STRIDE,
  SCOPE,
  SCOPE_STRIDE,
  SPAN,
  SPAN_FLAG,
  SPAN_STRIDE,
  type SpanBatch,
} from './batch.ts'

/** Whatever has attributes: their numbers are `firstAttr` and the `attrCount - 1` behind it. */
export interface AttributeOwner {
  readonly firstAttr: number
  readonly attrCount: number
  /** Points it at other attribute rows, which lie together. */
  setAttrs(first: number, count: number): void
  /** Says that it has changed: it is written from its rows, not copied as it came. */
  markEdited(): void
}

/** A span or log record. */
export class SpanView implements AttributeOwner {
  readonly batch: SpanBatch
  #row = 0

  constructor(batch: SpanBatch) {
    this.batch = batch
  }

  /** Moves to a span of the batch. */
  at(span: number): this {
    this.#row = span * SPAN_STRIDE
    return this
  }

  /** Number of the span in the batch. */
  get index(): number {
    return this.#row / SPAN_STRIDE
  }

  /** Bits of SPAN_FLAG. */
  get flags(): number {
    return this.#column(SPAN.FLAGS)
  }

  get isLog(): boolean {
    return (this.flags & SPAN_FLAG.LOG) !== 0
  }

  get isDropped(): boolean {
    return (this.flags & SPAN_FLAG.DROPPED) !== 0
  }

  get isLegacy(): boolean {
    return (this.flags & SPAN_FLAG.LEGACY) !== 0
  }

  /** Index into `batch.requests`. */
  get request(): number {
    return this.#column(SPAN.REQUEST)
  }

  /** Row of its resource, -1 for none. */
  get resource(): number {
    return this.#column(SPAN.RESOURCE)
  }

  /** Row of its scope, -1 for none. */
  get scope(): number {
    return this.#column(SPAN.SCOPE)
  }

  /** The Span or LogRecord message as received. */
  get messageOffset(): number {
    return this.#column(SPAN.MSG_OFF)
  }

  get messageLength(): number {
    return this.#column(SPAN.MSG_LEN)
  }

  /** 16 raw bytes. */
  get traceIdOffset(): number {
    return this.#column(SPAN.TRACE_ID)
  }

  /** 8 raw bytes. */
  get spanIdOffset(): number {
    return this.#column(SPAN.SPAN_ID)
  }

  /** 8 raw bytes; -1 for a root. */
  get parentIdOffset(): number {
    return this.#column(SPAN.PARENT_ID)
  }

  get nameOffset(): number {
    return this.#column(SPAN.NAME_OFF)
  }

  get nameLength(): number {
    return this.#column(SPAN.NAME_LEN)
  }

  /** The name as text; '' when there is none. */
  name(): string {
    return this.batch.arena.text(this.nameOffset, this.nameLength)
  }

  /** Span kind (0 to 5), or the severity number of a log record. */
  get kind(): number {
    return this.#column(SPAN.KIND)
  }

  /** 8 bytes, unsigned little-endian nanoseconds since the epoch. A log record has its time here. */
  get startOffset(): number {
    return this.#column(SPAN.START)
  }

  /** 8 bytes like the start. */
  get endOffset(): number {
    return this.#column(SPAN.END)
  }

  /** 0 unset, 1 ok, 2 error. */
  get status(): number {
    return this.#column(SPAN.STATUS)
  }

  get statusMessageOffset(): number {
    return this.#column(SPAN.STATUS_MSG_OFF)
  }

  get statusMessageLength(): number {
    return this.#column(SPAN.STATUS_MSG_LEN)
  }

  get firstAttr(): number {
    return this.#column(SPAN.ATTR_FIRST)
  }

  get attrCount(): number {
    return this.#column(SPAN.ATTR_COUNT)
  }

  /** First row of its events in `batch.events`. */
  get firstEvent(): number {
    return this.#column(SPAN.EVENT_FIRST)
  }

  get eventCount(): number {
    return this.#column(SPAN.EVENT_COUNT)
  }

  /** First row of its links in `batch.links`. */
  get firstLink(): number {
    return this.#column(SPAN.LINK_FIRST)
  }

  get linkCount(): number {
    return this.#column(SPAN.LINK_COUNT)
  }

  /** Its position in its own request. */
  get ordinal(): number {
    return this.#column(SPAN.ORDINAL)
  }

  /** Number of its first attribute with this key, or -1. */
  attr(key: number): number {
    return this.batch.findAttrIn(this.firstAttr, this.attrCount, key)
  }

  /** Number of the first attribute of its resource with this key, or -1. */
  resourceAttr(key: number): number {
    const { resource, batch } = this
    if (resource < 0) return -1
    const row = resource * RESOURCE_STRIDE
    const first = batch.resources[row + RESOURCE.ATTR_FIRST] as number
    return batch.findAttrIn(first, batch.resources[row + RESOURCE.ATTR_COUNT] as number, key)
  }

  /** Name of its instrumentation scope; null without one. */
  scopeName(): string | null {
    const { scope, batch } = this
    if (scope < 0) return null
    const row = scope * SCOPE_STRIDE
    const length = batch.scopes[row + SCOPE.NAME_LEN] as number
    if (length <= 0) return null
    return batch.arena.text(batch.scopes[row + SCOPE.NAME_OFF] as number, length)
  }

  setAttrs(first: number, count: number): void {
    this.batch.spans[this.#row + SPAN.ATTR_FIRST] = first
    this.batch.spans[this.#row + SPAN.ATTR_COUNT] = count
  }

  markEdited(): void {
    this.batch.spans[this.#row] = this.flags | SPAN_FLAG.EDITED
  }

  #column(column: number): number {
    return this.batch.spans[this.#row + column] as number
  }
}

/** An event of a span. */
export class SpanEventView {
  readonly batch: SpanBatch
  #row = 0

  constructor(batch: SpanBatch) {
    this.batch = batch
  }

  at(event: number): this {
    this.#row = event * EVENT_ROW_STRIDE
    return this
  }

  /** 8 bytes, nanoseconds since the epoch. */
  get timeOffset(): number {
    return this.#column(EVENT_ROW.TIME)
  }

  get nameOffset(): number {
    return this.#column(EVENT_ROW.NAME_OFF)
  }

  get nameLength(): number {
    return this.#column(EVENT_ROW.NAME_LEN)
  }

  name(): string {
    return this.batch.arena.text(this.nameOffset, this.nameLength)
  }

  get firstAttr(): number {
    return this.#column(EVENT_ROW.ATTR_FIRST)
  }

  get attrCount(): number {
    return this.#column(EVENT_ROW.ATTR_COUNT)
  }

  attr(key: number): number {
    return this.batch.findAttrIn(this.firstAttr, this.attrCount, key)
  }

  #column(column: number): number {
    return this.batch.events[this.#row + column] as number
  }
}

/** A link of a span. */
export class SpanLinkView {
  readonly batch: SpanBatch
  #row = 0

  constructor(batch: SpanBatch) {
    this.batch = batch
  }

  at(link: number): this {
    this.#row = link * LINK_STRIDE
    return this
  }

  get traceIdOffset(): number {
    return this.#column(LINK.TRACE_ID)
  }

  get spanIdOffset(): number {
    return this.#column(LINK.SPAN_ID)
  }

  get firstAttr(): number {
    return this.#column(LINK.ATTR_FIRST)
  }

  get attrCount(): number {
    return this.#column(LINK.ATTR_COUNT)
  }

  #column(column: number): number {
    return this.batch.links[this.#row + column] as number
  }
}

/** What the spans of one source have in common. */
export class ResourceView implements AttributeOwner {
  readonly batch: SpanBatch
  #row = 0

  constructor(batch: SpanBatch) {
    this.batch = batch
  }

  at(resource: number): this {
    this.#row = resource * RESOURCE_STRIDE
    return this
  }

  get firstAttr(): number {
    return this.batch.resources[this.#row + RESOURCE.ATTR_FIRST] as number
  }

  get attrCount(): number {
    return this.batch.resources[this.#row + RESOURCE.ATTR_COUNT] as number
  }

  setAttrs(first: number, count: number): void {
    this.batch.resources[this.#row + RESOURCE.ATTR_FIRST] = first
    this.batch.resources[this.#row + RESOURCE.ATTR_COUNT] = count
  }

  markEdited(): void {
    this.batch.resources[this.#row + RESOURCE.FLAGS] = 1
  }
}

/** The instrumentation that made spans. */
export class ScopeView {
  readonly batch: SpanBatch
  #row = 0

  constructor(batch: SpanBatch) {
    this.batch = batch
  }

  at(scope: number): this {
    this.#row = scope * SCOPE_STRIDE
    return this
  }

  get nameOffset(): number {
    return this.#column(SCOPE.NAME_OFF)
  }

  get nameLength(): number {
    return this.#column(SCOPE.NAME_LEN)
  }

  get versionOffset(): number {
    return this.#column(SCOPE.VERSION_OFF)
  }

  get versionLength(): number {
    return this.#column(SCOPE.VERSION_LEN)
  }

  get firstAttr(): number {
    return this.#column(SCOPE.ATTR_FIRST)
  }

  get attrCount(): number {
    return this.#column(SCOPE.ATTR_COUNT)
  }

  #column(column: number): number {
    return this.batch.scopes[this.#row + column] as number
  }
}
