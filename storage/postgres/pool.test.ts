// Connections that break at every moment, with a real server behind a proxy. The caller gets an error that says so,
// the process continues, and the next statement works.

import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { type Fault, TcpProxy } from '../../test/tcp-proxy.ts'
import { migratePostgres } from '../migrations/postgres.ts'
import { type Crash, startTestPostgres, type TestPostgres } from '../testing/stores.ts'
import { unavailableStore } from '../unavailable.ts'
import { PostgresUnavailableError } from './connection.ts'
import { PostgresPool } from './pool.ts'
import { withTenant } from './roles.ts'

let server: TestPostgres
let proxy: TcpProxy
let pool: PostgresPool
/** Names the connections of the running test, because a server continues statements whose client is gone. */
let name = ''
let tests = 0

before(async () => {
  server = await startTestPostgres({ migrate: false })
  proxy = await TcpProxy.start(server.engine.port)
})
beforeEach(() => {
  tests++
  name = `faults-${tests}`
  pool = poolOf()
})
afterEach(() => pool.end())
after(async () => {
  await proxy.stop()
  await server.stop()
})

/** A pool through the proxy. A silent server is given up after a second. */
const poolOf = (): PostgresPool =>
  new PostgresPool({
    url: proxy.url(server.url),
    statementTimeoutMs: 60_000,
    silenceMs: -59_000,
    connectTimeoutMs: 2000,
    max: 3,
    applicationName: name,
  })

const FAULTS: readonly (Fault | 'kill -9')[] = ['reset', 'end', 'silence', 'kill -9']

let crash: Crash | null = null

async function cause(fault: Fault | 'kill -9'): Promise<void> {
  if (fault !== 'kill -9') return proxy.break(fault)
  const found = await server.pool.query<{ pid: number }>(
    'SELECT pid FROM pg_stat_activity WHERE application_name = $1',
    [name],
  )
  crash = await server.crash(found.rows[0]?.pid ?? 0)
}

/** Resolves when the pool reaches a server that responds. */
async function healed(): Promise<void> {
  await crash?.recovered()
  crash = null
  proxy.heal()
  for (const deadline = performance.now() + 20_000; ; ) {
    try {
      await pool.query('SELECT 1')
      return
    } catch (error) {
      if (unavailableStore(error) !== 'Postgres' || performance.now() > deadline) throw error
    }
  }
}

/** Resolves when a statement of `pool` waits for an event of the server. */
async function waiting(event: string): Promise<void> {
  const sql = 'SELECT 1 FROM pg_stat_activity WHERE application_name = $1 AND wait_event = $2'
  while ((await server.pool.query(sql, [name, event])).rowCount === 0);
}

const isUnavailable = (error: unknown): boolean => {
  assert.equal(unavailableStore(error), 'Postgres', String(error))
  return true
}

for (const fault of FAULTS) {
  test(`${fault} while a statement of a reader waits: an error, and the next read works`, async () => {
    const read = withTenant(pool, 'acme', (c) => c.query('SELECT pg_sleep(50)'))
    const failed = assert.rejects(read, isUnavailable)
    await waiting('PgSleep')
    await cause(fault)
    await failed
    await healed()
  })

  test(`${fault} between two statements of a transaction: the second fails, nothing is kept`, async () => {
    await pool.query('CREATE TABLE IF NOT EXISTS halves (n integer)')
    const work = pool.transaction(async (c) => {
      await c.query('INSERT INTO halves VALUES (1)')
      await cause(fault)
      await c.query('INSERT INTO halves VALUES (2)')
    })
    await assert.rejects(work, isUnavailable)
    await healed()
    assert.equal((await pool.query('SELECT 1 FROM halves')).rowCount, 0)
  })

  test(`${fault} of idle connections: the process goes on, and a later statement works`, async () => {
    await Promise.all([1, 2, 3].map(() => pool.query('SELECT pg_sleep(0.1)')))
    await cause(fault)
    await healed()
  })

  test(`${fault} while migrations wait: an error, no lock is left, and the next try applies them`, async () => {
    const blocked = server.pool.transaction(async (blocker) => {
      await blocker.query('SELECT pg_advisory_xact_lock(7362781411)')
      const failed = assert.rejects(migratePostgres(pool), isUnavailable)
      await waiting('advisory')
      await cause(fault)
      await failed
    })
    // When a backend is killed the server ends all others, usually the blocking one before it has committed.
    await blocked.catch((error: unknown) => {
      if (fault !== 'kill -9' || unavailableStore(error) === null) throw error
    })
    await healed()
    assert.ok((await migratePostgres(pool)).length > 0)
    await server.pool.query('DROP SCHEMA public CASCADE')
    await server.pool.query('CREATE SCHEMA public')
  })
}

test('an aborted transaction frees its connection at once', async () => {
  const abort = new AbortController()
  const work = pool.transaction((c) => c.query('SELECT pg_sleep(50)'), { signal: abort.signal })
  const failed = assert.rejects(work, PostgresUnavailableError)
  await waiting('PgSleep')
  abort.abort()
  await failed
  await pool.query('SELECT 1')
})

test('an error of a statement is passed on, rolled back, and costs no connection', async () => {
  const pid = async (): Promise<unknown> =>
    (await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid
  const first = await pid()
  const work = pool.transaction((c) => c.query('SELECT 1 / 0'))
  await assert.rejects(work, { code: '22012' })
  assert.equal(await pid(), first)
})

test('the end of a pool does not wait for statements that are under way', async () => {
  const failed = assert.rejects(pool.query('SELECT pg_sleep(50)'), PostgresUnavailableError)
  await waiting('PgSleep')
  await pool.end()
  await failed
})
