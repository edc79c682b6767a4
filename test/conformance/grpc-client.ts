// A minimal gRPC client on node:http2, for tests that need requests which no gRPC library would send.

import { type ClientHttp2Session, connect, type OutgoingHttpHeaders } from 'node:http2'
import protobuf from 'protobufjs'

export const EXPORT = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
} as const

export interface GrpcAnswer {
  /** HTTP status. */
  readonly http: number
  readonly headers: Readonly<Record<string, string>>
  /** Value of `grpc-status`; -1 when the response has none. */
  readonly status: number
  /** The message, percent-decoded. */
  readonly message: string
  /** Seconds of RetryInfo; null when the response has none. */
  readonly retryAfterS: number | null
  readonly violations: number
  /** The message in the body; null when there is none. */
  readonly body: Buffer | null
}

/** A message in a gRPC frame. */
export function framed(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

export interface GrpcRequest {
  readonly path?: string
  readonly headers?: OutgoingHttpHeaders
  /** Frames, written one after the other. */
  readonly frames: readonly Uint8Array[]
  /** If false, the client never ends the stream. */
  readonly isEnded?: boolean
}

export class GrpcClient {
  readonly session: ClientHttp2Session

  constructor(port: number) {
    this.session = connect(`http://127.0.0.1:${port}`)
    this.session.on('error', () => {
      // Ignored here: each call reports its own failure.
    })
  }

  /** Makes one call. Rejects when it ends without any headers. */
  call({
    path = EXPORT.traces,
    headers = {},
    frames,
    isEnded = true,
  }: GrpcRequest): Promise<GrpcAnswer> {
    const stream = this.session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    })
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let first: Record<string, unknown> = {}
      let trailers: Record<string, unknown> = {}
      stream.on('response', (h) => (first = h as Record<string, unknown>))
      stream.on('trailers', (h) => (trailers = h as Record<string, unknown>))
      stream.on('data', (c: Buffer) => chunks.push(c))
      stream.on('error', () => {
        // The protocol allows a reset after the response. Without a response, `close` rejects.
      })
      stream.on('close', () => {
        if (first[':status'] === undefined)
          reject(new Error(`no answer: reset with ${stream.rstCode}`))
        else resolve(answerOf({ ...first, ...trailers }, Buffer.concat(chunks)))
      })
      for (const frame of frames) stream.write(frame)
      if (isEnded) stream.end()
    })
  }

  close(): void {
    this.session.destroy()
  }
}

/** google.rpc.Status and the messages that may be in its details. */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message RetryInfo { Duration retry_delay = 1; }
  message FieldViolation { string field = 1; string description = 2; }
  message BadRequest { repeated FieldViolation field_violations = 1; }`,
  { keepCase: true },
)

function answerOf(headers: Record<string, unknown>, bytes: Buffer): GrpcAnswer {
  const text = (name: string): string => {
    const value = headers[name]
    return typeof value === 'string' ? value : ''
  }
  const detail = text('grpc-status-details-bin')
  let retryAfterS: number | null = null
  let violations = 0
  if (detail !== '') {
    const status = decoded('Status', Buffer.from(detail, 'base64'))
    for (const any of status['details'] as { type_url: string; value: Uint8Array }[]) {
      const name = any.type_url.split('.').at(-1) as string
      const value = decoded(name, any.value)
      if (name === 'RetryInfo')
        retryAfterS = Number((value['retry_delay'] as { seconds: string }).seconds)
      else violations = (value['field_violations'] as unknown[]).length
    }
  }
  return {
    http: Number(headers[':status']),
    headers: headers as Record<string, string>,
    status: headers['grpc-status'] === undefined ? -1 : Number(headers['grpc-status']),
    message: decodeURIComponent(text('grpc-message')),
    retryAfterS,
    violations,
    body: bytes.length >= 5 ? bytes.subarray(5) : null,
  }
}

function decoded(name: string, bytes: Uint8Array): Record<string, unknown> {
  const type = root.lookupType(name)
  return type.toObject(type.decode(bytes), { longs: String, defaults: true, arrays: true })
}
