// The sums in both stores are compared with a simple count of the distinct events, whatever the order, batching and
// repetition of the events, and whether or not the sums of hours were made in between. Real engines, random cases.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import fc from 'fast-check'
import { Arena } from '../../core/arena.ts'
import { SpanBatch } from '../../core/batch.ts'
import type { SendBatch, Sender } from '../../core/component.ts'
import { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { encoder as clickhouseEncoder } from '../../exporters/clickhouse/encode.ts'
import { clickhouse } from '../../exporters/clickhouse/index.ts'
import { encoder as postgresEncoder } from '../../exporters/postgres/encode.ts'
import { postgres } from '../../exporters/postgres/index.ts'
import { withTenant } from '../../storage/postgres/roles.ts'
import { rollHours } from '../../storage/queries/hours/rolled-hours.ts'
import { readTotals } from '../../storage/queries/totals.ts'
import {
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '../../storage/testing/stores.ts'
import { never, quietChain, sendBatch, testHost } from '../exporter-host.ts'

const T0 = Date.UTC(2026, 8, 20, 10)

interface Event {
  readonly n: number
  readonly trace: number
  readonly kind: 'llm' | 'tool' | 'agent'
  readonly isError: boolean
  readonly isAggregate: boolean
  readonly tokens: number
  readonly cost: number | null
  readonly user: string | null
  readonly session: string | null
  readonly conversation: string | null
  readonly startMs: number
  readonly durationMs: number
  readonly model: string
  readonly index: number | null
  readonly text: string | null
  readonly hasSignal: boolean
}

const id = (name: string): fc.Arbitrary<string | null> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, fc.constantFrom(`${name}-a`, `${name}-b`))

const event: fc.Arbitrary<Omit<Event, 'n'>> = fc.record({
  trace: fc.integer({ min: 1, max: 4 }),
  kind: fc.constantFrom('llm' as const, 'llm' as const, 'tool' as const, 'agent' as const),
  isError: fc.boolean(),
  isAggregate: fc.boolean(),
  tokens: fc.integer({ min: 0, max: 1000 }),
  cost: fc.option(fc.integer({ min: 0, max: 64 }).map((n) => n / 64)),
  user: id('user'),
  session: id('session'),
  conversation: id('talk'),
  startMs: fc.integer({ min: 0, max: 8_000_000 }),
  durationMs: fc.integer({ min: 0, max: 5000 }),
  model: fc.constantFrom('small', 'large'),
  index: fc.option(fc.integer({ min: 0, max: 9 })),
  text: fc.option(fc.constantFrom('fine', 'well', 'thanks')),
  hasSignal: fc.boolean(),
})

/** The batches to send, as indexes of events. Each event is in at least one batch. */
interface Case {
  readonly events: readonly Event[]
  readonly batches: readonly (readonly number[])[]
  /** For each batch, true if the hourly sums are computed after it. */
  readonly rolls: readonly boolean[]
}

const cases: fc.Arbitrary<Case> = fc
  .array(event, { minLength: 1, maxLength: 16 })
  .map((list) => list.map((e, i) => ({ ...e, n: i + 1 })))
  .chain((events) => {
    const all = events.map((_, i) => i)
    return fc.record({
      events: fc.constant(events),
      batches: fc
        .tuple(
          fc.shuffledSubarray(all, { minLength: all.length }),
          fc.array(fc.constantFrom(...all), { maxLength: 12 }),
          fc.integer({ min: 1, max: 5 }),
        )
        .map(([once, again, size]) => inBatches([...once, ...again], size)),
      rolls: fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
    })
  })

function inBatches(list: readonly number[], size: number): number[][] {
  const out: number[][] = []
  for (let i = 0; i < list.length; i += size) out.push(list.slice(i, i + size))
  return out
}

const hex16 = (n: number): string => n.toString(16).padStart(32, '0')
// The first bits differ as well, because real ids are hashes.
const eventId = (n: number): string =>
  `${(n * 7919).toString(16).padStart(8, '0')}${hex16(n).slice(8)}`

function tableOf(tenant: string, events: readonly Event[]): EventTable {
  const batch = new SpanBatch(new Arena())
  const table = new EventTable(batch)
  for (const event of events) {
    batch.addSpan()
    fill(table, table.add(batch.spanCount - 1), tenant, event)
  }
  return table
}

function fill(t: EventTable, row: number, tenant: string, event: Event): void {
  const bytes = (field: number, hex: string): void =>
    t.setRange(row, field, t.arena.append(Buffer.from(hex, 'hex')), hex.length / 2)
  const time = (field: number, ms: number): void => {
    const at = Buffer.alloc(8)
    at.writeBigUInt64LE(BigInt(ms) * 1_000_000n)
    t.setRange(row, field, t.arena.append(at), 8)
  }
  const text = (field: number, value: string | null): void => {
    if (value !== null) t.setText(row, field, value)
  }
  bytes(R.event_id, eventId(event.n))
  bytes(R.trace_id, hex16(event.trace))
  bytes(R.span_id, event.n.toString(16).padStart(16, '0'))
  text(R.tenant_id, tenant)
  text(R.project_id, 'p')
  text(R.kind, event.kind)
  text(R.status, event.isError ? 'error' : 'ok')
  text(R.response_model, event.model)
  text(R.user_id, event.user)
  text(R.session_id, event.session)
  text(R.conversation_id, event.conversation)
  time(R.start_time, T0 + event.startMs)
  time(R.end_time, T0 + event.startMs + event.durationMs)
  if (event.text !== null)
    text(
      R.output_messages,
      `[{"role":"assistant","parts":[{"type":"text","content":"${event.text}"}]}]`,
    )
  for (const field of [N.input_tokens, N.total_tokens]) t.setNum(row, field, event.tokens)
  t.setNum(row, N.output_tokens, 0)
  if (event.cost !== null) t.setNum(row, N.cost_usd, event.cost)
  if (event.index !== null) t.setNum(row, N.message_index, event.index)
  t.setNum(row, N.usage_aggregate, event.isAggregate ? 1 : 0)
}

const signalOf = (tenant: string, event: Event): Signal => ({
  signal_id: hex16(event.n + 0x1000),
  type: 'error',
  severity: 'high',
  trace_id: hex16(event.trace),
  span_id: event.n.toString(16).padStart(16, '0'),
  event_id: eventId(event.n),
  tenant_id: tenant,
  project_id: 'p',
  at: String(BigInt(T0 + event.startMs) * 1_000_000n),
  value: null,
  threshold: null,
  evidence: {},
  rule: 'test@1',
  fingerprint: 'v1:0123456789abcdef01234567',
})

/** Sums of one group, with the column names of both stores. */
interface Sums {
  events: number
  llm_calls: number
  errors: number
  input_tokens: number
  total_tokens: number
  cost_usd: number
  signals: number
}

interface Range {
  first: number
  last: number
  messages: number | null
  models: string[]
}

const OWNERS = [
  ['user', 'user_id', 'end_users', 'user_totals'],
  ['session', 'session_id', 'sessions', 'session_totals'],
  ['conversation', 'conversation_id', 'conversations', 'conversation_totals'],
] as const

type Owner = (typeof OWNERS)[number][0]

/** The oracle: distinct events, each with its own id or else the least id of its trace. */
function expected(events: readonly Event[], owner: Owner): Map<string, Sums & Range> {
  const groups = new Map<string, Sums & Range>()
  for (const event of events) {
    const ofTrace = events.filter((o) => o.trace === event.trace).map((o) => o[owner])
    const key = event[owner] ?? ofTrace.filter((o) => o !== null).toSorted()[0]
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { ...sumsOf([event]), ...rangeOf([event]) })
    else {
      const one = sumsOf([event])
      for (const name of Object.keys(one) as (keyof Sums)[]) group[name] += one[name]
      const range = rangeOf([event])
      group.first = Math.min(group.first, range.first)
      group.last = Math.max(group.last, range.last)
      group.models = [...new Set([...group.models, ...range.models])].toSorted()
      if (range.messages !== null) group.messages = Math.max(group.messages ?? 0, range.messages)
    }
  }
  return groups
}

function sumsOf(events: readonly Event[]): Sums {
  const counted = events.filter((e) => !e.isAggregate)
  const sum = (list: readonly Event[], of: (e: Event) => number): number =>
    list.reduce((n, e) => n + of(e), 0)
  return {
    events: events.length,
    llm_calls: counted.filter((e) => e.kind === 'llm').length,
    errors: events.filter((e) => e.isError).length,
    input_tokens: sum(counted, (e) => e.tokens),
    total_tokens: sum(counted, (e) => e.tokens),
    cost_usd: sum(counted, (e) => e.cost ?? 0),
    signals: events.filter((e) => e.hasSignal).length,
  }
}

function rangeOf([event]: readonly [Event]): Range {
  return {
    first: T0 + event.startMs,
    last: T0 + event.startMs + event.durationMs,
    messages: event.index === null ? null : event.index + 1,
    models: [event.model],
  }
}

let ch: TestClickHouse
let pg: TestPostgres
let client: ClickHouseClient

before(async () => {
  ch = await startTestClickHouse()
  pg = await startTestPostgres()
  client = createClient({ url: ch.url, database: ch.database })
})
after(async () => {
  await client.close()
  await ch.stop()
  await pg.stop()
})

test('both stores have the same sums for any order, batching and repetition', async (t) => {
  const toPostgres = await postgres.createSender(
    postgres.schema.parse({ url: pg.url }),
    testHost(t, { id: 'pg' }),
  )
  const toClickHouse = await clickhouse.createSender(
    clickhouse.schema.parse({ url: ch.url }),
    testHost(t, { id: 'ch' }),
  )
  await toPostgres.start(never)
  await toClickHouse.start(never)
  let run = 0
  try {
    await fc.assert(
      fc.asyncProperty(cases, async (example) => {
        run++
        await check(`tenant-${run}`, example, toPostgres, toClickHouse)
      }),
      { numRuns: 30, interruptAfterTimeLimit: 90_000 },
    )
  } finally {
    await toPostgres.stop()
    await toClickHouse.stop()
  }
})

async function check(tenant: string, example: Case, toPg: Sender, toCh: Sender): Promise<void> {
  const { events, batches, rolls } = example
  for (const [i, batch] of batches.entries()) {
    const list = batch.map((n) => events[n] as Event)
    const signals = list.filter((e) => e.hasSignal).map((e) => signalOf(tenant, e))
    const table = tableOf(tenant, list)
    const input = { batch: table.batch, events: table, signals }
    for (const [sender, encoder] of [
      [toPg, postgresEncoder('pg', {})],
      [toCh, clickhouseEncoder('ch', {})],
    ] as const) {
      const parts = encoder.encode(input, new Set(), quietChain)
      await deliver(sender, sendBatch(parts))
    }
    if (rolls[i] === true) await rollHours(client, { quietS: 0, hoursMax: 100 })
  }
  for (const [owner, column, table, view] of OWNERS) {
    const want = expected(events, owner)
    await checkPostgres(tenant, want, column, table, hasOneId(events, owner))
    await checkClickHouse(tenant, want, column, view)
  }
  await checkTotals(tenant, events)
}

/** Retries the same batch after a retryable failure, as the sender loop does. */
async function deliver(sender: Sender, batch: SendBatch): Promise<void> {
  let verdict = await sender.send(batch, never)
  for (let tries = 1; verdict.kind === 'retry' && tries < 10; tries++)
    verdict = await sender.send(batch, never)
  assert.deepEqual(verdict, { kind: 'sent' })
}

/**
 * When a trace has several ids, events may have moved from one to another, and values that cannot be subtracted (times, sets,
 * text) stay behind.
 */
function hasOneId(events: readonly Event[], owner: Owner): boolean {
  const ids = Map.groupBy(events, (e) => e.trace)
  return [...ids.values()].every(
    (list) => new Set(list.map((e) => e[owner]).filter((v) => v !== null)).size <= 1,
  )
}

type Row = Record<string, unknown>

async function checkPostgres(
  tenant: string,
  want: ReadonlyMap<string, Sums & Range>,
  column: string,
  table: string,
  hasRange: boolean,
): Promise<void> {
  const rows = await withTenant(pg.pool, tenant, async (c) => {
    const messages = table === 'conversations' ? 'message_count' : 'NULL'
    const result =
      await c.query<Row>(`SELECT *, ${messages} AS messages, extract(epoch FROM first_at) * 1000 AS first,
      extract(epoch FROM last_at) * 1000 AS last FROM ${table}`)
    return result.rows
  })
  compare(rows, want, column, hasRange, `postgres ${table}`)
  if (table !== 'conversations') return
  for (const row of rows)
    assert.equal(row['last_message'] === null, row['last_message_at'] === null)
}

async function checkClickHouse(
  tenant: string,
  want: ReadonlyMap<string, Sums & Range>,
  column: string,
  view: string,
): Promise<void> {
  const rows = await ch.rows<Row>(
    `SELECT *, message_count AS messages, toUnixTimestamp64Milli(first_at) AS first, toUnixTimestamp64Milli(last_at) AS last
      FROM observa.${view} WHERE tenant_id = {tenant:String} AND project_id = 'p'`,
    { tenant },
  )
  compare(rows, want, column, true, `clickhouse ${view}`)
}

function compare(
  rows: readonly Row[],
  want: ReadonlyMap<string, Sums & Range>,
  column: string,
  hasRange: boolean,
  what: string,
): void {
  const found = new Map(rows.map((row) => [String(row[column]), row]))
  assert.deepEqual([...found.keys()].toSorted(), [...want.keys()].toSorted(), what)
  for (const [key, sums] of want) {
    const row = found.get(key) as Row
    const { first, last, messages, models, ...numbers } = sums
    for (const [name, value] of Object.entries(numbers))
      assert.equal(Number(row[name]), value, `${what} ${key} ${name}`)
    if (!hasRange) continue
    assert.deepEqual([Number(row['first']), Number(row['last'])], [first, last], `${what} ${key}`)
    assert.deepEqual(row['models'], models, `${what} ${key}`)
    if (column === 'conversation_id')
      assert.equal(row['messages'] === null ? null : Number(row['messages']), messages, what)
  }
}

async function checkTotals(tenant: string, events: readonly Event[]): Promise<void> {
  const want = sumsOf(events)
  const scope = { tenantId: tenant, projectId: 'p' }
  const got = await readTotals(client, scope, { fromMs: T0 - 1, toMs: T0 + 86_400_000 })
  const { signals: _, ...sums } = want
  const { traces, events: n, errors, llm_calls, input_tokens, total_tokens, cost_usd } = got
  assert.deepEqual(
    { events: n, errors, llm_calls, input_tokens, total_tokens, cost_usd },
    { ...sums },
    'totals',
  )
  assert.equal(traces, new Set(events.map((e) => e.trace)).size)
  const counted = events.filter((e) => e.kind === 'llm' && !e.isAggregate)
  const [day] = await withTenant(pg.pool, tenant, async (c) => {
    const sql =
      'SELECT coalesce(sum(events), 0)::int AS events, coalesce(sum(total_tokens), 0)::int AS tokens FROM usage_daily'
    return (await c.query<{ events: number; tokens: number }>(sql)).rows
  })
  assert.deepEqual(day, {
    events: counted.length,
    tokens: counted.reduce((sum, e) => sum + e.tokens, 0),
  })
}
