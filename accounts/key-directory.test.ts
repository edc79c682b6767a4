// Tests the directory of API keys on a real Postgres while another process creates, changes and revokes keys. The notification connection
// is alive, broken or silently dead, the network is cut, or the clock moves. A revoked key is refused within 5 s.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, systemClock } from '../core/clock.ts'
import { Secret } from '../core/config/config-types.ts'
import { Metrics } from '../core/metrics.ts'
import { withRole } from '../storage/postgres/roles.ts'
import { silentLog, startTestPostgres, type TestPostgres } from '../storage/testing/stores.ts'
import { TcpProxy } from '../test/tcp-proxy.ts'
import { keyIdOf } from './api-key.ts'
import type { Change } from './audited-change.ts'
import { DIRECTORY_METRICS, KeyDirectory } from './key-directory.ts'
import { createKey, type MadeKey, revokeOwnKey } from './keys.ts'
import { createProject, createTenant } from './tenants.ts'

let server: TestPostgres
let proxy: TcpProxy

before(async () => {
  server = await startTestPostgres()
  proxy = await TcpProxy.start(server.engine.port)
  await change(async (c) => {
    await createTenant(c, 'Acme')
    await createProject(c, { id: 'shop', name: 'Shop', environments: ['prod'] })
  })
})
after(async () => {
  await proxy.stop()
  await server.stop()
})

/** Changes the control plane in the same way as another instance or the command line. */
function change<T>(work: (change: Change) => Promise<T>): Promise<T> {
  const actor = { kind: 'operator', id: 'test' } as const
  return withRole(server.pool, 'observa_control', (client) =>
    work({ client, actor, tenantId: 'acme' }),
  )
}

const newKey = (): Promise<MadeKey> =>
  change((c) => createKey(c, { projectId: 'shop', kind: 'sk', environment: 'prod' }, null))
const revoke = (made: MadeKey): Promise<unknown> =>
  change((c) => revokeOwnKey(c, keyIdOf(made.key)))

interface Watched {
  readonly directory: KeyDirectory
  readonly metrics: Metrics
}

async function started(
  t: { after(fn: () => Promise<void>): void },
  over: { readonly clock?: Clock; readonly hasPepper?: boolean; readonly keysMax?: number } = {},
): Promise<Watched> {
  const metrics = new Metrics()
  metrics.declare(DIRECTORY_METRICS)
  const directory = new KeyDirectory({
    url: proxy.url(server.url),
    clock: systemClock,
    metrics,
    log: silentLog,
    hasPepper: false,
    ...over,
  })
  await directory.start()
  t.after(async () => {
    proxy.heal()
    await directory.stop()
  })
  return { directory, metrics }
}

const listening = (metrics: Metrics): boolean =>
  /^observa_control_listening 1$/m.test(metrics.render())

async function until(condition: () => boolean, what: string): Promise<number> {
  const startedAt = performance.now()
  while (!condition()) {
    assert.ok(performance.now() - startedAt < 30_000, `not ${what}`)
    await delay(5)
  }
  return performance.now() - startedAt
}

async function revokedIn(directory: KeyDirectory, made: MadeKey): Promise<number> {
  return await until(() => directory.find(keyIdOf(made.key))?.isRevoked === true, 'revoked')
}

test('a key made elsewhere is known by a notice, with what it may', async (t) => {
  const { directory, metrics } = await started(t)
  await until(() => listening(metrics), 'listening')
  const made = await newKey()
  const ms = await until(() => directory.find(keyIdOf(made.key)) !== undefined, 'known')
  const key = directory.find(keyIdOf(made.key))
  assert.deepEqual(key?.tenant, {
    tenantId: 'acme',
    projectId: 'shop',
    environment: 'prod',
    keyId: keyIdOf(made.key),
  })
  assert.deepEqual([...(key?.scopes ?? [])], ['ingest', 'query', 'content'])
  t.diagnostic(`known after ${Math.round(ms)} ms`)
})

test('a look that begins after a key was made knows it, whatever the listener does', async (t) => {
  const { directory } = await started(t)
  for (let i = 0; i < 5; i++) {
    const made = await newKey()
    await directory.look()
    assert.ok(directory.find(keyIdOf(made.key)) !== undefined)
  }
})

test('revoked elsewhere, a key is refused at once', async (t) => {
  const made = await newKey()
  const { directory, metrics } = await started(t)
  await until(() => listening(metrics), 'listening')
  await revoke(made)
  assert.ok((await revokedIn(directory, made)) < 5000)
})

test('with a listener that is ended again and again, a key is refused within 5 s', async (t) => {
  const made = await newKey()
  const { directory, metrics } = await started(t)
  await until(() => listening(metrics), 'listening')
  const kill =
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'observa/listener'"
  await server.pool.query(kill)
  await revoke(made)
  await server.pool.query(kill)
  assert.ok((await revokedIn(directory, made)) < 5000)
})

test('with every connection fallen silent and nobody told, a key is refused within 5 s', async (t) => {
  const made = await newKey()
  const { directory, metrics } = await started(t)
  await until(() => listening(metrics), 'listening')
  proxy.break('silence')
  // New connections work. Only the open ones are dead, although they still look alive.
  proxy.heal()
  await revoke(made)
  const ms = await revokedIn(directory, made)
  assert.ok(listening(metrics), 'the listener noticed, so that this test shows nothing')
  assert.ok(ms < 5000, `${ms} ms`)
  t.diagnostic(`refused after ${Math.round(ms)} ms`)
})

test('while the network is cut keys go on to work, and 5 s after it is back a revoked one is refused', async (t) => {
  const made = await newKey()
  const { directory } = await started(t)
  proxy.break('silence')
  await revoke(made)
  await until(() => directory.ageMs() > 3000, 'cut off')
  assert.equal(directory.find(keyIdOf(made.key))?.isRevoked, false)
  proxy.heal()
  assert.ok((await revokedIn(directory, made)) < 5000)
})

test('a wall clock that jumps by a day changes nothing about revocation', async (t) => {
  const made = await newKey()
  let shiftMs = 0
  const clock = { ...systemClock, nowMs: () => Date.now() + shiftMs }
  const { directory } = await started(t, { clock })
  for (const days of [-1, 1]) {
    shiftMs = days * 86_400_000
    const other = await newKey()
    await revoke(other)
    assert.ok((await revokedIn(directory, other)) < 5000)
  }
  await revoke(made)
  assert.ok((await revokedIn(directory, made)) < 5000)
})

test('rows changed and deleted by hand in the database are noticed as well', async (t) => {
  const [revoked, gone] = [await newKey(), await newKey()]
  const { directory } = await started(t)
  const sql = (text: string, made: MadeKey) =>
    withRole(server.pool, 'observa_control', (c) => c.query(text, [keyIdOf(made.key)]))
  await sql('UPDATE api_keys SET revoked_at = now() WHERE key_id = $1', revoked)
  await revokedIn(directory, revoked)
  await sql('DELETE FROM api_keys WHERE key_id = $1', gone)
  await until(() => directory.find(keyIdOf(gone.key)) === undefined, 'gone')
  assert.equal(directory.find(keyIdOf(revoked.key))?.isRevoked, true)
})

test('keys of an archived project are refused, and work again when it is back', async (t) => {
  const made = await newKey()
  const { directory } = await started(t)
  const archive = (at: string) =>
    withRole(server.pool, 'observa_control', (c) =>
      c.query(`UPDATE projects SET archived_at = ${at} WHERE project_id = 'shop'`),
    )
  await archive('now()')
  await revokedIn(directory, made)
  await archive('NULL')
  await until(() => directory.find(keyIdOf(made.key))?.isRevoked === false, 'back')
})

test('a database that is not there at the start is found later; until then nothing is known for sure', async (t) => {
  const made = await newKey()
  proxy.break('silence')
  const { directory } = await started(t)
  assert.equal(directory.isStale, true)
  assert.equal(directory.find(keyIdOf(made.key)), undefined)
  proxy.heal()
  await until(() => directory.find(keyIdOf(made.key)) !== undefined, 'known')
  assert.equal(directory.isStale, false)
})

test('the last use is written down, and never an earlier one', async (t) => {
  const made = await newKey()
  const { directory } = await started(t)
  directory.used(keyIdOf(made.key))
  directory.used('sk_live_of_a_file')
  await directory.stop()
  const { rows } = await withRole(server.pool, 'observa_control', (c) =>
    c.query<{ recent: boolean }>(
      "SELECT last_used_at > now() - interval '1 minute' AS recent FROM api_keys WHERE key_id = $1",
      [keyIdOf(made.key)],
    ),
  )
  assert.deepEqual(rows, [{ recent: true }])
})

test('more keys than the bound are left out, not those that are known', async (t) => {
  const first = await newKey()
  const { directory } = await started(t, { keysMax: 1 })
  const known = [directory.find(keyIdOf(first.key))].filter((k) => k !== undefined).length
  const later = await newKey()
  await directory.look()
  assert.equal(directory.find(keyIdOf(later.key)), undefined)
  assert.ok(known <= 1)
})

test('origins of keys that work are known, for CORS', async (t) => {
  const input = { projectId: 'shop', kind: 'pk', origins: ['https://shop.example.com'] } as const
  const made = await change((c) => createKey(c, input, new Secret('a pepper of a test')))
  const { directory } = await started(t)
  assert.equal(directory.hasOrigin('https://shop.example.com'), true)
  assert.equal(directory.hasOrigin('https://example.com'), false)
  await revoke(made)
  await until(() => !directory.hasOrigin('https://shop.example.com'), 'without the origin')
})
