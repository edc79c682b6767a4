// One connection to Postgres. The only place that knows the client library: a connection that breaks at any moment,
// idle, checked out or in the middle of a statement, is remembered here and never ends the process.

import type { Duplex } from 'node:stream'
import pg from 'pg'

export type { ClientConfig as ConnectionConfig, QueryResultRow } from 'pg'

/** What code that was handed a connection may do with it: run statements. */
export type Statements = Pick<pg.ClientBase, 'query'>

/** The server could not be reached, or the connection broke or fell silent. Another try may succeed. */
export class PostgresUnavailableError extends Error {
  /** Code of the system (`ECONNRESET`), `CONNECTION` when the peer closed, `TIMEOUT` when it fell silent. */
  readonly code: string

  constructor(cause: unknown) {
    const code = codeOf(cause)
    super(`Postgres cannot be reached (${code}).`, { cause })
    this.name = 'PostgresUnavailableError'
    this.code = code
  }
}

/** As the library says it when `query_timeout` or `connectionTimeoutMillis` has passed. */
const TIMEOUT =
  /^(Query read timeout|timeout exceeded when trying to connect|timeout expired)$|connection timeout$/

function codeOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  if (typeof code === 'string') return code
  return TIMEOUT.test(message) ? 'TIMEOUT' : 'CONNECTION'
}

/** Five characters of an error that the server sent; null for one of the connection. */
export function sqlStateOf(error: unknown): string | null {
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  return typeof code === 'string' && code.length === 5 && severity !== undefined ? code : null
}

/** SQLSTATE of an error of the server, else the code of the system; fit for logs, which a message of the server is not. */
export function errorCodeOf(error: unknown): string {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : 'UNKNOWN'
}

/** True for errors that say nothing about the statement: a later connection may well succeed with it. */
export function isUnanswered(connection: Connection, thrown: unknown): boolean {
  if (sqlStateOf(thrown) !== null) return false
  return connection.lost !== null || (thrown instanceof Error && TIMEOUT.test(thrown.message))
}

/**
 * A client that has a listener for errors from its first moment to its last. The library emits them also between
 * statements and after a connection was given back, and an emitter without a listener ends the process.
 */
export class Connection extends pg.Client {
  #lost: Error | null = null

  constructor(config?: string | pg.ClientConfig) {
    super(config)
    this.on('error', (error) => {
      this.#lost ??= error
    })
  }

  /** Why the connection is no use any more; null while it is. */
  get lost(): Error | null {
    return this.#lost
  }

  /** Closes the socket at once, whatever the peer does. A statement that waits is rejected. */
  cut(): void {
    // The library's types do not show its socket, and its own `end` waits for the peer to close too.
    const { connection } = this as unknown as { readonly connection: { readonly stream: Duplex } }
    connection.stream.destroy()
  }
}

/** Runs `work` on a connection of its own that is closed afterwards. */
export async function withConnection<T>(
  config: pg.ClientConfig,
  work: (client: Statements) => Promise<T>,
): Promise<T> {
  const connection = new Connection(config)
  try {
    await connection.connect()
    const result = await work(connection)
    await connection.end()
    return result
  } catch (thrown) {
    connection.cut()
    throw thrown
  }
}

export interface ListenOptions {
  readonly config: pg.ClientConfig
  readonly channel: string
  /** Once the server sends notices: whatever was sent before is not among them. */
  readonly onReady: () => void
  readonly onNotice: () => void
  readonly signal: AbortSignal
}

/**
 * Listens on a connection of its own until that is lost or the signal aborts. Notices are not stored: who was away has
 * missed them. A peer that fell silent is noticed by nobody, so what must not be missed is asked for as well.
 */
export async function listen(options: ListenOptions): Promise<void> {
  const { signal, channel } = options
  const connection = new Connection({ keepAlive: true, ...options.config })
  const cut = (): void => connection.cut()
  const ended = new Promise<void>((resolve) => {
    connection.once('end', resolve)
    connection.once('error', () => resolve())
  })
  connection.on('notification', options.onNotice)
  signal.addEventListener('abort', cut, { once: true })
  try {
    signal.throwIfAborted()
    await connection.connect()
    await connection.query(`LISTEN ${connection.escapeIdentifier(channel)}`)
    options.onReady()
    await ended
  } finally {
    signal.removeEventListener('abort', cut)
    connection.cut()
  }
}
