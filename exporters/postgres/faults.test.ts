// The exporter on connections that break. The batch is retried and the sums stay exact, even when it is unknown whether the
// server committed.

import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { Sender } from '../../core/component.ts'
import { withTenant } from '../../storage/postgres/roles.ts'
import { type Crash, startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import { unavailableStore } from '../../storage/unavailable.ts'
import { never, processed, quietChain, sendBatch, testHost } from '../../test/exporter-host.ts'
import { type Fault, TcpProxy } from '../../test/tcp-proxy.ts'
import { encoder } from './encode.ts'
import { postgres } from './index.ts'

let server: TestPostgres
let proxy: TcpProxy

before(async () => {
  server = await startTestPostgres()
  proxy = await TcpProxy.start(server.engine.port)
})
after(async () => {
  await proxy.stop()
  await server.stop()
})

async function started(t: TestContext, id: string): Promise<Sender> {
  const config = postgres.schema.parse({ url: proxy.url(server.url), statement_timeout: '2s' })
  const sender = await postgres.createSender(config, testHost(t, { id }))
  await sender.start(never)
  t.after(() => sender.stop())
  return sender
}

/** Two events of one trace of `tenant`. */
function twoEvents(tenant: string): ReturnType<typeof sendBatch> {
  const traceId = '0a'.repeat(16)
  const events = [1, 2].map((n) => ({ eventId: `0${n}`.repeat(16), traceId, tenant }))
  const parts = encoder('postgres', {}).encode(processed(events), new Set(), quietChain)
  return sendBatch(parts)
}

async function spansOf(tenant: string): Promise<unknown> {
  const sql = 'SELECT spans FROM trace_summaries'
  return await withTenant(server.pool, tenant, async (c) => (await c.query(sql)).rows)
}

/** Sends until it succeeds, and returns the error codes before that. */
async function untilSent(sender: Sender, batch: ReturnType<typeof sendBatch>): Promise<string[]> {
  const codes: string[] = []
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; ) {
    const verdict = await sender.send(batch, never)
    if (verdict.kind === 'sent') return codes
    assert.equal(verdict.kind, 'retry')
    codes.push(verdict.code)
  }
  throw new Error(`not sent: ${codes.join(', ')}`)
}

async function backend(id: string, event: string): Promise<number> {
  const sql =
    'SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND wait_event_type = $2'
  for (;;) {
    const { rows } = await server.pool.query<{ pid: number }>(sql, [`observa/${id}`, event])
    if (rows[0] !== undefined) return rows[0].pid
  }
}

const FAULTS: readonly (Fault | 'kill -9')[] = ['reset', 'end', 'silence', 'kill -9']

for (const fault of FAULTS) {
  const id = fault.replace(/\W+/g, '-')

  test(`a connection broken in the middle is tried again, with exact sums: ${fault}`, async (t) => {
    const sender = await started(t, id)
    const batch = twoEvents(id)
    const crashes: Crash[] = []
    const blocked = server.pool.transaction(async (blocker) => {
      await blocker.query('LOCK TABLE trace_summaries IN ACCESS EXCLUSIVE MODE')
      const pending = sender.send(batch, never)
      const pid = await backend(id, 'Lock')
      if (fault === 'kill -9') crashes.push(await server.crash(pid))
      else proxy.break(fault)
      assert.equal((await pending).kind, 'retry')
    })
    // When a backend is killed, the server ends all other connections too, usually the blocker's before it has committed.
    await blocked.catch((error: unknown) => {
      if (fault !== 'kill -9' || unavailableStore(error) === null) throw error
    })
    for (const crash of crashes) await crash.recovered()
    proxy.heal()
    await untilSent(sender, batch)
    assert.deepEqual(await sender.send(batch, never), { kind: 'sent' })
    assert.deepEqual(await spansOf(id), [{ spans: '2' }])
  })
}

for (const fault of ['reset', 'end', 'silence'] as const) {
  test(`a COMMIT whose answer is lost counts once: ${fault}`, async (t) => {
    const tenant = `commit-${fault}`
    const sender = await started(t, tenant)
    const batch = twoEvents(tenant)
    const broken = proxy.breakAfter('COMMIT', fault)
    const first = await sender.send(batch, never)
    await broken
    assert.equal(first.kind, 'retry')
    proxy.heal()
    await untilSent(sender, batch)
    assert.deepEqual(await spansOf(tenant), [{ spans: '2' }])
  })
}
