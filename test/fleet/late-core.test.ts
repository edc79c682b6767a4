// Two instances with one Postgres and one ClickHouse. One is killed between its log and the stores, and what it decided reaches them
// only after another instance has decided about the same reports, in another order or with more of them: what is stored in the end
// is what knows most, and the sums are those of the events.

import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { withTenant } from '../../storage/postgres/roles.ts'
import {
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '../../storage/testing/stores.ts'
import { Instance } from '../instance.ts'

let postgres: TestPostgres
let clickhouse: TestClickHouse

before(async () => {
  ;[postgres, clickhouse] = await Promise.all([startTestPostgres(), startTestClickHouse()])
})
after(async () => {
  await Promise.all([postgres.stop(), clickhouse.stop()])
})

const START_MS = 1_790_000_000_000
/** Longer than a test: what is accepted stays in the log. */
const NEVER = '1h'
const SOON = '20ms'

function config(delay: string): string {
  const url = new URL(clickhouse.url)
  return `exporters:
  postgres: { url: "${postgres.url}", batch: { delay: ${delay} } }
  clickhouse:
    url: "${url.origin}"
    username: "${url.username}"
    password: "${url.password}"
    database: "${clickhouse.database}"
    batch: { delay: ${delay} }
service:
  pipelines:
    traces: { exporters: [postgres, clickhouse] }
`
}

interface Report {
  readonly id: number
  readonly trace: string
  readonly parent?: number
  readonly scope?: string
  readonly operation?: string
  readonly input: number
  readonly cached?: number
  readonly lastsMs?: number
}

const attribute = (key: string, value: string | number): object => ({
  key,
  value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
})

/** A request with one span. `model` tells the rows of a test from those of the others. */
function request(model: string, report: Report): string {
  const { id, trace, parent, scope = 'an.sdk', operation = 'chat', input, cached } = report
  const span = {
    traceId: trace,
    spanId: id.toString(16).padStart(16, '0'),
    ...(parent === undefined ? {} : { parentSpanId: parent.toString(16).padStart(16, '0') }),
    name: operation,
    kind: 1,
    startTimeUnixNano: `${START_MS + id}000000`,
    endTimeUnixNano: `${START_MS + id + (report.lastsMs ?? 100)}000000`,
    attributes: [
      attribute('gen_ai.operation.name', operation),
      attribute('gen_ai.provider.name', 'openai'),
      attribute('gen_ai.request.model', model),
      attribute('gen_ai.usage.input_tokens', input),
      attribute('gen_ai.usage.output_tokens', 5),
      ...(cached === undefined ? [] : [attribute('gen_ai.usage.cache_read.input_tokens', cached)]),
    ],
  }
  const resource = { attributes: [attribute('service.name', model)] }
  return JSON.stringify({
    resourceSpans: [{ resource, scopeSpans: [{ scope: { name: scope }, spans: [span] }] }],
  })
}

async function send(instance: Instance, ...bodies: string[]): Promise<void> {
  for (const body of bodies) assert.equal((await instance.post('/v1/traces', body)).status, 200)
}

interface Sums {
  readonly calls: number
  readonly input: number
  readonly cached: number
}

/** What the three places say: the sums of a day, the sums of the traces, and the events. */
async function sums(model: string, traces: readonly string[]): Promise<Record<string, Sums>> {
  const columns = (calls: string): string =>
    `${calls} AS calls, sum(input_tokens)::int AS input, sum(cache_read_tokens)::int AS cached`
  const sql = async (text: string, value: unknown): Promise<Sums> =>
    withTenant(
      postgres.pool,
      'default',
      async (c) => (await c.query<Sums>(text, [value])).rows[0] as Sums,
    )
  const [events] = await clickhouse.rows<{ calls: string; input: string; cached: string }>(
    `SELECT count() AS calls, sum(input_tokens) AS input, sum(cache_read_tokens) AS cached
     FROM ${clickhouse.database}.canonical_events FINAL
     WHERE request_model = {model: String} AND NOT usage_aggregate AND kind = 'llm'`,
    { model },
  )
  return {
    days: await sql(
      `SELECT ${columns('sum(events)::int')} FROM usage_daily WHERE model = $1`,
      model,
    ),
    traces: await sql(
      `SELECT ${columns('sum(llm_calls)::int')} FROM trace_summaries WHERE trace_id = ANY($1)`,
      traces,
    ),
    events: {
      calls: Number(events?.calls),
      input: Number(events?.input),
      cached: Number(events?.cached),
    },
  }
}

const all = (value: Sums): Record<string, Sums> => ({ days: value, traces: value, events: value })

/**
 * What `late` is sent is durable there, and it is killed. `other` is sent its part and stores it. Then `late` comes back and stores what
 * it had decided.
 */
async function afterwards(
  t: TestContext,
  late: readonly string[],
  other: readonly string[],
  again: readonly string[] = [],
): Promise<void> {
  const dirs = [await Instance.directory(t, 'late'), await Instance.directory(t, 'other')] as const
  const killed = await Instance.start({ dir: dirs[0], config: config(NEVER) })
  await send(killed, ...late)
  await killed.kill('SIGKILL')
  const running = await Instance.start({ dir: dirs[1], config: config(SOON) })
  await send(running, ...other)
  await running.drained()
  const back = await Instance.start({ dir: dirs[0], config: config(SOON) })
  await back.drained()
  await send(running, ...again)
  await running.drained()
}

/** One call, as an SDK and a framework around it report it. */
function twoReports(model: string, trace: string): { sdk: string; framework: string } {
  return {
    sdk: request(model, { id: 10, trace, parent: 9, input: 100, lastsMs: 900 }),
    framework: request(model, {
      id: 9,
      trace,
      scope: 'a.framework',
      input: 100,
      cached: 40,
      lastsMs: 1000,
    }),
  }
}

test('an event that was stored first as a repetition is not taken out again by who had counted it before', async (t) => {
  const trace = 'a1'.repeat(16)
  const { sdk, framework } = twoReports('reordered', trace)
  await afterwards(t, [sdk, framework], [framework, sdk])
  assert.deepEqual(await sums('reordered', [trace]), all({ calls: 1, input: 100, cached: 40 }))
})

test('an event that was stored first as a call of its own is a repetition when somebody knows the other report', async (t) => {
  const trace = 'a2'.repeat(16)
  const { sdk, framework } = twoReports('known', trace)
  await afterwards(t, [framework, sdk], [sdk], [framework])
  assert.deepEqual(await sums('known', [trace]), all({ calls: 1, input: 100, cached: 40 }))
})

test('a decision from fewer reports does not replace one from more, whatever comes last', async (t) => {
  const trace = 'a3'.repeat(16)
  const agent = request('fewer', { id: 1, trace, operation: 'invoke_agent', input: 300 })
  const calls = [
    request('fewer', { id: 2, trace, parent: 1, input: 100 }),
    request('fewer', { id: 3, trace, parent: 1, input: 150 }),
    request('fewer', { id: 4, trace, parent: 1, input: 50 }),
  ] as const
  // The late instance knows one call: the agent has a remainder of 200. The other knows all, in another order.
  await afterwards(t, [agent, calls[0]], [...calls, agent])
  assert.deepEqual(await sums('fewer', [trace]), {
    days: { calls: 3, input: 300, cached: 0 },
    traces: { calls: 3, input: 300, cached: 0 },
    events: { calls: 3, input: 300, cached: 0 },
  })
})

test('a re-sent event that finds its call counted is a repetition where it had been stored alone', async (t) => {
  const trace = 'a4'.repeat(16)
  const { sdk, framework } = twoReports('resent', trace)
  // The late instance knew nothing but the one report, the other one knows both.
  await afterwards(t, [sdk], [framework, sdk])
  assert.deepEqual(await sums('resent', [trace]), all({ calls: 1, input: 100, cached: 40 }))
})

test('the same when the one that knew less has stored it first', async (t) => {
  const trace = 'a5'.repeat(16)
  const { sdk, framework } = twoReports('first', trace)
  const dirs = [await Instance.directory(t, 'one'), await Instance.directory(t, 'other')] as const
  const [one, other] = await Promise.all(
    dirs.map((dir) => Instance.start({ dir, config: config(SOON) })),
  )
  await send(one as Instance, sdk)
  await (one as Instance).drained()
  await send(other as Instance, framework, sdk)
  await (other as Instance).drained()
  assert.deepEqual(await sums('first', [trace]), all({ calls: 1, input: 100, cached: 40 }))
})
