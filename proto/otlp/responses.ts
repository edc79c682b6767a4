// The bodies of responses to OTLP clients, in the client's own encoding: Export*ServiceResponse and
// google.rpc.Status. A client reads at most 4 MiB, so long messages are shortened.

import type { TelemetryKind } from '../../core/task.ts'
import { ByteWriter } from '../byte-writer.ts'

export type ResponseEncoding = 'protobuf' | 'json'

export const RESPONSE_BYTES_MAX = 4 * 1024 * 1024

export const CONTENT_TYPES: Readonly<Record<ResponseEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
}

/** The google.rpc.Code of an HTTP status, by the gRPC-HTTP mapping. */
const RPC_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  408: 4,
  413: 3,
  415: 3,
  429: 8,
  500: 13,
  501: 12,
  502: 14,
  503: 14,
  504: 4,
}
const RPC_UNKNOWN = 2
const BAD_REQUEST = 'type.googleapis.com/google.rpc.BadRequest'
const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo'
const REJECTED_NAMES: Readonly<Record<TelemetryKind, string>> = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
}

export interface FieldViolation {
  readonly field: string
  readonly message: string
}

/** A google.rpc.Status with its details, as gRPC clients read it. */
export interface RpcStatus {
  readonly code: number
  readonly message: string
  readonly violations?: readonly FieldViolation[]
  readonly retryAfterS?: number
}

function rpcCode(httpStatus: number): number {
  return RPC_CODES[httpStatus] ?? RPC_UNKNOWN
}

/**
 * The body of a 200. It is empty (`{}` in JSON) when everything was accepted and there is no warning. Otherwise it is
 * partial_success with the number of rejected items, which is 0 for a mere warning.
 */
export function exportResponse(
  encoding: ResponseEncoding,
  telemetry: TelemetryKind,
  rejected: number,
  reasons: readonly string[],
): Uint8Array<ArrayBuffer> {
  const message = reasons.join(' ')
  if (rejected === 0 && message === '') return encode(encoding === 'json' ? '{}' : '')
  return fit(message, (text) =>
    encoding === 'json'
      ? encode(
          JSON.stringify({
            partialSuccess: { [REJECTED_NAMES[telemetry]]: String(rejected), errorMessage: text },
          }),
        )
      : partialSuccess(rejected, text),
  )
}

/** The body of every 4xx and 5xx: google.rpc.Status, with BadRequest details if the fields are known. */
export function statusResponse(
  encoding: ResponseEncoding,
  httpStatus: number,
  message: string,
  violations: readonly FieldViolation[] = [],
): Uint8Array<ArrayBuffer> {
  const code = rpcCode(httpStatus)
  const write = encoding === 'json' ? statusJson : statusProtobuf
  const full = write(code, message, violations)
  if (full.length <= RESPONSE_BYTES_MAX) return full
  return fit(message, (text) => write(code, text, []))
}

/** Shortens the message until the body fits. */
function fit(
  message: string,
  write: (text: string) => Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  let text = message
  let body = write(text)
  while (body.length > RESPONSE_BYTES_MAX && text !== '') {
    text = text.slice(0, Math.floor(text.length * 0.9 * (RESPONSE_BYTES_MAX / body.length)))
    body = write(text === '' ? '' : `${text} ...`)
  }
  return body
}

/** Export*ServiceResponse: partial_success 1; Export*PartialSuccess: rejected_* 1, error_message 2. */
function partialSuccess(rejected: number, message: string): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter(256)
  const mark = out.begin(1)
  if (rejected > 0) out.fieldVarint(1, rejected)
  if (message !== '') out.fieldText(2, message)
  out.end(mark)
  return out.take()
}

function statusProtobuf(
  code: number,
  message: string,
  violations: readonly FieldViolation[],
): Uint8Array<ArrayBuffer> {
  return rpcStatus({ code, message, violations })
}

/** Status: code 1, message 2, details 3. */
export function rpcStatus(status: RpcStatus): Uint8Array<ArrayBuffer> {
  const { code, message, violations = [], retryAfterS } = status
  const out = new ByteWriter(256)
  out.fieldVarint(1, code)
  out.fieldText(2, message)
  if (violations.length > 0) badRequest(out, violations)
  if (retryAfterS !== undefined) retryInfo(out, retryAfterS)
  return out.take()
}

/** Any: type_url 1, value 2; BadRequest: field_violations 1; FieldViolation: field 1, description 2. */
function badRequest(out: ByteWriter, violations: readonly FieldViolation[]): void {
  const detail = out.begin(3)
  out.fieldText(1, BAD_REQUEST)
  const request = out.begin(2)
  for (const violation of violations) {
    const mark = out.begin(1)
    out.fieldText(1, violation.field)
    out.fieldText(2, violation.message)
    out.end(mark)
  }
  out.end(request)
  out.end(detail)
}

/** RetryInfo: retry_delay 1; Duration: seconds 1. */
function retryInfo(out: ByteWriter, seconds: number): void {
  const detail = out.begin(3)
  out.fieldText(1, RETRY_INFO)
  const info = out.begin(2)
  const delay = out.begin(1)
  out.fieldVarint(1, seconds)
  out.end(delay)
  out.end(info)
  out.end(detail)
}

function statusJson(
  code: number,
  message: string,
  violations: readonly FieldViolation[],
): Uint8Array<ArrayBuffer> {
  if (violations.length === 0) return encode(JSON.stringify({ code, message }))
  const fieldViolations = violations.map((v) => ({ field: v.field, description: v.message }))
  return encode(
    JSON.stringify({ code, message, details: [{ '@type': BAD_REQUEST, fieldViolations }] }),
  )
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}
