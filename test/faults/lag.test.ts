// One destination is down for good while the clients go on. `queue.max_lag` says what happens to its data; the other exporter
// and the clients must not notice, unless they are to wait.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Instance, until } from '../instance.ts'
import { freePort } from '../ports.ts'
import { otlpJson } from '../span-batch.ts'

const SPANS = 200
const REQUESTS = 40
/** Makes a request of about 200 KiB, so that a few fill a segment. */
const FILLER = 'x'.repeat(1000)

async function instanceWith(
  t: TestContext,
  action: string,
  limit = 'bytes: 2MiB',
): Promise<Instance> {
  const nobody = await freePort()
  // Killed at the end: a stop would wait for the dead destination.
  const dir = await Instance.directory(t, 'lag')
  return Instance.start({
    dir,
    config: `
exporters: { otlp_http/dead: { endpoint: "http://127.0.0.1:${nobody}", compression: none } }
queue:
  segment_bytes: 256KiB
  max_bytes: 64MiB
  max_lag: { otlp_http/dead: { ${limit}, action: ${action} } }
service:
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize], exporters: [file, otlp_http/dead] }
`,
  })
}

let traces = 0

function send(instance: Instance): Promise<number> {
  const traceId = (++traces).toString(16).padStart(32, 'c')
  const spans = Array.from({ length: SPANS }, (_, i) => ({
    name: `span ${i}`,
    traceId,
    spanId: (i + 1).toString(16).padStart(16, '0'),
    attributes: { filler: FILLER },
  }))
  return instance.post('/v1/traces', otlpJson(spans)).then((res) => res.status)
}

async function itemsOf(instance: Instance, exporter: string): Promise<Record<string, number>> {
  const text = await (await fetch(instance.url('/metrics', 'metrics'))).text()
  const items = new RegExp(
    `^observa_exporter_items\\{exporter="${exporter}",state="(\\w+)"\\} (\\d+)`,
    'gm',
  )
  return Object.fromEntries([...text.matchAll(items)].map((m) => [m[1], Number(m[2])]))
}

async function lagBytes(instance: Instance): Promise<number> {
  return instance.metric('observa_exporter_lag_bytes{exporter="otlp_http/dead"}')
}

for (const [action, state] of [
  ['drop_oldest', 'deadLettered'],
  ['skip', 'skipped'],
] as const)
  test(`${action}: a dead destination keeps at most its bound, and every item is in its sums`, async (t) => {
    const instance = await instanceWith(t, action)
    for (let n = 0; n < REQUESTS; n++) assert.equal(await send(instance), 200)
    const total = REQUESTS * SPANS
    await until(async () => (await itemsOf(instance, 'file'))['sent'] === total, 'sent to the file')
    await until(async () => (await lagBytes(instance)) <= 3 * 2 ** 20, 'within the bound')
    let items: Record<string, number> = {}
    // Items are being given up for as long as the bound is exceeded, and the two figures are asked for one after the other.
    await until(async () => {
      const letters = await instance.metric('observa_dead_letter_items_total')
      items = await itemsOf(instance, 'otlp_http/dead')
      return letters === (action === 'skip' ? 0 : items['deadLettered'])
    }, 'a dead letter for each item that was given up')
    assert.ok((items[state] ?? 0) > 0)
    assert.equal((items[state] ?? 0) + (items['queued'] ?? 0), total)
    assert.equal(await send(instance), 200)
  })

test('refuse: clients wait while the destination is too far behind, and are told which', async (t) => {
  const instance = await instanceWith(t, 'refuse')
  let status = 200
  for (let n = 0; n < REQUESTS && status === 200; n++) status = await send(instance)
  await until(async () => (await send(instance)) === 503, 'refused')
  const ready = await fetch(instance.url('/health/ready', 'http'))
  assert.equal(ready.status, 503)
  assert.match(await ready.text(), /otlp_http\/dead is further behind than its max_lag/)
  const items = await itemsOf(instance, 'otlp_http/dead')
  assert.equal(items['queued'], items['appended'], 'nothing is given up')
})

test('age: what waits longer than the limit is given up, also when it is little', async (t) => {
  const instance = await instanceWith(t, 'skip', 'age: 2s')
  assert.equal(await send(instance), 200)
  await until(
    async () => (await itemsOf(instance, 'otlp_http/dead'))['skipped'] === SPANS,
    'skipped',
  )
  // Later data waits for its own time limit.
  assert.equal(await send(instance), 200)
  await until(
    async () => (await itemsOf(instance, 'otlp_http/dead'))['skipped'] === 2 * SPANS,
    'skipped too',
  )
})
