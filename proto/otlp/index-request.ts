// Indexes ExportTraceServiceRequest and ExportLogsServiceRequest as rows of the batch: this file reads resources and
// scopes, `span.ts` and `log.ts` the items, `values.ts` the attributes. Only integers are copied.

import { RESOURCE, SCOPE } from '../../core/batch.ts'
import type { TelemetryKind } from '../../core/task.ts'
import { tooLarge } from '../refusal.ts'
import type { RequestTally } from '../request-tally.ts'
import { LogIndexer } from './log.ts'
import { SpanIndexer } from './span.ts'
import type { ValueIndexer } from './values.ts'
import { LEN } from './wire.ts'

interface ItemIndexer extends ValueIndexer {
  /** Adds the row of the Span or LogRecord in `[start, end)`, or refuses this item. */
  item(start: number, end: number, resource: number, scope: number): void
}

/** Appends `body` to the arena and indexes it. Throws a `Refusal` when it is not a valid message. */
export function indexOtlp(tally: RequestTally, telemetry: TelemetryKind, body: Uint8Array): void {
  const start = tally.batch.arena.append(body)
  const indexer = telemetry === 'logs' ? new LogIndexer(tally) : new SpanIndexer(tally)
  requests(indexer, start, start + body.length)
}

/** Export*ServiceRequest: resource_* 1. */
function requests(x: ItemIndexer, start: number, end: number): void {
  x.p = start
  while (x.p < end) {
    const tag = x.tag(end)
    if (tag >>> 3 !== 1) {
      x.tally.unknownFields++
      x.skip(tag, end)
      continue
    }
    x.expect(tag, LEN)
    const len = x.length(end)
    const stop = x.p + len
    resource(x, x.p, stop)
    x.p = stop
  }
}

/** ResourceSpans, ResourceLogs: resource 1, scope_* 2, schema_url 3. */
function resource(x: ItemIndexer, start: number, end: number): void {
  const { batch, tally } = x
  tally.addEnvelope()
  x.beginOwner()
  const index = batch.resourceCount
  const row = batch.addResource()
  const own = scanEnvelope(x, start, end)
  batch.resources[row + RESOURCE.MSG_OFF] = own.message
  batch.resources[row + RESOURCE.MSG_LEN] = own.messageLen
  batch.resources[row + RESOURCE.ATTR_FIRST] = batch.attrCount
  if (own.message >= 0) resourceMessage(x, own.message, own.message + own.messageLen)
  batch.resources[row + RESOURCE.ATTR_COUNT] =
    batch.attrCount - (batch.resources[row + RESOURCE.ATTR_FIRST] as number)
  x.text(own.schema, own.schemaLen)
  batch.resources[row + RESOURCE.SCHEMA_OFF] = x.off
  batch.resources[row + RESOURCE.SCHEMA_LEN] = x.len
  finishEnvelope(x, batch.resources, row)
  eachChild(x, start, end, (from, to) => scope(x, from, to, index))
}

/** Resource: attributes 1, dropped_attributes_count 2. */
function resourceMessage(x: ItemIndexer, start: number, end: number): void {
  x.p = start
  while (x.p < end) {
    const tag = x.tag(end)
    const field = tag >>> 3
    if (field === 1) attributeField(x, tag, end)
    else {
      if (field !== 2) x.isDirty = true
      x.skip(tag, end)
    }
  }
}

/** ScopeSpans, ScopeLogs: scope 1, items 2, schema_url 3. */
function scope(x: ItemIndexer, start: number, end: number, resourceIndex: number): void {
  const { batch, tally } = x
  tally.addEnvelope()
  x.beginOwner()
  const index = batch.scopeCount
  const row = batch.addScope()
  const own = scanEnvelope(x, start, end)
  batch.scopes[row + SCOPE.MSG_OFF] = own.message
  batch.scopes[row + SCOPE.MSG_LEN] = own.messageLen
  batch.scopes[row + SCOPE.ATTR_FIRST] = batch.attrCount
  if (own.message >= 0) scopeMessage(x, own.message, own.message + own.messageLen, row)
  batch.scopes[row + SCOPE.ATTR_COUNT] =
    batch.attrCount - (batch.scopes[row + SCOPE.ATTR_FIRST] as number)
  x.text(own.schema, own.schemaLen)
  batch.scopes[row + SCOPE.SCHEMA_OFF] = x.off
  batch.scopes[row + SCOPE.SCHEMA_LEN] = x.len
  finishEnvelope(x, batch.scopes, row)
  eachChild(x, start, end, (from, to) => x.item(from, to, resourceIndex, index))
}

/** InstrumentationScope: name 1, version 2, attributes 3, dropped_attributes_count 4. */
function scopeMessage(x: ItemIndexer, start: number, end: number, row: number): void {
  let seen = 0
  x.p = start
  while (x.p < end) {
    const tag = x.tag(end)
    const field = tag >>> 3
    if (field === 3) attributeField(x, tag, end)
    else if (field === 1 || field === 2) {
      x.expect(tag, LEN)
      const len = x.length(end)
      const at = x.p
      if ((seen & field) !== 0) x.isDirty = true
      seen |= field
      x.text(at, len)
      const column = row + (field === 1 ? SCOPE.NAME_OFF : SCOPE.VERSION_OFF)
      x.batch.scopes[column] = x.off
      x.batch.scopes[column + 1] = x.len
      x.p = at + len
    } else {
      if (field !== 4) x.isDirty = true
      x.skip(tag, end)
    }
  }
}

function attributeField(x: ItemIndexer, tag: number, end: number): void {
  x.expect(tag, LEN)
  const len = x.length(end)
  const stop = x.p + len
  x.attribute(x.p, stop)
  x.p = stop
}

interface Envelope {
  message: number
  messageLen: number
  schema: number
  schemaLen: number
}

/** The resource or scope (1) and the schema_url (3) of an envelope. The framing of all its fields is checked. */
function scanEnvelope(x: ItemIndexer, start: number, end: number): Envelope {
  const own: Envelope = { message: -1, messageLen: 0, schema: start, schemaLen: 0 }
  let seen = 0
  x.p = start
  while (x.p < end) {
    const tag = x.tag(end)
    const field = tag >>> 3
    if (field > 3) {
      x.tally.unknownFields++
      x.skip(tag, end)
      continue
    }
    x.expect(tag, LEN)
    const len = x.length(end)
    // Only the last of two is read, so a copy of the envelope would contain data that no processor sees.
    if (field !== 2 && (seen & (1 << field)) !== 0) x.isDirty = true
    seen |= 1 << field
    if (field === 1) {
      own.message = x.p
      own.messageLen = len
    } else if (field === 3) {
      own.schema = x.p
      own.schemaLen = len
    }
    x.p += len
  }
  return own
}

/** Rows of resources and scopes have FLAGS in their first column: 1 means edited. */
function finishEnvelope(x: ItemIndexer, rows: Int32Array, row: number): void {
  if (x.isOverfull) throw tooLarge('A resource or scope has too many attributes.')
  if (x.isDirty) rows[row] = 1
  x.tally.checkRows()
}

/** Calls `visit` for each field 2 of an envelope that `scanEnvelope` has checked. */
function eachChild(
  x: ItemIndexer,
  start: number,
  end: number,
  visit: (from: number, to: number) => void,
): void {
  let p = start
  while (p < end) {
    x.p = p
    const tag = x.tag(end)
    if (tag >>> 3 === 2) {
      const len = x.length(end)
      p = x.p + len
      visit(x.p, p)
    } else {
      x.skip(tag, end)
      p = x.p
    }
  }
}
