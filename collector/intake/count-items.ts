// How many items a request has: exactly, for a project that is near its quota, and at most, for all others.

import type { TaskRequest } from '../../core/task.ts'
import { decompress } from '../../proto/decompress.ts'

/** The smallest that is accepted: a span has 26 bytes of ids with their tags, a legacy event several named fields. */
const BYTES_MIN = { traces: 26, logs: 2, metrics: 2 } as const
/** One object of the oldest format is a trace and its calls. */
const ITEMS_OF_V0 = 4

export function itemsAtMost({ telemetry, format }: TaskRequest, decodedBytes: number): number {
  if (format === 'trace-v0') return ITEMS_OF_V0
  return Math.max(1, Math.ceil(decodedBytes / BYTES_MIN[telemetry]))
}

/**
 * Unpacks the body. 0 for one that cannot be read: it is refused where it is decoded. Requests hold `resource > scope > item` in the
 * same fields for traces and logs.
 */
export function countItems(
  { payload, encoding, format }: TaskRequest,
  decodedBytesMax: number,
): number {
  try {
    const body = Buffer.from(decompress(payload, encoding, decodedBytesMax))
    switch (format) {
      case 'otlp-proto':
        return countAt(body, 0, body.length, 2)
      case 'otlp-json':
        return countJson(JSON.parse(body.toString('utf8')))
      case 'json-array': {
        const parsed: unknown = JSON.parse(body.toString('utf8'))
        return Array.isArray(parsed) ? parsed.length : 1
      }
      case 'events':
      case 'ndjson':
        return countLines(body)
      case 'trace-v0':
        return ITEMS_OF_V0
    }
  } catch {
    // Too large, malformed or cut off: the decoder says so to the client.
    return 0
  }
}

const LINE_FEED = 10

function countLines(body: Buffer): number {
  let lines = 0
  for (let from = 0; from < body.length; ) {
    const at = body.indexOf(LINE_FEED, from)
    const end = at < 0 ? body.length : at
    if (body.toString('latin1', from, end).trim() !== '') lines++
    from = end + 1
  }
  return lines
}

function countJson(body: unknown): number {
  let items = 0
  for (const resource of listIn(body, [
    'resourceSpans',
    'resourceLogs',
    'resource_spans',
    'resource_logs',
  ]))
    for (const scope of listIn(resource, ['scopeSpans', 'scopeLogs', 'scope_spans', 'scope_logs']))
      items += listIn(scope, ['spans', 'logRecords', 'log_records']).length
  return items
}

function listIn(holder: unknown, names: readonly string[]): readonly unknown[] {
  if (typeof holder !== 'object' || holder === null) return []
  const all: unknown[] = []
  for (const name of names) {
    const value: unknown = Reflect.get(holder, name)
    if (Array.isArray(value)) all.push(...value)
  }
  return all
}

/**
 * Reads fields of protobuf: each begins with one varint, made of the field's number and the type of its value. The way to a
 * span is `resource_spans = 1`, in it `scope_spans = 2`, in it `spans = 2`.
 */
function countAt(body: Buffer, from: number, to: number, depth: number): number {
  const wanted = depth === 2 ? 1 : 2
  let items = 0
  for (let at = from; at < to; ) {
    const tag = varint(body, at)
    at = tag.next
    const type = tag.value & 7
    if (type === 0) at = varint(body, at).next
    else if (type === 1) at += 8
    else if (type === 5) at += 4
    else if (type === 2) {
      const length = varint(body, at)
      const end = length.next + length.value
      if (end > to) throw new RangeError('a field is longer than its message')
      if (tag.value >>> 3 === wanted)
        items += depth === 0 ? 1 : countAt(body, length.next, end, depth - 1)
      at = end
    } else throw new RangeError('an unknown type of field')
  }
  return items
}

function varint(body: Buffer, from: number): { readonly value: number; readonly next: number } {
  let value = 0
  for (let at = from, factor = 1; at < from + 10; at++, factor *= 128) {
    const byte = body[at]
    if (byte === undefined) throw new RangeError('the message is cut off')
    value += (byte & 127) * factor
    if (byte < 128) return { value, next: at + 1 }
  }
  throw new RangeError('a number is too long')
}
