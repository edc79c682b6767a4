// Engines for tests: the embedded ClickHouse and Postgres on new directories below the system's temporary directory,
// migrated, and removed afterwards. Start each at most once in a test file, because a first start takes a second.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { type Logger, pino } from 'pino'
import { type ClickHouseEngine, startClickHouseEngine } from '../clickhouse/engine/engine.ts'
import { migrateClickHouse } from '../migrations/clickhouse.ts'
import { migratePostgres } from '../migrations/postgres.ts'
import { removeDataDirectory } from '../postgres/engine/data-directory.ts'
import { isAlive } from '../postgres/engine/directory-owner.ts'
import { type PostgresEngine, startPostgresEngine } from '../postgres/engine/engine.ts'
import { PostgresPool } from '../postgres/pool.ts'
import { unavailableStore } from '../unavailable.ts'

export const silentLog: Logger = pino({ level: 'silent' })

export interface TestClickHouse {
  readonly engine: ClickHouseEngine
  readonly dataDir: string
  readonly client: ClickHouseClient
  /** `http://user:password@127.0.0.1:port/`, in the form of a `url` in a configuration. */
  readonly url: string
  readonly database: string
  /** The rows of a query as objects. 64-bit integers are in the form in which the engine prints them. */
  rows<Row>(query: string, params?: Readonly<Record<string, unknown>>): Promise<Row[]>
  stop(): Promise<void>
}

export interface Crash {
  /** Resolves when the server responds again. */
  readonly recovered: () => Promise<void>
}

export interface TestPostgres {
  readonly engine: PostgresEngine
  readonly pool: PostgresPool
  readonly url: string
  readonly dataDir: string
  /** Kills a process that serves a connection with SIGKILL. The server then ends all others and starts again. */
  crash(pid: number): Promise<Crash>
  stop(): Promise<void>
}

/** `migrate: false` leaves the database empty. */
export async function startTestClickHouse(
  options: { readonly migrate?: boolean } = {},
): Promise<TestClickHouse> {
  const dir = mkdtempSync(join(tmpdir(), 'observa-clickhouse-'))
  const dataDir = join(dir, 'data')
  const engine = await startClickHouseEngine({
    dataDir,
    log: silentLog,
    progress: () => {},
    memoryMaxBytes: 1024 ** 3,
  })
  const { username, password, database } = engine
  const client = createClient({
    url: engine.url,
    username,
    password,
    log: { level: ClickHouseLogLevel.OFF },
  })
  if (options.migrate !== false) await migrateClickHouse(client, database)
  const url = new URL(engine.url)
  url.username = username
  url.password = password
  return {
    engine,
    client,
    dataDir,
    url: url.href,
    database,
    rows: async <Row>(query: string, params: Readonly<Record<string, unknown>> = {}) => {
      const result = await client.query({ query, format: 'JSONEachRow', query_params: params })
      return await result.json<Row>()
    },
    stop: async () => {
      await client.close()
      await engine.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export async function startTestPostgres(
  options: { readonly migrate?: boolean } = {},
): Promise<TestPostgres> {
  const dir = mkdtempSync(join(tmpdir(), 'observa-postgres-'))
  const dataDir = join(dir, 'postgres')
  const engine = await startPostgresEngine({ dataDir, log: silentLog, progress: () => {} })
  const pool = new PostgresPool({ url: engine.url, max: 5 })
  if (options.migrate !== false) await migratePostgres(pool)
  return {
    engine,
    pool,
    url: engine.url,
    dataDir,
    crash: (pid) => crash(pool, pid),
    stop: async () => {
      await pool.end()
      await engine.stop()
      removeDataDirectory(dataDir)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function crash(pool: PostgresPool, victim: number): Promise<Crash> {
  const clients = await pool.query<{ pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'",
  )
  process.kill(victim, 'SIGKILL')
  const pids = clients.rows.map((row) => row.pid)
  return { recovered: () => recovered(pool, pids) }
}

async function recovered(pool: PostgresPool, before: readonly number[]): Promise<void> {
  const deadline = performance.now() + 30_000
  const inTime = (): true => {
    if (performance.now() > deadline) throw new Error('the server does not recover')
    return true
  }
  // An earlier connection may still respond until the server has noticed.
  while (before.some(isAlive) && inTime()) await delay(10)
  while (inTime()) {
    try {
      await pool.query('SELECT 1')
      return
    } catch (error) {
      if (unavailableStore(error) === null) throw error
      await delay(10)
    }
  }
}
