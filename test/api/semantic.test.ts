// A whole instance with endpoints of judges and embeddings: what is sent is scored, judged and found by meaning, and the judges' own calls are
// events like all others.

import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { FakeEmbeddings } from '../../semantic/testing/fake-embeddings.ts'
import { FakeEndpoint, PLANTED } from '../../semantic/testing/fake-endpoint.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson, T0_MS } from '../span-batch.ts'

const shop = keyForTests('sk', {
  tenant: 'tenant-a',
  project: 'shop',
  scopes: ['ingest', 'query', 'content', 'admin'],
})
const own = keyForTests('sk', { tenant: 'tenant-a', project: 'observa', scopes: ['query'] })
const ANSWERS = [
  `Everybody knows that ${PLANTED}.`,
  "I'm sorry, but I can't help with that.",
  'Your parcel is on its way.',
]

let at: Instance
let judge: FakeEndpoint
let embeddings: FakeEmbeddings

before(async () => {
  ;[judge, embeddings] = await Promise.all([FakeEndpoint.start(), FakeEmbeddings.start()])
  at = await Instance.start({
    config: `
auth: keys
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
extensions:
  keys: { keys: ${JSON.stringify([shop, own].map((k) => k.row))} }
service:
  extensions: [keys, api]
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
semantic:
  sampling: { rate: 1 }
  embeddings: { url: "${embeddings.url}", model: e }
  judges:
    url: "${judge.url}"
    model: gpt-4o-mini
    rules: [{ name: all, rate: 1, project: shop, use: [hallucination] }]
`,
  })
  const spans = ANSWERS.map((answer, i) => ({
    traceId: String(i + 1).repeat(32),
    spanId: `00000000000000a${i}`,
    name: 'chat',
    // Jobs look at what happened in the last days.
    startMs: Date.now() - 60_000 - T0_MS,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.input.messages': JSON.stringify([
        {
          role: 'user',
          parts: [{ type: 'text', content: `Question ${i} about my parcel, please.` }],
        },
      ]),
      'gen_ai.output.messages': JSON.stringify([
        { role: 'assistant', parts: [{ type: 'text', content: answer }] },
      ]),
    },
  }))
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${shop.key}` }
  assert.equal((await at.post('/v1/traces', otlpJson(spans), headers)).status, 200)
  await at.drained()
})

after(async () => {
  await at.stop()
  await Promise.all([judge.stop(), embeddings.stop()])
})

type Row = Readonly<Record<string, unknown>>

async function ask(
  path: string,
  body?: object,
  key = shop.key,
): Promise<{ status: number; body: Row }> {
  const answer = await fetch(at.url(`/api/v1/${path}`, 'http'), {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Row }
}

async function rows(path: string, key = shop.key): Promise<readonly Row[]> {
  const { status, body } = await ask(path, undefined, key)
  assert.equal(status, 200, JSON.stringify(body))
  return body['data'] as readonly Row[]
}

test('a fault is a score and an issue, a refusal a score, and the calls of the judge are events of a project of their own', async () => {
  await until(
    async () => (await rows('issues?type=hallucination')).length === 1,
    'an issue',
    90_000,
  )
  const [signal] = await rows('signals?type=hallucination')
  assert.equal(signal?.['trace_id'], '1'.repeat(32))
  await until(async () => (await rows('scores?source=quality')).length === 1, 'a score', 60_000)
  const judged = await rows('scores?source=judge')
  assert.deepEqual(
    judged.map((s) => Number(s['value'])).toSorted((x, y) => x - y),
    [0, 1, 1],
  )
  await until(
    async () => (await rows('events', own.key)).length === 3,
    'calls of the judge',
    60_000,
  )
  const [call] = await rows('events', own.key)
  assert.ok(Number(call?.['cost_usd']) > 0)
})

test('a run has an estimate before it asks, and what was asked is not asked again', async () => {
  const judges = await rows('judges')
  assert.equal(judges.find((j) => j['judge_id'] === 'hallucination')?.['done'], 3)
  const dry = await ask('judges/quality/runs', { dry_run: true })
  assert.equal(dry.body['calls'], 3)
  assert.equal(dry.body['asked'], 0)
  const { usual_usd: usual, worst_usd: worst } = dry.body
  assert.ok(Number(usual) > 0 && Number(worst) > Number(usual))
  assert.equal((await ask('judges/hallucination/runs', {})).body['asked'], 0)
  const run = await ask('judges/quality/runs', { limit: 2 })
  assert.equal(run.body['asked'], 2)
  const done = async (): Promise<unknown> =>
    (await rows('judges')).find((j) => j['judge_id'] === 'quality')?.['done']
  await until(async () => (await done()) === 2, 'the run', 90_000)
  assert.equal((await ask('judges/nope/runs', {})).status, 404)
})

test('exchanges are found by meaning, and traces like a trace', async () => {
  await until(async () => embeddings.texts.length >= 3, 'vectors', 90_000)
  const found = async (): Promise<readonly Row[]> =>
    await rows('search?mode=semantic&q=parcel+on+its+way%3F&limit=2')
  await until(async () => (await found()).length === 2, 'two', 30_000)
  const [first] = await found()
  assert.equal(first?.['trace_id'], '3'.repeat(32))
  assert.match(String(first?.['snippet']), /my parcel/)
  const like = await rows(`traces/${'3'.repeat(32)}/similar`)
  assert.deepEqual(like.map((n) => String(n['trace_id'])).toSorted(), [
    '1'.repeat(32),
    '2'.repeat(32),
  ])
  assert.equal((await ask(`traces/${'9'.repeat(32)}/similar`)).status, 404)
  assert.equal((await ask('search?mode=semantic&q=x&kind=llm')).status, 400)
})
