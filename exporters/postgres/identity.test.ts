// Two instances whose data directories are copies of each other, at one Postgres: the second one stores nothing and says why, until it has
// an id of its own. Nothing that either has taken is lost.

import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import type { SendBatch, Sender } from '../../core/component.ts'
import { withTenant } from '../../storage/postgres/roles.ts'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import {
  never,
  processed,
  quietChain,
  sendBatch,
  type TestHost,
  testDir,
  testHost,
} from '../../test/exporter-host.ts'
import { encoder } from './encode.ts'
import { postgres } from './index.ts'

let server: TestPostgres
before(async () => {
  server = await startTestPostgres()
})
after(() => server.stop())

interface Running {
  readonly sender: Sender
  readonly host: TestHost
}

async function started(t: TestContext, dataDir: string): Promise<Running> {
  const host = testHost(t, { id: 'postgres', dataDir })
  const sender = await postgres.createSender(postgres.schema.parse({ url: server.url }), host)
  await sender.start(never)
  t.after(() => sender.stop())
  await sender.committedSequence?.()
  return { sender, host }
}

const copyOf = (t: TestContext, dataDir: string): string => {
  const copy = testDir(t)
  cpSync(dataDir, copy, { recursive: true })
  return copy
}

/** The record `sequence` of the instance `name`: one event of a trace of its own. */
function batchOf(tenant: string, name: string, sequence: number): SendBatch {
  const id = Buffer.from(`${name}${sequence}`.padEnd(16, '.')).toString('hex')
  const events = [{ eventId: id, traceId: id, tenant }]
  const parts = encoder('postgres', {}).encode(processed(events), new Set(), quietChain)
  const at = BigInt(sequence)
  return { ...sendBatch(parts), batchId: id, firstSequence: at, lastSequence: at }
}

const tracesOf = (tenant: string): Promise<number> =>
  withTenant(server.pool, tenant, async (c) => {
    const { rows } = await c.query<{ n: number }>('SELECT count(*)::int AS n FROM trace_summaries')
    return rows[0]?.n ?? 0
  })

const codeOf = (verdict: Awaited<ReturnType<Sender['send']>>): string =>
  verdict.kind === 'sent' ? 'sent' : verdict.code

test('of two instances with one id the second to send stores nothing, says so, and goes on under an id of its own', async (t) => {
  const dir = testDir(t)
  const first = await started(t, dir)
  assert.equal(codeOf(await first.sender.send(batchOf('t1', 'a', 1), never)), 'sent')
  const copy = copyOf(t, dir)
  const second = await started(t, copy)
  assert.equal(codeOf(await first.sender.send(batchOf('t1', 'a', 2), never)), 'sent')
  assert.equal(codeOf(await first.sender.send(batchOf('t1', 'a', 3), never)), 'sent')
  for (const sequence of [2, 2, 4])
    assert.equal(
      codeOf(await second.sender.send(batchOf('t1', 'b', sequence), never)),
      'OBS_INSTANCE_COPIED',
    )
  const told = second.host.lines.filter((line) => line['code'] === 'OBS_INSTANCE_COPIED')
  assert.equal(told.length, 1, 'once')
  assert.equal(codeOf(await first.sender.send(batchOf('t1', 'a', 4), never)), 'sent')
  await second.sender.stop()
  await assert.rejects(started(t, copy), { code: 'OBS_INSTANCE_COPIED' })
  rmSync(join(copy, 'postgres-exporter', 'instance-id'))
  const own = await started(t, copy)
  assert.equal(await own.sender.committedSequence?.(), null)
  assert.equal(codeOf(await own.sender.send(batchOf('t1', 'b', 2), never)), 'sent')
  assert.equal(await tracesOf('t1'), 5)
  await own.sender.stop()
  await started(t, copy)
})

test('an instance that goes on in a copy of its directory, and one that was killed, are themselves', async (t) => {
  const dir = testDir(t)
  const first = await started(t, dir)
  await first.sender.send(batchOf('t2', 'a', 1), never)
  await first.sender.stop()
  const moved = await started(t, copyOf(t, dir))
  assert.equal(await moved.sender.committedSequence?.(), 1n)
  for (const sequence of [2, 2, 1, 3])
    assert.equal(codeOf(await moved.sender.send(batchOf('t2', 'a', sequence), never)), 'sent')
  assert.equal(await tracesOf('t2'), 3)
})

test('a database that went back to an older state, or lost the cursor, is no other instance', async (t) => {
  const { sender } = await started(t, testDir(t))
  for (const sequence of [1, 2, 3]) await sender.send(batchOf('t3', 'a', sequence), never)
  await server.pool.query("UPDATE exporter_cursor SET last_sequence = 1, batch_id = 'old'")
  assert.equal(codeOf(await sender.send(batchOf('t3', 'a', 4), never)), 'sent')
  await server.pool.query('DELETE FROM exporter_cursor')
  assert.equal(codeOf(await sender.send(batchOf('t3', 'a', 5), never)), 'sent')
})
