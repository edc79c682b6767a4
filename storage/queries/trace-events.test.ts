// The copy of events by trace: what the migration packs is what is unpacked, and a trace read from it is the trace
// that the events give, whatever came twice, in whatever page, and for whomever.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { migrationsOf } from '../migrations/files.ts'
import { startTestClickHouse, type TestClickHouse } from '../testing.ts'
import { type EventFilter, type EventRow, listEvents } from './events.ts'
import { eventSelect } from './select-events.ts'
import { KEY_FIELDS, LAYOUT_1 } from './trace-events.ts'

/** Of today: the copy has the last days only. */
const HOUR = Math.floor(Date.now() / 3_600_000 - 3) * 3_600_000
const scope = { tenantId: 'acme', projectId: 'chat' }
const TRACE = '61'.repeat(16)

let store: TestClickHouse
let client: ClickHouseClient

before(async () => {
  store = await startTestClickHouse()
  client = createClient({ url: store.url, database: store.database })
})
after(async () => {
  await client.close()
  await store.stop()
})

test('the view of the migration packs every field, in the order of the layout', () => {
  const sql = migrationsOf('clickhouse').find((m) => m.name === 'trace_events')?.sql ?? ''
  const packed = /tuple\(1,([\s\S]*?)\)\) AS event/.exec(sql)?.[1] ?? ''
  const wanted = eventSelect(new Set())
    .split(/(?<= AS \w+_), /)
    .map((item) => /^(.*) AS (\w+)_$/.exec(item)?.slice(1) as [sql: string, name: string])
    .filter(([, name]) => !KEY_FIELDS.has(name))
  assert.deepEqual(
    wanted.map(([, name]) => name),
    LAYOUT_1,
  )
  assert.equal(packed.replaceAll(/\s+/g, ' ').trim(), wanted.map(([value]) => value).join(', '))
})

interface Told {
  readonly i: number
  readonly trace?: string
  readonly tenant?: string
  readonly receivedS?: number
  readonly more?: Readonly<Record<string, unknown>>
}

function row({ i, trace = TRACE, tenant = 'acme', receivedS = 0, more = {} }: Told): object {
  const receivedMs = HOUR + 3_600_000 + receivedS * 1000
  return {
    event_id: Buffer.from(String(i).padStart(16, '0')).toString('latin1'),
    tenant_id: tenant,
    project_id: 'chat',
    trace_id: Buffer.from(trace, 'hex').toString('latin1'),
    span_id: String(i).padStart(8, '0'),
    start_time: new Date(HOUR + (i % 7) * 60_000).toISOString().replace(/[TZ]/g, ' ').trim(),
    start_time_known: i % 5 !== 4,
    received_at: new Date(receivedMs).toISOString().replace(/[TZ]/g, ' ').trim(),
    version: String(2n ** 64n - 1n - BigInt(receivedMs)),
    usage_aggregate: false,
    ...more,
  }
}

async function insert(rows: readonly object[]): Promise<void> {
  await client.insert({ table: 'canonical_events', values: rows, format: 'JSONEachRow' })
}

/** The same from the events: a filter that lets everything through. */
async function both(filter: Partial<EventFilter>, of = scope): Promise<readonly EventRow[]> {
  const asked = { traceId: TRACE, limit: 100, ...filter }
  const fromCopy = await listEvents(client, of, asked)
  const fromEvents = await listEvents(client, of, { ...asked, fromMs: 0 })
  assert.deepEqual(fromCopy, fromEvents)
  return fromCopy.rows
}

test('every kind of value, reports that came twice, late log records: as from the events', async () => {
  const text = 'naïve – 日本語 🎉 line\nbreak\ttab "quoted" \\ / back \u0000'
  await insert([
    row({
      i: 0,
      more: { name: text, error_message: '', input: '{"a":[1,"x"]}', output: 'no JSON {' },
    }),
    row({
      i: 1,
      more: {
        kind: 'llm',
        end_time: '2026-09-01 10:01:00.123456789',
        input_tokens: '9007199254740993',
        output_tokens: -3,
        cost_usd: 1e-7,
        duration_ms: 1e21,
        stream: true,
        guardrail_triggered: false,
        finish_reasons: ['stop', ''],
        metadata: { 'a"b': text },
        attributes: { n: '1', t: text },
        attributes_json: { n: '2', list: '[1,null]' },
        usage_duplicate_of: '0'.repeat(16),
        user_id: 'u',
      },
    }),
    row({ i: 2, more: { parent_span_id: '0'.repeat(8), session_id: 's' } }),
  ])
  // Again, reported later with another name: the first report stays, merged or not.
  await insert([row({ i: 2, receivedS: 60, more: { name: 'second report' } })])
  await insert([
    row({
      i: 3,
      receivedS: 90,
      more: { event_type: 'log:x', span_id: '00000001', output_messages: '[{"role":"assistant"}]' },
    }),
  ])
  for (const step of ['in parts', 'merged']) {
    const rows = await both({})
    assert.equal(rows.length, 4, step)
    assert.equal(rows[0]?.['name'], text)
    assert.equal(rows[2]?.['name'], null)
    assert.deepEqual(rows[1]?.['output_messages'], [{ role: 'assistant' }])
    assert.equal(rows[2]?.['user_id'], 'u', 'an id of the trace')
    for (const table of ['canonical_events', 'trace_events'])
      await client.command({ query: `OPTIMIZE TABLE ${table} FINAL` })
  }
})

test('pages of a trace neither repeat nor skip, and are those of the events', async () => {
  const traceId = '62'.repeat(16)
  for (const part of [0, 1, 2])
    await insert(
      Array.from({ length: 20 }, (_, i) =>
        row({ i: 100 + i * 2 + part, trace: traceId, receivedS: part }),
      ),
    )
  const all = await both({ traceId })
  assert.equal(all.length, 41)
  const seen: unknown[] = []
  let cursor: string | undefined
  do {
    await both({ traceId, limit: 5, cursor })
    const page = await listEvents(client, scope, { traceId, limit: 5, cursor })
    seen.push(...page.rows.map((e) => e['event_id']))
    cursor = page.next ?? undefined
  } while (cursor !== undefined)
  assert.deepEqual(
    seen,
    all.map((e) => e['event_id']),
  )
})

test('another tenant or project with the same trace sees its own events and no others', async () => {
  await insert([row({ i: 200, tenant: 'globex' })])
  const rows = await both({}, { tenantId: 'globex', projectId: 'chat' })
  assert.deepEqual(
    rows.map((e) => e['tenant_id']),
    ['globex'],
  )
  assert.deepEqual(await both({}, { tenantId: 'globex', projectId: 'other' }), [])
  assert.ok((await both({})).every((e) => e['tenant_id'] === 'acme'))
})

test('events without a trace are not copied and are still found', async () => {
  const none = '00'.repeat(16)
  await insert([row({ i: 300, trace: none })])
  assert.equal((await both({ traceId: none })).length, 1)
  const [found] = await store.rows<{ n: string }>(
    "SELECT count() AS n FROM observa.trace_events WHERE trace_id = toFixedString('', 16)",
  )
  assert.equal(Number(found?.n), 0)
})

test('a trace of which a text is gone is read from the events', async () => {
  const traceId = '63'.repeat(16)
  const old = new Date(HOUR - 9 * 86_400_000).toISOString().replace(/[TZ]/g, ' ').trim()
  await insert([
    row({ i: 400, trace: traceId, more: { start_time: old, received_at: old } }),
    row({ i: 401, trace: traceId }),
  ])
  await client.command({ query: 'OPTIMIZE TABLE trace_events FINAL' })
  assert.equal((await both({ traceId })).length, 2)
  const texts = await store.rows<{ n: string }>(
    "SELECT notEmpty(event) AS n FROM observa.trace_events WHERE hex(trace_id) LIKE '6363%' ORDER BY n",
  )
  assert.deepEqual(
    texts.map((t) => Number(t.n)),
    [0, 1],
  )
})
