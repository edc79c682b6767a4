// Serves the gRPC methods of one address over HTTP/2 without TLS (prior knowledge, as gRPC clients use it). It owns
// the sessions, their limits and their end. The handlers know what a call means. The HTTP server handles HTTP/1 on
// the same address.

import {
  constants,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import type { GrpcHandler } from '../../core/component.ts'
import { sendFailure } from './response.ts'
import { GRPC } from './status.ts'

export interface GrpcLimits {
  readonly headerBytesMax: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveMs: number
}

/** How many bytes a client may send before the server reads them: for one call, and for a connection. */
const STREAM_WINDOW_BYTES = 1024 * 1024
const SESSION_WINDOW_BYTES = 4 * 1024 * 1024
/** How many calls of one connection run at a time. Clients queue further calls. */
const STREAMS_MAX = 100

export class GrpcServer {
  readonly #limits: GrpcLimits
  readonly #methods = new Map<string, GrpcHandler>()
  readonly #sessions = new Set<ServerHttp2Session>()
  readonly #server: Http2Server
  #isClosing = false

  constructor(limits: GrpcLimits) {
    this.#limits = limits
    this.#server = createServer({
      settings: {
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxConcurrentStreams: STREAMS_MAX,
        maxHeaderListSize: limits.headerBytesMax,
        enablePush: false,
      },
    })
    this.#server.on('session', (session) => this.#join(session))
    this.#server.on('stream', (stream, headers) => this.#call(stream, headers))
    // The connection is not HTTP/2 or has broken off. This affects only its client.
    this.#server.on('sessionError', (_error, session) => session.destroy())
  }

  /** Adds a method. Returns false if the method exists already. */
  method(path: string, handler: GrpcHandler): boolean {
    if (this.#methods.has(path)) return false
    this.#methods.set(path, handler)
    return true
  }

  /** Takes over a connection that began with the bytes of HTTP/2. */
  accept(socket: Socket): void {
    this.#server.emit('connection', socket)
  }

  /** Asks clients to connect elsewhere, and lets running calls finish within `drainMs`. */
  async close(drainMs: number): Promise<void> {
    this.#isClosing = true
    const open = [...this.#sessions]
    const ended = open.map(
      (session) => new Promise<void>((resolve) => session.once('close', () => resolve())),
    )
    for (const session of open) session.close()
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.destroy()
    }, drainMs)
    await Promise.all(ended)
    clearTimeout(timer)
  }

  #join(session: ServerHttp2Session): void {
    this.#sessions.add(session)
    session.once('close', () => this.#sessions.delete(session))
    session.setTimeout(this.#limits.keepAliveMs, () => session.close())
    session.setLocalWindowSize(SESSION_WINDOW_BYTES)
    if (this.#isClosing) session.close()
  }

  #call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => {
      // The client reset the stream. Code that waits for the call is informed by the `close` event.
    })
    const method = headers[':method']
    if (method !== 'POST') return refuse(stream, 405)
    if (!isGrpc(headers['content-type'])) return refuse(stream, 415)
    const path = headers[':path'] ?? ''
    const handler = this.#methods.get(path)
    const { requestTimeoutMs } = this.#limits
    if (handler !== undefined) handler({ stream, headers, requestTimeoutMs })
    else sendFailure(stream, { code: GRPC.UNIMPLEMENTED, message: `there is no method ${path}` })
  }
}

/** True for `application/grpc`, also with a format (`+proto`) and parameters. */
function isGrpc(contentType: string | undefined): boolean {
  return /^application\/grpc(?:[+;]|$)/i.test(contentType ?? '')
}

/** Refuses a request that is not gRPC with a plain HTTP status, as gRPC over HTTP2 prescribes. */
function refuse(stream: ServerHttp2Stream, status: number): void {
  const headers = {
    ':status': status,
    ...(status === 405 ? { allow: 'POST' } : {}),
    'content-type': 'text/plain; charset=utf-8',
  }
  stream.respond(headers)
  stream.end('This address takes gRPC: POST with the content type application/grpc.\n')
  stream.close(constants.NGHTTP2_NO_ERROR)
}
