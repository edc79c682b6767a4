// Recorded clients and cases from public bug reports through one live instance with its stores: as recorded, logs first and reversed,
// each request twice. The sums are those of a bill, and `/events`, `/traces`, `/costs` and both breakdowns agree to the token.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import {
  type KeyForTests,
  keyForTests,
} from '../../collector/extensions/keys/testing/key-for-tests.ts'
import type { TaskRequest } from '../../core/task.ts'
import { Instance } from '../instance.ts'
import { ARRIVALS, assertExpected, type CaseRequest, eventsByCase, readCases } from './cases.ts'
import { captures, requestsOf, type Truth } from './pieces.ts'
import { type RecordedTruth, recordings } from './recordings.ts'

type Row = Readonly<Record<string, unknown>>

/** The forms in which those of test/captures and of test/usage/recordings are known. */
interface Client {
  readonly name: string
  readonly requests: readonly TaskRequest[]
  readonly truth: RecordedTruth | Truth
}

const clients: readonly Client[] = [
  ...recordings(),
  ...captures().map(({ name, pieces, truth }) => ({
    name,
    truth,
    requests: pieces.flatMap((piece) => requestsOf([piece])),
  })),
]
const cases = readCases('calls').filter(({ name }) => /^(?:field|client): /.test(name))

const ORDERS = ['as recorded', 'logs first', 'reversed'] as const
type Order = (typeof ORDERS)[number]

const projects = new Map<string, KeyForTests>()
for (const [i, order] of ORDERS.entries())
  for (const name of [...clients.map((c) => c.name), 'cases'])
    projects.set(
      `${name} ${order}`,
      keyForTests('sk', { tenant: 'live', project: `${name.toLowerCase()}-${i}` }),
    )

const CONFIG = `
auth: keys
workers: { count: 2 }
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
extensions:
  keys: { keys: ${JSON.stringify([...projects.values()].map((k) => k.row))} }
service:
  extensions: [keys, api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`
/** Lists of requests sent at a time; those of one list follow each other. */
const AT_A_TIME = 8

let instance: Instance

before(async () => {
  instance = await Instance.start({ config: CONFIG })
  const jobs = ORDERS.flatMap((order) => [
    ...clients.map((c) => () => sendAll(inOrder(c.requests, order), keyOf(c.name, order))),
    ...cases.map(
      ({ requests }) =>
        () =>
          sendCase(requests, order),
    ),
  ])
  const worker = async (): Promise<void> => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await job()
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, worker))
  await instance.drained()
})

after(async () => {
  await instance.stop()
})

const keyOf = (name: string, order: Order): string => projects.get(`${name} ${order}`)?.key ?? ''

function inOrder(requests: readonly TaskRequest[], order: Order): readonly TaskRequest[] {
  const isLog = ({ telemetry }: TaskRequest): boolean => telemetry === 'logs'
  const once = {
    'as recorded': requests,
    'logs first': [...requests.filter(isLog), ...requests.filter((r) => !isLog(r))],
    reversed: requests.toReversed(),
  }[order]
  return [...once, ...once]
}

async function post(
  telemetry: string,
  body: Uint8Array | string,
  type: string,
  key: string,
): Promise<void> {
  const headers = { 'content-type': type, authorization: `Bearer ${key}` }
  const res = await instance.post(`/v1/${telemetry}`, body, headers)
  assert.equal(res.status, 200, res.body.toString())
}

async function sendAll(requests: readonly TaskRequest[], key: string): Promise<void> {
  for (const { telemetry, payload, format } of requests)
    await post(
      telemetry,
      payload,
      format === 'otlp-json' ? 'application/json' : 'application/x-protobuf',
      key,
    )
}

async function sendCase(requests: readonly CaseRequest[], order: Order): Promise<void> {
  for (const { telemetry, body } of ARRIVALS[order]?.(requests) ?? [])
    await post(telemetry, JSON.stringify(body), 'application/json', keyOf('cases', order))
}

async function get(path: string, key: string): Promise<Row> {
  const headers = { authorization: `Bearer ${key}` }
  const res = await fetch(instance.url(`/api/v1/${path}`, 'http'), { headers })
  const text = await res.text()
  assert.equal(res.status, 200, `${path}: ${text}`)
  return JSON.parse(text) as Row
}

async function all(path: string, key: string): Promise<Row[]> {
  const rows: Row[] = []
  for (let cursor = ''; ; ) {
    const page = await get(`${path}?limit=1000${cursor}`, key)
    rows.push(...(page['data'] as Row[]))
    const next = page['next_cursor']
    if (typeof next !== 'string') return rows
    cursor = `&cursor=${next}`
  }
}

const CALLS: readonly unknown[] = ['llm', 'embedding', 'rerank']
const isCounted = (e: Row): boolean => e['usage_aggregate'] === false
const sum = (rows: readonly Row[], field: string): number =>
  rows.reduce((n, row) => n + Number(row[field] ?? 0), 0)

const TOKENS = ['input_tokens', 'output_tokens', 'total_tokens'] as const

interface SumsOfRows {
  readonly counts: Row
  /** USD. Sums of doubles in another order differ in their last digits. */
  readonly cost: number
}

/** Calls, tokens and cost as events tell them. */
function sumsOf(events: readonly Row[]): SumsOfRows {
  const counted = events.filter(isCounted)
  const calls = counted.filter((e) => CALLS.includes(e['kind'])).length
  return { counts: { calls, ...tokensOf(counted) }, cost: sum(counted, 'cost_usd') }
}

const tokensOf = (rows: readonly Row[]): Row =>
  Object.fromEntries(TOKENS.map((field) => [field, sum(rows, field)]))

/** The same from rows that have sums. */
function added(rows: readonly Row[], calls: string): SumsOfRows {
  return { counts: { calls: sum(rows, calls), ...tokensOf(rows) }, cost: sum(rows, 'cost_usd') }
}

function assertSame(found: SumsOfRows, wanted: SumsOfRows, what: string): void {
  assert.deepEqual(found.counts, wanted.counts, what)
  const difference = Math.abs(found.cost - wanted.cost)
  assert.ok(difference <= 1e-9 * Math.max(1, wanted.cost), `${what}: off by $${difference}`)
}

const DAY_MS = 86_400_000
const RANGE_DAYS_MAX = 400

/** All routes have the sums of the events. */
async function assertAgreement(events: readonly Row[], key: string, what: string): Promise<void> {
  const wanted = sumsOf(events)
  const traces = await all('traces', key)
  const byTrace = Map.groupBy(events, (e) => e['trace_id'])
  for (const row of traces)
    assertSame(
      added([row], 'llm_calls'),
      sumsOf(byTrace.get(row['trace_id']) ?? []),
      `${what}: trace ${String(row['trace_id'])}`,
    )
  assert.equal(traces.length, [...byTrace.keys()].filter((id) => id !== null).length, what)
  const times = events.map((e) => Date.parse(String(e['start_time']))).filter((ms) => ms > 0)
  const from = Math.min(...times) - DAY_MS
  const to = Math.max(...times) + DAY_MS
  assert.ok(to - from < RANGE_DAYS_MAX * DAY_MS, what)
  const range = `from=${from}&to=${to}`
  const costs = await get(`costs?${range}&bucket=day`, key)
  assertSame(added([costs['total'] as Row], 'llm_calls'), wanted, `${what}: costs`)
  assertSame(added(costs['data'] as Row[], 'calls'), wanted, `${what}: costs by day`)
  const breakdown = await get(`costs/breakdown?by=provider,model&limit=1000&${range}`, key)
  assertSame(added(breakdown['data'] as Row[], 'calls'), wanted, `${what}: costs/breakdown`)
  const groups = await get(`analytics/breakdown?by=model&limit=1000&${range}`, key)
  assertSame(added(groups['data'] as Row[], 'calls'), wanted, `${what}: analytics/breakdown`)
}

/** What a reference says; it leaves out what it does not know. */
function assertTruth(events: readonly Row[], truth: Client['truth'], what: string): void {
  const counted = events.filter(isCounted)
  const calls = counted.filter((e) => CALLS.includes(e['kind']))
  if ('output_tokens_accepted' in truth) {
    assert.equal(sum(counted, 'input_tokens'), truth.input_tokens, what)
    assert.ok(truth.output_tokens_accepted.includes(sum(counted, 'output_tokens')), what)
    return
  }
  const found: Row = {
    input_tokens: sum(counted, 'input_tokens'),
    output_tokens: sum(counted, 'output_tokens'),
    cache_read_tokens: sum(counted, 'cache_read_tokens'),
    reasoning_tokens: sum(counted, 'reasoning_tokens'),
    calls: calls.length,
    failed_calls: calls.filter((e) => e['status'] === 'error').length,
  }
  const told = Object.fromEntries(Object.keys(truth).map((field) => [field, found[field]]))
  assert.deepEqual(told, truth, what)
}

for (const order of ORDERS) {
  test(`recorded clients, ${order}, twice: every token and call once, on all routes`, async () => {
    assert.ok(clients.length >= 38)
    for (const { name, truth } of clients) {
      const key = keyOf(name, order)
      const events = await all('events', key)
      assertTruth(events, truth, `${name}, ${order}`)
      await assertAgreement(events, key, `${name}, ${order}`)
    }
  })

  test(`public bug reports, ${order}, twice: the sums of every case, on all routes`, async () => {
    assert.ok(cases.length > 100)
    const key = keyOf('cases', order)
    const events = await all('events', key)
    for (const [one, own] of eventsByCase(cases, events))
      assertExpected(own, one.expect, `${one.name}, ${order}`)
    await assertAgreement(events, key, `cases, ${order}`)
  })
}
