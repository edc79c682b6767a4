// Rows that many batches change: updates stay in their pages, no statement of a batch reads a whole table, and what a batch costs
// does not depend on how much is stored.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Sender } from '../../core/component.ts'
import { N, R } from '../../core/fields.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type { EncodedPart } from '../../core/task.ts'
import { withTenant } from '../../storage/postgres/roles.ts'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import { never, sendBatch, testHost } from '../../test/exporter-host.ts'
import { sampleEvents, setTime } from '../clickhouse/testing/sample-events.ts'
import { encoder } from './encode.ts'
import { postgres } from './index.ts'

const OWNERS = 1000
const ROUNDS = 5
const START = Date.UTC(2026, 10, 30, 12)

let server: TestPostgres
before(async () => {
  server = await startTestPostgres()
})
after(() => server.stop())

interface Call {
  readonly trace: number
  readonly owner: number | null
  readonly atMs: number
}

/** Documents of calls, one event each. */
function encode(
  tenant: string,
  calls: readonly Call[],
  signals: readonly Signal[] = [],
): EncodedPart[] {
  const events = sampleEvents({ count: calls.length, tenantId: tenant, seed: calls[0]?.trace ?? 1 })
  for (const [e, { trace, owner, atMs }] of calls.entries()) {
    const id = Buffer.alloc(16)
    id.writeUInt32LE(trace + 1)
    events.setRange(e, R.trace_id, events.arena.append(id), 16)
    for (const [field, name] of [
      [R.user_id, 'user'],
      [R.session_id, 'session'],
      [R.conversation_id, 'conversation'],
    ] as const)
      if (owner === null) events.clear(e, field)
      else events.setText(e, field, `${name}-${owner}`)
    events.setText(e, R.kind, 'llm')
    setTime(events, e, R.start_time, BigInt(atMs - 1000) * 1_000_000n)
    setTime(events, e, R.end_time, BigInt(atMs) * 1_000_000n)
    events.setNum(e, N.total_tokens, 15)
    events.setNum(e, N.cost_usd, 0.25)
    events.setNum(e, N.usage_aggregate, 0)
  }
  const ctx = { count: () => {}, signal: () => {}, signals, explain: false }
  return encoder('postgres', {}).encode({ batch: events.batch, events, signals }, new Set(), ctx)
}

class Sending {
  #sequence = 0n
  readonly sender: Sender

  constructor(sender: Sender) {
    this.sender = sender
  }

  async send(parts: readonly EncodedPart[]): Promise<void> {
    this.#sequence++
    const verdict = await this.sender.send(
      {
        ...sendBatch([...parts]),
        batchId: `${this.#sequence}`,
        firstSequence: this.#sequence,
        lastSequence: this.#sequence,
      },
      never,
    )
    assert.deepEqual(verdict, { kind: 'sent' })
  }
}

interface Table {
  readonly name: string
  readonly updates: number
  readonly hot: number
  readonly scans: number
  /** Rows fetched by way of an index. */
  readonly reads: number
}

/** The server's counters of all tables that a batch touches, once `table` has had `updates` updates. */
async function counters(table: string, updates: number): Promise<ReadonlyMap<string, Table>> {
  const sql = `SELECT relname AS name, n_tup_upd::float8 AS updates, n_tup_hot_upd::float8 AS hot, seq_scan::float8 AS scans,
      idx_tup_fetch::float8 AS reads
    FROM pg_stat_user_tables WHERE schemaname = 'public'`
  for (const end = performance.now() + 30_000; ; ) {
    const { rows } = await server.pool.query<Table & Record<string, never>>(sql)
    const tables = new Map<string, Table>(rows.map((row) => [row.name, row]))
    if ((tables.get(table)?.updates ?? 0) >= updates) return tables
    assert.ok(performance.now() < end, `${table} had ${tables.get(table)?.updates} updates`)
  }
}

const shuffled = (n: number): number => (n * 1237) % OWNERS

test('updates stay in their page, and no batch reads a whole table or more rows than it has events', async (t) => {
  const sender = await postgres.createSender(
    postgres.schema.parse({ url: server.url }),
    testHost(t, { id: 'flat' }),
  )
  await sender.start(never)
  t.after(() => sender.stop())
  const sending = new Sending(sender)
  let trace = 0
  const calls = (count: number, atMs: number, owner: (n: number) => number | null): Call[] =>
    Array.from({ length: count }, (_, n) => ({ trace: trace++, owner: owner(n), atMs: atMs + n }))
  await sending.send(
    encode(
      'flat',
      calls(OWNERS, START, (n) => n),
    ),
  )
  // The migrations built indexes, which counts as reading the table; the server writes such counters down late.
  await server.pool.query('SELECT pg_stat_force_next_flush()')
  const first = await counters('usage_daily', 0)
  // Every owner is active again in each of the rounds, within an hour, and each round is several batches.
  for (let round = 1; round <= ROUNDS; round++)
    for (let part = 0; part < 5; part++) {
      const from = part * (OWNERS / 5)
      await sending.send(
        encode(
          'flat',
          calls(OWNERS / 5, START + round * 60_000, (n) => shuffled(from + n)),
        ),
      )
    }
  // An id that arrives late moves what its trace added to another session, which is empty then.
  const late = calls(1, START, () => OWNERS + 1)
  await sending.send(encode('flat', late))
  await sending.send(
    encode(
      'flat',
      late.map((call) => ({ ...call, owner: 0, atMs: START + 1 })),
    ),
  )
  const after = await counters('sessions', ROUNDS * OWNERS)
  const reads = after.get('trace_summaries')?.reads ?? 0
  assert.ok(reads < 3 * trace, `${reads} rows of traces were read for ${trace} events`)
  for (const name of ['conversations', 'sessions', 'end_users', 'usage_daily', 'exporter_cursor']) {
    const { updates = 0, hot = 0 } = after.get(name) ?? {}
    const changed = updates - (first.get(name)?.updates ?? 0)
    const share = (hot - (first.get(name)?.hot ?? 0)) / changed
    assert.ok(changed >= 25 && share > 0.9, `${name}: ${changed} updates, ${share} HOT`)
  }
  for (const name of TOUCHED)
    assert.equal(after.get(name)?.scans, first.get(name)?.scans, `sequential scans of ${name}`)
  const [{ n } = { n: 0 }] = await withTenant(server.pool, 'flat', async (c) => {
    return (await c.query<{ n: number }>('SELECT count(*)::float8 AS n FROM sessions')).rows
  })
  assert.equal(n, OWNERS + 1)
})

test('cost and times of an issue follow the final forms of its signals', async (t) => {
  const sender = await postgres.createSender(
    postgres.schema.parse({ url: server.url }),
    testHost(t, { id: 'issues' }),
  )
  await sender.start(never)
  t.after(() => sender.stop())
  const sending = new Sending(sender)
  const signal = (n: number, atMs: number, cost: number): Signal => ({
    signal_id: `s${n}`,
    type: 'waste',
    severity: 'high',
    tenant_id: 'issues',
    project_id: 'default',
    event_id: null,
    trace_id: '0a'.repeat(16),
    span_id: null,
    at: `${atMs}000000`,
    value: n,
    threshold: null,
    evidence: { n },
    rule: 'trace.waste@1',
    fingerprint: 'v1:0123456789abcdef01234567',
    context: {
      environment: null,
      conversation_id: null,
      session_id: null,
      user_id: null,
      cost_usd: cost,
    },
  })
  const call = [{ trace: 1, owner: 1, atMs: START }]
  const send = (...signals: Signal[]): Promise<void> =>
    sending.send(encode('issues', call, signals))
  const issue = async (): Promise<unknown> =>
    await withTenant(server.pool, 'issues', async (c) => {
      const sql = `SELECT count::float8, cost_usd, first_seen, last_seen, evidence->'n' AS n FROM issues`
      return (await c.query(sql)).rows
    })
  await send(signal(1, START, 1), signal(2, START + 1000, 2), signal(3, START + 2000, 4))
  // The first and the last come again in other forms, the first twice, and one of them together with a new one.
  await send(signal(1, START + 1500, 16))
  await send(signal(1, START + 1700, 8), signal(4, START + 500, 32))
  await send(signal(3, START + 900, 64))
  const expected = {
    count: 4,
    cost_usd: 2 + 8 + 32 + 64,
    first_seen: new Date(START + 500),
    last_seen: new Date(START + 1700),
    n: 1,
  }
  assert.deepEqual(await issue(), [expected])
  await send(signal(3, START + 900, 64), signal(1, START + 1700, 8))
  assert.deepEqual(await issue(), [expected])
})

// biome-ignore format: a list
const TOUCHED = ['trace_summaries', 'conversations', 'sessions', 'end_users', 'usage_daily', 'usage_by_agent', 'signals', 'issues',
  'issue_affected', 'counted_events', 'exporter_cursor', 'project_usage']
