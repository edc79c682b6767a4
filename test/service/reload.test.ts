// SIGHUP: a valid configuration takes effect without dropping a request; an invalid one changes nothing, and the log says
// why.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { registry } from '../../collector/registry.ts'
import { differences, Reloader } from '../../collector/service/reload.ts'
import { WorkerPool } from '../../collector/worker/pool.ts'
import { type LoadResult, loadConfig } from '../../config/load.ts'
import { Metrics } from '../../core/metrics.ts'
import type { TaskRequest } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { DEFAULT_LIMITS } from '../../proto/decode.ts'
import { silentLog } from '../../storage/testing/stores.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const ours = keyForTests('sk')
const leaving = keyForTests('sk', { tenant: 'tenant-b' })
const STEPS = 'scrub, canonicalize, cost, signals'

interface Wanted {
  readonly isRevoked?: boolean
  readonly more?: string
}

/** The second configuration file of the instance: keys, and what a test adds. */
function yaml({ isRevoked = false, more = '' }: Wanted = {}): string {
  const keys = [ours.row, { ...leaving.row, revoked: isRevoked }]
  return `extensions: { keys: { keys: ${JSON.stringify(keys)} } }\nservice: { extensions: [api, keys] }\n${more}`
}

/** Both pipelines, with an additional first step that marks every span. */
const marked = (mark: string): string => `processors:
  attributes: { actions: [{ action: upsert, key: mark, value: "${mark}" }] }
service:
  extensions: [api, keys]
  pipelines:
    traces: { processors: [attributes, ${STEPS}] }
    logs: { processors: [attributes, ${STEPS}] }
`

const withMark = (mark: string): string =>
  yaml()
    .replace(/^service:.*\n/m, '')
    .concat(marked(mark))

let instance: Instance

before(async () => {
  instance = await Instance.start({ config: yaml() })
})
after(() => instance.stop())

async function outcomes(): Promise<Record<string, number>> {
  const text = await (await fetch(instance.url('/metrics', 'metrics'))).text()
  const rows = text.matchAll(/^observa_reloads_total\{outcome="(\w+)"\} (\d+)$/gm)
  return Object.fromEntries([...rows].map(([, name, n]) => [name, Number(n)]))
}

/** Writes the file, sends SIGHUP, and returns the outcome with what was logged. */
async function reload(config: string): Promise<{ outcome: string; logged: string }> {
  const before = await outcomes()
  const from = instance.stderr.length
  await writeFile(join(instance.dir, 'test.yaml'), config)
  instance.process.kill('SIGHUP')
  let changed: string | undefined
  await until(async () => {
    const now = await outcomes()
    changed = Object.keys(now).find((name) => now[name] !== before[name])
    return changed !== undefined
  }, 'reloaded')
  return { outcome: changed ?? '', logged: instance.stderr.slice(from) }
}

let spans = 0
const traceHeaders = (key: string) => ({
  'content-type': 'application/json',
  authorization: `Bearer ${key}`,
})

/** Sends one span with a new id. */
const send = (key = ours.key): Promise<number> => sendSpan(++spans, key)

async function sendSpan(n: number, key = ours.key): Promise<number> {
  const spanId = n.toString(16).padStart(16, '0')
  const body = otlpJson([{ spanId, name: `span ${spanId}` }])
  return (await instance.post('/v1/traces', body, traceHeaders(key))).status
}

test('a file with mistakes changes nothing, and every mistake is logged with its line', async () => {
  const { outcome, logged } = await reload(
    yaml({
      isRevoked: true,
      more: 'processors:\n  scrub: { detetors: {} }\n  cost: { overides: x }\n',
    }),
  )
  assert.equal(outcome, 'failed')
  assert.match(logged, /test\.yaml:4:12: OBS_CONFIG_UNKNOWN_KEY.*detectors/)
  assert.match(logged, /test\.yaml:5:11: OBS_CONFIG_UNKNOWN_KEY.*overrides/)
  assert.match(logged, /the previous one stays in use/)
  assert.equal(await send(), 200)
  assert.equal(await send(leaving.key), 200, 'its revocation stood in the bad file')
})

test('processors change under load: every response is 200 and nothing is lost', async () => {
  const first = spans
  const statuses: number[] = []
  let isSending = true
  const sender = async (): Promise<void> => {
    while (isSending) {
      const n = ++spans
      statuses.push(await sendSpan(n))
      // A re-send: because of the ledger's correction the task is run again, by the same workers as before.
      statuses.push(await sendSpan(n))
    }
  }
  const senders = [sender(), sender(), sender()]
  for (const mark of ['one', 'two']) {
    const { outcome, logged } = await reload(withMark(mark))
    assert.equal(outcome, 'applied', logged)
    const answered = statuses.length
    await until(() => statuses.length > answered + 20, 'sending')
  }
  isSending = false
  await Promise.all(senders)
  assert.deepEqual([...new Set(statuses)], [200])
  await instance.drained()
  const events = (await instance.events()).filter(
    (e) => Number.parseInt(String(e['span_id']), 16) > first,
  )
  assert.equal(events.length, statuses.length / 2)
  assert.equal(new Set(events.map((e) => e['span_id'])).size, spans - first)
  const marks = new Set(events.map((e) => /"mark":"(\w+)"/.exec(JSON.stringify(e))?.[1] ?? 'none'))
  assert.deepEqual(marks, new Set(['none', 'one', 'two']))
})

test('a reload of an unchanged file keeps the workers and counts as applied', async () => {
  const { outcome, logged } = await reload(withMark('two'))
  assert.equal(outcome, 'applied')
  assert.match(logged, /"changed":\[\]/)
})

test('a revoked key stops working', async () => {
  assert.equal(await send(leaving.key), 200)
  const { outcome, logged } = await reload(yaml({ isRevoked: true }))
  assert.equal(outcome, 'applied', logged)
  assert.match(logged, /extensions\.keys/)
  assert.equal(await send(leaving.key), 401)
  const api = await fetch(instance.url('/health/detailed', 'http'), {
    headers: traceHeaders(leaving.key),
  })
  assert.equal(api.status, 401)
  assert.equal(await send(), 200)
})

test('a change that needs a restart is named, and the whole file is refused', async () => {
  const { outcome, logged } = await reload(
    yaml({
      more: `exporters: { file: { path: "${instance.dir}/other.ndjson" } }\nqueue: { max_bytes: 1GiB }\n`,
    }),
  )
  assert.equal(outcome, 'refused')
  assert.match(logged, /OBS_RELOAD_RESTART: exporters\.file, queue\.max_bytes differ/)
  assert.equal(await send(leaving.key), 401, 'still revoked')
})

test('the log level changes in the whole process', async () => {
  const quiet = yaml({ isRevoked: true, more: 'telemetry: { logs: { level: error } }\n' })
  const { outcome, logged } = await reload(quiet)
  assert.equal(outcome, 'applied')
  assert.doesNotMatch(logged, /configuration reloaded/)
  const loud = await reload(yaml({ isRevoked: true }))
  await until(() => instance.stderr.includes('"changed":["telemetry.logs.level"]'), 'logged')
  assert.equal(loud.outcome, 'applied')
})

test('a metric shows the time of the last successful reload', async () => {
  const at = await instance.metric('observa_config_last_reload_success_timestamp_seconds')
  assert.ok(at > 1.7e9 && at <= Date.now() / 1000)
})

// ---------------------------------------------------------------- the parts

const MINIMAL = `
receivers: { otlp: {}, observa: {} }
processors: { scrub: { pseudonym: { key: "\${env:PSEUDONYM}" } }, canonicalize: {} }
exporters: { debug: {}, otlp_http: { endpoint: "http://user:\${env:PASSWORD}@localhost:9", headers: { "x-key": "\${env:KEY}" } } }
service:
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize], exporters: [debug, otlp_http] }
`
const ENV = { PASSWORD: 'first-word', KEY: 'first-key', PSEUDONYM: 'first-pseudonym-key' }

function loaded(text: string, env: Readonly<Record<string, string>> = ENV): Promise<LoadResult> {
  return loadConfig({ files: ['a.yaml'], sets: [], env, readFile: async () => text, registry })
}

async function compared(
  text: string,
  env: Readonly<Record<string, string>> = ENV,
): Promise<ReturnType<typeof differences>> {
  const [now, next] = [await loaded(MINIMAL), await loaded(text, env)]
  assert.ok(now.ok && next.ok, JSON.stringify([now, next]))
  return differences(now.config, next.config)
}

test('equal files have no differences, and the order of lists counts only where it matters', async () => {
  const none = { live: [], restart: [] }
  assert.deepEqual(await compared(MINIMAL), none)
  assert.deepEqual(await compared(MINIMAL.replace('[otlp, observa]', '[observa, otlp]')), none)
  const tested = `${MINIMAL}tests: [{ name: t, input: { events: [] }, expect: {} }]\n`
  assert.deepEqual(await compared(tested), none)
})

test('a changed secret is noticed in a header, in a URL and in a processor', async () => {
  for (const name of ['KEY', 'PASSWORD'])
    assert.deepEqual(await compared(MINIMAL, { ...ENV, [name]: 'second-word' }), {
      live: [],
      restart: ['exporters.otlp_http'],
    })
  assert.deepEqual(await compared(MINIMAL, { ...ENV, PSEUDONYM: 'second-pseudonym-key' }), {
    live: ['processors.scrub'],
    restart: [],
  })
})

test('every section outside processors, keys and the log level needs a restart', async () => {
  const more = `
auth: none
durability: buffered
data_dir: elsewhere
limits: { max_spans: 5 }
queue: { segment_bytes: 1MiB }
workers: { count: 3 }
telemetry: { logs: { level: debug, format: text }, metrics: { enabled: false } }
extensions: { api: {} }
`
  const text = MINIMAL.replace('service:', 'service:\n  extensions: [api]')
    .replace('[scrub, canonicalize]', '[canonicalize]')
    .concat(
      '    logs: { receivers: [otlp], processors: [canonicalize], exporters: [debug] }\n',
      more,
    )
  const { live, restart } = await compared(text)
  assert.deepEqual(live.toSorted(), [
    'service.pipelines.logs.processors',
    'service.pipelines.traces.processors',
    'telemetry.logs.level',
  ])
  assert.deepEqual(restart.toSorted(), [
    'data_dir',
    'durability',
    'extensions.api',
    'limits.max_spans',
    'queue.segment_bytes',
    'service.extensions',
    'service.pipelines.logs',
    'telemetry.logs.format',
    'telemetry.metrics.enabled',
    'workers.count',
  ])
})

/** A reloader whose loads end when the test says so. */
function fakeReloader(hasFile = true) {
  const logged: string[] = []
  const say = (first: unknown, text?: string): void => void logged.push(text ?? String(first))
  const waiting: ((result: LoadResult) => void)[] = []
  const metrics = new Metrics()
  const reloader = new Reloader({
    load: hasFile ? () => new Promise((resolve) => waiting.push(resolve)) : null,
    apply: () => Promise.reject(new Error('no worker started')),
    log: { info: say, warn: say, error: say } as unknown as ConstructorParameters<
      typeof Reloader
    >[0]['log'],
    metrics,
    clock: { nowMs: () => 5000 } as ConstructorParameters<typeof Reloader>[0]['clock'],
  })
  return { reloader, logged, waiting, metrics }
}

test('a SIGHUP during the start waits, and several during a reload cause one more reload', async () => {
  const { reloader, logged, waiting, metrics } = fakeReloader()
  const result = await loaded(MINIMAL)
  reloader.request()
  assert.equal(waiting.length, 0, 'not before the start is over')
  reloader.open()
  reloader.request()
  reloader.request()
  assert.equal(waiting.length, 1, 'one at a time')
  waiting[0]?.(result)
  await until(() => waiting.length === 2, 'loading again')
  waiting[1]?.(result)
  await until(() => metrics.value('observa_reloads_total', 'outcome="failed"') === 2, 'counted')
  assert.equal(waiting.length, 2)
  assert.match(
    logged.join('\n'),
    /reload failed: no worker started; the previous configuration stays in use/,
  )
  assert.equal(metrics.total('observa_config_last_reload_success_timestamp_seconds'), 5)
})

test('without --config, SIGHUP logs that there is no file', () => {
  const { reloader, logged, metrics } = fakeReloader(false)
  reloader.open()
  reloader.request()
  assert.deepEqual(logged, ['SIGHUP: started without --config, so there is no file to reload'])
  assert.equal(metrics.total('observa_reloads_total'), 0)
})

const SMALL = {
  workers: 1,
  taskBytesMax: 1,
  taskRequestsMax: 1,
  taskTimeoutMs: 30_000,
  heapMiB: 128,
}
const bare = { id: 'traces', processors: [], encoders: [], limits: DEFAULT_LIMITS, explain: false }

test('a worker pool counts as drained only when its results are durable', async () => {
  const commits: ((outcome: { ok: true }) => void)[] = []
  const pool = new WorkerPool(
    SMALL,
    { pipelines: [bare] },
    () => new Promise((resolve) => commits.push(resolve)),
    new Metrics(),
    silentLog,
  )
  await pool.warm()
  const request: TaskRequest = {
    payload: Buffer.from(otlpJson([{ name: 'one' }])),
    encoding: 'identity',
    format: 'otlp-json',
    telemetry: 'traces',
    tenant: DEFAULT_TENANT,
    receivedAtMs: 0,
  }
  const answers = [
    pool.submit(0, request, { decodedBytes: 1000, isGone: () => false }),
    pool.submit(0, request, { decodedBytes: 1000, isGone: () => false }),
  ]
  let isDrained = false
  const drained = pool.drain().then(() => {
    isDrained = true
  })
  await until(() => commits.length === 2, 'both run')
  commits[0]?.({ ok: true })
  const shared = await Promise.all(answers)
  assert.ok(shared.every((s) => s !== null))
  const again = await pool.rerun(0, { requests: [request], corrections: [] })
  assert.equal(again.verdicts[0]?.kind, 'accepted')
  assert.equal(isDrained, false)
  commits[1]?.({ ok: true })
  await drained
  await pool.close()
})

test('workers that cannot build their chains reject the warm-up, and the process goes on', async () => {
  const broken = { id: 'x', type: 'no_such_processor', settings: {} }
  const pool = new WorkerPool(
    { ...SMALL, workers: 2 },
    { pipelines: [{ ...bare, processors: [broken] }] },
    async () => ({ ok: true }),
    new Metrics(),
    silentLog,
  )
  await assert.rejects(pool.warm(), /no_such_processor/)
  await pool.drain()
  await Promise.all([pool.close(), pool.close()])
})
