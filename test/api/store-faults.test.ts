// Stores fail while the API reads from them. The response must be a 503 in the usual error form, the process must go on, and
// the next request must succeed.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import {
  type Crash,
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '../../storage/testing/stores.ts'
import { unavailableStore } from '../../storage/unavailable.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'
import { TcpProxy } from '../tcp-proxy.ts'

let clickhouse: TestClickHouse
let postgres: TestPostgres
let events: TcpProxy
let sums: TcpProxy
let instance: Instance

before(async () => {
  clickhouse = await startTestClickHouse()
  postgres = await startTestPostgres()
  events = await TcpProxy.start(Number(new URL(clickhouse.url).port))
  sums = await TcpProxy.start(postgres.engine.port)
  instance = await Instance.start({
    // Passwords made for this test; the servers end with the test.
    env: { TEST_CLICKHOUSE: events.url(clickhouse.url), TEST_POSTGRES: sums.url(postgres.url) },
    config: `
exporters:
  clickhouse: { url: "\${env:TEST_CLICKHOUSE}", database: ${clickhouse.database} }
  postgres: { url: "\${env:TEST_POSTGRES}" }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
    logs: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
`,
  })
  assert.equal((await instance.post('/v1/traces', otlpJson([{ name: 'chat' }]))).status, 200)
  await instance.drained()
})
after(async () => {
  await instance.stop()
  await Promise.all([events.stop(), sums.stop()])
  await Promise.all([clickhouse.stop(), postgres.stop()])
})

interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: { readonly error?: Record<string, unknown>; readonly data?: unknown[] }
}

/** An answer of the store, not one that is kept for equal requests. */
async function get(path: string): Promise<Answer> {
  const res = await fetch(instance.url(path, 'http'), { headers: { 'cache-control': 'no-cache' } })
  return {
    status: res.status,
    retryAfter: res.headers.get('retry-after'),
    body: (await res.json()) as Answer['body'],
  }
}

function isUnavailable({ status, retryAfter, body }: Answer, store: string): void {
  assert.equal(status, 503, JSON.stringify(body))
  assert.equal(retryAfter, '5')
  assert.equal(body.error?.['code'], 'STORE_UNAVAILABLE')
  assert.equal(body.error?.['message'], `${store} does not answer at present`)
  assert.equal(typeof body.error?.['request_id'], 'string')
  assert.ok(instance.isAlive, instance.stderr)
}

/** Waits until the request succeeds: a server whose backend was killed needs a moment to restart. */
async function served(path: string): Promise<void> {
  await until(async () => (await get(path)).status === 200, `${path} served`, 20_000)
  assert.equal((await get(path)).body.data?.length, 1)
}

async function reader(): Promise<number> {
  const sql =
    "SELECT pid FROM pg_stat_activity WHERE application_name = 'observa/api' AND wait_event_type = 'Lock'"
  for (;;) {
    const { rows } = await postgres.pool.query<{ pid: number }>(sql)
    if (rows[0] !== undefined) return rows[0].pid
  }
}

for (const fault of ['reset', 'end', 'kill -9'] as const)
  test(`a store that fails during a read gives a 503, and the next request succeeds: Postgres, ${fault}`, async () => {
    const crashes: Crash[] = []
    const blocked = postgres.pool.transaction(async (blocker) => {
      await blocker.query('LOCK TABLE trace_summaries IN ACCESS EXCLUSIVE MODE')
      const pending = get('/api/v1/traces')
      const pid = await reader()
      if (fault === 'kill -9') crashes.push(await postgres.crash(pid))
      else sums.break(fault)
      isUnavailable(await pending, 'Postgres')
    })
    // When a backend is killed, the server ends all other connections too, usually the blocker's before it has committed.
    await blocked.catch((error: unknown) => {
      if (fault !== 'kill -9' || unavailableStore(error) === null) throw error
    })
    for (const crash of crashes) await crash.recovered()
    await served('/api/v1/traces')
  })

for (const fault of ['reset', 'end'] as const)
  test(`a store that fails during a read gives a 503, and the next request succeeds: ClickHouse, ${fault}`, async () => {
    const broken = events.breakAfter('SELECT', fault)
    const answer = await get('/api/v1/events')
    await broken
    isUnavailable(answer, 'ClickHouse')
    await served('/api/v1/events')
  })

test('what two stores answer together is shown without the one that fails, which `degraded` names', async () => {
  const [trace] = (await get('/api/v1/traces')).body.data as { trace_id: string }[]
  const whole = (await get(`/api/v1/traces/${trace?.trace_id}`)).body as Record<string, unknown>
  assert.deepEqual([(whole['spans'] as unknown[]).length, whole['degraded']], [1, undefined])
  const broken = events.breakAfter('SELECT', 'reset')
  const sumsAlone = await get(`/api/v1/traces/${trace?.trace_id}`)
  await broken
  const shown = sumsAlone.body as Record<string, unknown>
  assert.deepEqual([sumsAlone.status, shown['spans']], [200, null])
  assert.deepEqual([shown['events'], shown['degraded']], [1, ['clickhouse']])
  await served('/api/v1/events')
  await postgres.pool.transaction(async (blocker) => {
    await blocker.query('LOCK TABLE signals IN ACCESS EXCLUSIVE MODE')
    const pending = get('/api/v1/dashboard/overview')
    await reader()
    sums.break('reset')
    const figuresAlone = await pending
    const { signals, degraded, over_time } = figuresAlone.body as unknown as Record<string, unknown>
    assert.deepEqual([figuresAlone.status, signals, degraded], [200, [], ['postgres']])
    assert.ok((over_time as unknown[]).length > 0)
  })
  await served('/api/v1/traces')
})

test('after idle connections of both stores break, the next requests succeed', async () => {
  await Promise.all([get('/api/v1/traces'), get('/api/v1/traces'), get('/api/v1/events')])
  for (const proxy of [sums, events]) proxy.break('reset')
  await served('/api/v1/traces')
  await served('/api/v1/events')
})
