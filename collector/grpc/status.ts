// The status of a gRPC call: codes, and the trailers that carry them. The detail header contains a google.rpc.Status
// message with RetryInfo, by which a client knows that it may retry, and when (OTLP specification, "OTLP/gRPC
// Throttling").

import type { OutgoingHttpHeaders } from 'node:http2'
import { type FieldViolation, rpcStatus } from '../../proto/otlp/responses.ts'

export const GRPC = {
  OK: 0,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const

export type GrpcCode = (typeof GRPC)[keyof typeof GRPC]

/** The reason why a call failed, with a message for its sender. */
export interface GrpcFailure {
  readonly code: Exclude<GrpcCode, 0>
  readonly message: string
  readonly violations?: readonly FieldViolation[]
  /** After how many seconds the client may retry. */
  readonly retryAfterS?: number
}

/** Clients accept at least 8 KiB of trailers (grpc-java). Both headers together stay below that. */
const MESSAGE_CHARS_MAX = 1024
const DETAIL_BYTES_MAX = 3072

/** The trailers of a call that succeeded. */
export const OK_TRAILERS: OutgoingHttpHeaders = { 'grpc-status': '0' }

/** The trailers of a call that failed. */
export function failureTrailers(failure: GrpcFailure): OutgoingHttpHeaders {
  const message = failure.message.slice(0, MESSAGE_CHARS_MAX)
  const trailers: OutgoingHttpHeaders = {
    'grpc-status': String(failure.code),
    'grpc-message': percentEncoded(message),
  }
  const { violations = [], retryAfterS } = failure
  if (violations.length === 0 && retryAfterS === undefined) return trailers
  const status = rpcStatus({ ...failure, message })
  if (status.length > DETAIL_BYTES_MAX) return trailers
  const detail = Buffer.from(status).toString('base64')
  return { ...trailers, 'grpc-status-details-bin': detail }
}

/**
 * Encodes a message as gRPC over HTTP2 ("Status-Message") prescribes: everything except printable ASCII is escaped,
 * and the percent sign too.
 */
export function percentEncoded(text: string): string {
  let out = ''
  for (const byte of Buffer.from(text, 'utf8'))
    out +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return out
}

/** The gRPC code with the same meaning as an HTTP status. */
export function codeOfHttp(status: number): Exclude<GrpcCode, 0> {
  switch (status) {
    case 401:
      return GRPC.UNAUTHENTICATED
    case 403:
      return GRPC.PERMISSION_DENIED
    case 429:
      return GRPC.RESOURCE_EXHAUSTED
    case 503:
      return GRPC.UNAVAILABLE
    default:
      return status >= 500 ? GRPC.INTERNAL : GRPC.INVALID_ARGUMENT
  }
}
