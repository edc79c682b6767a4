// Indexes Span messages as rows: the span, its attributes, its events and links.

import { EVENT_ROW, LINK, SPAN, SPAN_FLAG, SPAN_STRIDE } from '../../core/batch.ts'
import { EDGE_NOTE, readEdgeNote } from './edge-note.ts'
import { ValueIndexer } from './values.ts'
import { FIXED32, FIXED64, LEN, VARINT } from './wire.ts'

/** The wire type of each field of Span; -1 is unknown. */
const SPAN_TYPES = Int8Array.of(
  -1,
  LEN,
  LEN,
  LEN,
  LEN,
  LEN,
  VARINT,
  FIXED64,
  FIXED64,
  LEN,
  VARINT,
  LEN,
  VARINT,
  LEN,
  VARINT,
  LEN,
  FIXED32,
)
const ATTRIBUTES = 9
const EVENTS = 11
const LINKS = 13
/** Fields that may be repeated. */
const REPEATED = (1 << ATTRIBUTES) | (1 << EVENTS) | (1 << LINKS)
const ATTRIBUTE_TAG = ATTRIBUTES * 8 + LEN

export class SpanIndexer extends ValueIndexer {
  /** The field, start and end of events and links, whose rows follow the span's own attributes. */
  #later = new Int32Array(64 * 3)
  #laterCount = 0
  /** Offset of the note of an edge instance; -1 when there is none. */
  #noteOff = -1
  #noteLen = 0
  #firstAttr = 0
  #firstEvent = 0
  #firstLink = 0

  /**
   * Span: trace_id 1, span_id 2, trace_state 3, parent_span_id 4, name 5, kind 6, start 7, end 8, attributes 9,
   * dropped 10, events 11, dropped 12, links 13, dropped 14, status 15, flags 16.
   */
  item(start: number, end: number, resource: number, scope: number): void {
    const { batch, tally } = this
    tally.admitItem()
    this.beginOwner()
    this.#laterCount = 0
    this.#firstAttr = batch.attrCount
    this.#firstEvent = batch.eventCount
    this.#firstLink = batch.linkCount
    const row = tally.addSpan()
    const s = batch.spans
    s[row + SPAN.RESOURCE] = resource
    s[row + SPAN.SCOPE] = scope
    s[row + SPAN.MSG_OFF] = start
    s[row + SPAN.MSG_LEN] = end - start
    s[row + SPAN.TRACE_ID] = -1
    s[row + SPAN.SPAN_ID] = -1
    s[row + SPAN.PARENT_ID] = -1
    s[row + SPAN.START] = -1
    s[row + SPAN.END] = -1
    s[row + SPAN.ATTR_FIRST] = this.#firstAttr
    this.#fields(row, start, end)
    s[row + SPAN.ATTR_COUNT] = batch.attrCount - this.#firstAttr
    s[row + SPAN.EVENT_FIRST] = this.#firstEvent
    s[row + SPAN.LINK_FIRST] = this.#firstLink
    if (this.#laterCount > 0) this.#eventsAndLinks(row)
    this.#finish(row)
  }

  #fields(row: number, start: number, end: number): void {
    let seen = 0
    let b = this.b
    this.p = start
    while (this.p < end) {
      if (b[this.p] === ATTRIBUTE_TAG) {
        this.p++
        const len = this.length(end)
        const stop = this.p + len
        this.attribute(this.p, stop)
        this.p = stop
        b = this.b
        continue
      }
      const tag = this.tag(end)
      const field = tag >>> 3
      if (field > 16) {
        this.isDirty = true
        if (field === EDGE_NOTE) this.note(tag, end)
        else this.skip(tag, end)
        continue
      }
      this.expect(tag, SPAN_TYPES[field] as number)
      const bit = 1 << field
      if ((seen & bit & ~REPEATED) !== 0) this.isDirty = true
      seen |= bit
      this.#field(field, row, end)
      b = this.b
    }
  }

  #field(field: number, row: number, end: number): void {
    const s = this.batch.spans
    if (field === 7) s[row + SPAN.START] = this.fixed(8, end)
    else if (field === 8) s[row + SPAN.END] = this.fixed(8, end)
    else if (field === 6) s[row + SPAN.KIND] = this.varint(end)
    else if (field === 10) s[row + SPAN.DROPPED_ATTRS] = this.varint(end)
    else if (field === 12) s[row + SPAN.DROPPED_EVENTS] = this.varint(end)
    else if (field === 14) s[row + SPAN.DROPPED_LINKS] = this.varint(end)
    else if (field === 16) {
      const at = this.fixed(4, end)
      s[row + SPAN.W3C_FLAGS] = this.batch.arena.view.getInt32(at, true)
    } else {
      const len = this.length(end)
      const at = this.p
      this.#sized(field, row, at, len)
      this.p = at + len
    }
  }

  #sized(field: number, row: number, at: number, len: number): void {
    const s = this.batch.spans
    if (field === 5) {
      this.text(at, len)
      s[row + SPAN.NAME_OFF] = this.off
      s[row + SPAN.NAME_LEN] = this.len
    } else if (field === 1) s[row + SPAN.TRACE_ID] = this.id(at, len, 16)
    else if (field === 2) s[row + SPAN.SPAN_ID] = this.id(at, len, 8)
    else if (field === 4) s[row + SPAN.PARENT_ID] = this.parentId(at, len)
    else if (field === 15) this.#status(row, at, at + len)
    else if (field === ATTRIBUTES) this.attribute(at, at + len)
    else if (field === 3) {
      this.text(at, len)
      s[row + SPAN.STATE_OFF] = this.off
      s[row + SPAN.STATE_LEN] = this.len
    } else this.#postpone(field, at, at + len)
  }

  override beginOwner(): void {
    super.beginOwner()
    this.#noteOff = -1
  }

  /** Skips the note of an edge instance, and keeps its offset if notes of this sender are trusted. */
  note(tag: number, end: number): void {
    this.expect(tag, LEN)
    this.#noteLen = this.length(end)
    if (this.tally.readsNotes) this.#noteOff = this.p
    this.p += this.#noteLen
  }

  /** Applies the note to the accepted item whose row is given. */
  takeNote(row: number): void {
    if (this.#noteOff < 0) return
    const { batch } = this
    readEdgeNote(batch, row / SPAN_STRIDE, batch.arena.text(this.#noteOff, this.#noteLen))
  }

  /** The offset of an id. -1 if it is empty or all zero, -2 if it has another length. */
  id(at: number, len: number, size: number): number {
    if (len !== size) return len === 0 ? -1 : -2
    for (let i = at; i < at + size; i++) if (this.b[i] !== 0) return at
    return -1
  }

  /** Like `id`. Some SDKs write an all-zero parent for a root. */
  parentId(at: number, len: number): number {
    return this.id(at, len, 8)
  }

  #postpone(field: number, start: number, end: number): void {
    if (this.#laterCount >= this.tally.limits.rowsPerItemMax) {
      this.isOverfull = true
      return
    }
    const i = this.#laterCount++ * 3
    if (i + 3 > this.#later.length) {
      const bigger = new Int32Array(this.#later.length * 2)
      bigger.set(this.#later)
      this.#later = bigger
    }
    this.#later[i] = field
    this.#later[i + 1] = start
    this.#later[i + 2] = end
  }

  /** Status: message 2, code 3. */
  #status(row: number, start: number, end: number): void {
    const s = this.batch.spans
    let seen = 0
    this.p = start
    while (this.p < end) {
      const tag = this.tag(end)
      const field = tag >>> 3
      if (field !== 2 && field !== 3) {
        this.isDirty = true
        this.skip(tag, end)
        continue
      }
      if ((seen & (1 << field)) !== 0) this.isDirty = true
      seen |= 1 << field
      if (field === 3) {
        this.expect(tag, VARINT)
        s[row + SPAN.STATUS] = this.varint(end)
        continue
      }
      this.expect(tag, LEN)
      const len = this.length(end)
      const at = this.p
      this.text(at, len)
      s[row + SPAN.STATUS_MSG_OFF] = this.off
      s[row + SPAN.STATUS_MSG_LEN] = this.len
      this.p = at + len
    }
  }

  #eventsAndLinks(row: number): void {
    const later = this.#later
    for (let i = 0; i < this.#laterCount * 3; i += 3) {
      if (later[i] === EVENTS) this.#event(later[i + 1] as number, later[i + 2] as number)
    }
    for (let i = 0; i < this.#laterCount * 3; i += 3) {
      if (later[i] === LINKS) this.#link(row, later[i + 1] as number, later[i + 2] as number)
    }
    const s = this.batch.spans
    s[row + SPAN.EVENT_COUNT] = this.batch.eventCount - this.#firstEvent
    s[row + SPAN.LINK_COUNT] = this.batch.linkCount - this.#firstLink
  }

  /** Event: time 1, name 2, attributes 3, dropped_attributes_count 4. */
  #event(start: number, end: number): void {
    const row = this.batch.addEvent()
    const e = this.batch.events
    e[row + EVENT_ROW.TIME] = -1
    e[row + EVENT_ROW.ATTR_FIRST] = this.batch.attrCount
    let seen = 0
    this.p = start
    while (this.p < end) {
      const tag = this.tag(end)
      const field = tag >>> 3
      if (field !== 3 && field < 31) {
        if ((seen & (1 << field)) !== 0) this.isDirty = true
        seen |= 1 << field
      }
      if (field === 1) {
        this.expect(tag, FIXED64)
        e[row + EVENT_ROW.TIME] = this.fixed(8, end)
      } else if (field === 4) {
        this.expect(tag, VARINT)
        e[row + EVENT_ROW.DROPPED_ATTRS] = this.varint(end)
      } else if (field === 2 || field === 3) {
        this.expect(tag, LEN)
        const len = this.length(end)
        const at = this.p
        if (field === 3) this.attribute(at, at + len)
        else {
          this.text(at, len)
          e[row + EVENT_ROW.NAME_OFF] = this.off
          e[row + EVENT_ROW.NAME_LEN] = this.len
        }
        this.p = at + len
      } else {
        this.isDirty = true
        this.skip(tag, end)
      }
    }
    e[row + EVENT_ROW.ATTR_COUNT] = this.batch.attrCount - (e[row + EVENT_ROW.ATTR_FIRST] as number)
  }

  /** Link: trace_id 1, span_id 2, trace_state 3, attributes 4, dropped_attributes_count 5, flags 6. */
  #link(span: number, start: number, end: number): void {
    const row = this.batch.addLink()
    const l = this.batch.links
    const firstAttr = this.batch.attrCount
    l[row + LINK.TRACE_ID] = -1
    l[row + LINK.SPAN_ID] = -1
    l[row + LINK.ATTR_FIRST] = firstAttr
    this.#linkFields(row, start, end)
    l[row + LINK.ATTR_COUNT] = this.batch.attrCount - firstAttr
    const isValid =
      (l[row + LINK.TRACE_ID] as number) >= 0 && (l[row + LINK.SPAN_ID] as number) >= 0
    if (isValid) return
    // A link without a target is no reason to refuse the span. It is dropped and counted in OTLP's field for that.
    this.batch.linkCount--
    this.batch.attrCount = firstAttr
    this.isDirty = true
    const dropped = span + SPAN.DROPPED_LINKS
    this.batch.spans[dropped] = (this.batch.spans[dropped] as number) + 1
    this.tally.warn('A span link without valid ids was left out.')
  }

  #linkFields(row: number, start: number, end: number): void {
    const l = this.batch.links
    let seen = 0
    this.p = start
    while (this.p < end) {
      const tag = this.tag(end)
      const field = tag >>> 3
      if (field > 6) {
        this.isDirty = true
        this.skip(tag, end)
        continue
      }
      if (field !== 4 && (seen & (1 << field)) !== 0) this.isDirty = true
      seen |= 1 << field
      this.expect(tag, field === 5 ? VARINT : field === 6 ? FIXED32 : LEN)
      if (field === 5) {
        l[row + LINK.DROPPED_ATTRS] = this.varint(end)
        continue
      }
      if (field === 6) {
        l[row + LINK.W3C_FLAGS] = this.batch.arena.view.getInt32(this.fixed(4, end), true)
        continue
      }
      const len = this.length(end)
      const at = this.p
      if (field === 4) this.attribute(at, at + len)
      else if (field === 1) l[row + LINK.TRACE_ID] = this.id(at, len, 16)
      else if (field === 2) l[row + LINK.SPAN_ID] = this.id(at, len, 8)
      else {
        this.text(at, len)
        l[row + LINK.STATE_OFF] = this.off
        l[row + LINK.STATE_LEN] = this.len
      }
      this.p = at + len
    }
  }

  #finish(row: number): void {
    const s = this.batch.spans
    const fault = this.#fault(row)
    if (fault !== null) {
      this.batch.spanCount--
      this.batch.attrCount = this.#firstAttr
      this.batch.eventCount = this.#firstEvent
      this.batch.linkCount = this.#firstLink
      this.tally.rejectItem(this.tally.ordinal, fault)
      return
    }
    if (this.isDirty) s[row] = SPAN_FLAG.EDITED
    if (this.isRepaired) s[row] = SPAN_FLAG.EDITED | SPAN_FLAG.REPAIRED
    if (s[row + SPAN.NAME_LEN] === 0) this.tally.warn('A span has no name.')
    if (this.#endsBeforeStart(row)) this.tally.warn('A span ends before it starts.')
    this.takeNote(row)
    this.tally.acceptItem()
  }

  /** The reason why the span is refused by itself, or null. */
  #fault(row: number): string | null {
    const s = this.batch.spans
    if ((s[row + SPAN.TRACE_ID] as number) < 0)
      return 'A span was refused: trace_id must be 16 bytes (32 hex digits in JSON), not all zero.'
    if ((s[row + SPAN.SPAN_ID] as number) < 0)
      return 'A span was refused: span_id must be 8 bytes (16 hex digits in JSON), not all zero.'
    if (s[row + SPAN.PARENT_ID] === -2)
      return 'A span was refused: parent_span_id must be empty or 8 bytes (16 hex digits in JSON).'
    if (this.isOverfull)
      return `A span was refused: it has more than ${this.tally.limits.rowsPerItemMax} attributes, events and links.`
    return null
  }

  #endsBeforeStart(row: number): boolean {
    const start = this.batch.spans[row + SPAN.START] as number
    const end = this.batch.spans[row + SPAN.END] as number
    if (start < 0 || end < 0) return false
    const view = this.batch.arena.view
    const high = view.getUint32(end + 4, true) - view.getUint32(start + 4, true)
    return high < 0 || (high === 0 && view.getUint32(end, true) < view.getUint32(start, true))
  }
}
