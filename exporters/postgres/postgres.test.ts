// The exporter against the real embedded server: exact sums under replays, which failures are retried or rejected, awkward
// text, and the isolation of tenants.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import type { Host, SendBatch, Sender } from '../../core/component.ts'
import { ObservaError } from '../../core/errors.ts'
import { N, R } from '../../core/fields.ts'
import { Metrics } from '../../core/metrics.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type { EncodedPart } from '../../core/task.ts'
import { migratePostgres } from '../../storage/migrations/postgres.ts'
import { withTenant } from '../../storage/postgres/roles.ts'
import { silentLog, startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import { sampleEvents } from '../clickhouse/testing/sample-events.ts'
import { encoder } from './encode.ts'
import { verdictOf } from './error-verdict.ts'
import { postgres } from './index.ts'

let server: TestPostgres
let dataDir: string
const metrics = new Metrics()
const never = new AbortController().signal

before(async () => {
  server = await startTestPostgres()
  dataDir = mkdtempSync(join(tmpdir(), 'observa-exporter-'))
})
after(async () => {
  await server.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

function host(id: string): Host {
  return {
    id,
    log: silentLog,
    metrics,
    clock: systemClock,
    random: () => 0.5,
    dataDir,
    progress: () => {},
  }
}

async function started(id: string, url = server.url): Promise<Sender> {
  const sender = await postgres.createSender(postgres.schema.parse({ url }), host(id))
  await sender.start(never)
  return sender
}

const batchOf = (parts: readonly EncodedPart[], first: bigint, last: bigint): SendBatch => ({
  batchId: first.toString(16).padStart(32, '0'),
  firstSequence: first,
  lastSequence: last,
  parts,
})

/** `count` priced calls of one trace and conversation of tenant `tenantId`. Another seed gives other events. */
function calls(count: number, tenantId: string, seed = 1): ReturnType<typeof sampleEvents> {
  const events = sampleEvents({ count, tenantId, seed })
  for (let e = 0; e < count; e++) {
    const trace = events.arena.append(Buffer.alloc(16, 7))
    events.setRange(e, R.trace_id, trace, 16)
    events.setText(e, R.kind, 'llm')
    events.setText(e, R.status, e === 0 ? 'error' : 'ok')
    events.setText(e, R.conversation_id, 'talk')
    events.setText(e, R.session_id, 'visit')
    events.setText(e, R.user_id, 'ada')
    events.setText(e, R.provider, 'openai')
    events.setText(e, R.response_model, 'gpt-x')
    events.setText(e, R.environment, 'dev')
    events.setText(
      e,
      R.output_messages,
      '[{"role":"assistant","parts":[{"type":"text","content":"fine"}]}]',
    )
    events.setNum(e, N.input_tokens, 10)
    events.setNum(e, N.output_tokens, 5)
    events.setNum(e, N.total_tokens, 15)
    events.setNum(e, N.cost_usd, 0.25)
    events.setNum(e, N.usage_aggregate, 0)
  }
  return events
}

function signalOf(events: ReturnType<typeof sampleEvents>, event: number, id: string): Signal {
  return {
    signal_id: id.padStart(32, '0'),
    type: 'llm_error',
    severity: 'high',
    trace_id: events.hex(event, R.trace_id) as string,
    span_id: events.hex(event, R.span_id) as string,
    event_id: events.hex(event, R.event_id) as string,
    tenant_id: events.text(event, R.tenant_id) as string,
    project_id: events.text(event, R.project_id) as string,
    at: '1789999000000000123',
    value: 1.5,
    threshold: null,
    evidence: { message: 'bad \u0000 \ud800 text', n: 3 },
    rule: 'llm.error@1',
    fingerprint: 'v1:0123456789abcdef01234567',
  }
}

function encode(
  events: ReturnType<typeof sampleEvents>,
  signals: readonly Signal[] = [],
  skip: ReadonlySet<number> = new Set(),
): EncodedPart[] {
  const ctx = { count: () => {}, signal: () => {}, signals, explain: false }
  return encoder('postgres', {}).encode({ batch: events.batch, events, signals }, skip, ctx)
}

async function rows(tenant: string, sql: string): Promise<Record<string, unknown>[]> {
  return await withTenant(server.pool, tenant, async (c) => (await c.query(sql)).rows)
}

test('a batch that is sent again adds nothing', async () => {
  const sender = await started('twice')
  const events = calls(4, 'acme')
  const batch = batchOf(encode(events, [signalOf(events, 0, 'a')]), 1n, 4n)
  assert.equal(await sender.committedSequence?.(), null)
  for (let i = 0; i < 3; i++) assert.deepEqual(await sender.send(batch, never), { kind: 'sent' })
  assert.equal(await sender.committedSequence?.(), 4n)
  const [trace] = await rows('acme', 'SELECT * FROM trace_summaries')
  assert.equal(trace?.['spans'], '4')
  assert.equal(trace?.['errors'], '1')
  assert.equal(trace?.['total_tokens'], '60')
  assert.equal(trace?.['cost_usd'], 1)
  assert.equal(trace?.['signals'], '1')
  assert.deepEqual(trace?.['models'], ['gpt-x'])
  const [talk] = await rows('acme', 'SELECT * FROM conversations')
  assert.equal(talk?.['llm_calls'], '4')
  assert.equal(talk?.['last_message'], 'fine')
  assert.equal(talk?.['signals'], '1')
  for (const table of ['sessions', 'end_users', 'usage_daily']) {
    const [row] = await rows('acme', `SELECT * FROM ${table}`)
    assert.equal(row?.['total_tokens'], '60', table)
  }
  await sender.stop()
})

test('the next batch is added to the sums, and a known signal is not counted again', async () => {
  const sender = await started('adds')
  const first = calls(2, 'adds')
  const signal = signalOf(first, 0, 'b')
  assert.equal((await sender.send(batchOf(encode(first, [signal]), 1n, 1n), never)).kind, 'sent')
  const second = calls(3, 'adds', 2)
  assert.equal((await sender.send(batchOf(encode(second, [signal]), 2n, 2n), never)).kind, 'sent')
  const [trace] = await rows('adds', 'SELECT spans, signals, high_signals FROM trace_summaries')
  assert.deepEqual(trace, { spans: '5', signals: '1', high_signals: '1' })
  await sender.stop()
})

test('a batch of many tasks gives the same sums as one task with all events', async () => {
  const sender = await started('merge')
  const parts = [1, 2, 3].flatMap((seed) => encode(calls(5, 'merge', seed)))
  assert.equal((await sender.send(batchOf(parts, 1n, 3n), never)).kind, 'sent')
  const [row] = await rows('merge', 'SELECT events, total_tokens, cost_usd FROM usage_daily')
  assert.deepEqual(row, { events: '15', total_tokens: '225', cost_usd: 3.75 })
  await sender.stop()
})

test('events that are sent again in other batches, alone or with new ones, count once', async () => {
  const sender = await started('again')
  const three = calls(3, 'again')
  const five = calls(5, 'again')
  await sender.send(batchOf(encode(three), 1n, 1n), never)
  await sender.send(batchOf([...encode(five), ...encode(three)], 2n, 2n), never)
  await sender.send(batchOf(encode(five), 3n, 3n), never)
  const [trace] = await rows('again', 'SELECT spans, total_tokens FROM trace_summaries')
  assert.deepEqual(trace, { spans: '5', total_tokens: '75' })
  for (const table of ['conversations', 'sessions', 'end_users', 'usage_daily']) {
    const [row] = await rows('again', `SELECT events, total_tokens FROM ${table}`)
    assert.deepEqual(row, { events: '5', total_tokens: '75' }, table)
  }
  await sender.stop()
})

test('a user, session or conversation id in a later event of a trace applies to the earlier events too', async () => {
  const sender = await started('late')
  const early = calls(2, 'late')
  for (let e = 0; e < 2; e++)
    for (const field of [R.user_id, R.session_id, R.conversation_id]) early.clear(e, field)
  await sender.send(batchOf(encode(early), 1n, 1n), never)
  assert.deepEqual(await rows('late', 'SELECT 1 FROM end_users'), [])
  await sender.send(batchOf(encode(calls(1, 'late', 2)), 2n, 2n), never)
  // Events of a third batch inherit the id as well.
  const third = calls(1, 'late', 3)
  for (const field of [R.user_id, R.session_id, R.conversation_id]) third.clear(0, field)
  await sender.send(batchOf(encode(third), 3n, 3n), never)
  for (const table of ['conversations', 'sessions', 'end_users']) {
    const [row] = await rows('late', `SELECT events, total_tokens FROM ${table}`)
    assert.deepEqual(row, { events: '4', total_tokens: '60' }, table)
  }
  await sender.stop()
})

test('usage_aggregate events are in no usage sum, and skipped events are not stored', async () => {
  const sender = await started('aggregate')
  const events = calls(3, 'aggregate')
  events.setNum(1, N.usage_aggregate, 1)
  const parts = encode(events, [], new Set([2]))
  assert.equal(parts[0]?.items, 2)
  await sender.send(batchOf(parts, 1n, 1n), never)
  const [trace] = await rows(
    'aggregate',
    'SELECT spans, llm_calls, total_tokens FROM trace_summaries',
  )
  assert.deepEqual(trace, { spans: '2', llm_calls: '1', total_tokens: '15' })
  await sender.stop()
})

test('messages are counted wherever the role stands in them, also at the very end of the text', async () => {
  const sender = await started('roles')
  const part = '"parts":[{"type":"text","content":"a"}]'
  const forms = [
    `[{${part},"role":"user"}]`,
    `[{"role":"user",${part}},{${part},"role":"assistant"}]`,
    `[{"role":"system",${part}},{${part},"role":"tool"}]`,
    `[{${part},"role":"user" }\n]`,
  ]
  const events = calls(forms.length, 'roles')
  for (const [e, text] of forms.entries()) {
    events.setText(e, R.conversation_id, `talk ${e}`)
    events.setText(e, R.input_messages, text)
    events.setText(e, R.output_messages, '')
    events.setNum(e, N.message_index, Number.NaN)
  }
  await sender.send(batchOf(encode(events), 1n, 1n), never)
  const talks = await rows(
    'roles',
    'SELECT message_count FROM conversations ORDER BY conversation_id',
  )
  const counts = talks.map((row) => Number(row['message_count']))
  assert.deepEqual(counts, [1, 2, 2, 1])
  await sender.stop()
})

test('awkward text, huge ids and absurd numbers are stored, not refused', async () => {
  const sender = await started('awkward')
  const events = calls(2, 'awkward')
  events.setText(0, R.user_id, `\u0000${'x'.repeat(100_000)}`)
  events.setText(0, R.conversation_id, '日本\u0000語')
  events.setNum(0, N.input_tokens, 1e300)
  events.setNum(0, N.cost_usd, Number.POSITIVE_INFINITY)
  events.setNum(0, N.message_index, Number.NaN)
  events.setNum(1, N.message_index, 6)
  const verdict = await sender.send(
    batchOf(encode(events, [signalOf(events, 0, 'c')]), 1n, 1n),
    never,
  )
  assert.deepEqual(verdict, { kind: 'sent' })
  const users = await rows('awkward', 'SELECT user_id FROM end_users ORDER BY length(user_id)')
  assert.deepEqual(users[0], { user_id: 'ada' })
  assert.match(String(users[1]?.['user_id']), /^x{239}#[0-9a-f]{16}$/)
  const talks = await rows(
    'awkward',
    'SELECT conversation_id, message_count FROM conversations ORDER BY 1',
  )
  assert.deepEqual(talks, [
    { conversation_id: 'talk', message_count: '7' },
    { conversation_id: '日本語', message_count: '2' },
  ])
  const [found] = await rows('awkward', 'SELECT evidence FROM signals')
  assert.deepEqual(found?.['evidence'], { message: 'bad  � text', n: 3 })
  await sender.stop()
})

test('a tenant sees only its own rows, and a connection without a tenant sees none', async () => {
  assert.equal((await server.pool.query('SELECT 1 FROM trace_summaries')).rowCount, 0)
  const tenants = await rows('merge', 'SELECT DISTINCT tenant_id FROM trace_summaries')
  assert.deepEqual(tenants, [{ tenant_id: 'merge' }])
})

test('two instances have separate cursors', async () => {
  const a = await started('instances')
  await a.send(batchOf(encode(calls(1, 'instances')), 1n, 9n), never)
  await a.stop()
  rmSync(join(dataDir, 'postgres-exporter'), { recursive: true })
  const b = await started('instances')
  assert.equal(await b.committedSequence?.(), null)
  await b.stop()
})

test('a part that is not a valid document is rejected', async () => {
  const sender = await started('reject')
  const part: EncodedPart = {
    exporter: 'reject',
    stream: 'facts',
    items: 1,
    bytes: Buffer.from('{'),
  }
  assert.equal((await sender.send(batchOf([part], 1n, 1n), never)).kind, 'rejected')
  const bad = Buffer.from(
    '{"words":[],"traces":[],"base":0,"rows":[],"previews":[],"signals":[{"tenant":"t","project":"p","id":"x"}]}',
  )
  const verdict = await sender.send(batchOf([{ ...part, bytes: bad }], 1n, 1n), never)
  assert.equal(verdict.kind, 'rejected')
  assert.match(verdict.kind === 'rejected' ? verdict.code : '', /^23/)
  await sender.stop()
})

test('an unreachable server is retried and does not stop the start', async () => {
  const sender = await started('down', 'postgres://nobody:x@127.0.0.1:1/none')
  const verdict = await sender.send(batchOf(encode(calls(1, 'down')), 1n, 1n), never)
  assert.deepEqual(verdict, {
    kind: 'retry',
    code: 'ECONNREFUSED',
    message: 'Postgres cannot be reached (ECONNREFUSED).',
  })
  await sender.stop()
})

test('a link-local address is refused at start', async () => {
  await assert.rejects(
    started('local', 'postgres://u:secret@169.254.169.254/x'),
    (error: Error) => {
      assert.match(error.message, /169\.254\.169\.254/)
      assert.doesNotMatch(error.message, /secret/)
      return true
    },
  )
})

test('migrating again changes nothing', async () => {
  assert.deepEqual(await migratePostgres(server.pool), [])
})

test('tables of a newer version are reported as such, and the rows wait', () => {
  const error = new ObservaError('OBS_MIGRATION_FROM_THE_FUTURE', 'Postgres has migration 9.')
  const { kind, code, message } = verdictOf(error) as Record<string, unknown>
  assert.deepEqual([kind, code, message], ['retry', error.code, error.message])
})
