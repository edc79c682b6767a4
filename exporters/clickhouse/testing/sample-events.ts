// Sample events for the tests of this folder: with every field, with no optional field, and with awkward values.

import { Arena } from '../../../core/arena.ts'
import { SPAN, SpanBatch } from '../../../core/batch.ts'
import { EventTable } from '../../../core/event.ts'
import { FIELDS, type Field, N, numberIndex, R, rangeIndex } from '../../../core/fields.ts'

export interface SampleOptions {
  readonly count: number
  readonly seed?: number
  readonly receivedAtMs?: number
  readonly tenantId?: string
  readonly projectId?: string
  /** Total text size of input and output messages, in bytes. */
  readonly messageBytes?: number
}

const TEXTS = [
  '',
  'plain',
  'naïve – 日本語 🎉',
  'line\nbreak\ttab "quoted" \\ back',
  '\u0000nul',
  "o'clock",
]

/** `count` events. Number 0 has every field, number 1 only the fields that are never null, the others have a mix. */
export function sampleEvents(options: SampleOptions): EventTable {
  const batch = new SpanBatch(new Arena())
  const { tenantId = 'acme', projectId = 'chat', receivedAtMs = 1_790_000_000_123 } = options
  batch.requests.push({
    tenant: { tenantId, projectId, environment: null, keyId: null },
    receivedAtMs,
    rejected: 0,
    reasons: [],
  })
  const events = new EventTable(batch)
  const random = mulberry(options.seed ?? 1)
  for (let i = 0; i < options.count; i++) {
    const row = batch.addSpan()
    batch.spans[row + SPAN.REQUEST] = 0
    addEvent(events, i, random, options, tenantId, projectId)
  }
  return events
}

function addEvent(
  events: EventTable,
  i: number,
  random: () => number,
  options: SampleOptions,
  tenantId: string,
  projectId: string,
): void {
  const event = events.add(i)
  for (const field of FIELDS as readonly Field[]) {
    const isWanted = i === 0 || (i > 1 && random() < 0.4)
    if (isWanted) setField(events, event, field, random)
  }
  const id = Buffer.alloc(16)
  id.writeUInt32BE(options.seed ?? 1, 0)
  id.writeUInt32BE(i + 1, 4)
  setBytes(events, event, R.event_id, id)
  setBytes(events, event, R.trace_id, Buffer.from(id).fill(7, 8))
  setBytes(events, event, R.span_id, id.subarray(0, 8))
  events.setText(event, R.tenant_id, tenantId)
  events.setText(event, R.project_id, projectId)
  if (i !== 1) setTime(events, event, R.start_time, startNs(i))
  events.setNum(event, N.usage_aggregate, i % 5 === 4 ? 1 : 0)
  if (options.messageBytes !== undefined) setMessages(events, event, options.messageBytes)
}

const startNs = (i: number): bigint => 1_789_999_000_000_000_123n + BigInt(i) * 1_000_000n

function setField(events: EventTable, event: number, field: Field, random: () => number): void {
  const { name } = field
  const text = TEXTS[Math.floor(random() * TEXTS.length)] as string
  const n = Math.floor(random() * 1e6)
  switch (field.type) {
    case 'text':
      return events.setText(event, rangeIndex(name), name === 'status' ? 'ok' : `${text}${name}`)
    case 'json':
      return events.setText(
        event,
        rangeIndex(name),
        JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: text }], n }]),
      )
    case 'strings':
      return events.setText(event, rangeIndex(name), JSON.stringify([text, 'stop', `s${n}`]))
    case 'number':
      return events.setNum(event, numberIndex(name), random() * 10)
    case 'int':
      return events.setNum(event, numberIndex(name), random() < 0.1 ? -n : n * 4096)
    case 'bool':
      return events.setNum(event, numberIndex(name), random() < 0.5 ? 1 : 0)
    case 'time':
      return setTime(events, event, rangeIndex(name), startNs(event) + BigInt(n))
    case 'id16':
      return setBytes(events, event, rangeIndex(name), Buffer.alloc(16, n + 1))
    case 'id8':
      return setBytes(events, event, rangeIndex(name), Buffer.alloc(8, n + 1))
    case 'map':
      return setMap(events, event, field.name, text)
  }
}

function setMap(events: EventTable, event: number, name: string, text: string): void {
  if (name === 'metadata') {
    events.addMetadataText(event, 'team', text)
    events.addMetadataText(event, 'again', 'first')
    events.addMetadataText(event, 'again', 'last')
    return
  }
  addAttribute(events, event, 'http.method', text, false)
  addAttribute(events, event, 'http.status_code', '200', true)
  addAttribute(events, event, 'list', '["a",1,null]', true)
}

function addAttribute(
  events: EventTable,
  event: number,
  key: string,
  value: string,
  json: boolean,
): void {
  const arena = events.arena
  const keyOff = arena.appendText(key)
  const keyLen = arena.lastLen
  const off = arena.appendText(value)
  events.addAttribute(event, keyOff, keyLen, off, arena.lastLen, json)
}

export function setMessages(events: EventTable, event: number, bytes: number): void {
  const words = 'the model answered that a refund takes five working days '
  const content = words.repeat(Math.ceil(bytes / 2 / words.length))
  const message = (role: string): string =>
    JSON.stringify([{ role, parts: [{ type: 'text', content }] }])
  events.setText(event, R.input_messages, message('user'))
  events.setText(event, R.output_messages, message('assistant'))
}

export function setBytes(
  events: EventTable,
  event: number,
  field: number,
  bytes: Uint8Array,
): void {
  events.setRange(event, field, events.arena.append(bytes), bytes.length)
}

export function setTime(events: EventTable, event: number, field: number, ns: bigint): void {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(ns)
  setBytes(events, event, field, bytes)
}

function mulberry(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
