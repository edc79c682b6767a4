// The recipes for an OpenTelemetry Collector beside Observa (`deploy/collector`), with a real Collector that was built from its modules:
// `node bench/peers/build.ts`. Where that has not been done, the tests are skipped.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { collectorBinary, hasCollector } from '../../bench/peers/build.ts'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { Secret } from '../../core/config/config-types.ts'
import { Instance, until } from '../instance.ts'
import { freePort } from '../ports.ts'

const RECIPES = join(import.meta.dirname, '../../deploy/collector')
const CAPTURES = join(import.meta.dirname, '../captures')
const missing = hasCollector() ? false : 'the Collector was not built: node bench/peers/build.ts'
/** Two recordings have calls that two traces report; all have spans. */
const RECORDED = readdirSync(CAPTURES)

function requests(): Buffer[] {
  return RECORDED.flatMap((name) =>
    readdirSync(join(CAPTURES, name))
      .filter((file) => file.endsWith('.traces.pb'))
      .toSorted()
      .map((file) => readFileSync(join(CAPTURES, name, file))),
  )
}

interface Collector {
  readonly url: string
  kill(): Promise<void>
  start(): Promise<void>
}

/** Sends to `to`. Its storage and its port stay the same over kills. */
async function collectorOf(t: TestContext, to: string, key: string): Promise<Collector> {
  const dir = await Instance.directory(t, 'collector')
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | null = null
  const start = async (): Promise<void> => {
    child = spawn(collectorBinary(), [`--config=${join(RECIPES, 'collector-to-observa.yaml')}`], {
      env: {
        COLLECTOR_STORAGE: join(dir, 'storage'),
        COLLECTOR_ENDPOINT: `127.0.0.1:${port}`,
        OBSERVA_ENDPOINT: to,
        OBSERVA_KEY: key,
      },
      stdio: 'ignore',
    })
    await until(async () => (await posted(url, Buffer.alloc(0))) === 200, 'the Collector answers')
  }
  const kill = async (): Promise<void> => {
    if (child === null || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }
  t.after(kill)
  await start()
  return { url, kill, start }
}

/** The status; 0 when nobody answers. */
async function posted(url: string, body: Buffer): Promise<number> {
  try {
    const headers = { 'content-type': 'application/x-protobuf' }
    const res = await fetch(`${url}/v1/traces`, {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    })
    await res.arrayBuffer()
    return res.status
  } catch {
    return 0
  }
}

async function sendAll(url: string, bodies: readonly Buffer[]): Promise<void> {
  for (const body of bodies)
    await until(async () => (await posted(url, body)) === 200, 'a request is accepted')
}

/** An instance whose address stays the same when it is started again in its directory. */
async function observaWithKey(t: TestContext) {
  const pepper = randomBytes(32).toString('hex')
  const { key, row } = keyForTests('sk', {}, new Secret(pepper))
  const [dir, port] = [await Instance.directory(t, 'observa'), await freePort()]
  const config = `
receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:${port}" } } } }
extensions:
  keys:
    pepper: "${pepper}"
    keys: [{ id: "${row.id}", hash: "${row.hash}", tenant: default, project: default, scopes: [ingest, query] }]
service: { extensions: [keys, api] }
`
  return { key, url: `http://127.0.0.1:${port}`, start: () => Instance.start({ dir, config }) }
}

/** The events of spans that an instance has made, in their last form. */
async function spansOf(instance: Instance): Promise<Map<string, Record<string, unknown>>> {
  const events = (await instance.records()).filter((r) => r['event_type'] === 'span')
  return new Map(events.map((e) => [`${String(e['trace_id'])} ${String(e['span_id'])}`, e]))
}

async function expected(t: TestContext): Promise<Map<string, Record<string, unknown>>> {
  const direct = await Instance.start({ dir: await Instance.directory(t, 'direct') })
  await sendAll(direct.url('', 'otlp'), requests())
  await direct.drained()
  return spansOf(direct)
}

const COUNTED = [
  'name',
  'kind',
  'input_tokens',
  'output_tokens',
  'usage_aggregate',
  'request_model',
]
const counts = (events: ReadonlyMap<string, Record<string, unknown>>): string[] =>
  [...events].map(([id, e]) => `${id} ${COUNTED.map((f) => String(e[f])).join(' ')}`).toSorted()

test('a Collector forwards to Observa, through a kill of either: nothing is lost or counted twice', {
  skip: missing,
  timeout: 280_000,
}, async (t) => {
  const want = await expected(t)
  assert.ok(want.size > 80, `${want.size} spans`)
  const observa = await observaWithKey(t)
  const first = await observa.start()
  const collector = await collectorOf(t, observa.url, observa.key)
  const all = requests()
  const [begin, middle, end] = [all.slice(0, 4), all.slice(4, 8), all.slice(8)]
  await sendAll(collector.url, begin)
  await first.kill('SIGKILL')
  await sendAll(collector.url, middle)
  await collector.kill()
  const again = await observa.start()
  await collector.start()
  await sendAll(collector.url, end)
  await until(async () => (await spansOf(again)).size >= want.size, 'all spans')
  assert.deepEqual(counts(await spansOf(again)), counts(want))
})

test('Observa scrubs and forwards to a Collector, through a kill of the Collector', {
  skip: missing,
  timeout: 280_000,
}, async (t) => {
  const want = await expected(t)
  const behind = await observaWithKey(t)
  const sink = await behind.start()
  const collector = await collectorOf(t, behind.url, behind.key)
  const front = await Instance.start({
    files: [join(RECIPES, 'observa-to-collector.yaml')],
    env: { COLLECTOR_URL: collector.url },
  })
  t.after(() => front.kill())
  const all = requests()
  await sendAll(front.url('', 'otlp'), all.slice(0, 5))
  await collector.kill()
  await sendAll(front.url('', 'otlp'), all.slice(5))
  await collector.start()
  await front.drained()
  await until(async () => (await spansOf(sink)).size >= want.size, 'all spans')
  assert.deepEqual(counts(await spansOf(sink)), counts(want))
  const text = JSON.stringify([...(await spansOf(sink)).values()])
  assert.match(text, /\[REDACTED:email\]/)
  // What the front removed, the sink cannot have found.
  assert.equal((await sink.records()).filter((r) => r['type'] === 'pii_detected').length, 0)
})
