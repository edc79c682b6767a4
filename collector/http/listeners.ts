// The servers of a process by address. Components that name the same `host:port` share a server: receivers add exact
// paths or gRPC methods, and one component may add the fallback handler (the REST API). The limits of connections are
// enforced here.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { GrpcHandler, HttpHandler, HttpListeners } from '../../core/component.ts'
import type { ServerTls } from '../../core/config/server-tls.ts'
import { ObservaError } from '../../core/errors.ts'
import { DATA_HEADERS } from '../../core/http/security-headers.ts'
import { labelValue, type Metrics } from '../../core/metrics.ts'
import { GrpcServer } from '../grpc/server.ts'
import { type ConnectionLimits, connectionLimitsOf, limitConnections } from './connection-limits.ts'
import { detectProtocol } from './protocol-detection.ts'
import { CERTIFICATE_EXPIRES, readTlsFiles, type TlsEvents, TlsReload } from './tls-files.ts'

export interface ListenerLimits extends ConnectionLimits {
  readonly headerBytesMax: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveMs: number
}

export const DEFAULT_LISTENER_LIMITS: ListenerLimits = {
  headerBytesMax: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 25_000,
  keepAliveMs: 65_000,
  ...connectionLimitsOf({ max_connections: 10_000 }),
}

/** Those of the configuration, ms and bytes. */
interface ConfiguredLimits {
  readonly max_header_bytes: number
  readonly header_timeout: number
  readonly request_timeout: number
  readonly idle_timeout: number
  readonly max_connections: number
  readonly max_connections_per_address?: number | undefined
}

interface Route {
  readonly handler: HttpHandler
  /** True if another component may take this path. */
  readonly isSpare: boolean
}

interface Endpoint {
  readonly routes: Map<string, Route>
  fallback: HttpHandler | null
  /** The gRPC server of this address. gRPC and HTTP/1 are told apart by the first bytes of a connection. */
  grpc: GrpcServer | null
  tls: ServerTls | null
  server: TcpServer | null
  http: Server | null
  reload: TlsReload | null
  /** Connections that have sent nothing yet from which their protocol is known. */
  readonly undecided: Set<Socket>
}

type GrpcEndpoint = Endpoint & { readonly grpc: GrpcServer }
const hasGrpc = (endpoint: Endpoint): endpoint is GrpcEndpoint => endpoint.grpc !== null

const UNTOLD: TlsEvents = {
  renewed: () => undefined,
  serves: () => undefined,
  notValid: () => undefined,
  failed: () => undefined,
}

export class Listeners implements HttpListeners {
  readonly #endpoints = new Map<string, Endpoint>()
  readonly #limits: ListenerLimits
  readonly #tlsEvents: TlsEvents
  readonly #metrics: Metrics | null
  #closing = false

  constructor(
    limits: ListenerLimits = DEFAULT_LISTENER_LIMITS,
    {
      tlsEvents = UNTOLD,
      metrics = null,
    }: { readonly tlsEvents?: TlsEvents; readonly metrics?: Metrics | null } = {},
  ) {
    this.#limits = limits
    this.#metrics = metrics
    this.#tlsEvents = tlsEvents
  }

  /** As the section `limits` of the configuration says. */
  static of(
    limits: ConfiguredLimits,
    { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
  ): Listeners {
    return new Listeners(
      {
        headerBytesMax: limits.max_header_bytes,
        headersTimeoutMs: limits.header_timeout,
        requestTimeoutMs: limits.request_timeout,
        keepAliveMs: limits.idle_timeout,
        ...connectionLimitsOf(limits),
      },
      {
        metrics,
        tlsEvents: {
          renewed: ({ cert_file }) =>
            log.info({ cert_file }, 'new connections get the new certificate'),
          serves: ({ cert_file }, { toMs }) =>
            metrics.set(CERTIFICATE_EXPIRES, `cert_file="${labelValue(cert_file)}"`, toMs / 1000),
          notValid: ({ cert_file }, times) =>
            log.error(
              { cert_file, code: 'OBS_TLS_EXPIRED' },
              `clients that verify the certificate refuse it: it is valid ${times}`,
            ),
          failed: ({ cert_file }, reason) =>
            log.error(
              { cert_file, code: 'OBS_TLS_FILES' },
              `the certificate was not renewed, the old one is served: ${reason}`,
            ),
        },
      },
    )
  }

  secure(endpoint: string, tls: ServerTls | undefined): void {
    if (tls === undefined) return
    const at = this.#endpoint(endpoint)
    if (at.tls !== null && !isDeepStrictEqual(at.tls, tls))
      throw new ObservaError(
        'OBS_CONFIG_ROUTE_TAKEN',
        `two components want ${endpoint} with different settings of tls.`,
        'Write the same for both, or for one of them only.',
      )
    at.tls = tls
  }

  url(endpoint: string): string {
    const scheme = (this.#endpoints.get(endpoint)?.tls ?? null) === null ? 'http' : 'https'
    return `${scheme}://${this.address(endpoint)}`
  }

  route(endpoint: string, path: string, handler: HttpHandler): void {
    const { routes } = this.#endpoint(endpoint)
    if (routes.get(path)?.isSpare === false)
      throw new ObservaError(
        'OBS_CONFIG_ROUTE_TAKEN',
        `two components want ${path} on ${endpoint}.`,
        'Give one of them another endpoint or path.',
      )
    routes.set(path, { handler, isSpare: false })
  }

  spareRoute(endpoint: string, path: string, handler: HttpHandler): void {
    const { routes } = this.#endpoint(endpoint)
    if (!routes.has(path)) routes.set(path, { handler, isSpare: true })
  }

  grpc(endpoint: string, method: string, handler: GrpcHandler): void {
    const at = this.#endpoint(endpoint)
    at.grpc ??= new GrpcServer(this.#limits)
    if (at.grpc.method(method, handler)) return
    throw new ObservaError(
      'OBS_CONFIG_ROUTE_TAKEN',
      `two components want ${method} on ${endpoint}.`,
      'Give one of them another endpoint.',
    )
  }

  fallback(endpoint: string, handler: HttpHandler): void {
    const at = this.#endpoint(endpoint)
    if (at.fallback !== null)
      throw new ObservaError(
        'OBS_CONFIG_ROUTE_TAKEN',
        `two components want the whole of ${endpoint}.`,
        'Give one of them another endpoint.',
      )
    at.fallback = handler
  }

  address(endpoint: string): string {
    const bound = this.#endpoints.get(endpoint)?.server?.address() as AddressInfo | null | undefined
    if (bound === null || bound === undefined) return endpoint
    const host = bound.family === 'IPv6' ? `[${bound.address}]` : bound.address
    return `${host}:${bound.port}`
  }

  /** Throws as `open` would if an address is taken or not allowed. Asked before the start of what takes long or cannot be undone. */
  static async assertFree(endpoints: ReadonlySet<string>): Promise<void> {
    for (const name of endpoints) {
      const server = createTcpServer()
      await new Promise<void>((resolve, reject) => {
        server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(name, error)))
        server.listen(splitEndpoint(name), () => server.close(() => resolve()))
      })
    }
  }

  /** Opens all addresses or none: if a port is in use, the addresses that are open already are closed again. */
  async open(): Promise<void> {
    for (const [name, endpoint] of this.#endpoints) {
      try {
        await this.#listen(name, endpoint)
      } catch (thrown) {
        await this.close(0)
        throw thrown
      }
    }
  }

  /** Stops accepting connections, waits at most `drainMs` for running requests, then closes their connections. */
  async close(drainMs: number): Promise<void> {
    this.#closing = true
    await Promise.all([...this.#endpoints.values()].map((e) => closeEndpoint(e, drainMs)))
  }

  #endpoint(name: string): Endpoint {
    let found = this.#endpoints.get(name)
    if (found === undefined) {
      found = {
        routes: new Map(),
        fallback: null,
        grpc: null,
        tls: null,
        server: null,
        http: null,
        reload: null,
        undecided: new Set(),
      }
      this.#endpoints.set(name, found)
    }
    return found
  }

  async #listen(name: string, endpoint: Endpoint): Promise<void> {
    const http = this.#httpServer(endpoint)
    watchConnections(http)
    const tls = endpoint.tls === null ? null : await this.#tlsServer(endpoint, endpoint.tls, http)
    const server = createTcpServer({ noDelay: true })
    const accept = (socket: Socket): void => {
      if (tls !== null) tls.emit('connection', socket)
      else if (hasGrpc(endpoint)) this.#accept(socket, http, endpoint)
      else http.emit('connection', socket)
    }
    limitConnections(server, this.#limits, { metrics: this.#metrics, accept })
    endpoint.http = http
    endpoint.server = server
    const { host, port } = splitEndpoint(name)
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(name, error)))
      server.listen({ host, port }, () => resolve())
    })
  }

  #httpServer(endpoint: Endpoint): Server {
    const server = createServer(
      {
        // Node refuses what reaches its limit.
        maxHeaderSize: this.#limits.headerBytesMax + 1,
        // Node rejects a longer time limit for the headers than for the whole request.
        headersTimeout: Math.min(this.#limits.headersTimeoutMs, this.#limits.requestTimeoutMs),
        requestTimeout: this.#limits.requestTimeoutMs,
        keepAliveTimeout: this.#limits.keepAliveMs,
        connectionsCheckingInterval: 2000,
        noDelay: true,
      },
      (req, res) => this.#dispatch(endpoint, req, res),
    )
    server.on('clientError', onClientError)
    return server
  }

  /** Passes each connection to the server of the protocol that it begins with. */
  #accept(socket: Socket, http: Server, { grpc, undecided }: GrpcEndpoint): void {
    undecided.add(socket)
    socket.once('close', () => undecided.delete(socket))
    detectProtocol(socket, this.#limits.headersTimeoutMs, (isHttp2) => {
      undecided.delete(socket)
      if (isHttp2) grpc.accept(socket)
      else http.emit('connection', socket)
    })
  }

  /** Over TLS the client and the server agree on the protocol while they shake hands (ALPN). */
  async #tlsServer(endpoint: Endpoint, tls: ServerTls, http: Server): Promise<TcpServer> {
    const { grpc } = endpoint
    const files = await readTlsFiles(tls)
    const server = createTlsServer(
      {
        ...files.options,
        ALPNProtocols: grpc === null ? ['http/1.1'] : ['h2', 'http/1.1'],
        requestCert: tls.client_ca_file !== undefined,
        rejectUnauthorized: tls.client_ca_file !== undefined,
        handshakeTimeout: this.#limits.headersTimeoutMs,
        noDelay: true,
      },
      (socket: TLSSocket) => {
        if (grpc !== null && socket.alpnProtocol === 'h2') grpc.accept(socket)
        else http.emit('connection', socket)
      },
    )
    // A handshake that fails, as of a client without a certificate, concerns that client only.
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    endpoint.reload = new TlsReload(server, tls, files, this.#tlsEvents)
    return server
  }

  #dispatch(endpoint: Endpoint, req: IncomingMessage, res: ServerResponse): void {
    if (hasSeveralHosts(req.rawHeaders)) {
      // RFC 9112, 3.2. The connection ends, because a proxy may have read the rest in another way.
      res.writeHead(400, { ...DATA_HEADERS, connection: 'close', 'content-length': 0 }).end()
      return
    }
    if (this.#closing) res.setHeader('connection', 'close')
    const url = req.url ?? '/'
    const q = url.indexOf('?')
    const path = q < 0 ? url : url.slice(0, q)
    const { routes } = endpoint
    const handler =
      (routes.get(path) ?? routes.get(withoutSpareSlashes(path)))?.handler ?? endpoint.fallback
    if (handler !== null) {
      handler(req, res)
      return
    }
    const what = endpoint.grpc === null ? 'no such path on this listener' : GRPC_ONLY
    res.writeHead(404, { ...DATA_HEADERS, 'content-type': 'application/json' })
    res.end(JSON.stringify({ error: { code: 'NOT_FOUND', message: what } }))
  }
}

/** True if there are several `Host` headers: Node uses the first one, a proxy before it may have checked another. */
export function hasSeveralHosts(raw: readonly string[]): boolean {
  let count = 0
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') count++
  }
  return count > 1
}

const GRPC_ONLY =
  'this listener takes OTLP/gRPC; OTLP/HTTP has a port of its own, 4318 unless configured otherwise'

/**
 * Some exporters join base and path carelessly, send to `//v1/traces` or `/v1/traces/`, and would drop their data
 * after a 404.
 */
function withoutSpareSlashes(path: string): string {
  return path.replace(/\/{2,}/g, '/').replace(/(?<=.)\/$/, '')
}

/** Splits `host:port`, `[v6]:port` or `:port`, which means loopback. */
export function splitEndpoint(endpoint: string): { host: string; port: number } {
  const colon = endpoint.lastIndexOf(':')
  const host = endpoint.slice(0, colon).replace(/^\[|\]$/g, '')
  return { host: host === '' ? '127.0.0.1' : host, port: Number(endpoint.slice(colon + 1)) }
}

function listenError(endpoint: string, error: NodeJS.ErrnoException): Error {
  if (error.code === 'EADDRINUSE')
    return new ObservaError(
      'OBS_LISTEN_PORT_USED',
      `${endpoint} is already in use.`,
      'Stop the other process, or set another endpoint, for example with --set.',
      { cause: error },
    )
  if (error.code === 'EACCES')
    return new ObservaError(
      'OBS_LISTEN_FORBIDDEN',
      `this user may not listen on ${endpoint}.`,
      'Use a port above 1023.',
      { cause: error },
    )
  return new ObservaError('OBS_LISTEN_FAILED', `cannot listen on ${endpoint}: ${error.message}.`)
}

const CLIENT_ERRORS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

const HEADER_LINES = Object.entries(DATA_HEADERS)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('')

/** Answers malformed HTTP with one line and closes the socket. Nothing of the request is repeated in the response. */
function onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const status = CLIENT_ERRORS[error.code ?? ''] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\n${HEADER_LINES}connection: close\r\ncontent-length: 0\r\n\r\n`)
}

/** A server that never listens must be told to start watching the time limits of its connections. */
function watchConnections(http: Server): void {
  http.emit('listening')
}

async function closeEndpoint(endpoint: Endpoint, drainMs: number): Promise<void> {
  const { server, http, grpc, reload, undecided } = endpoint
  reload?.stop()
  if (server === null || http === null) return
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const grpcClosed = grpc?.close(drainMs)
  // Ends the watch over connections.
  http.close()
  http.closeIdleConnections()
  // They are no part of either server, and would keep a stop waiting.
  for (const socket of undecided) socket.destroy()
  const timer = setTimeout(() => http.closeAllConnections(), drainMs)
  await closed
  await grpcClosed
  clearTimeout(timer)
}
