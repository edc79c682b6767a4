// One connection to Postgres. Only this file uses the client library's connections. A connection can break at any
// moment: while it is idle, in use, or in the middle of a statement. That is noted here and never ends the process.

import type { Duplex } from 'node:stream'
import pg from 'pg'
import { codeOf, messageOf } from '../../core/errors.ts'

export type { ClientConfig as ConnectionConfig, QueryResultRow } from 'pg'

/** What code may do with a connection that it was given: run statements. */
export type Statements = Pick<pg.ClientBase, 'query'>

/** The server could not be reached, or the connection broke or became silent. A retry may succeed. */
export class PostgresUnavailableError extends Error {
  /** The system's code (`ECONNRESET`), `CONNECTION` when the peer closed, `TIMEOUT` when it was silent. */
  readonly code: string

  constructor(cause: unknown) {
    const code = connectionCodeOf(cause)
    super(`Postgres cannot be reached (${code}).`, { cause })
    this.name = 'PostgresUnavailableError'
    this.code = code
  }
}

/** The messages of the library when `query_timeout` or `connectionTimeoutMillis` has passed. */
const TIMEOUT =
  /^(Query read timeout|timeout exceeded when trying to connect|timeout expired)$|connection timeout$/

function connectionCodeOf(cause: unknown): string {
  return codeOf(cause) ?? (TIMEOUT.test(messageOf(cause)) ? 'TIMEOUT' : 'CONNECTION')
}

/** The five characters of an error that the server sent. Null for an error of the connection. */
export function sqlStateOf(error: unknown): string | null {
  const code = codeOf(error)
  const isServers = error instanceof Error && 'severity' in error && error.severity !== undefined
  return code?.length === 5 && isServers ? code : null
}

/** The SQLSTATE of a server's error, else the system's code. Both may be logged, a server's message may not. */
export function errorCodeOf(error: unknown): string {
  return codeOf(error) ?? 'UNKNOWN'
}

/** True for errors that say nothing about the statement, which may succeed on another connection. */
export function isUnanswered(connection: Connection, thrown: unknown): boolean {
  if (sqlStateOf(thrown) !== null) return false
  return connection.lost !== null || (thrown instanceof Error && TIMEOUT.test(thrown.message))
}

/**
 * A client that has an error listener all the time. The library emits errors also between statements and after a
 * connection was returned, and an emitter without a listener would end the process.
 */
export class Connection extends pg.Client {
  #lost: Error | null = null

  constructor(config?: string | pg.ClientConfig) {
    super(config)
    this.on('error', (error) => {
      this.#lost ??= error
    })
  }

  /** Why the connection can no longer be used; null while it can. */
  get lost(): Error | null {
    return this.#lost
  }

  /** Closes the socket at once, whatever the peer does. A running statement is rejected. */
  cut(): void {
    // The library's types do not declare its socket, and its own `end` waits for the peer to close as well.
    const { connection } = this as unknown as { readonly connection: { readonly stream: Duplex } }
    connection.stream.destroy()
  }
}

/** Runs `work` on its own connection, which is closed afterwards. */
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
  /** Called when the server sends notifications. Earlier ones are not repeated. */
  readonly onReady: () => void
  readonly onNotice: () => void
  readonly signal: AbortSignal
}

/**
 * Listens on its own connection until that breaks or the signal aborts. Notifications are not stored, so those during
 * an interruption are missed. A silent peer is not noticed. So whoever must not miss a change has to query as well.
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
