// Tests sampling, embedding and search on real stores with an embeddings endpoint for tests.

import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { withTenant } from '../../storage/postgres/roles.ts'
import { rowsOf } from '../../storage/semantic/clickhouse-rows.ts'
import { nearest, storeVectors, vectorOfTrace } from '../../storage/semantic/vectors.ts'
import { silentLog } from '../../storage/testing/stores.ts'
import { EndpointClient } from '../endpoint/endpoint-client.ts'
import { shareOfTrace } from '../sampling/trace-share.ts'
import { SEMANTIC_METRICS } from '../semantic-metrics.ts'
import { FakeEmbeddings } from '../testing/fake-embeddings.ts'
import { type SemanticStores, startSemanticStores } from '../testing/semantic-stores.ts'
import { type StoredCall, storeCalls, traceIdOf } from '../testing/stored-calls.ts'
import { embedSample } from './embed-job.ts'
import type { SamplingSettings } from './embed-settings.ts'
import { Embedder, vectorsIn } from './embedder.ts'

let stores: SemanticStores
before(async () => {
  stores = await startSemanticStores()
})
after(() => stores.stop())

const metrics = new Metrics()
metrics.declare(SEMANTIC_METRICS)
const ALL: SamplingSettings = { rate: 1, rules: [], always: [], tracesPerDay: 10_000 }

async function embedderFor(
  t: TestContext,
  usdPerDay = 1,
): Promise<{ fake: FakeEmbeddings; embedder: Embedder }> {
  const fake = await FakeEmbeddings.start()
  t.after(() => fake.stop())
  const endpoint = { url: fake.url, key: null, allowLinkLocal: false, timeoutMs: 5000 }
  const settings = {
    endpoint,
    model: 'e',
    dimensions: null,
    batch: 16,
    usdPerDay,
    priceNano: (n: number) => n * 20,
  }
  const embedder = new Embedder(settings, {
    pool: stores.pool,
    clock: systemClock,
    metrics,
    client: new EndpointClient(endpoint, systemClock),
    capNano: usdPerDay * 1e9,
    callsMax: 1e6,
  })
  return { fake, embedder }
}

async function embed(embedder: Embedder, sampling: SamplingSettings): Promise<void> {
  const job = embedSample({
    pool: stores.pool,
    clickhouse: stores.client,
    clock: systemClock,
    metrics,
    embedder,
    sampling,
  })
  const signal = new AbortController().signal
  await job.run({ id: 'x', payload: {}, attempt: 1, signal, log: silentLog })
}

const call = (project: string, trace: number, more: Partial<StoredCall> = {}): StoredCall => ({
  project,
  trace,
  ask: `How do I cancel order ${trace}?`,
  answer: 'In your account.',
  ...more,
})
interface Sampled {
  readonly trace_id: string
  readonly reason: string
}
const sampledIn = (project: string): Promise<readonly Sampled[]> =>
  rowsOf<Sampled>(
    stores.client,
    'SELECT trace_id, reason FROM sampled_traces FINAL WHERE project_id = {project:String} ORDER BY trace_id',
    { project },
  )

test('the sample is that of the hash, what must be kept is in it, and why is stored', async (t) => {
  const { embedder, fake } = await embedderFor(t)
  const calls = Array.from({ length: 60 }, (_, i) => call('s1', i))
  await storeCalls(stores.client, [
    ...calls,
    call('s1', 900, { status: 'error' }),
    call('s1', 901),
    call('s1', 902, { route: 'r' }),
  ])
  await withTenant(
    stores.pool,
    't',
    (c) =>
      c.query(
        `INSERT INTO scores (tenant_id, project_id, score_id, trace_id, name, number_value, source, author)
         VALUES ('t', 's1', 'x', $1, 'thumb', 0, 'user', 'somebody')`,
        [traceIdOf({ project: 's1', trace: 901 })],
      ),
    { readOnly: false },
  )
  const sampling: SamplingSettings = {
    rate: 0.2,
    rules: [{ route: 'r', rate: 1 }],
    always: ['errors', 'high_severity', 'feedback'],
    tracesPerDay: 1000,
  }
  await embed(embedder, sampling)
  const reasonOf = new Map((await sampledIn('s1')).map((s) => [s.trace_id, s.reason]))
  for (const c of calls) {
    const id = traceIdOf(c)
    assert.equal(reasonOf.get(id), shareOfTrace(id) < 0.2 ? 'rate' : undefined)
  }
  assert.equal(reasonOf.get(traceIdOf({ project: 's1', trace: 900 })), 'always:errors')
  assert.equal(reasonOf.get(traceIdOf({ project: 's1', trace: 901 })), 'always:feedback')
  assert.equal(reasonOf.get(traceIdOf({ project: 's1', trace: 902 })), 'rule:1')
  const asked = fake.texts.length
  await embed(embedder, sampling)
  assert.equal(fake.texts.length, asked, 'nothing is embedded twice')
})

test('calls that a rule leaves out do not hide the others, and late events, signals and feedback are seen', async (t) => {
  const { embedder } = await embedderFor(t)
  const sampling: SamplingSettings = {
    rate: 0.5,
    rules: [
      { route: 'noise', rate: 0 },
      { route: 'shop', rate: 1 },
    ],
    always: ['errors', 'high_severity', 'feedback'],
    tracesPerDay: 1000,
  }
  const noise = Array.from({ length: 1100 }, (_, i) => call('s5', i, { route: 'noise' }))
  await storeCalls(stores.client, noise)
  await storeCalls(
    stores.client,
    Array.from({ length: 20 }, (_, i) => call('s5', 5000 + i, { route: 'shop' })),
  )
  await embed(embedder, sampling)
  const shop = await sampledIn('s5')
  assert.equal(shop.length, 20)
  assert.ok(shop.every((s) => s.reason === 'rule:2'))
  // A trace that was left out gets an error, one a signal, one feedback, and a new one arrives.
  const [failed, signalled, liked] = [7, 8, 9].map((trace) => traceIdOf({ project: 's5', trace }))
  await storeCalls(stores.client, [
    call('s5', 7, { kind: 'tool', status: 'error' }),
    call('s5', 6000, { route: 'shop' }),
  ])
  await stores.client.command({
    query: `INSERT INTO signals (signal_id, type, severity, tenant_id, project_id, trace_id, at)
      VALUES (unhex('${signalled}'), 'runaway', 'high', 't', 's5', unhex('${signalled}'), now64(9))`,
  })
  await withTenant(
    stores.pool,
    't',
    (c) =>
      c.query(
        `INSERT INTO scores (tenant_id, project_id, score_id, trace_id, name, number_value, source, author)
         VALUES ('t', 's5', 'y', $1, 'thumb', 0, 'user', 'somebody')`,
        [liked],
      ),
    { readOnly: false },
  )
  await embed(embedder, sampling)
  const reasonOf = new Map((await sampledIn('s5')).map((s) => [s.trace_id, s.reason]))
  assert.equal(reasonOf.size, 24)
  assert.equal(reasonOf.get(String(failed)), 'always:errors')
  assert.equal(reasonOf.get(String(signalled)), 'always:high_severity')
  assert.equal(reasonOf.get(String(liked)), 'always:feedback')
  assert.match(metrics.render(), /observa_semantic_spend_usd\{[^}]*state="settled"/)
})

test('no more traces of a project are sampled in a day than is allowed, and no more is spent', async (t) => {
  const { embedder } = await embedderFor(t)
  await storeCalls(
    stores.client,
    Array.from({ length: 40 }, (_, i) => call('s2', i)),
  )
  await embed(embedder, { ...ALL, tracesPerDay: 25 })
  assert.equal((await sampledIn('s2')).length, 25)
  const poor = await embedderFor(t, 0.00001)
  await storeCalls(
    stores.client,
    Array.from({ length: 40 }, (_, i) => call('s3', i, { tenant: 'poor' })),
  )
  await embed(poor.embedder, ALL)
  assert.ok((await sampledIn('s3')).length < 40)
})

test('texts of one meaning are near each other, and a trace finds those like it', async (t) => {
  const { embedder } = await embedderFor(t)
  const topics = ['cancel the subscription', 'weather in the mountains', 'bake bread with yeast']
  await storeCalls(
    stores.client,
    topics.flatMap((topic, i) =>
      [0, 1, 2, 3].map((n) =>
        call('s4', i * 10 + n, {
          ask: `Tell me how to ${topic}, please ${n}`,
          answer: `This is about ${topic}.`,
        }),
      ),
    ),
  )
  await embed(embedder, ALL)
  const scope = { tenantId: 't', projectId: 's4' }
  const [v] =
    (await embedder.embed('t', ['cancel subscription'], new AbortController().signal)) ?? []
  assert.ok(v)
  const near = await nearest(stores.client, scope, embedder.name, v, { limit: 4 })
  const wanted = [0, 1, 2, 3].map((n) => traceIdOf({ project: 's4', trace: n })).toSorted()
  assert.deepEqual(near.map((n) => n.trace_id).toSorted(), wanted)
  const id = traceIdOf({ project: 's4', trace: 20 })
  const own = await vectorOfTrace(stores.client, scope, id)
  assert.ok(own)
  const like = await nearest(stores.client, scope, own.embedder, own.v, {
    limit: 3,
    exceptTrace: id,
  })
  assert.deepEqual(
    like.map((n) => n.trace_id).toSorted(),
    [21, 22, 23].map((n) => traceIdOf({ project: 's4', trace: n })).toSorted(),
  )
})

test('a filtered search returns as many as were asked for, and nothing of others', async () => {
  const random = (seed: number): number[] => {
    const v = Array.from({ length: 16 }, (_, i) => Math.sin(seed * 97.3 + i * 31.7))
    const length = Math.hypot(...v)
    return v.map((x) => x / length)
  }
  const now = BigInt(Date.now()) * 1_000_000n
  await storeVectors(
    stores.client,
    Array.from({ length: 4000 }, (_, i) => ({
      tenantId: i % 2 === 0 ? 't' : 'other',
      projectId: `p${i % 4}`,
      embedder: 'e',
      trace: i.toString(16).padStart(32, '0'),
      event: i.toString(16).padStart(32, '0'),
      at: String(now - BigInt(i) * 1_000_000_000n),
      environment: '',
      model: i % 100 === 0 ? 'rare' : 'often',
      route: '',
      v: random(i),
    })),
  )
  const scope = { tenantId: 't', projectId: 'p0' }
  const rare = await nearest(stores.client, scope, 'e', random(7), { model: 'rare', limit: 20 })
  assert.equal(rare.length, 20)
  assert.ok(rare.every((n) => n.model === 'rare' && Number.parseInt(n.trace_id, 16) % 4 === 0))
  const all = Array.from({ length: 4000 }, (_, i) => i).filter((i) => i % 100 === 0)
  const dot = (i: number): number =>
    random(i).reduce((sum, x, k) => sum + x * (random(7)[k] ?? 0), 0)
  const exact = all.toSorted((a, b) => dot(b) - dot(a)).slice(0, 20)
  assert.deepEqual(new Set(rare.map((n) => Number.parseInt(n.trace_id, 16))), new Set(exact))
  const fromMs = Date.now() - 100_000
  const recent = await nearest(stores.client, scope, 'e', random(7), { fromMs, limit: 20 })
  assert.equal(recent.length, 20)
  assert.ok(recent.every((n) => Number(BigInt(n.at) / 1_000_000n) >= fromMs))
  assert.equal(
    (await nearest(stores.client, scope, 'other model', random(7), { limit: 20 })).length,
    0,
  )
})

test('answers of endpoints are taken as floats or base64, in any order, and broken ones are refused', () => {
  const base64 = Buffer.from(new Float32Array([0, 5]).buffer).toString('base64')
  const rows = [
    { index: 1, embedding: base64 },
    { index: 0, embedding: [3, 0] },
  ]
  assert.deepEqual(vectorsIn({ data: rows }, 2), [
    [1, 0],
    [0, 1],
  ])
  for (const bad of [
    {},
    { data: [] },
    { data: [{ embedding: [0, 0] }] },
    { data: [{ embedding: [1] }, { embedding: [1, 2] }] },
    'text',
  ])
    assert.throws(() => vectorsIn(bad, 1))
})
