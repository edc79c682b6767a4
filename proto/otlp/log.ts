// Indexes LogRecord messages as rows of the same table as spans, with the flag LOG. Body and severity text have no
// columns there, so they become attribute rows with their own keys.

import { ATTR, ATTR_STRIDE, SPAN, SPAN_FLAG, VALUE } from '../../core/batch.ts'
import { key } from '../../core/keys.ts'
import { EDGE_NOTE } from './edge-note.ts'
import { SpanIndexer } from './span.ts'
import { FIXED32, FIXED64, LEN, VARINT } from './wire.ts'

export const LOG_BODY = 'log.body'
export const LOG_SEVERITY = 'log.severity_text'
const BODY_KEY = key(LOG_BODY)
const SEVERITY_KEY = key(LOG_SEVERITY)
const EVENT_NAME_KEY = key('event.name')

/** The wire type of each field of LogRecord; -1 is unassigned. */
const LOG_TYPES = Int8Array.of(
  -1,
  FIXED64,
  VARINT,
  LEN,
  -1,
  LEN,
  LEN,
  VARINT,
  FIXED32,
  LEN,
  LEN,
  FIXED64,
  LEN,
)

export class LogIndexer extends SpanIndexer {
  #bodyStart = -1
  #bodyEnd = 0
  #severity = -1
  #severityLen = 0
  #time = -1
  #observed = -1

  /**
   * LogRecord: time 1, severity_number 2, severity_text 3, body 5, attributes 6, dropped 7, flags 8, trace_id 9,
   * span_id 10, observed_time 11, event_name 12. Ids may be absent.
   */
  override item(start: number, end: number, resource: number, scope: number): void {
    const { batch, tally } = this
    tally.admitItem()
    this.beginOwner()
    const firstAttr = batch.attrCount
    const row = tally.addSpan()
    const s = batch.spans
    s[row + SPAN.RESOURCE] = resource
    s[row + SPAN.SCOPE] = scope
    s[row + SPAN.MSG_OFF] = start
    s[row + SPAN.MSG_LEN] = end - start
    s[row + SPAN.TRACE_ID] = -1
    s[row + SPAN.SPAN_ID] = -1
    s[row + SPAN.PARENT_ID] = -1
    s[row + SPAN.END] = -1
    s[row + SPAN.ATTR_FIRST] = firstAttr
    this.#bodyStart = -1
    this.#severity = -1
    this.#time = -1
    this.#observed = -1
    this.#fields(row, start, end)
    this.#nameFromAttribute(row, firstAttr)
    this.#bodyAndSeverity()
    s[row + SPAN.ATTR_COUNT] = batch.attrCount - firstAttr
    s[row + SPAN.START] = this.#time >= 0 ? this.#time : this.#observed
    this.#finishLog(row, firstAttr)
  }

  #fields(row: number, start: number, end: number): void {
    const s = this.batch.spans
    let seen = 0
    this.p = start
    while (this.p < end) {
      const tag = this.tag(end)
      const field = tag >>> 3
      if (field > 12 || field === 4) {
        this.isDirty = true
        if (field === EDGE_NOTE) this.note(tag, end)
        else this.skip(tag, end)
        continue
      }
      this.expect(tag, LOG_TYPES[field] as number)
      if (field !== 6 && (seen & (1 << field)) !== 0) this.isDirty = true
      seen |= 1 << field
      if (field === 1) this.#time = this.#stamp(end)
      else if (field === 11) this.#observed = this.#stamp(end)
      else if (field === 2) s[row + SPAN.KIND] = this.varint(end)
      else if (field === 7) s[row + SPAN.DROPPED_ATTRS] = this.varint(end)
      else if (field === 8)
        s[row + SPAN.W3C_FLAGS] = this.batch.arena.view.getInt32(this.fixed(4, end), true)
      else {
        const len = this.length(end)
        const at = this.p
        this.#sizedField(field, row, at, len)
        this.p = at + len
      }
    }
  }

  #sizedField(field: number, row: number, at: number, len: number): void {
    const s = this.batch.spans
    if (field === 6) this.attribute(at, at + len)
    else if (field === 9) s[row + SPAN.TRACE_ID] = this.id(at, len, 16)
    else if (field === 10) s[row + SPAN.SPAN_ID] = this.id(at, len, 8)
    else if (field === 12) {
      this.text(at, len)
      s[row + SPAN.NAME_OFF] = this.off
      s[row + SPAN.NAME_LEN] = this.len
    } else if (field === 5) {
      this.#bodyStart = at
      this.#bodyEnd = at + len
    } else {
      this.#severity = at
      this.#severityLen = len
    }
  }

  /** Reads a time. Zero means unknown. */
  #stamp(end: number): number {
    const at = this.fixed(8, end)
    const view = this.batch.arena.view
    return view.getInt32(at, true) === 0 && view.getInt32(at + 4, true) === 0 ? -1 : at
  }

  #nameFromAttribute(row: number, firstAttr: number): void {
    const { batch } = this
    if (batch.spans[row + SPAN.NAME_LEN] !== 0) return
    const attr = batch.findAttrIn(firstAttr, batch.attrCount - firstAttr, EVENT_NAME_KEY)
    if (attr < 0 || batch.attrs[attr * ATTR_STRIDE + ATTR.TYPE] !== VALUE.STRING) return
    batch.spans[row + SPAN.NAME_OFF] = batch.attrs[attr * ATTR_STRIDE + ATTR.OFF] as number
    batch.spans[row + SPAN.NAME_LEN] = batch.attrs[attr * ATTR_STRIDE + ATTR.LEN] as number
  }

  #bodyAndSeverity(): void {
    if (this.#bodyStart >= 0) {
      this.value(this.#bodyStart, this.#bodyEnd, 1)
      this.#addKeyed(LOG_BODY, BODY_KEY)
    }
    if (this.#severity >= 0 && this.#severityLen > 0) {
      this.text(this.#severity, this.#severityLen)
      this.type = VALUE.STRING
      this.num = Number.NaN
      this.#addKeyed(LOG_SEVERITY, SEVERITY_KEY)
    }
  }

  /** Adds a row whose key is a literal, by which the encoder distinguishes it from an attribute of that name. */
  #addKeyed(name: string, keyId: number): void {
    if (this.batch.attrCount >= this.attrLimit) {
      this.isOverfull = true
      return
    }
    const { arena } = this.batch
    const literal = arena.literal(name)
    const keyOff = literal >= 0 ? arena.literalOff(literal) : arena.appendText(name)
    this.refresh()
    this.batch.addAttr(keyId, keyOff, name.length, this.type, this.off, this.len, this.num)
  }

  #finishLog(row: number, firstAttr: number): void {
    const { batch } = this
    const s = batch.spans
    const fault = this.#logFault(row)
    if (fault !== null) {
      batch.spanCount--
      batch.attrCount = firstAttr
      this.tally.rejectItem(this.tally.ordinal, fault)
      return
    }
    s[row] = SPAN_FLAG.LOG
    if (this.isDirty) s[row] |= SPAN_FLAG.EDITED
    if (this.isRepaired) s[row] |= SPAN_FLAG.EDITED | SPAN_FLAG.REPAIRED
    this.takeNote(row)
    this.tally.acceptItem()
  }

  #logFault(row: number): string | null {
    const s = this.batch.spans
    if (s[row + SPAN.TRACE_ID] === -2)
      return 'A log record was refused: trace_id must be empty or 16 bytes (32 hex digits in JSON).'
    if (s[row + SPAN.SPAN_ID] === -2)
      return 'A log record was refused: span_id must be empty or 8 bytes (16 hex digits in JSON).'
    if (this.isOverfull)
      return `A log record was refused: it has more than ${this.tally.limits.rowsPerItemMax} attributes.`
    return null
  }
}
