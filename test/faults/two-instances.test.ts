// Two instances with one Postgres. A client repeats requests at the other instance, in every order, and an instance is killed
// in between: every event is in every sum once, whether it has a trace, is one of thousands of its trace, or was revised.

import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { withTenant } from '../../storage/postgres/roles.ts'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import { Instance } from '../instance.ts'

let server: TestPostgres

before(async () => {
  server = await startTestPostgres()
})
after(async () => {
  await server.stop()
})

const START_MS = 1_790_000_000_000

const CONFIG =
  (): string => `exporters: { postgres: { url: "${server.url}", batch: { delay: 20ms } } }
service:
  pipelines:
    traces: { exporters: [postgres, file] }
    logs: { exporters: [postgres, file] }
`

/** Starts one of two instances that have directories of their own and write to the one server. */
async function pairOf(t: TestContext): Promise<(which: 0 | 1) => Promise<Instance>> {
  const dirs = [await Instance.directory(t, 'one'), await Instance.directory(t, 'other')] as const
  return (which) => Instance.start({ dir: dirs[which], config: CONFIG() })
}

async function startedPair(t: TestContext): Promise<readonly [Instance, Instance]> {
  const start = await pairOf(t)
  return await Promise.all([start(0), start(1)])
}

interface Call {
  readonly id: number
  /** null: a log record without a trace. */
  readonly trace: string | null
  readonly parent?: number
  readonly scope?: string
  readonly input?: number
  readonly cached?: number
  readonly lastsMs?: number
}

const hex = (n: number, digits: number): string => n.toString(16).padStart(digits, '0')
const attribute = (key: string, value: string | number): unknown => ({
  key,
  value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
})

function attributesOf({ id, input = 10, cached }: Call, model: string): unknown[] {
  return [
    attribute('gen_ai.operation.name', 'chat'),
    attribute('gen_ai.provider.name', 'openai'),
    attribute('gen_ai.request.model', model),
    attribute('gen_ai.usage.input_tokens', input),
    attribute('gen_ai.usage.output_tokens', 5),
    attribute('test.number', id),
    ...(cached === undefined ? [] : [attribute('gen_ai.usage.cache_read.input_tokens', cached)]),
  ]
}

/** One request with spans or log records. `model` distinguishes the rows of a test from those of the others. */
function request(model: string, calls: readonly Call[]): { path: string; body: string } {
  const resource = { attributes: [attribute('service.name', model)] }
  if (calls[0]?.trace === null) {
    const logRecords = calls.map((call) => ({
      timeUnixNano: `${START_MS + call.id}000000`,
      eventName: 'gen_ai.client.inference.operation.details',
      attributes: attributesOf(call, model),
    }))
    const resourceLogs = [{ resource, scopeLogs: [{ scope: { name: 'a' }, logRecords }] }]
    return { path: '/v1/logs', body: JSON.stringify({ resourceLogs }) }
  }
  const scopeSpans = calls.map((call) => ({
    scope: { name: call.scope ?? 'an.sdk' },
    spans: [
      {
        traceId: call.trace,
        spanId: hex(call.id, 16),
        ...(call.parent === undefined ? {} : { parentSpanId: hex(call.parent, 16) }),
        name: 'chat',
        startTimeUnixNano: `${START_MS + call.id}000000`,
        endTimeUnixNano: `${START_MS + call.id + (call.lastsMs ?? 100)}000000`,
        attributes: attributesOf(call, model),
      },
    ],
  }))
  return { path: '/v1/traces', body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }) }
}

async function send(instance: Instance, { path, body }: ReturnType<typeof request>): Promise<void> {
  assert.equal((await instance.post(path, body)).status, 200)
}

async function usage(model: string): Promise<Record<string, unknown> | undefined> {
  const sql = `SELECT sum(events)::int AS events, sum(input_tokens)::int AS input, sum(output_tokens)::int AS output,
    sum(cache_read_tokens)::int AS cached FROM usage_daily WHERE model = $1`
  return await withTenant(
    server.pool,
    'default',
    async (c) => (await c.query(sql, [model])).rows[0],
  )
}

test('events without a trace, repeated at the other instance, count once', async (t) => {
  const [one, other] = await startedPair(t)
  const calls = Array.from({ length: 40 }, (_, id) => ({ id, trace: null }))
  const part = (from: number) => request('loose', calls.slice(from, from + 10))
  const [first, second, third, fourth] = [part(0), part(10), part(20), part(30)]
  // Both have some first; one request is at both at the same time.
  await Promise.all([send(one, first), send(other, second)])
  await Promise.all([send(one, second), send(other, first)])
  await Promise.all([send(one, third), send(other, third)])
  await send(other, fourth)
  await other.drained()
  await send(one, fourth)
  // The events are the same if they are divided into requests differently.
  await send(one, request('loose', calls))
  await Promise.all([one.drained(), other.drained()])
  assert.deepEqual(await usage('loose'), { events: 40, input: 400, output: 200, cached: 0 })
})

test('each of thousands of events of a trace, repeated at the other instance, counts once', async (t) => {
  const [one, other] = await startedPair(t)
  const trace = 'ab'.repeat(16)
  const calls = Array.from({ length: 5000 }, (_, id) => ({ id: id + 1, trace, parent: 1_000_000 }))
  const requests = [0, 1000, 2000, 3000, 4000].map((from) =>
    request('large', calls.slice(from, from + 1000)),
  )
  for (const r of requests) await send(one, r)
  for (const r of requests.toReversed()) await send(other, r)
  await Promise.all([one.drained(), other.drained()])
  const { events, input } = (await usage('large')) ?? {}
  assert.deepEqual([events, input], [5000, 50_000])
})

test('a call that two reports describe is corrected once, though both instances correct it', async (t) => {
  const [one, other] = await startedPair(t)
  const trace = 'cd'.repeat(16)
  const sdk = request('revised', [{ id: 10, trace, parent: 9, input: 100, lastsMs: 900 }])
  const framework = request('revised', [
    { id: 9, trace, scope: 'a.framework', input: 100, cached: 40, lastsMs: 1000 },
  ])
  await send(one, sdk)
  await send(other, sdk)
  await Promise.all([one.drained(), other.drained()])
  await send(one, framework)
  await one.drained()
  assert.deepEqual(await usage('revised'), { events: 1, input: 100, output: 5, cached: 40 })
  await send(other, framework)
  await other.drained()
  assert.deepEqual(await usage('revised'), { events: 1, input: 100, output: 5, cached: 40 })
})

test('a kill before the answer, and the request at the other instance, and at the one that is back', async (t) => {
  const start = await pairOf(t)
  const running = [await start(0), await start(1)]
  for (let cycle = 0; cycle < 6; cycle++) {
    const which = cycle % 2 === 0 ? 0 : 1
    const [victim, other] = [running[which] as Instance, running[1 - which] as Instance]
    const calls = Array.from({ length: 25 }, (_, i) => ({ id: cycle * 25 + i, trace: null }))
    const repeated = request('killed', calls)
    const answer = send(victim, repeated).catch(() => {})
    await delay(cycle * 8)
    await victim.kill('SIGKILL')
    await answer
    await send(other, repeated)
    const back = await start(which)
    running[which] = back
    await send(back, repeated)
    await Promise.all([back.drained(), other.drained()])
    const count = (cycle + 1) * 25
    const { events, input } = (await usage('killed')) ?? {}
    assert.deepEqual([events, input], [count, count * 10])
  }
})
