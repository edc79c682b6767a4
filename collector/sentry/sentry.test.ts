// What is reported to Sentry, over HTTP to a server that speaks its ingest protocol: what an item says and what it never says, and that
// limits, failures and a full queue cost reports and nothing else.

import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { parseSentryDsn } from '../../core/config/sentry-dsn.ts'
import { ObservaError } from '../../core/errors.ts'
import { Metrics } from '../../core/metrics.ts'
import { makeLogger } from '../service/logger.ts'
import { SentryReports, sentryReportsOf } from './sentry-reports.ts'
import { IngestServer } from './testing/ingest-server.ts'

interface Setup {
  readonly server: IngestServer
  readonly reports: SentryReports
  readonly metrics: Metrics
  readonly log: ReturnType<typeof makeLogger>
  readonly warnings: object[]
}

async function setup(t: TestContext, timeoutMs = 5000): Promise<Setup> {
  const server = await new IngestServer().listen()
  const metrics = new Metrics()
  const warnings: object[] = []
  const dsn = parseSentryDsn(server.dsn)
  assert.ok(dsn !== null)
  const reports = new SentryReports({
    dsn,
    version: '1.2.3',
    release: 'observa@1.2.3',
    environment: 'staging',
    transactions: 0.1,
    clock: systemClock,
    random: () => 0.05,
    metrics,
    timeoutMs,
    log: {
      warn: (fields: object) => void warnings.push(fields),
      info: () => {},
    } as unknown as ReturnType<typeof makeLogger>,
  })
  const out = new Writable({ write: (_chunk, _encoding, done) => done() })
  const log = makeLogger(
    { level: 'info', format: 'json' },
    out as unknown as NodeJS.WriteStream,
    reports.error,
  )
  t.after(async () => {
    await reports.close(0)
    await server.close()
  })
  return { server, reports, metrics, log, warnings }
}

const dropped = (metrics: Metrics, reason: string, type = 'error'): number =>
  metrics.value('observa_sentry_dropped_total', `type="${type}",reason="${reason}"`)
const sent = (metrics: Metrics, type = 'error'): number =>
  metrics.value('observa_sentry_sent_total', `type="${type}"`)

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 20_000
  while (!condition()) {
    assert.ok(performance.now() < end, `not in time: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('a logged error is an event with the places in the code, request id, release and environment', async (t) => {
  const { server, log } = await setup(t)
  const requestId = '5d1bd1f6-6a44-4a39-9df9-1f4ad3ad3c1a'
  log.child({ component: 'api' }).error({ err: new TypeError('x'), requestId }, 'request failed')
  await until(() => server.items.length === 1, 'an event')
  const [event] = server.events('event')
  assert.partialDeepStrictEqual(event, {
    platform: 'node',
    level: 'error',
    release: 'observa@1.2.3',
    environment: 'staging',
    logger: 'api',
    tags: { request_id: requestId, component: 'api' },
  })
  const { exception } = event as { exception: { values: Record<string, unknown>[] } }
  const [value] = exception.values
  assert.equal(value?.['type'], 'TypeError')
  assert.equal(value?.['value'], 'request failed')
  assert.ok(value)
  const { frames } = value['stacktrace'] as { frames: Record<string, unknown>[] }
  // Sentry shows the last frame as the place where it was thrown.
  assert.partialDeepStrictEqual(frames.at(-1), {
    filename: 'collector/sentry/sentry.test.ts',
    in_app: true,
  })
  assert.equal(typeof frames.at(-1)?.['lineno'], 'number')
})

test('a line without an error is a message; warnings are none; fatal is fatal', async (t) => {
  const { server, log } = await setup(t)
  log.warn({ code: 'OBS_X' }, 'only a warning')
  log.error({ code: 'OBS_WORKER_LOST', attempts: 3, exporter: 'clickhouse/eu' }, 'worker lost')
  log.fatal({ kind: 'RangeError', origin: 'uncaughtException', at: ['a/b.ts:1:2'] }, 'a fault')
  await until(() => server.items.length === 2, 'two events')
  const [message, fatal] = server.events('event')
  assert.partialDeepStrictEqual(message, {
    level: 'error',
    message: { formatted: 'worker lost' },
    tags: { code: 'OBS_WORKER_LOST' },
    extra: { attempts: 3, exporter: 'clickhouse/eu' },
  })
  assert.partialDeepStrictEqual(fatal, {
    level: 'fatal',
    tags: { origin: 'uncaughtException' },
    exception: {
      values: [{ type: 'RangeError', value: 'a fault', mechanism: { handled: false } }],
    },
  })
})

test('prompts, keys, headers, addresses and query strings are not in what leaves', async (t) => {
  const { server, log } = await setup(t)
  const key = `sk_${'Zq7'.repeat(20)}`
  const token = `ghp_${'a1B2'.repeat(9)}`
  log.error(
    {
      err: new Error('the prompt: tell me about my disease'),
      prompt: 'tell me about my disease',
      body: { messages: ['tell me about my disease'] },
      authorization: `Bearer ${key}`,
      headers: { authorization: `Bearer ${key}` },
      apiKey: 'plainkeywithoutform',
      url: 'https://user:pass@example.com/',
      path: '/api/v1/traces?user_id=ada',
      user: 'ada.lovelace@acme-corp.com',
      note: token,
    },
    `call of https://example.com/v1?secret=hunter2 by ada.lovelace@acme-corp.com with ${token} failed`,
  )
  await until(() => server.items.length === 1, 'an event')
  const [item] = server.items
  for (const text of [
    'disease',
    key,
    token,
    'plainkeywithoutform',
    'user:pass',
    'user_id=ada',
    'hunter2',
    'lovelace',
  ])
    assert.ok(!item?.raw.includes(text), `${text} left: ${item?.raw}`)
  assert.ok(item?.raw.includes('call of https://example.com/v1 by'), item?.raw)
})

test('a request is a transaction named by its route, and the fraction decides which', async (t) => {
  const { server, reports, metrics } = await setup(t)
  const answered = { method: 'GET', route: '/api/v1/traces/:id', durationMs: 250, requestId: 'r-1' }
  reports.request({ ...answered, status: 200 })
  reports.request({ ...answered, status: 503 })
  await until(() => server.items.length === 2, 'two transactions')
  const [first, second] = server.events('transaction')
  assert.partialDeepStrictEqual(first, {
    type: 'transaction',
    transaction: 'GET /api/v1/traces/:id',
    transaction_info: { source: 'route' },
    tags: { request_id: 'r-1', 'http.response.status_code': '200' },
    contexts: { trace: { op: 'http.server', status: 'ok' } },
    release: 'observa@1.2.3',
    environment: 'staging',
  })
  const { timestamp, start_timestamp: start } = first as Record<string, number>
  assert.ok(Math.abs((timestamp ?? 0) - (start ?? 0) - 0.25) < 0.001)
  assert.partialDeepStrictEqual(second, { contexts: { trace: { status: 'unavailable' } } })
  // Counted when the answer comes, which is after the server has taken it.
  await until(() => sent(metrics, 'transaction') === 2, 'both counted')
  let draws = 0
  const tenth = new SentryReports({
    ...optionsOf(server, metrics),
    random: () => (draws++ % 10) / 10,
  })
  for (let n = 0; n < 50; n++) tenth.request({ ...answered, status: 200 })
  await tenth.close(5000)
  assert.equal(sent(metrics, 'transaction'), 2 + 5)
})

const optionsOf = (server: IngestServer, metrics: Metrics) => {
  const dsn = parseSentryDsn(server.dsn)
  assert.ok(dsn !== null)
  const log = { warn: () => {}, info: () => {} }
  const clock = systemClock
  const names = { version: '1', release: 'r', environment: 'e' }
  return { dsn, clock, metrics, log, ...names, transactions: 0.1, random: Math.random }
}

test('X-Sentry-Rate-Limits silences the category that it names and no other', async (t) => {
  const { server, reports, metrics, log } = await setup(t)
  server.answers.push({
    status: 200,
    headers: { 'x-sentry-rate-limits': '60:error:key, 5:session:key' },
  })
  log.error('the first')
  await until(() => sent(metrics) === 1, 'sent')
  log.error('the second')
  reports.request({ method: 'GET', route: '/x', status: 200, durationMs: 1, requestId: 'r' })
  await until(() => sent(metrics, 'transaction') === 1, 'a transaction')
  assert.equal(dropped(metrics, 'limited'), 1)
  assert.equal(server.events('event').length, 1)
})

test('a 429 with Retry-After silences everything for that time, then reports go on', async (t) => {
  const { server, reports, metrics, log } = await setup(t)
  server.answers.push({ status: 429, headers: { 'retry-after': '1' } })
  log.error('refused')
  await until(() => dropped(metrics, 'limited') === 1, 'limited')
  log.error('too early')
  reports.request({ method: 'GET', route: '/x', status: 200, durationMs: 1, requestId: 'r' })
  assert.equal(dropped(metrics, 'limited'), 2)
  assert.equal(dropped(metrics, 'limited', 'transaction'), 1)
  assert.equal(server.requests, 1)
  await new Promise((resolve) => setTimeout(resolve, 1100))
  log.error('late enough')
  await until(() => sent(metrics) === 1, 'sent')
})

test('a failure of the server is tried again; what is refused is not', async (t) => {
  const { server, metrics, log, warnings } = await setup(t)
  server.answers.push({ status: 502 })
  log.error('tried twice')
  await until(() => sent(metrics) === 1, 'sent')
  assert.equal(server.requests, 2)
  server.answers.push({ status: 403 })
  log.error('refused')
  await until(() => dropped(metrics, 'refused') === 1, 'refused')
  assert.equal(server.requests, 3)
  assert.deepEqual(warnings, [
    { code: 'OBS_SENTRY_UNREACHABLE', reason: 'HTTP 502' },
    { code: 'OBS_SENTRY_REFUSED', status: 403 },
  ])
})

test('a server that hangs or is dead costs the caller nothing, the queue is bounded, and a stop waits for no more than its time', async (t) => {
  const { server, reports, metrics, log } = await setup(t)
  server.answers.push('hang')
  log.error('hangs')
  await until(() => server.requests === 1, 'asked')
  const startedAt = performance.now()
  for (let n = 0; n < 150; n++) log.error(`error ${n}`)
  assert.ok(performance.now() - startedAt < 1000, `${performance.now() - startedAt} ms`)
  assert.match(metrics.render(), /observa_sentry_queue_items 100\n/)
  assert.equal(dropped(metrics, 'queue_full'), 51)
  const stoppedAt = performance.now()
  await reports.close(200)
  assert.ok(performance.now() - stoppedAt < 2000)
  assert.equal(dropped(metrics, 'stopped'), 100)
  log.error('after the stop')
  assert.equal(dropped(metrics, 'stopped'), 101)
})

test('a dead server is given up after three tries, with one warning, and comes back', async (t) => {
  const { server, metrics, log, warnings } = await setup(t)
  const { port } = server
  await server.close()
  log.error('nobody hears')
  await until(() => dropped(metrics, 'unreachable') === 1, 'given up')
  assert.deepEqual(warnings, [{ code: 'OBS_SENTRY_UNREACHABLE', reason: 'ECONNREFUSED' }])
  const again = await new IngestServer().listen(port)
  t.after(() => again.close())
  log.error('somebody hears')
  await until(() => sent(metrics) === 1, 'sent')
})

test('equal errors are reported ten times a minute, whatever ids they name', async (t) => {
  const { server, reports, metrics, log } = await setup(t)
  for (let n = 0; n < 30; n++) log.error({ requestId: `r-${n}` }, 'request failed')
  await reports.close(10_000)
  assert.equal(server.events('event').length, 10)
  assert.equal(dropped(metrics, 'repeated'), 20)
})

test('a DSN is read as Sentry writes it; anything else is a mistake that does not show it', () => {
  const parsed = (text: string) => parseSentryDsn(text)?.endpoint ?? null
  assert.equal(
    parsed('https://k@o1.ingest.sentry.io/5'),
    'https://o1.ingest.sentry.io/api/5/envelope/',
  )
  assert.equal(
    parsed('http://k:old@10.0.0.7:9000/a/b/5'),
    'http://10.0.0.7:9000/a/b/api/5/envelope/',
  )
  for (const wrong of [
    '',
    'k@host/5',
    'https://host/5',
    'https://k@host/',
    'ftp://k@host/5',
    'https://k@host/5?x=1',
    'http://k@169.254.169.254/5',
    'http://k@metadata.google.internal/5',
  ])
    assert.equal(parsed(wrong), null, wrong)
  const deps = { ...optionsOfNothing(), version: '1.0.0' }
  const config = { enabled: true, transactions: 0.1 }
  assert.equal(sentryReportsOf(config, {}, deps), null)
  assert.equal(
    sentryReportsOf({ ...config, enabled: false }, { SENTRY_DSN: 'https://k@host/5' }, deps),
    null,
  )
  assert.throws(
    () => sentryReportsOf(config, { SENTRY_DSN: 'https://hunter2' }, deps),
    (thrown: unknown) =>
      thrown instanceof ObservaError &&
      thrown.code === 'OBS_SENTRY_DSN' &&
      !thrown.line().includes('hunter2'),
  )
})

const optionsOfNothing = () => ({
  clock: systemClock,
  metrics: new Metrics(),
  random: Math.random,
  log: { warn: () => {}, info: () => {} },
})
