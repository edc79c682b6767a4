// The embedded server: first and second start, the state that a killed program leaves, and who may use a directory.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { ObservaError } from '../../../core/errors.ts'
import { until } from '../../../test/instance.ts'
import { silentLog } from '../../testing/stores.ts'
import { Connection } from '../connection.ts'
import { removeDataDirectory } from './data-directory.ts'
import { type PostgresEngine, startPostgresEngine } from './engine.ts'
import { isReachable, type ServerUser, serverUser } from './server-user.ts'

let dir: string
let dataDir: string
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'observa-postgres-'))
  dataDir = join(dir, 'postgres')
})
after(() => {
  removeDataDirectory(dataDir)
  rmSync(dir, { recursive: true, force: true })
})

const start = (at = dataDir): Promise<PostgresEngine> =>
  startPostgresEngine({ dataDir: at, log: silentLog, progress: () => {} })

async function ask(engine: PostgresEngine, sql: string): Promise<unknown[]> {
  const client = new Connection(engine.url)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

const refusal = (code: string) => (error: unknown) => {
  assert.ok(error instanceof ObservaError)
  assert.equal(error.code, code)
  return true
}

test('a first start makes a cluster that only its passwords open', async () => {
  const startedAt = performance.now()
  const engine = await start()
  console.log(`first start of Postgres: ${Math.round(performance.now() - startedAt)} ms`)
  const [who] = (await ask(
    engine,
    'SELECT current_user AS me, rolsuper AS super, rolbypassrls AS bypass FROM pg_roles WHERE rolname = current_user',
  )) as Record<string, unknown>[]
  assert.deepEqual(who, { me: 'observa', super: false, bypass: false })
  for (const file of ['password', 'admin-password', 'owner.json'])
    assert.equal(statSync(join(dataDir, file)).mode & 0o777, 0o600, file)
  const stranger = new Connection(engine.url.replace(/:[^:@]+@/, ':guess@'))
  await assert.rejects(stranger.connect(), { code: '28P01' })
  await ask(engine, 'CREATE TABLE kept AS SELECT 1 AS x')
  await engine.stop()
  await engine.stop()
})

test('a second start is quick and finds what was there', async () => {
  const startedAt = performance.now()
  const engine = await start()
  const tookMs = performance.now() - startedAt
  console.log(`second start of Postgres: ${Math.round(tookMs)} ms`)
  assert.deepEqual(await ask(engine, 'SELECT x FROM kept'), [{ x: 1 }])
  await engine.stop()
})

test('as root the server runs as another user, and otherwise as ourselves', async () => {
  const engine = await start()
  const uid = statSync(`/proc/${engine.pid()}`).uid
  const user = serverUser()
  assert.equal(uid, user?.uid ?? process.getuid?.())
  if (user !== null) assert.ok(uid > 0)
  await engine.stop()
})

/** Starts the server in another program, which reports that. */
async function startElsewhere(
  t: TestContext,
  at = dataDir,
  user: ServerUser | null = null,
): Promise<ReturnType<typeof spawn>> {
  const entry = new URL('./engine.ts', import.meta.url).href
  const testing = new URL('../../testing/stores.ts', import.meta.url).href
  const code = `
    const { startPostgresEngine } = await import(${JSON.stringify(entry)})
    const { silentLog } = await import(${JSON.stringify(testing)})
    await startPostgresEngine({ dataDir: ${JSON.stringify(at)}, log: silentLog, progress: () => {} })
    process.stdout.write('ready')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(user === null ? {} : { uid: user.uid, gid: user.gid }),
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

test('a directory in use is refused with the process that uses it; after SIGKILL its server is taken over', async (t) => {
  const child = await startElsewhere(t)
  await assert.rejects(start(), (error: unknown) => {
    refusal('OBS_POSTGRES_ENGINE_LOCKED')(error)
    assert.match((error as Error).message, new RegExp(`\\b${child.pid}\\b`))
    return true
  })
  const pid = Number(
    readFileSync(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0],
  )
  child.kill('SIGKILL')
  await once(child, 'exit')
  const engine = await start()
  assert.equal(engine.pid(), pid, 'the same server')
  assert.deepEqual(await ask(engine, 'SELECT x FROM kept'), [{ x: 1 }])
  await engine.stop()
})

test('a server killed with its program recovers, and a lock file of a dead process is no obstacle', async (t) => {
  const child = await startElsewhere(t)
  const pid = Number(
    readFileSync(join(dataDir, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0],
  )
  child.kill('SIGKILL')
  process.kill(pid, 'SIGKILL')
  await once(child, 'exit')
  const engine = await start()
  assert.notEqual(engine.pid(), pid)
  assert.deepEqual(await ask(engine, 'SELECT x FROM kept'), [{ x: 1 }])
  await engine.stop()
})

test('a server that is killed under the program is started again, on the same port, with what was stored', async () => {
  const engine = await start()
  try {
    await ask(engine, 'CREATE TABLE survived AS SELECT 7 AS n')
    for (const signal of ['SIGKILL', 'SIGQUIT'] as const) {
      const [before, restarts] = [engine.pid(), engine.restarts()]
      process.kill(before, signal)
      await until(() => engine.restarts() > restarts, 'started again')
      assert.notEqual(engine.pid(), before)
      assert.deepEqual(await ask(engine, 'SELECT n FROM survived'), [{ n: 7 }])
    }
  } finally {
    await engine.stop()
  }
  assert.throws(() => process.kill(engine.pid(), 0), 'it stays down after the stop')
})

test('a server that is stopped and not dead is ended and started again', async () => {
  const engine = await startPostgresEngine({
    dataDir,
    log: silentLog,
    progress: () => {},
    heartbeatMs: 250,
  })
  try {
    const before = engine.pid()
    process.kill(before, 'SIGSTOP')
    await until(() => engine.restarts() === 1, 'started again')
    assert.notEqual(engine.pid(), before)
    assert.deepEqual(await ask(engine, 'SELECT n FROM survived'), [{ n: 7 }])
  } finally {
    await engine.stop()
  }
})

test('a directory of another major version stops the start with both versions', async () => {
  const other = join(dir, 'old')
  mkdirSync(join(other, 'cluster'), { recursive: true })
  writeFileSync(join(other, 'cluster', 'PG_VERSION'), '12\n')
  await assert.rejects(start(other), (error: unknown) => {
    refusal('OBS_POSTGRES_ENGINE_VERSION')(error)
    assert.match((error as Error).message, /version 18.*version 12/)
    return true
  })
})

test('a directory without its passwords stops the start with the file that is missing', async () => {
  for (const name of ['password', 'admin-password']) {
    const file = join(dataDir, name)
    const kept = readFileSync(file)
    for (const lose of [() => rmSync(file), () => writeFileSync(file, '')]) {
      lose()
      await assert.rejects(start(), (error) => {
        assert.match(String(error), new RegExp(`/${name} cannot be read`))
        return refusal('OBS_POSTGRES_ENGINE_FAILED')(error)
      })
      writeFileSync(file, kept, { mode: 0o600 })
    }
  }
  const engine = await start()
  await engine.stop()
})

test('a cluster that was never finished is made anew', async () => {
  const half = join(dir, 'half')
  mkdirSync(join(half, 'cluster.new'), { recursive: true })
  writeFileSync(join(half, 'cluster.new', 'junk'), 'x')
  const engine = await start(half)
  await engine.stop()
  assert.ok(!existsSync(join(half, 'cluster.new')))
})

test('a data directory behind a closed one is kept elsewhere, and found again', async (t) => {
  const user = serverUser()
  if (user === null) return t.skip('only a start as root changes the user')
  const closed = join(dir, 'closed')
  mkdirSync(join(closed, 'instance'), { recursive: true })
  chmodSync(closed, 0o700)
  const behind = join(closed, 'instance', 'postgres')
  const first = await start(behind)
  await ask(first, 'CREATE TABLE here AS SELECT 2 AS x')
  await first.stop()
  assert.equal(statSync(closed).mode & 0o777, 0o700, 'a directory that is not ours keeps its mode')
  assert.ok(!isReachable(behind, user))
  const second = await start(behind)
  assert.deepEqual(await ask(second, 'SELECT x FROM here'), [{ x: 2 }])
  await second.stop()
  const location = readFileSync(join(behind, 'location'), 'utf8').trim()
  // The directory is deleted by somebody else. The next instance that needs the place cleans up.
  rmSync(behind, { recursive: true })
  const third = await start(behind)
  assert.ok(!existsSync(location))
  await third.stop()
  removeDataDirectory(behind)
})

test('an ordinary user starts it as well', async (t) => {
  const user = serverUser()
  // All other tests already ran without root.
  if (user === null) return
  if (!isReachable(import.meta.dirname, user) || !isReachable(process.execPath, user))
    return t.skip(`the user ${user.name} cannot reach this checkout`)
  const own = mkdtempSync(join(tmpdir(), 'observa-postgres-'))
  chownSync(own, user.uid, user.gid)
  const at = join(own, 'postgres')
  const child = await startElsewhere(t, at, user)
  const pid = Number(readFileSync(join(at, 'cluster', 'postmaster.pid'), 'utf8').split('\n')[0])
  assert.equal(statSync(`/proc/${pid}`).uid, user.uid)
  assert.ok(!existsSync(join(at, 'location')))
  child.kill('SIGKILL')
  await once(child, 'exit')
  process.kill(pid, 'SIGQUIT')
  rmSync(own, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
})
