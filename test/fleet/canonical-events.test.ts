// An instance writes canonical events to a real broker, and to stores; another one takes them from there into the same stores, for another
// tenant, and is killed meanwhile. Both tenants have the same events, sums and signals, corrections among them, nothing twice.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { withTenant } from '../../storage/postgres/roles.ts'
import { startTestClickHouse, startTestPostgres } from '../../storage/testing/stores.ts'
import { Instance, until } from '../instance.ts'
import { kafkaAvailable, startKafka } from '../kafka/broker.ts'
import { createTopic } from '../kafka/consume.ts'

const CAPTURES = join(import.meta.dirname, '../captures')
const START_MS = 1_790_000_000_000
const missing = kafkaAvailable()

/** Recorded traffic of SDKs. */
function recordings(): (readonly [path: string, body: Uint8Array])[] {
  return readdirSync(CAPTURES).flatMap((name) =>
    readdirSync(join(CAPTURES, name))
      .filter((file) => /\.(traces|logs)\.pb$/.test(file))
      .toSorted()
      .map((file) => {
        const path = file.includes('.logs.') ? '/v1/logs' : '/v1/traces'
        return [path, readFileSync(join(CAPTURES, name, file))] as const
      }),
  )
}

/** An agent and its calls in requests of their own: each call corrects what the agent counts. */
function corrected(): (readonly [path: string, body: string])[] {
  const attribute = (key: string, value: string | number): object => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  })
  const span = (id: number, parent: number, operation: string, tokens: number): string => {
    const [spanId, parentSpanId] = [id, parent].map((n) => n.toString(16).padStart(16, '0'))
    const one = {
      traceId: '5e'.repeat(16),
      spanId,
      ...(parent === 0 ? {} : { parentSpanId }),
      name: operation,
      startTimeUnixNano: `${START_MS + id}000000`,
      endTimeUnixNano: `${START_MS + id + 100}000000`,
      attributes: [
        attribute('gen_ai.operation.name', operation),
        attribute('gen_ai.provider.name', 'openai'),
        attribute('gen_ai.request.model', 'gpt-4o'),
        attribute('gen_ai.usage.input_tokens', tokens),
        attribute('gen_ai.usage.output_tokens', tokens / 10),
      ],
    }
    return JSON.stringify({
      resourceSpans: [{ scopeSpans: [{ scope: { name: 's' }, spans: [one] }] }],
    })
  }
  return [
    ['/v1/traces', span(1, 0, 'invoke_agent', 600)],
    ['/v1/traces', span(2, 1, 'chat', 100)],
    ['/v1/traces', span(3, 1, 'chat', 200)],
  ]
}

const QUERIES = {
  days: `SELECT day::text, model, provider, events, llm_calls, errors, input_tokens, output_tokens, total_tokens,
    round(cost_usd::numeric, 6) AS cost, unpriced FROM usage_daily`,
  traces: `SELECT trace_id, spans, llm_calls, tool_calls, errors, input_tokens, output_tokens, round(cost_usd::numeric, 6) AS cost,
    root_name, service_name, user_id, session_id, conversation_id FROM trace_summaries`,
  // Of two reports of a call in two traces, the one that came first names its trace.
  signals: `SELECT signal_id, type, value FROM signals WHERE trace_id <> ''`,
}

test('canonical events taken from a broker are the events, sums and signals of the instance that wrote them', {
  skip: missing ?? false,
  timeout: 280_000,
}, async (t) => {
  const [postgres, clickhouse, broker] = await Promise.all([
    startTestPostgres(),
    startTestClickHouse(),
    startKafka('4.1.0'),
  ])
  t.after(() => Promise.all([postgres.stop(), clickhouse.stop(), broker.stop()]))
  await createTopic(broker.brokers, 'events', {}, 3)
  await createTopic(broker.brokers, 'dead')
  const url = new URL(clickhouse.url)
  const stores = `
  postgres: { url: "${postgres.url}" }
  clickhouse: { url: "${url.origin}", username: "${url.username}", password: "${url.password}", database: "${clickhouse.database}" }`
  const chain = 'processors: [scrub, canonicalize, cost, signals], exporters'
  const key = '7'.repeat(64)
  const writer = await Instance.start({
    dir: await Instance.directory(t, 'writer'),
    config: `
processors: { scrub: { pseudonym: { key: "${key}" } } }
exporters: ${stores}
  kafka: { brokers: ${JSON.stringify(broker.brokers)}, topic: events, driver: platformatic }
service:
  pipelines:
    traces: { receivers: [otlp], ${chain}: [postgres, clickhouse, kafka] }
    logs: { receivers: [otlp], ${chain}: [postgres, clickhouse, kafka] }
`,
  })
  const dir = await Instance.directory(t, 'reader')
  const reading = `
processors: { scrub: { pseudonym: { key: "${key}" } } }
receivers:
  kafka: { brokers: ${JSON.stringify(broker.brokers)}, topics: [events], tenant: again, session_timeout: 6s, dead_letter_topic: dead }
exporters: ${stores}
service:
  pipelines:
    traces: { receivers: [kafka], ${chain}: [postgres, clickhouse] }
`
  let reader = await Instance.start({ dir, config: reading })
  const all = [...corrected(), ...recordings()]
  for (const [path, body] of all) {
    const type = typeof body === 'string' ? 'application/json' : 'application/x-protobuf'
    assert.equal((await writer.post(path, body, { 'content-type': type })).status, 200)
  }
  await reader.kill('SIGKILL')
  for (const [path, body] of all) {
    const type = typeof body === 'string' ? 'application/json' : 'application/x-protobuf'
    assert.equal((await writer.post(path, body, { 'content-type': type })).status, 200)
  }
  reader = await Instance.start({ dir, config: reading })
  await writer.drained()
  const events = async (tenant: string): Promise<object[]> =>
    clickhouse.rows<object>(
      `SELECT hex(event_id) AS id, * EXCEPT (event_id, tenant_id, version, received_at, start_time_known, metadata, attributes_text,
         attributes_json, environment, field_sources)
       FROM ${clickhouse.database}.canonical_events FINAL WHERE tenant_id = {tenant: String} ORDER BY id`,
      { tenant },
    )
  const written = await events('default')
  assert.ok(written.length > 90, `${written.length} events`)
  await until(async () => (await events('again')).length >= written.length, 'all events again')
  await reader.drained()
  assert.deepEqual(await events('again'), written)
  assert.ok(written.some((e) => Number((e as { revision: number | null }).revision) > 0))
  for (const [what, sql] of Object.entries(QUERIES)) {
    const rows = (tenant: string): Promise<string[]> =>
      withTenant(postgres.pool, tenant, async (c) =>
        (await c.query<object>(sql)).rows.map((row) => JSON.stringify(row)).toSorted(),
      )
    const expected = await rows('default')
    assert.ok(expected.length > 0, what)
    assert.deepEqual(await rows('again'), expected, what)
  }
  const metrics = await (await fetch(reader.url('/metrics', 'metrics'))).text()
  const refused =
    /\n(observa_kafka_receiver_messages_total.*outcome="(?:dead_lettered|refused)".*)\n/
  assert.equal(refused.exec(metrics)?.[1] ?? null, null)
})
