// Named access to the rows of a batch. A view is a cursor, not a copy: `at` moves it from row to row and nothing is
// allocated, so that one view of each type serves a whole batch. Offsets are arena offsets; -1 means absent. The
// decoders and encoders in `proto/` use the columns directly.

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

/** Anything that has attributes. Their rows are consecutive: `attrCount` rows from `firstAttr` on. */
export interface AttributeOwner {
  readonly firstAttr: number
  readonly attrCount: number
  /** Points the owner at other attribute rows, which must be consecutive. */
  setAttrs(first: number, count: number): void
  /** Marks the owner changed: encoders write it from its rows instead of copying the received message. */
  markEdited(): void
}

/** A span or log record. */
export class SpanView implements AttributeOwner {
  readonly batch: SpanBatch
  #row = 0

  constructor(batch: SpanBatch) {
    this.batch = batch
  }

  /** Moves the view to a span of the batch and returns it. */
  at(span: number): this {
    this.#row = span * SPAN_STRIDE
    return this
  }

  /** Index of the span in the batch. */
  get index(): number {
    return this.#row / SPAN_STRIDE
  }

  /** Bits of `SPAN_FLAG`. */
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

  /** Row of the span's resource; -1 for none. */
  get resource(): number {
    return this.#column(SPAN.RESOURCE)
  }

  /** Row of the span's scope; -1 for none. */
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

  /** Offset of 16 raw bytes. */
  get traceIdOffset(): number {
    return this.#column(SPAN.TRACE_ID)
  }

  /** Offset of 8 raw bytes. */
  get spanIdOffset(): number {
    return this.#column(SPAN.SPAN_ID)
  }

  /** Offset of 8 raw bytes; -1 for a root span. */
  get parentIdOffset(): number {
    return this.#column(SPAN.PARENT_ID)
  }

  get nameOffset(): number {
    return this.#column(SPAN.NAME_OFF)
  }

  get nameLength(): number {
    return this.#column(SPAN.NAME_LEN)
  }

  /** The name as text; '' when the span has none. */
  name(): string {
    return this.batch.arena.text(this.nameOffset, this.nameLength)
  }

  /** Span kind (0 to 5), or the severity number of a log record. */
  get kind(): number {
    return this.#column(SPAN.KIND)
  }

  /** Offset of 8 bytes: nanoseconds since the epoch, unsigned little-endian. A log record has its time here. */
  get startOffset(): number {
    return this.#column(SPAN.START)
  }

  /** Offset of 8 bytes in the same form as the start. */
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

  /** First row of the span's events in `batch.events`. */
  get firstEvent(): number {
    return this.#column(SPAN.EVENT_FIRST)
  }

  get eventCount(): number {
    return this.#column(SPAN.EVENT_COUNT)
  }

  /** First row of the span's links in `batch.links`. */
  get firstLink(): number {
    return this.#column(SPAN.LINK_FIRST)
  }

  get linkCount(): number {
    return this.#column(SPAN.LINK_COUNT)
  }

  /** Position of the span in its own request. */
  get ordinal(): number {
    return this.#column(SPAN.ORDINAL)
  }

  /** Row of the span's first attribute with this key, or -1. */
  attr(key: number): number {
    return this.batch.findAttrIn(this.firstAttr, this.attrCount, key)
  }

  /** Row of the first attribute with this key in the span's resource, or -1. */
  resourceAttr(key: number): number {
    const { resource, batch } = this
    if (resource < 0) return -1
    const row = resource * RESOURCE_STRIDE
    const first = batch.resources[row + RESOURCE.ATTR_FIRST] as number
    return batch.findAttrIn(first, batch.resources[row + RESOURCE.ATTR_COUNT] as number, key)
  }

  /** Name of the span's instrumentation scope; null without one. */
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

/** Named access to a span event. */
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

  /** Offset of 8 bytes: nanoseconds since the epoch. */
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

/** Named access to a span link. */
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

/** Named access to a resource, which the spans of one source share. */
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

/** Named access to an instrumentation scope, which is the library that made the spans. */
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
