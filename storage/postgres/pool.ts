// Connections to Postgres, with the limits of the operating promise: 20 connections, idle ones closed after
// 30 s, 10 s to connect, and a bound on every statement on both sides. The only place that checks connections out.
// As whom a transaction works is in `roles.ts`.

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
  /** How long past `statementTimeoutMs` an answer is waited for, before the connection counts as silent. */
  readonly silenceMs?: number
  readonly connectTimeoutMs?: number
  readonly applicationName?: string
  /** Link-local and metadata addresses are refused at every connection, also those that a name resolves to. */
  readonly isGuarded?: boolean
}

/** A server frees what a vanished client has locked in a transaction after this time. */
const IDLE_IN_TRANSACTION_MS = 60_000

/** Says nothing against the connection: the transaction is rolled back, and the connection kept. */
export class RolledBackError extends Error {}

export class PostgresPool {
  readonly #pool: pg.Pool
  readonly #inUse = new Set<Connection>()
  #ended: Promise<void> | null = null

  constructor(options: PoolOptions) {
    const statementTimeoutMs = options.statementTimeoutMs ?? 30_000
    this.#pool = new pg.Pool({
      connectionString: options.url,
      Client: Connection,
      max: options.max ?? 20,
      idleTimeoutMillis: 30_000,
      connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
      // The server ends a statement itself. When not even that is heard of, nobody is there any more.
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + (options.silenceMs ?? 5000),
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      // A peer that is gone is noticed by its silence, also while nothing is asked.
      keepAlive: true,
      application_name: options.applicationName ?? 'observa',
      ...(options.isGuarded === true ? { stream: guardedSocket } : {}),
    })
    this.#pool.on('error', () => {
      // An idle connection broke; the pool has dropped it, and the next query opens another.
    })
  }

  /**
   * Lends a connection to `work`. When that throws, the connection is closed, and with it ends whatever it had begun
   * or locked. `signal` closes it in the middle of a statement. Rejects with a `PostgresUnavailableError` when
   * the server cannot be reached or the connection breaks.
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
        // Of anything else it is not known what became of the connection.
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

  /** One statement, outside of a transaction. */
  async query<Row extends QueryResultRow>(
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<Row>> {
    return await this.withClient((client) => client.query<Row>(text, values))
  }

  /** Closes all connections, also those that are lent. Safe twice. */
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
    // The pool makes its clients of the class it was given.
    const connection = client as unknown as Connection
    this.#inUse.add(connection)
    // Connected while the pool was being closed.
    if (this.#ended !== null) connection.cut()
    return {
      connection,
      release: (isBroken) => {
        this.#inUse.delete(connection)
        // A goodbye to a silent peer would wait for its answer.
        if (isBroken) connection.cut()
        client.release(isBroken)
      },
    }
  }
}
