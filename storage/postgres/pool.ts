// Connections to Postgres: at most 20, closed after 30 s without use, 10 s to connect, and a time limit for every
// statement in client and server. Only this file checks out connections. `roles.ts` decides with which role a
// transaction runs.

import pg from 'pg'
import {
  Connection,
  isUnanswered,
  PostgresUnavailableError,
  type QueryResultRow,
  type Statements,
  sqlStateOf,
} from './connection.ts'
import { guardedSocket } from './guarded-socket.ts'

export interface PoolOptions {
  /** `postgres://user:password@host:port/database?sslmode=require`. Never log it. */
  readonly url: string
  readonly max?: number
  readonly statementTimeoutMs?: number
  /** How long to wait after `statementTimeoutMs` before the connection counts as silent, ms. */
  readonly silenceMs?: number
  readonly connectTimeoutMs?: number
  readonly applicationName?: string
  /** True to refuse link-local and metadata addresses at every connection, also when a name resolves to one. */
  readonly isGuarded?: boolean
  /**
   * A plain role that every connection works as from its first moment, for a library whose transactions are its own. Needs
   * connections that are not shared with other programs: a pooler of transactions refuses it.
   */
  readonly role?: 'observa_jobs'
}

/** After this time the server releases what a vanished client has locked in a transaction. */
const IDLE_IN_TRANSACTION_MS = 60_000

/** An error that does not mean a broken connection: the transaction is rolled back and the connection is kept. */
export class RolledBackError extends Error {}

/** With the role beside what the URL asks for; the library takes either, not both. */
function startOptions(url: string, role: string): string {
  const own = URL.canParse(url) ? new URL(url).searchParams.get('options') : null
  return `${own ?? ''} -c role=${role}`.trim()
}

/** The library lets what stands in the URL win. */
function withoutOptions(url: string): string {
  if (!URL.canParse(url)) return url
  const parsed = new URL(url)
  parsed.searchParams.delete('options')
  return parsed.href
}

export class PostgresPool {
  readonly #pool: pg.Pool
  readonly #inUse = new Set<Connection>()
  #ended: Promise<void> | null = null

  constructor(options: PoolOptions) {
    const statementTimeoutMs = options.statementTimeoutMs ?? 30_000
    this.#pool = new pg.Pool({
      connectionString: options.role === undefined ? options.url : withoutOptions(options.url),
      Client: Connection,
      max: options.max ?? 20,
      idleTimeoutMillis: 30_000,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
      // The server ends a statement itself. If not even that is heard of, the peer is gone.
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + (options.silenceMs ?? 5000),
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      // Keep-alive finds a peer that is gone also while no statement runs.
      keepAlive: true,
      application_name: options.applicationName ?? 'observa',
      ...(options.isGuarded === true ? { stream: guardedSocket } : {}),
      ...(options.role === undefined ? {} : { options: startOptions(options.url, options.role) }),
    })
    this.#pool.on('error', () => {
      // An idle connection broke. The pool has removed it, and the next query opens another one.
    })
  }

  /**
   * Lends a connection to `work`. When `work` throws, the connection is closed, which ends whatever it had begun or
   * locked. `signal` closes it in the middle of a statement. Rejects with a `PostgresUnavailableError` when the
   * server cannot be reached or the connection breaks.
   */
  async withClient<T>(work: (client: Statements) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { connection, release } = await this.#checkOut()
    const cut = (): void => connection.cut()
    signal?.addEventListener('abort', cut, { once: true })
    try {
      signal?.throwIfAborted()
      const result = await work(connection)
      release(connection.lost !== null)
      return result
    } catch (thrown) {
      release(true)
      throw isUnanswered(connection, thrown) ? new PostgresUnavailableError(thrown) : thrown
    } finally {
      signal?.removeEventListener('abort', cut)
    }
  }

  /** Runs `work` in a transaction: committed when it returns, rolled back when it throws. */
  async transaction<T>(
    work: (client: Statements) => Promise<T>,
    options: { readonly readOnly?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<T> {
    const outcome = await this.withClient(async (client) => {
      await client.query(options.readOnly === true ? 'BEGIN READ ONLY' : 'BEGIN')
      try {
        const result = await work(client)
        await client.query('COMMIT')
        return { ok: true, result } as const
      } catch (thrown) {
        // After any other error the state of the connection is unknown.
        if (sqlStateOf(thrown) === null && !(thrown instanceof RolledBackError)) throw thrown
        await client.query('ROLLBACK').catch(() => {
          throw thrown
        })
        return { ok: false, thrown } as const
      }
    }, options.signal)
    if (!outcome.ok) throw outcome.thrown
    return outcome.result
  }

  /** Runs one statement outside of a transaction. */
  async query<Row extends QueryResultRow>(
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    return await this.withClient((client) => client.query<Row>(text, values))
  }

  /** Closes all connections, also those that are in use. A second call has no effect. */
  end(): Promise<void> {
    for (const connection of this.#inUse) connection.cut()
    this.#ended ??= this.#pool.end()
    return this.#ended
  }

  async #checkOut(): Promise<{
    readonly connection: Connection
    readonly release: (isBroken: boolean) => void
  }> {
    let client: pg.PoolClient
    try {
      client = await this.#pool.connect()
    } catch (thrown) {
      throw sqlStateOf(thrown) === null ? new PostgresUnavailableError(thrown) : thrown
    }
    // The pool makes its clients of the class that it was given.
    const connection = client as unknown as Connection
    this.#inUse.add(connection)
    // The connection was made while the pool was being closed.
    if (this.#ended !== null) connection.cut()
    return {
      connection,
      release: (isBroken) => {
        this.#inUse.delete(connection)
        // A regular end would wait for the response of a silent peer.
        if (isBroken) connection.cut()
        client.release(isBroken)
      },
    }
  }
}
