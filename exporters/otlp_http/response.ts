// Reads what an OTLP/HTTP server answers: google.rpc.Status, partial_success and Retry-After.
// An answer is untrusted: whatever is wrong with it, the result is a short text or nothing, never a throw.
//
//   google.rpc.Status                 1 code (varint)   2 message (string)
//   ExportTraceServiceResponse        1 partial_success (message); logs and metrics alike
//   ExportTracePartialSuccess         1 rejected_spans (int64)   2 error_message (string)

const MESSAGE_CHARS_MAX = 300
/** The longest wait that is granted to a destination that asks for more. */
const RETRY_AFTER_MAX_MS = 3_600_000

export interface PartialSuccess {
  readonly rejected: number
  readonly message: string
}

const isJson = (contentType: string): boolean => /^application\/json\b/i.test(contentType)
const isProtobuf = (contentType: string): boolean =>
  /^application\/(x-)?protobuf\b/i.test(contentType)

/**
 * The reason in an error body, decoded by the response's content type (which may differ from the request's); '' if there is
 * none.
 */
export function statusMessage(body: Uint8Array, contentType: string): string {
  if (isJson(contentType)) {
    const parsed = parseJson(body)
    const message = parsed?.['message'] ?? nested(parsed, 'error')?.['message']
    return typeof message === 'string' ? clean(message) : ''
  }
  if (isProtobuf(contentType)) return clean(fields(body).text.get(2) ?? '')
  if (/^text\//i.test(contentType)) return clean(Buffer.from(body).toString('utf8'))
  return ''
}

/** The partial_success of a 200 response; null when it is absent or empty, which means full success. */
export function partialSuccess(body: Uint8Array, contentType: string): PartialSuccess | null {
  const found = isJson(contentType) ? partialOfJson(body) : partialOfProtobuf(body)
  if (found === null || (found.rejected <= 0 && found.message === '')) return null
  return { rejected: Math.max(0, found.rejected), message: clean(found.message) }
}

function partialOfJson(body: Uint8Array): PartialSuccess | null {
  const partial = nested(parseJson(body), 'partialSuccess')
  if (partial === null) return null
  const count =
    partial['rejectedSpans'] ?? partial['rejectedLogRecords'] ?? partial['rejectedDataPoints'] ?? 0
  const message = partial['errorMessage']
  return { rejected: whole(Number(count)), message: typeof message === 'string' ? message : '' }
}

function partialOfProtobuf(body: Uint8Array): PartialSuccess | null {
  const partial = fields(body).bytes.get(1)
  if (partial === undefined) return null
  const inner = fields(partial)
  return { rejected: whole(inner.varint.get(1) ?? 0), message: inner.text.get(2) ?? '' }
}

/** Milliseconds of a Retry-After header (seconds or an HTTP date); undefined when it is absent or invalid. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), RETRY_AFTER_MAX_MS)
}

const whole = (n: number): number => (Number.isFinite(n) ? Math.trunc(n) : 0)

const clean = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, MESSAGE_CHARS_MAX)

function parseJson(body: Uint8Array): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    return asRecord(parsed)
  } catch {
    // The body is not valid JSON although its content type says so; it has no readable reason.
    return null
  }
}

const asRecord = (value: unknown): Record<string, unknown> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null

const nested = (of: Record<string, unknown> | null, name: string): Record<string, unknown> | null =>
  asRecord(of?.[name])

interface Fields {
  readonly varint: Map<number, number>
  readonly bytes: Map<number, Uint8Array>
  readonly text: Map<number, string>
}

/**
 * The top-level fields of a small protobuf message, up to the first that cannot be read. Of a repeated field the last value
 * counts.
 */
function fields(body: Uint8Array): Fields {
  const out: Fields = { varint: new Map(), bytes: new Map(), text: new Map() }
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < body.length; scale *= 128) {
      const byte = body[at++] as number
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    return Number.NaN
  }
  while (at < body.length) {
    const tag = varint()
    const field = Math.floor(tag / 8)
    const wire = tag % 8
    if (wire === 0) out.varint.set(field, varint())
    else if (wire === 2) {
      const len = varint()
      if (!(at + len <= body.length)) return out
      const range = body.subarray(at, at + len)
      out.bytes.set(field, range)
      out.text.set(field, Buffer.from(range).toString('utf8'))
      at += len
    } else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else return out
  }
  return out
}
