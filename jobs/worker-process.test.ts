// Tests `observa worker` as a process: it runs repeated jobs, and finishes running jobs on SIGTERM.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { withRole } from '../storage/postgres/roles.ts'
import { startTestPostgres, type TestPostgres } from '../storage/testing/stores.ts'

let server: TestPostgres
before(async () => {
  server = await startTestPostgres()
})
after(() => server.stop())

const MAIN = join(import.meta.dirname, '../collector/main.ts')
const DEADLINE_MS = 60_000

async function until(isTrue: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await isTrue().catch(() => false))) {
    assert.ok(performance.now() < deadline, what)
    await delay(50)
  }
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)))
}

test('a worker cleans up sessions that are over, and ends with a drain', async (t) => {
  const asControl = (sql: string) => withRole(server.pool, 'observa_control', (c) => c.query(sql))
  await asControl(
    `WITH u AS (INSERT INTO users (email) VALUES ('a@test.invalid') RETURNING user_id)
     INSERT INTO login_sessions (user_id, token_hash, expires_at)
     SELECT user_id, sha256('x'), now() - interval '1 minute' FROM u`,
  )
  const child = spawn(process.execPath, [MAIN, 'worker', '--database', server.url])
  t.after(() => child.kill('SIGKILL'))
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  const exit = ended(child)
  await until(
    async () => (await asControl('SELECT 1 FROM login_sessions')).rowCount === 0,
    'tables',
  )
  child.kill('SIGTERM')
  assert.equal(await exit, 0, told)
  assert.match(told, /SIGTERM: draining\nstopped/)
})

test('a worker without an embedded Postgres that runs says how to start one', async (t) => {
  const child = spawn(process.execPath, [
    MAIN,
    'worker',
    '--set',
    `data_dir=${join(server.dataDir, '..', 'none')}`,
  ])
  t.after(() => child.kill('SIGKILL'))
  let told = ''
  child.stderr.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  assert.equal(await ended(child), 1)
  assert.match(told, /does not run.*observa run/s)
})
