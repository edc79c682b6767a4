// A question that would read more of ClickHouse than the configuration allows ends as a 422 that says what to do, and the
// next smaller one succeeds.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Instance } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const EVENTS = 600

let instance: Instance

before(async () => {
  instance = await Instance.start({
    config: `
exporters:
  clickhouse: { embedded: true, batch: { delay: 100ms } }
extensions: { api: { queries: { max_rows_read: ${EVENTS / 2} } } }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse] }
`,
  })
})
after(() => instance.stop())

async function get(path: string): Promise<{ status: number; code: unknown; message: string }> {
  const res = await fetch(instance.url(path, 'http'), { headers: { 'cache-control': 'no-cache' } })
  const body = (await res.json()) as { error?: { code?: unknown; message?: string } }
  return { status: res.status, code: body.error?.code, message: body.error?.message ?? '' }
}

async function send(spans: number): Promise<void> {
  const names = Array.from({ length: spans }, (_, i) => ({ name: `chat ${i}` }))
  assert.equal((await instance.post('/v1/traces', otlpJson(names))).status, 200)
  await instance.drained()
}

test('a question below the limit of rows is answered, one above it is a 422 with what helps', async () => {
  await send(10)
  assert.equal((await get('/api/v1/events')).status, 200)
  await send(EVENTS)
  for (const path of ['/api/v1/events', '/api/v1/events?limit=5']) {
    const { status, code, message } = await get(path)
    assert.equal(status, 422, path)
    assert.equal(code, 'QUERY_TOO_EXPENSIVE')
    assert.match(message, /narrow the time range, add filters/)
  }
  assert.equal((await get('/health/ready')).status, 200)
})
