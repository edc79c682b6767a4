// Deletions as a user meets them: on a real instance with real stores, asked for by the plain value, with a canary in every field
// that can hold text, sums that stay right, and data that comes again.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { withRole, withTenant } from '../../storage/postgres/roles.ts'
import {
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '../../storage/testing/stores.ts'
import { Instance, until } from '../instance.ts'

let clickhouse: TestClickHouse
let postgres: TestPostgres
let instance: Instance
const CANARY = 'canary-7b1e44c09d'
const ADA = 'ada.lovelace@example.com'
const JSON_TYPE = { 'content-type': 'application/json' }

before(async () => {
  clickhouse = await startTestClickHouse()
  postgres = await startTestPostgres()
  // The server removes replaced parts after eight minutes; nobody waits so long here.
  const tables = await clickhouse.rows<{ name: string }>(
    "SELECT name FROM system.tables WHERE database = 'observa' AND engine LIKE '%MergeTree'",
  )
  for (const { name } of tables)
    await clickhouse.client.command({
      query: `ALTER TABLE observa.${name} MODIFY SETTING old_parts_lifetime = 1, cleanup_delay_period = 1, cleanup_delay_period_random_add = 0, max_cleanup_delay_period = 1`,
    })
  instance = await Instance.start({ config: config() })
})
after(async () => {
  await instance?.stop()
  await clickhouse?.stop()
  await postgres?.stop()
})

const config = (): string => `
exporters:
  clickhouse: { url: "${clickhouse.url}", batch: { delay: 50ms } }
  postgres: { url: "${postgres.url}" }
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
    metrics: { receivers: [otlp], processors: [scrub], exporters: [clickhouse] }
`

interface SpanOf {
  readonly trace: string
  readonly span: string
  readonly parent?: string
  readonly attributes?: Readonly<Record<string, string | number>>
  readonly name?: string
}

const START = BigInt(Date.now() - 3_600_000) * 1_000_000n

function span({ trace, span: id, parent, attributes = {}, name = 'chat gpt-4o' }: SpanOf): object {
  const value = (v: string | number) =>
    typeof v === 'number' ? { intValue: v } : { stringValue: v }
  return {
    traceId: trace,
    spanId: id,
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name,
    kind: 3,
    startTimeUnixNano: String(START),
    endTimeUnixNano: String(START + 1_000_000_000n),
    attributes: Object.entries(attributes).map(([key, v]) => ({ key, value: value(v) })),
  }
}

const call = (text: string): Record<string, string | number> => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.system': 'openai',
  'gen_ai.request.model': 'gpt-4o',
  'gen_ai.usage.input_tokens': 100,
  'gen_ai.usage.output_tokens': 10,
  'gen_ai.input.messages': JSON.stringify([
    { role: 'user', parts: [{ type: 'text', content: text }] },
  ]),
  'gen_ai.output.messages': JSON.stringify([
    { role: 'assistant', parts: [{ type: 'text', content: `answer ${text}` }] },
  ]),
})

const trace = (n: number): string => n.toString(16).padStart(32, 'a')
const id = (n: number): string => n.toString(16).padStart(16, 'b')

/** A root that names the user, and a call below it that names nobody. */
function traceOf(n: number, user: string, text: string, conversation?: string): object[] {
  const owners = {
    'user.id': user,
    ...(conversation === undefined ? {} : { 'gen_ai.conversation.id': conversation }),
  }
  return [
    span({ trace: trace(n), span: id(n * 10), attributes: owners, name: 'agent' }),
    span({ trace: trace(n), span: id(n * 10 + 1), parent: id(n * 10), attributes: call(text) }),
  ]
}

async function send(spans: readonly object[], path = '/v1/traces'): Promise<void> {
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }
  const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] })
  const answer = await instance.post(path, body)
  assert.equal(answer.status, 200, answer.body.toString())
}

async function api<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch(instance.url(`/api/v1/${path}`, 'http'), init)
  const body = (await answer.json()) as T
  assert.ok(answer.ok, `${path}: ${JSON.stringify(body)}`)
  return body
}

interface Deletion {
  readonly deletion_id: string
  readonly state: string
  readonly stores: Readonly<
    Record<string, { before?: number; after?: number; state: string; detail?: string }>
  >
  readonly proof: {
    readonly sha256: string
    readonly hmac: string | null
    readonly text: string
  } | null
  readonly subject_id: string | null
}

async function remove(body: object): Promise<Deletion> {
  const made = await api<Deletion>('deletions', {
    method: 'POST',
    headers: JSON_TYPE,
    body: JSON.stringify(body),
  })
  let now = made
  await until(
    async () => {
      now = await api<Deletion>(`deletions/${made.deletion_id}`)
      return now.state === 'done' || now.state === 'failed'
    },
    'deleted',
    120_000,
  ).catch((thrown: unknown) =>
    assert.fail(`${String(thrown)}: ${JSON.stringify(now)} ${instance.stderr.slice(-2000)}`),
  )
  assert.equal(now.state, 'done', JSON.stringify(now))
  return now
}

const events = async (where = '1'): Promise<number> => {
  const [row] = await clickhouse.rows<{ n: number }>(
    `SELECT toUInt32(count()) AS n FROM observa.canonical_events FINAL WHERE ${where}`,
  )
  return row?.n ?? 0
}

const stored = (n: number): Promise<void> =>
  until(
    async () => (await events()) === n && (await spansInPostgres()) === n,
    `${n} events are stored`,
    30_000,
  )

async function spansInPostgres(): Promise<number> {
  const [row] = await asExporter<{ n: number }>(
    'SELECT coalesce(sum(spans), 0)::int AS n FROM trace_summaries',
  )
  return row?.n ?? 0
}

async function asExporter<Row extends Record<string, unknown>>(sql: string): Promise<Row[]> {
  return await postgres.pool.transaction(async (c) => {
    await c.query("SELECT set_config('role', 'observa_exporter', true)")
    return (await c.query<Row>(sql)).rows
  })
}

/** Files below a directory that contain the text, as it is or as base64 would not. */
async function filesWith(dir: string, text: string): Promise<string[]> {
  const found: string[] = []
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path).catch(() => Buffer.alloc(0))
    if (bytes.includes(text)) found.push(path)
  }
  return found
}

test('a user is deleted by the plain value: from every store, with the calls below, and the sums of others stay', async () => {
  await send([
    ...traceOf(1, ADA, CANARY, 'talk-1'),
    ...traceOf(2, ADA, CANARY),
    ...traceOf(3, 'bob', 'hello', 'talk-1'),
    ...traceOf(4, 'bob', 'hello'),
  ])
  await stored(8)
  const before = await asExporter('SELECT * FROM end_users')
  assert.equal(before.length, 2)
  const done = await remove({ user_id: ADA })
  assert.equal(done.subject_id, null)
  assert.equal(done.stores['clickhouse_events']?.before, 4)
  assert.equal(done.stores['clickhouse_events']?.after, 0)
  assert.equal(done.stores['postgres']?.after, 0)
  assert.match(done.proof?.sha256 ?? '', /^[0-9a-f]{64}$/)
  assert.match(done.proof?.hmac ?? '', /^[0-9a-f]{64}$/)
  // The whole address: three letters alone come by chance in a hexadecimal hash.
  assert.ok(!JSON.stringify(done).includes(ADA))
  assert.ok(!JSON.stringify(done).includes('lovelace'))

  assert.equal(await events(), 4)
  assert.equal(await spansInPostgres(), 4)
  const users = await asExporter('SELECT user_id, events::int, input_tokens::int FROM end_users')
  assert.deepEqual(users, [{ user_id: 'bob', events: 4, input_tokens: 200 }])
  const talks = await asExporter(
    'SELECT conversation_id, events::int, llm_calls::int, input_tokens::int, user_id FROM conversations',
  )
  assert.deepEqual(talks, [
    { conversation_id: 'talk-1', events: 2, llm_calls: 1, input_tokens: 100, user_id: 'bob' },
  ])
  const days = await asExporter('SELECT events::int, input_tokens::int FROM usage_daily')
  assert.deepEqual(days, [{ events: 2, input_tokens: 200 }])
  const totals = await api<{ data: { input_tokens: number }[] }>('costs/breakdown?by=model')
  assert.equal(
    totals.data.reduce((n, r) => n + r.input_tokens, 0),
    200,
  )
  assert.deepEqual((await api<{ data: unknown[] }>(`events?user_id=${ADA}`)).data, [])
})

test('no file of ClickHouse, of the log or of the instance has the canary, and no row of Postgres', async () => {
  assert.deepEqual(await filesWith(clickhouse.dataDir, CANARY), [])
  assert.deepEqual(await filesWith(join(instance.dir, 'data'), CANARY), [])
  const tables = await asExporter<{ t: string }>(
    "SELECT tablename AS t FROM pg_tables WHERE schemaname = 'public'",
  )
  // The login sees nothing, because row-level security applies to it too. Each table is read as every role that may read it.
  const unread: string[] = []
  let seen = 0
  for (const { t } of tables) {
    const dumps = await Promise.all(
      (['observa_exporter', 'observa_control'] as const).map((role) =>
        withRole(postgres.pool, role, (c) => c.query(`SELECT * FROM "${t}" AS x`)).catch(
          () => null,
        ),
      ),
    )
    const ofTenant = await withTenant(postgres.pool, 'default', (c) =>
      c.query(`SELECT * FROM "${t}" AS x`),
    ).catch(() => null)
    const found = [...dumps, ofTenant].filter((dump) => dump !== null)
    if (found.length === 0) unread.push(t)
    for (const { rows } of found) {
      seen += rows.length
      assert.ok(!JSON.stringify(rows).includes(CANARY), t)
    }
  }
  assert.ok(seen > 20, `${seen} rows were read`)
  assert.deepEqual(unread, ['schema_migrations'])
})

test('what comes late or again does not come back, also spans that name nobody; others are let through', async () => {
  await send(traceOf(1, ADA, CANARY, 'talk-1'))
  await send([span({ trace: trace(2), span: id(29), parent: id(20), attributes: call(CANARY) })])
  await send(traceOf(5, ADA, CANARY))
  await send(traceOf(6, 'carol', 'hello'))
  await stored(6)
  assert.equal(await instance.metric('observa_deletion_dropped_items_total'), 5)
  const users = await api<{ data: { user_id: string }[] }>('users')
  assert.deepEqual(users.data.map((u) => u.user_id).toSorted(), ['bob', 'carol'])
})

test('a trace, a conversation and a session: each with what belongs to it', async () => {
  const one = await remove({ trace_id: trace(6) })
  assert.equal(one.stores['clickhouse_events']?.before, 2)
  assert.equal(one.subject_id, trace(6))
  const talk = await remove({ conversation_id: 'talk-1' })
  assert.equal(talk.stores['clickhouse_events']?.after, 0)
  assert.equal(await events(), 2)
  assert.deepEqual(await asExporter('SELECT 1 AS n FROM conversations'), [])
  await send([
    span({ trace: trace(7), span: id(70), attributes: { 'session.id': 's-1', ...call('x') } }),
    span({
      trace: trace(7),
      span: id(71),
      attributes: { 'session.id': 's-2', ...call('y'), 'gen_ai.usage.input_tokens': 60 },
    }),
  ])
  await stored(4)
  const session = await remove({ session_id: 's-1' })
  assert.equal(session.stores['clickhouse_events']?.before, 1)
  const left = await asExporter(
    'SELECT session_id, spans::int, input_tokens::int FROM trace_summaries WHERE session_id IS NOT NULL',
  )
  assert.deepEqual(left, [{ session_id: 's-2', spans: 1, input_tokens: 60 }])
  assert.deepEqual(await asExporter('SELECT session_id FROM sessions'), [{ session_id: 's-2' }])
})

test('the audit log has request and proof, without the id', async () => {
  const audit = await api<{ data: { action: string; metadata: object }[] }>('audit')
  const actions = audit.data.map((e) => e.action)
  assert.equal(actions.filter((a) => a === 'deletion.request').length, 4)
  assert.equal(actions.filter((a) => a === 'deletion.done').length, 4)
  assert.ok(!JSON.stringify(audit).includes('talk-1') && !JSON.stringify(audit).includes(ADA))
})

test('a request that names nothing, two things or another tenant is refused', async () => {
  const post = async (body: object): Promise<number> =>
    (
      await fetch(instance.url('/api/v1/deletions', 'http'), {
        method: 'POST',
        headers: JSON_TYPE,
        body: JSON.stringify(body),
      })
    ).status
  assert.equal(await post({}), 400)
  assert.equal(await post({ user_id: 'a', trace_id: trace(1) }), 400)
  assert.equal(await post({ trace_id: 'zz' }), 400)
  assert.equal(await post({ tenant_id: 'other' }), 404)
  // Nothing would be found in a project that does not exist, and the proof would be of nothing.
  assert.equal(await post({ user_id: ADA, project_id: 'defualt' }), 404)
})

test('a tenant goes with everything, and nothing of it is taken any more', async () => {
  const done = await remove({ tenant_id: 'default' })
  assert.equal(done.stores['clickhouse_events']?.after, 0)
  assert.equal(await events(), 0)
  assert.equal(await spansInPostgres(), 0)
  const tables = ['signals', 'trace_hours', 'event_hours', 'usage_rollup', 'usage_by_dimension']
  for (const table of [...tables, 'rolled_hours'])
    assert.deepEqual(await clickhouse.rows(`SELECT 1 FROM observa.${table}`), [], table)
  await send(traceOf(8, 'dave', 'hello'))
  await until(
    async () => (await instance.metric('observa_deletion_dropped_items_total')) >= 7,
    'dropped',
  )
  assert.equal(await events(), 0)
})
