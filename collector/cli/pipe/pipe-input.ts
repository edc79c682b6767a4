// Recognises the form and telemetry kind of a file for `pipe` by its first bytes, and cuts the file into requests.
// Files of lines are streamed; any other file is one request.

import { gunzipSync } from 'node:zlib'
import type { PayloadFormat, TaskRequest, TelemetryKind } from '../../../core/task.ts'
import { looksLikeOtlpJson } from '../../../proto/decode.ts'

export interface PipeInput {
  /** The name for messages; `-` is standard input. */
  readonly file: string
  readonly input: 'auto' | 'otlp-proto' | 'otlp-json' | 'ndjson'
  readonly telemetry: 'auto' | 'traces' | 'logs'
  open(): NodeJS.ReadableStream
  read(): Promise<Buffer>
}

export type PipeRequest = Omit<TaskRequest, 'tenant'>

/** How many bytes of lines make one request. */
const CHUNK_BYTES = 1024 * 1024

export async function* requestsOf(
  source: PipeInput,
  lineBytesMax: number,
): AsyncGenerator<PipeRequest> {
  if (source.input === 'ndjson') {
    for await (const lines of lineChunks(source.open(), lineBytesMax)) yield* ofLines(lines, source)
    return
  }
  const bytes = gunzipped(await source.read())
  if (source.input === 'otlp-proto') yield ofProtobuf(bytes, source)
  else if (source.input === 'otlp-json') yield* ofOtlpJson(bytes, source)
  else yield* ofAny(bytes, source)
}

function request(
  payload: Uint8Array,
  format: PayloadFormat,
  telemetry: TelemetryKind,
): PipeRequest {
  // The payload may be a view of a larger buffer, because it is not sent to another thread.
  return { payload, encoding: 'identity', format, telemetry, receivedAtMs: Date.now() }
}

function gunzipped(bytes: Buffer): Buffer {
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes
}

function* ofAny(bytes: Buffer, source: PipeInput): Generator<PipeRequest> {
  const first = firstNonBlank(bytes)
  if (first !== 0x7b && first !== 0x5b) {
    yield ofProtobuf(bytes, source)
    return
  }
  if (first === 0x5b) {
    yield request(bytes, 'json-array', 'traces')
    return
  }
  yield* isLines(bytes) ? ofLines(bytes, source) : ofDocument(bytes, source)
}

/** One JSON object that spans the whole file: OTLP, a legacy event or the v0 object. */
function* ofDocument(bytes: Buffer, source: PipeInput): Generator<PipeRequest> {
  if (namesResource(bytes)) yield* ofOtlpJson(bytes, source)
  else if (isOneLegacyEvent(bytes)) yield request(asLine(bytes), 'ndjson', 'traces')
  else if (looksLikeOtlpJson(bytes)) yield* ofOtlpJson(bytes, source)
  else yield request(bytes, 'trace-v0', 'traces')
}

const text = (bytes: Buffer, max = 4096): string =>
  bytes.toString('latin1', 0, Math.min(bytes.length, max))
const namesResource = (bytes: Buffer): boolean =>
  /"resource(?:Spans|Logs|Metrics)"/.test(text(bytes))
const isLegacyEvent = (bytes: Buffer): boolean => bytes.includes('"event_type"')

/** OTLP may have an attribute of that name. What is no JSON is taken for an event, whose decoder refuses it with the line. */
function isOneLegacyEvent(bytes: Buffer): boolean {
  if (!isLegacyEvent(bytes)) return false
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    return typeof value === 'object' && value !== null && 'event_type' in value
  } catch {
    return true
  }
}

/** Puts a legacy event that is printed over several lines on one line, as the decoder expects it. */
function asLine(bytes: Buffer): Buffer {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(bytes.toString('utf8'))))
  } catch {
    // This is not JSON. The decoder refuses it with the line number.
    return bytes
  }
}

/** OTLP JSON: one document, or one document a line as the file exporter writes it. */
function* ofOtlpJson(bytes: Buffer, source: PipeInput): Generator<PipeRequest> {
  for (const document of isLines(bytes) ? splitLines(bytes) : [bytes])
    yield request(document, 'otlp-json', telemetryOfJson(document, source))
}

function telemetryOfJson(bytes: Buffer, source: PipeInput): TelemetryKind {
  if (source.telemetry !== 'auto') return source.telemetry
  return /"resourceLogs"/.test(text(bytes)) ? 'logs' : 'traces'
}

/** Lines of legacy events are grouped into requests, a line of OTLP JSON is a request. The order stays. */
function* ofLines(bytes: Buffer, source: PipeInput): Generator<PipeRequest> {
  let from = 0
  let top = 0
  for (const line of splitLines(bytes)) {
    const at = line.byteOffset - bytes.byteOffset
    if (/^\s*\{\s*"resource(?:Spans|Logs)"/.test(text(line, 64))) {
      if (top > from) yield request(bytes.subarray(from, top), 'ndjson', 'traces')
      yield request(line, 'otlp-json', telemetryOfJson(line, source))
      from = at + line.length
    }
    top = at + line.length
  }
  if (top > from) yield request(bytes.subarray(from, top), 'ndjson', 'traces')
}

/** True when the first line is a JSON value by itself and another line follows. */
function isLines(bytes: Buffer): boolean {
  const start = bytes.findIndex((b) => b > 0x20)
  const end = bytes.indexOf(0x0a, Math.max(0, start))
  if (end < 0 || bytes.subarray(end).every((b) => b <= 0x20)) return false
  try {
    JSON.parse(bytes.toString('utf8', start, end))
    return true
  } catch {
    // The first line is not complete JSON. It is the beginning of one document, unless another object begins on the
    // next line: then it is a damaged line of legacy events.
    return /^\s*[{[]/.test(text(bytes.subarray(end + 1), 8)) && isLegacyEvent(bytes)
  }
}

function* splitLines(bytes: Buffer): Generator<Buffer> {
  let from = 0
  while (from < bytes.length) {
    const end = bytes.indexOf(0x0a, from)
    const to = end < 0 ? bytes.length : end
    const line = bytes.subarray(from, to)
    if (line.some((b) => b > 0x20)) yield line
    from = to + 1
  }
}

async function* lineChunks(
  input: NodeJS.ReadableStream,
  lineBytesMax: number,
): AsyncGenerator<Buffer> {
  let held: Buffer[] = []
  let size = 0
  for await (const piece of input) {
    const chunk = Buffer.from(piece as Uint8Array)
    held.push(chunk)
    size += chunk.length
    if (size < CHUNK_BYTES) continue
    const all = Buffer.concat(held)
    const cut = all.lastIndexOf(0x0a) + 1
    // A line without an end is passed on in pieces, so that the decoder's limit refuses it.
    const to = cut > 0 ? cut : all.length > lineBytesMax + CHUNK_BYTES ? all.length : 0
    if (to > 0) yield all.subarray(0, to)
    held = [all.subarray(to)]
    size = all.length - to
  }
  if (size > 0) yield Buffer.concat(held)
}

function firstNonBlank(bytes: Buffer): number {
  const hasBom = bytes[0] === 0xef && bytes[1] === 0xbb
  const from = hasBom ? 3 : 0
  for (const byte of bytes.subarray(from)) if (byte > 0x20) return byte
  return 0
}

function ofProtobuf(bytes: Buffer, source: PipeInput): PipeRequest {
  const telemetry = source.telemetry === 'auto' ? telemetryOfProtobuf(bytes) : source.telemetry
  return request(bytes, 'otlp-proto', telemetry)
}

/**
 * Tells traces from logs by the first record: field 1 of a Span is its trace id (length-delimited, 16 bytes), field 1
 * of a LogRecord is its time (fixed64), and no other early field of a LogRecord has 16 bytes.
 */
function telemetryOfProtobuf(bytes: Buffer): TelemetryKind {
  const resource = lengthDelimited(bytes, 1)
  const scope = resource === null ? null : lengthDelimited(resource, 2)
  const record = scope === null ? null : lengthDelimited(scope, 2)
  if (record === null || record.length === 0) return 'traces'
  const id = lengthDelimited(record, 1)
  return id === null && record[0] !== 0x0a ? 'logs' : 'traces'
}

/** Returns the first length-delimited field with this number, or null. */
function lengthDelimited(bytes: Buffer, field: number): Buffer | null {
  let at = 0
  while (at < bytes.length) {
    const tag = varint(bytes, at)
    if (tag === null) return null
    at = tag.next
    const wire = tag.value & 7
    if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else {
      const value = varint(bytes, at)
      if (value === null || (wire !== 0 && wire !== 2)) return null
      at = value.next
      if (wire === 2) {
        if (tag.value >>> 3 === field) return bytes.subarray(at, at + value.value)
        at += value.value
      }
    }
  }
  return null
}

function varint(bytes: Buffer, at: number): { value: number; next: number } | null {
  let value = 0
  for (let i = 0; i < 10; i++) {
    const b = bytes[at + i]
    if (b === undefined) return null
    value += (b & 0x7f) * 2 ** (7 * i)
    if (b < 0x80) return { value, next: at + i + 1 }
  }
  return null
}
