// Issues of which all occurrences were taken back by later events.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Signal } from '../../core/signals/signal.ts'
import { withTenant } from '../../storage/postgres/roles.ts'
import { changeIssue } from '../../storage/queries/issues.ts'
import { startTestPostgres } from '../../storage/testing/stores.ts'
import { never, sendBatch, testHost } from '../../test/exporter-host.ts'
import { sampleEvents } from '../clickhouse/testing/sample-events.ts'
import { encoder } from './encode.ts'
import { postgres } from './index.ts'
import { issueIdOf } from './issues.ts'

const START = Date.UTC(2026, 10, 30, 12)
const FINGERPRINT = 'v1:0123456789abcdef01234567'
const TENANT = 'sampled'

const failed = (n: number, atMs: number): Signal => ({
  signal_id: `s${n}`,
  type: 'tool_error',
  severity: 'high',
  tenant_id: TENANT,
  project_id: 'default',
  event_id: null,
  trace_id: '0a'.repeat(16),
  span_id: null,
  at: `${atMs}000123`,
  value: null,
  threshold: null,
  evidence: { error_message: 'refused', route: '/pay' },
  rule: 'error@1',
  fingerprint: FINGERPRINT,
})

/** As the detection makes it: of time and evidence it has less. */
const takenBack = (n: number, atMs: number): Signal => ({
  ...failed(n, atMs),
  at: `${atMs}000000`,
  evidence: { error_message: 'refused', superseded: true },
})

test('an issue is resolved when all its occurrences were taken back, and a later arrival opens it as a new one', async (t) => {
  const server = await startTestPostgres()
  t.after(() => server.stop())
  const sender = await postgres.createSender(
    postgres.schema.parse({ url: server.url }),
    testHost(t, { id: 'taken-back' }),
  )
  await sender.start(never)
  t.after(() => sender.stop())
  let sequence = 0n
  const send = async (...signals: Signal[]): Promise<void> => {
    sequence++
    const events = sampleEvents({ count: 1, tenantId: TENANT, seed: Number(sequence) })
    const ctx = { count: () => {}, signal: () => {}, signals, explain: false }
    const parts = encoder('postgres', {}).encode(
      { batch: events.batch, events, signals },
      new Set(),
      ctx,
    )
    const ids = { batchId: `${sequence}`, firstSequence: sequence, lastSequence: sequence }
    const verdict = await sender.send({ ...sendBatch([...parts]), ...ids }, never)
    assert.deepEqual(verdict, { kind: 'sent' })
  }
  const read = async (sql: string): Promise<readonly unknown[]> =>
    await withTenant(server.pool, TENANT, async (c) => (await c.query(sql)).rows)
  const issue = async (): Promise<unknown> =>
    (await read('SELECT status, substatus, count::float8 FROM issues'))[0]

  await send(failed(1, START), failed(2, START + 1000))
  await send(takenBack(1, START))
  assert.deepEqual(await issue(), { status: 'open', substatus: 'new', count: 2 })
  // Twice, as after a restart.
  await send(takenBack(2, START + 1000))
  await send(takenBack(2, START + 1000))
  assert.deepEqual(await issue(), { status: 'resolved', substatus: null, count: 2 })
  assert.deepEqual(await read('SELECT actor, action, before, after FROM issue_history'), [
    { actor: 'observa', action: 'status', before: 'open', after: 'resolved' },
  ])
  // What a signal said stays.
  assert.deepEqual(
    await read(
      `SELECT at_ns::text, evidence->>'route' AS route, evidence->'superseded' AS superseded FROM signals ORDER BY at LIMIT 1`,
    ),
    [{ at_ns: `${START}000123`, route: '/pay', superseded: true }],
  )

  // It happened before those that were taken back, and comes after them.
  await send(failed(3, START - 5000))
  assert.deepEqual(await issue(), { status: 'open', substatus: 'new', count: 3 })

  // What a person resolved is resolved, and comes back only with what happens later.
  const scope = { tenantId: TENANT, projectId: 'default' }
  const id = issueIdOf(FINGERPRINT)
  await send(takenBack(3, START - 5000))
  await changeIssue(server.pool, scope, id, 'somebody', { status: 'resolved' })
  await send(failed(4, START))
  assert.deepEqual(await issue(), { status: 'resolved', substatus: null, count: 4 })
  await send(failed(5, Date.now() + 1000))
  assert.deepEqual(await issue(), { status: 'open', substatus: 'regressed', count: 5 })
  await changeIssue(server.pool, scope, id, 'somebody', { status: 'acknowledged' })
  await send(takenBack(4, START), takenBack(5, Date.now()))
  assert.deepEqual(await issue(), { status: 'acknowledged', substatus: null, count: 5 })
})
