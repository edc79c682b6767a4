// The servers of a process, as components see them: a component names an address and what it serves there.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import type { ServerTls } from '../config/server-tls.ts'

/**
 * Routes on a shared `node:http` server. Receivers add their own routes; the REST API is the fallback of its endpoint.
 */
export interface HttpListeners {
  /** Adds a handler for exactly `path` on `endpoint` (`host:port`; port 0 takes a free one). Only before the start. */
  route(endpoint: string, path: string, handler: HttpHandler): void
  /** Like `route`, but a `route` for the same path replaces it, whichever was added first. */
  spareRoute(endpoint: string, path: string, handler: HttpHandler): void
  /** Adds a handler for calls of a gRPC method (`/package.Service/Method`) on `endpoint`. Only before the start. */
  grpc(endpoint: string, method: string, handler: GrpcHandler): void
  /** Sets the handler for requests that no route of this endpoint takes. An endpoint has one fallback. */
  fallback(endpoint: string, handler: HttpHandler): void
  /** Serves this endpoint over TLS; undefined leaves it to the components that share it. Only before the start. */
  secure(endpoint: string, tls: ServerTls | undefined): void
  /** The address that is listened on after the start: `host:port` with the real port. */
  address(endpoint: string): string
  /** The same with `http://` or `https://` before it. */
  url(endpoint: string): string
}
export type HttpHandler = (req: IncomingMessage, res: ServerResponse) => void

/** A call of a gRPC method, from its headers on; the handler answers and ends it. */
export interface GrpcCall {
  readonly stream: ServerHttp2Stream
  readonly headers: IncomingHttpHeaders
  /** Time within which the client must have sent its message. */
  readonly requestTimeoutMs: number
}
export type GrpcHandler = (call: GrpcCall) => void
