// Two edges, Kafka and three cores with one ClickHouse and one Postgres are sent recorded and generated traffic twice, while a
// core, an edge and the broker are killed. What is stored afterwards is compared with what one instance makes of the same.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { generateRequests } from '../../bench/traffic/generate.ts'
import type { Instance } from '../instance.ts'
import { until } from '../instance.ts'
import { kafkaAvailable } from '../kafka/broker.ts'
import { type Body, Fleet } from './fleet.ts'

const CAPTURES = join(import.meta.dirname, '../captures')
const REQUESTS = 150
const SPANS = 20
const HALVES = 30
/** A trace is judged when it has been quiet for 30 s, by a clock that ticks every second. */
const JUDGED_MS = 35_000

/** Recorded traffic of real SDKs, each recording in its order. */
function captures(): Body[][] {
  return readdirSync(CAPTURES).map((name) => {
    const dir = join(CAPTURES, name)
    const files = readdirSync(dir).filter((file) => /\.(traces|logs)\.pb$/.test(file))
    return files.toSorted().map((file) => ({
      path: file.includes('.logs.') ? '/v1/logs' : '/v1/traces',
      bytes: readFileSync(join(dir, file)),
    }))
  })
}

function load(): Body[] {
  const baseTimeMs = Date.now() - 3_600_000
  return generateRequests({ seed: 17, requests: REQUESTS, spansPerRequest: SPANS, baseTimeMs }).map(
    ({ protobuf }) => ({ path: '/v1/traces', bytes: protobuf }),
  )
}

/**
 * Traces in two requests: calls of a model, and the agent that repeats their sums. Whoever knows only one of them counts the tokens of
 * both.
 */
function halves(): { readonly calls: Body[]; readonly agents: Body[] } {
  const start = BigInt(Date.now() - 1_800_000) * 1_000_000n
  const body = (trace: number, spans: readonly object[]): Body => ({
    path: '/v1/traces',
    bytes: JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: `s${trace}` } }] },
          scopeSpans: [{ scope: { name: 'test' }, spans }],
        },
      ],
    }),
  })
  const span = (trace: number, id: number, parent: number, name: string, tokens: number) => ({
    traceId: `f1ee7${trace.toString(16).padStart(27, '0')}`,
    spanId: id.toString(16).padStart(16, '0'),
    ...(parent === 0 ? {} : { parentSpanId: parent.toString(16).padStart(16, '0') }),
    name: `${name} x`,
    kind: 1,
    startTimeUnixNano: String(start + BigInt(id) * 1_000_000n),
    endTimeUnixNano: String(start + BigInt(id) * 1_000_000n + 900_000n),
    attributes: [
      { key: 'gen_ai.operation.name', value: { stringValue: name } },
      { key: 'gen_ai.provider.name', value: { stringValue: 'openai' } },
      { key: 'gen_ai.request.model', value: { stringValue: 'gpt-4o' } },
      { key: 'gen_ai.usage.input_tokens', value: { intValue: String(tokens) } },
      { key: 'gen_ai.usage.output_tokens', value: { intValue: String(tokens / 10) } },
    ],
  })
  const traces = Array.from({ length: HALVES }, (_, i) => i + 1)
  return {
    calls: traces.map((t) =>
      body(t, [span(t, 2, 1, 'chat', 100 * t), span(t, 3, 1, 'chat', 200 * t)]),
    ),
    agents: traces.map((t) => body(t, [span(t, 1, 0, 'invoke_agent', 300 * t)])),
  }
}

/** Sends all recordings with several concurrent clients. Each recording is sent by one client and in order. */
async function sendAll(fleet: Fleet, all: readonly (readonly Body[])[], to: () => Instance) {
  const queue = [...all]
  const client = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      for (const body of next) await fleet.send(body, to)
  }
  await Promise.all(Array.from({ length: 4 }, client))
}

interface Stored {
  /** Events of spans, by id, with what was decided about them. */
  readonly spans: readonly string[]
  readonly logs: readonly string[]
  readonly usage: readonly string[]
  readonly traces: readonly string[]
  readonly signals: readonly string[]
  readonly scrubbed: readonly string[]
  readonly issues: readonly string[]
}

const DECIDED = `kind, status, usage_aggregate, input_tokens, output_tokens, total_tokens, cache_read_tokens,
  round(cost_usd, 9) AS cost, cost_source, response_model, user_id, session_id`

/** Signals about what the edge removes, of which the core is told (docs/scale-out.md). */
const SCRUBBED = "'secret_detected', 'pii_detected'"

async function stored(fleet: Fleet): Promise<Stored> {
  const lines = async (rows: Promise<object[]>): Promise<string[]> =>
    (await rows).map((row) => JSON.stringify(row)).toSorted()
  const [twice] = await fleet.query<{ n: string }>(
    'SELECT count() - uniqExact(event_id) AS n FROM EVENTS FINAL',
  )
  assert.equal(Number(twice?.n), 0, 'no event is visible twice')
  return {
    spans: await lines(
      fleet.query(
        `SELECT hex(event_id) AS id, ${DECIDED} FROM EVENTS FINAL WHERE event_type = 'span'`,
      ),
    ),
    // The id of a log record comes from its bytes as the edge received them.
    logs: await lines(
      fleet.query(
        `SELECT hex(event_id) AS id, event_type, ${DECIDED} FROM EVENTS FINAL WHERE event_type != 'span'`,
      ),
    ),
    usage: await lines(
      fleet.sql(
        `SELECT day::text, model, events, llm_calls, errors, input_tokens, output_tokens, total_tokens, cache_read_tokens,
           round(cost_usd::numeric, 6) AS cost, unpriced FROM usage_daily`,
      ),
    ),
    traces: await lines(
      fleet.sql(
        `SELECT trace_id, spans, llm_calls, tool_calls, errors, input_tokens, output_tokens, total_tokens,
           round(cost_usd::numeric, 6) AS cost FROM trace_summaries`,
      ),
    ),
    signals: await lines(
      fleet.sql(
        `SELECT signal_id, type, trace_id, span_id FROM signals WHERE type NOT IN (${SCRUBBED})`,
      ),
    ),
    scrubbed: await lines(
      fleet.sql(
        // Of two reports of a call in two traces, the one that came first names its trace.
        `SELECT signal_id, type, value FROM signals WHERE type IN (${SCRUBBED})`,
      ),
    ),
    issues: await lines(
      fleet.sql(
        // A call's span and its log record name different services in one recording: its signal belongs to the issue of what came first,
        // so these issues have the same signals together, not one by one.
        `SELECT fingerprint, type, count, traces FROM issues WHERE type NOT IN (${SCRUBBED})
         UNION ALL SELECT '', type, sum(count), NULL FROM issues WHERE type IN (${SCRUBBED}) GROUP BY type`,
      ),
    ),
  }
}

const KINDS = ['spans', 'logs', 'usage', 'traces', 'signals', 'scrubbed', 'issues'] as const

const idOf = (line: string): string => (JSON.parse(line) as { id: string }).id

/** The part of two lists that differs, short enough to read. */
function differences(a: readonly string[], b: readonly string[]): string[] {
  const [inA, inB] = [new Set(a), new Set(b)]
  const only = [
    ...a.filter((x) => !inB.has(x)).map((x) => `- ${x}`),
    ...b.filter((x) => !inA.has(x)).map((x) => `+ ${x}`),
  ]
  return only.slice(0, 20)
}

type Traffic = readonly (readonly Body[])[]

async function reference(t: TestContext, calls: Traffic, agents: Traffic, all: Traffic) {
  const fleet = await Fleet.start(t)
  const solo = await fleet.instance('solo')
  for (const some of [calls, agents, all, all]) await sendAll(fleet, some, () => solo)
  await solo.drained()
  await sleep(JUDGED_MS)
  await solo.drained()
  return stored(fleet)
}

const missing = kafkaAvailable()

test('a fleet through kills loses nothing, stores nothing twice and finds the same signals and issues', {
  skip: missing ?? false,
  timeout: 900_000,
}, async (t) => {
  const all = [...captures(), ...load().map((body) => [body])]
  const parts = halves()
  const [calls, agents] = [parts.calls.map((b) => [b]), parts.agents.map((b) => [b])]
  const expected = await reference(t, calls, agents, all)
  assert.ok(expected.spans.length >= REQUESTS * SPANS)
  for (const [what, lines] of Object.entries(expected)) assert.ok(lines.length > 0, what)

  const fleet = await Fleet.start(t)
  const broker = await fleet.withBroker()
  const edges = [await fleet.instance('edge'), await fleet.instance('edge')]
  const cores = await Promise.all([0, 1, 2].map(() => fleet.instance('core')))
  const partitions = async (): Promise<number[]> =>
    Promise.all(cores.map((core) => core.metric('observa_kafka_receiver_partitions')))
  await until(async () => (await partitions()).every((n) => n === 2), 'two partitions each')

  let turn = 0
  const any = (): Instance => edges[turn++ % edges.length] as Instance
  await sendAll(fleet, calls, any)
  await fleet.settled(edges, cores)
  const first = sendAll(fleet, all, any)
  await cores[0]?.kill()
  const killedAt = performance.now()
  await until(async () => {
    const [, b, c] = await Promise.all(
      cores.map((core) =>
        core.isAlive ? core.metric('observa_kafka_receiver_partitions') : Promise.resolve(0),
      ),
    )
    return (b ?? 0) + (c ?? 0) === 6
  }, 'its partitions at the others')
  const takenOverMs = Math.round(performance.now() - killedAt)
  // The agents come to cores that have not seen their calls, unless they read them again.
  await sendAll(fleet, agents, any)
  await edges[0]?.kill()
  cores[0] = await fleet.instance('core', cores[0])
  edges[0] = await fleet.instance('edge', edges[0])
  await first
  await broker.kill()
  const second = sendAll(fleet, all, any)
  await broker.start()
  await second
  await fleet.settled(edges, cores)
  await sleep(JUDGED_MS)
  await fleet.settled(edges, cores)

  const found = await stored(fleet)
  t.diagnostic(
    `${found.spans.length} spans, ${found.signals.length} signals, ${found.issues.length} issues; partitions of a killed core taken over after ${takenOverMs} ms`,
  )
  assert.deepEqual(differences(expected.spans.map(idOf), found.spans.map(idOf)), [], 'spans')
  for (const what of KINDS) {
    const wrong = differences(expected[what], found[what])
    for (const line of wrong) t.diagnostic(`${what}: ${line}`)
  }
  for (const what of KINDS) assert.deepEqual(differences(expected[what], found[what]), [], what)
  const dead = await Promise.all(cores.map((c) => c.metric('observa_dead_letter_items_total')))
  assert.deepEqual(dead, [0, 0, 0])
})
