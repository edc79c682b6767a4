// Writes the batch as an OTLP request, grouped by resource and scope as it was received. Unchanged items are copied
// as received bytes. Edited items, resources and scopes are written from their rows.

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
} from '../../core/batch.ts'
import type { ByteWriter } from '../byte-writer.ts'
import { EDGE_NOTE, edgeNoteOf } from './edge-note.ts'
import { writeLogRecord } from './encode-log.ts'
import { Wire } from './wire.ts'
import { writeAttributes, writeInt32, writeRange, writeTime, writeUint32 } from './write.ts'

/** Selects the spans to write; null selects all. */
type Include = ((span: number) => boolean) | null
type WriteItem = (out: ByteWriter, batch: SpanBatch, row: number) => void

/**
 * Writes an ExportTraceServiceRequest with the included spans that are not dropped, and returns their number. `rows` are the
 * spans to look at, in ascending order; without it, all of the batch. `hasNotes`: with the notes of `edge-note.ts`.
 */
export function encodeTraces(
  out: ByteWriter,
  batch: SpanBatch,
  include: Include,
  rows?: readonly number[],
  hasNotes = false,
): number {
  return encode(out, batch, { log: 0, include, write: writeSpan, rows, hasNotes })
}

/** Writes an ExportLogsServiceRequest in the same way. */
export function encodeLogs(
  out: ByteWriter,
  batch: SpanBatch,
  include: Include,
  rows?: readonly number[],
  hasNotes = false,
): number {
  return encode(out, batch, { log: SPAN_FLAG.LOG, include, write: writeLogRecord, rows, hasNotes })
}

interface Wanted {
  /** The flag of log records, or 0 for spans. */
  readonly log: number
  readonly include: Include
  readonly write: WriteItem
  readonly rows: readonly number[] | undefined
  readonly hasNotes: boolean
}

const FROM_ROWS = SPAN_FLAG.EDITED | SPAN_FLAG.LEGACY
const MARK_NONE = -1

/** Rows of one scope are neighbours, so an envelope is closed when the next row has another one. */
function encode(
  out: ByteWriter,
  batch: SpanBatch,
  { log, include, write, rows, hasNotes }: Wanted,
): number {
  const count = rows === undefined ? batch.spanCount : rows.length
  let items = 0
  let resource = -1
  let scope = -1
  let resourceMark = MARK_NONE
  let scopeMark = MARK_NONE
  for (let i = 0; i < count; i++) {
    const span = rows === undefined ? i : (rows[i] as number)
    const row = span * SPAN_STRIDE
    const flags = batch.spans[row] as number
    if ((flags & SPAN_FLAG.DROPPED) !== 0 || (flags & SPAN_FLAG.LOG) !== log) continue
    if (include !== null && !include(span)) continue
    const ownResource = batch.spans[row + SPAN.RESOURCE] as number
    const ownScope = batch.spans[row + SPAN.SCOPE] as number
    if (ownResource !== resource || ownScope !== scope) {
      if (scopeMark !== MARK_NONE) closeScope(out, batch, scope, scopeMark)
      if (ownResource !== resource) {
        if (resourceMark !== MARK_NONE) closeResource(out, batch, resource, resourceMark)
        resourceMark = openResource(out, batch, ownResource)
      }
      scopeMark = openScope(out, batch, ownScope)
      resource = ownResource
      scope = ownScope
    }
    const note = hasNotes ? edgeNoteOf(batch, span) : null
    writeItem(out, batch, row, (flags & FROM_ROWS) !== 0 ? write : null, note)
    items++
  }
  if (scopeMark !== MARK_NONE) closeScope(out, batch, scope, scopeMark)
  if (resourceMark !== MARK_NONE) closeResource(out, batch, resource, resourceMark)
  return items
}

function writeItem(
  out: ByteWriter,
  batch: SpanBatch,
  row: number,
  fromRows: WriteItem | null,
  note: string | null,
): void {
  const off = batch.spans[row + SPAN.MSG_OFF] as number
  const len = batch.spans[row + SPAN.MSG_LEN] as number
  if (fromRows === null && note === null) return out.fieldBytes(2, batch.arena.bytes, off, len)
  const mark = out.begin(2)
  if (fromRows === null) out.copy(batch.arena.bytes, off, len)
  else fromRows(out, batch, row)
  if (note !== null) out.fieldText(EDGE_NOTE, note)
  out.end(mark)
}

/** ResourceSpans: resource 1, scope_spans 2, schema_url 3. */
function openResource(out: ByteWriter, batch: SpanBatch, resource: number): number {
  const row = resource * RESOURCE_STRIDE
  const r = batch.resources
  const envelope = out.begin(1)
  const message = r[row + RESOURCE.MSG_OFF] as number
  const len = r[row + RESOURCE.MSG_LEN] as number
  const count = r[row + RESOURCE.ATTR_COUNT] as number
  if (r[row + RESOURCE.FLAGS] === 0) {
    if (message >= 0) out.fieldBytes(1, batch.arena.bytes, message, len)
    return envelope
  }
  if (message < 0 && count === 0) return envelope
  const mark = out.begin(1)
  writeAttributes(out, batch, 1, r[row + RESOURCE.ATTR_FIRST] as number, count)
  if (message >= 0) copyDropped(out, batch, message, len, 2)
  out.end(mark)
  return envelope
}

function closeResource(out: ByteWriter, batch: SpanBatch, resource: number, mark: number): void {
  const row = resource * RESOURCE_STRIDE
  writeRange(
    out,
    batch,
    3,
    batch.resources[row + RESOURCE.SCHEMA_OFF] as number,
    batch.resources[row + RESOURCE.SCHEMA_LEN] as number,
  )
  out.end(mark)
}

/** ScopeSpans: scope 1, spans 2, schema_url 3. InstrumentationScope: name 1, version 2, attributes 3, dropped 4. */
function openScope(out: ByteWriter, batch: SpanBatch, scope: number): number {
  const row = scope * SCOPE_STRIDE
  const s = batch.scopes
  const envelope = out.begin(2)
  const message = s[row + SCOPE.MSG_OFF] as number
  const len = s[row + SCOPE.MSG_LEN] as number
  // A scope that was not in the request cannot be edited.
  if (message < 0) return envelope
  if (s[row + SCOPE.FLAGS] === 0) {
    out.fieldBytes(1, batch.arena.bytes, message, len)
    return envelope
  }
  const mark = out.begin(1)
  writeRange(out, batch, 1, s[row + SCOPE.NAME_OFF] as number, s[row + SCOPE.NAME_LEN] as number)
  const version = s[row + SCOPE.VERSION_OFF] as number
  writeRange(out, batch, 2, version, s[row + SCOPE.VERSION_LEN] as number)
  const first = s[row + SCOPE.ATTR_FIRST] as number
  writeAttributes(out, batch, 3, first, s[row + SCOPE.ATTR_COUNT] as number)
  copyDropped(out, batch, message, len, 4)
  out.end(mark)
  return envelope
}

function closeScope(out: ByteWriter, batch: SpanBatch, scope: number, mark: number): void {
  const row = scope * SCOPE_STRIDE
  writeRange(
    out,
    batch,
    3,
    batch.scopes[row + SCOPE.SCHEMA_OFF] as number,
    batch.scopes[row + SCOPE.SCHEMA_LEN] as number,
  )
  out.end(mark)
}

/** Copies the dropped_attributes_count of a received message, which has no column. */
function copyDropped(
  out: ByteWriter,
  batch: SpanBatch,
  off: number,
  len: number,
  field: number,
): void {
  const w = new Wire(batch.arena.bytes)
  const end = off + len
  w.p = off
  while (w.p < end) {
    const tag = w.tag(end)
    if (tag === field * 8) out.fieldVarint(field, w.varint(end))
    else w.skip(tag, end)
  }
}

/** Writes a Span message from its rows. The field numbers are those of `span.ts`. */
function writeSpan(out: ByteWriter, batch: SpanBatch, row: number): void {
  const s = batch.spans
  const b = batch.arena.bytes
  const parent = s[row + SPAN.PARENT_ID] as number
  out.fieldBytes(1, b, s[row + SPAN.TRACE_ID] as number, 16)
  out.fieldBytes(2, b, s[row + SPAN.SPAN_ID] as number, 8)
  writeRange(out, batch, 3, s[row + SPAN.STATE_OFF] as number, s[row + SPAN.STATE_LEN] as number)
  if (parent >= 0) out.fieldBytes(4, b, parent, 8)
  writeRange(out, batch, 5, s[row + SPAN.NAME_OFF] as number, s[row + SPAN.NAME_LEN] as number)
  writeInt32(out, 6, s[row + SPAN.KIND] as number)
  writeTime(out, batch, 7, s[row + SPAN.START] as number)
  writeTime(out, batch, 8, s[row + SPAN.END] as number)
  const first = s[row + SPAN.ATTR_FIRST] as number
  writeAttributes(out, batch, 9, first, s[row + SPAN.ATTR_COUNT] as number)
  writeUint32(out, 10, s[row + SPAN.DROPPED_ATTRS] as number)
  writeEvents(out, batch, s[row + SPAN.EVENT_FIRST] as number, s[row + SPAN.EVENT_COUNT] as number)
  writeUint32(out, 12, s[row + SPAN.DROPPED_EVENTS] as number)
  writeLinks(out, batch, s[row + SPAN.LINK_FIRST] as number, s[row + SPAN.LINK_COUNT] as number)
  writeUint32(out, 14, s[row + SPAN.DROPPED_LINKS] as number)
  writeStatus(out, batch, row)
  const flags = s[row + SPAN.W3C_FLAGS] as number
  if (flags !== 0) out.fieldFixed32(16, flags)
}

function writeStatus(out: ByteWriter, batch: SpanBatch, row: number): void {
  const code = batch.spans[row + SPAN.STATUS] as number
  const len = batch.spans[row + SPAN.STATUS_MSG_LEN] as number
  if (code === 0 && len === 0) return
  const mark = out.begin(15)
  writeRange(out, batch, 2, batch.spans[row + SPAN.STATUS_MSG_OFF] as number, len)
  writeInt32(out, 3, code)
  out.end(mark)
}

function writeEvents(out: ByteWriter, batch: SpanBatch, first: number, count: number): void {
  for (let i = first; i < first + count; i++) {
    const row = i * EVENT_ROW_STRIDE
    const e = batch.events
    const mark = out.begin(11)
    writeTime(out, batch, 1, e[row + EVENT_ROW.TIME] as number)
    const name = e[row + EVENT_ROW.NAME_OFF] as number
    writeRange(out, batch, 2, name, e[row + EVENT_ROW.NAME_LEN] as number)
    const attr = e[row + EVENT_ROW.ATTR_FIRST] as number
    writeAttributes(out, batch, 3, attr, e[row + EVENT_ROW.ATTR_COUNT] as number)
    writeUint32(out, 4, e[row + EVENT_ROW.DROPPED_ATTRS] as number)
    out.end(mark)
  }
}

function writeLinks(out: ByteWriter, batch: SpanBatch, first: number, count: number): void {
  for (let i = first; i < first + count; i++) {
    const row = i * LINK_STRIDE
    const l = batch.links
    const mark = out.begin(13)
    out.fieldBytes(1, batch.arena.bytes, l[row + LINK.TRACE_ID] as number, 16)
    out.fieldBytes(2, batch.arena.bytes, l[row + LINK.SPAN_ID] as number, 8)
    writeRange(out, batch, 3, l[row + LINK.STATE_OFF] as number, l[row + LINK.STATE_LEN] as number)
    const attr = l[row + LINK.ATTR_FIRST] as number
    writeAttributes(out, batch, 4, attr, l[row + LINK.ATTR_COUNT] as number)
    writeUint32(out, 5, l[row + LINK.DROPPED_ATTRS] as number)
    const flags = l[row + LINK.W3C_FLAGS] as number
    if (flags !== 0) out.fieldFixed32(6, flags)
    out.end(mark)
  }
}
