// An instance that reports to Sentry: errors of the program and requests to the API arrive there, and nothing of what clients send.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { IngestServer } from '../../collector/sentry/testing/ingest-server.ts'
import { SOFTWARE_ERROR_EXIT_CODE } from '../../collector/uncaught-errors.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'throw-later.mjs')).href

async function ingest(t: TestContext): Promise<IngestServer> {
  const server = await new IngestServer().listen()
  t.after(() => server.close())
  return server
}

test('an uncaught error is reported before the process ends, without its message', async (t) => {
  const server = await ingest(t)
  const dir = await mkdtemp(join(tmpdir(), 'observa-sentry-'))
  const file = join(dir, 'fault')
  const instance = await Instance.start({
    env: {
      NODE_OPTIONS: `--import=${PRELOAD}`,
      FAULT_FILE: file,
      FAULT_KIND: 'main throw',
      SENTRY_DSN: server.dsn,
      SENTRY_ENVIRONMENT: 'staging',
    },
  })
  t.after(async () => {
    await instance.stop()
    await rm(dir, { recursive: true, force: true })
  })
  await writeFile(file, '')
  await until(() => !instance.isAlive, 'ended', 30_000)
  assert.equal(instance.process.exitCode, SOFTWARE_ERROR_EXIT_CODE)
  const [event] = server.events('event')
  assert.partialDeepStrictEqual(event, {
    level: 'fatal',
    environment: 'staging',
    tags: { code: 'OBS_PROCESS_FAULT' },
    exception: { values: [{ type: 'TypeError' }] },
  })
  assert.match(String(event?.['release']), /^observa@\d+\.\d+\.\d+/)
  assert.ok(server.items.every((item) => !/customer|hunter2/.test(item.raw)))
})

test('requests to the API are transactions by route with their request id, and no query or content leaves', async (t) => {
  const server = await ingest(t)
  const dsn = `"${server.dsn}"`
  const instance = await Instance.start({
    config: `telemetry: { sentry: { dsn: ${dsn}, transactions: 1, environment: e2e, release: r-7 } }`,
  })
  t.after(() => instance.stop())
  await instance.post('/v1/traces', otlpJson([{ name: 'a prompt nobody may report' }]))
  const id = '0b8a3a52-8a8e-4f4b-8f1d-7a0c2f1d9e55'
  const res = await fetch(instance.url('/api/v1/nothing?user_id=ada@acme-corp.com', 'http'), {
    headers: { 'x-request-id': id },
  })
  assert.equal(res.status, 404)
  await fetch(instance.url('/health', 'http'))
  await until(() => server.events('transaction').length >= 2, 'two transactions', 30_000)
  const missing = server
    .events('transaction')
    .find((e) => (e['tags'] as Record<string, string>)['request_id'] === id)
  assert.partialDeepStrictEqual(missing, {
    transaction: 'GET none',
    environment: 'e2e',
    release: 'r-7',
    contexts: { trace: { status: 'not_found' } },
  })
  assert.ok(server.events('transaction').some((e) => e['transaction'] === 'GET /health'))
  for (const { raw } of server.items) assert.doesNotMatch(raw, /acme-corp|user_id|nobody may/)
  const text = await (await fetch(instance.url('/metrics', 'metrics'))).text()
  assert.match(text, /observa_sentry_sent_total\{type="transaction"\} [2-9]/)
})

test('a dead Sentry delays neither requests nor the stop', async (t) => {
  const server = await ingest(t)
  const { dsn } = server
  await server.close()
  const instance = await Instance.start({ env: { SENTRY_DSN: dsn } })
  t.after(() => instance.stop())
  for (let n = 0; n < 50; n++)
    assert.equal((await fetch(instance.url('/health', 'http'))).status, 200)
  const startedAt = performance.now()
  await instance.stop()
  assert.ok(performance.now() - startedAt < 20_000, `${performance.now() - startedAt} ms`)
})
