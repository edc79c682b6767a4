// gRPC methods of one address, over HTTP/2 without TLS as gRPC clients speak it (prior knowledge). Owns sessions, their
// limits and their end; what a call means, its handler knows. HTTP/1 on the same address is left to the HTTP server.

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

/** How much a client may send ahead: of one call until its message is read, and of a connection in all. */
const STREAM_WINDOW_BYTES = 1024 * 1024
const SESSION_WINDOW_BYTES = 4 * 1024 * 1024
/** Calls of one connection at a time; clients queue the others. */
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
    // A connection that is no HTTP/2 after all, or breaks off, concerns nobody but its client.
    this.#server.on('sessionError', (_error, session) => session.destroy())
  }

  /** False when there is such a method already. */
  method(path: string, handler: GrpcHandler): boolean {
    if (this.#methods.has(path)) return false
    this.#methods.set(path, handler)
    return true
  }

  /** Takes over a connection whose first bytes were those of HTTP/2. */
  accept(socket: Socket): void {
    this.#server.emit('connection', socket)
  }

  /** Tells clients to go elsewhere and lets calls under way finish, at most `drainMs`. */
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
      // A reset by the client; whoever waits for the call hears of it by `close`.
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

/** `application/grpc`, also with a format (`+proto`) and parameters. */
function isGrpc(contentType: string | undefined): boolean {
  return /^application\/grpc(?:[+;]|$)/i.test(contentType ?? '')
}

/** Of what is no gRPC: HTTP in plain words, as gRPC over HTTP2 has it. */
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
