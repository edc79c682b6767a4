// A whole instance with an endpoint of embeddings: what is sent gets topics with a trend, near duplicates, and drift between two times, for
// those who may read it.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { FakeEmbeddings } from '../../semantic/testing/fake-embeddings.ts'
import { FakeEndpoint } from '../../semantic/testing/fake-endpoint.ts'
import { PLANTED_TOPICS } from '../../semantic/testing/planted-topics.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson, T0_MS } from '../span-batch.ts'

const scopes = ['ingest', 'query', 'content'] as const
const shop = keyForTests('sk', { tenant: 'tenant-a', project: 'shop', scopes: [...scopes] })
const other = keyForTests('sk', { tenant: 'tenant-a', project: 'other', scopes: [...scopes] })
const figures = keyForTests('sk', { tenant: 'tenant-a', project: 'shop', scopes: ['query'] })
const HOUR_MS = 3_600_000
const WORDS = 'amber basil cedar delta ember fjord grove hazel indigo jasper'.split(' ')

let at: Instance
let embeddings: FakeEmbeddings
let judge: FakeEndpoint
let sentAtMs: number

before(async () => {
  embeddings = await FakeEmbeddings.start()
  judge = await FakeEndpoint.start({ content: 'Reading {broken}' })
  at = await Instance.start({
    config: `
auth: keys
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
extensions:
  keys: { keys: ${JSON.stringify([shop, other, figures].map((k) => k.row))} }
service:
  extensions: [keys, api]
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse, postgres] }
semantic:
  sampling: { rate: 1 }
  embeddings: { url: "${embeddings.url}", model: e }
  topics: { names: judge }
  judges: { url: "${judge.url}", model: gpt-4o-mini, high_severity: false }
`,
  })
  sentAtMs = Date.now()
  await send(shop.key, [0, 1], 30, 30)
  await send(shop.key, [0, 1, 2], 1, 30)
  await send(other.key, [6, 7], 1, 30)
  await at.drained()
})

after(async () => {
  await at.stop()
  await Promise.all([embeddings.stop(), judge.stop()])
})

async function send(
  key: string,
  topics: readonly number[],
  hoursAgo: number,
  each: number,
): Promise<void> {
  const spans = topics.flatMap((topic) =>
    Array.from({ length: each }, (_, n) => {
      const id = (topic + 1) * 1_000_000 + hoursAgo * 1000 + n
      const say = (role: string, content: string): string =>
        JSON.stringify([{ role, parts: [{ type: 'text', content }] }])
      return {
        traceId: id.toString(16).padStart(32, '0'),
        spanId: id.toString(16).padStart(16, '0'),
        name: 'chat',
        startMs: sentAtMs - hoursAgo * HOUR_MS - n * 1000 - T0_MS,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.request.model': 'gpt-4o',
          'gen_ai.usage.input_tokens': 1000,
          'gen_ai.input.messages': say(
            'user',
            (PLANTED_TOPICS[topic] ?? '').replace('#', WORDS[n % WORDS.length] ?? ''),
          ),
          'gen_ai.output.messages': say('assistant', 'Yes.'),
        },
      }
    }),
  )
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
  assert.equal((await at.post('/v1/traces', otlpJson(spans), headers)).status, 200)
}

type Row = Readonly<Record<string, unknown>>
type Answer = Row & { readonly data: readonly Row[] }

async function ask(path: string, key = shop.key): Promise<{ status: number; body: Answer }> {
  const answer = await fetch(at.url(`/api/v1/${path}`, 'http'), {
    headers: { authorization: `Bearer ${key}`, 'cache-control': 'no-cache' },
  })
  return { status: answer.status, body: (await answer.json()) as Answer }
}

const sum = (numbers: readonly unknown[]): number =>
  numbers.reduce<number>((n, x) => n + Number(x), 0)

test('topics have names, shares, costs and a trend, and their traces', async () => {
  await until(async () => sum([(await ask('topics')).body['sampled']]) === 150, 'topics', 120_000)
  const { body } = await ask('topics?bucket=hour')
  const topics = body.data
  assert.equal(body['traces'], 150)
  assert.ok(Math.abs(sum(topics.map((t) => t['share'])) - 1) < 1e-9)
  const parcels = topics.find((t) => /parcel|courier/.test(String(t['name'])))
  assert.equal(
    parcels?.['sampled'],
    60,
    JSON.stringify(topics.map((t) => [t['name'], t['sampled'], t['topic_id'], t['words']])),
  )
  assert.equal(parcels['named_by'], 'words', 'what the model said is no name')
  assert.ok(judge.requests.length >= 3)
  assert.ok(Number(parcels['cost_usd']) > 0)
  assert.ok(sum((parcels['trend'] as Row[]).map((p) => p['traces'])) === 60)
  const invoices = topics.find((t) => /invoice/.test(String(t['name'])))
  assert.equal(invoices?.['change'], null, 'there were none in the first half')
  const one = await ask(`topics/${String(parcels['topic_id'])}?limit=7`)
  assert.equal(one.body.data.length, 7)
  for (const row of one.body.data) assert.match(String(row['snippet']), /parcel/)
  assert.equal((await ask(`topics/${String(parcels['topic_id'])}`, other.key)).status, 404)
  assert.equal((await ask('topics/0123456789abcdef')).status, 404)
  assert.equal((await ask('topics/x')).status, 400)
  await until(async () => sum([(await ask('topics', other.key)).body['sampled']]) === 60, 'other')
})

test('near duplicates are grouped, page by page', async () => {
  const { body } = await ask('duplicates?limit=3')
  assert.equal(body.data.length, 3)
  // Ten different words: the same text is sent three times in each time.
  assert.ok(sum(body.data.map((g) => g['sampled'])) >= 9)
  for (const group of body.data) assert.ok(Number(group['least_similarity']) > 0.92)
  const next = await ask(`duplicates?limit=3&cursor=${String(body['next_cursor'])}`)
  const ids = [...body.data, ...next.body.data].map((g) => g['group_id'])
  assert.equal(new Set(ids).size, ids.length)
  assert.equal((await ask('duplicates?min_similarity=2')).status, 400)
})

test('drift is found after a shift, with the topics and texts that explain it, and not without', async () => {
  const shifted = (await ask('drift')).body
  assert.equal(shifted['is_drift'], true, JSON.stringify(shifted))
  const [largest] = shifted['topics'] as readonly Row[]
  assert.match(String(largest?.['name']), /invoice/)
  assert.equal(largest?.['base_share'], 0)
  assert.match(JSON.stringify(shifted['typical']), /invoice/)
  const hoursBefore = (hours: number, s = 0): string =>
    new Date(sentAtMs - hours * HOUR_MS - s * 1000).toISOString()
  const half = hoursBefore(30, 14.5)
  const same = await ask(
    `drift?from=${half}&to=${hoursBefore(29)}&base_from=${hoursBefore(31)}&base_to=${half}`,
  )
  assert.equal(same.body['is_drift'], false, JSON.stringify(same.body))
  const empty = await ask('drift?from=2020-01-01&to=2020-01-02')
  assert.equal(empty.body['is_drift'], null)
  assert.equal((await ask('drift?from=2020-01-02&to=2020-01-01')).status, 400)
})

test('a key that may not read content gets figures without words', async () => {
  const { body } = await ask('topics', figures.key)
  for (const topic of body.data) {
    assert.equal(topic['name'], null)
    assert.deepEqual(topic['words'], [])
  }
  const text = JSON.stringify([
    body,
    (await ask('drift', figures.key)).body,
    (await ask('duplicates', figures.key)).body,
  ])
  assert.doesNotMatch(text, /parcel|invoice|subscription/)
})

async function run(...args: string[]): Promise<{ code: number; out: string }> {
  const main = join(import.meta.dirname, '../../collector/main.ts')
  const env = { ...process.env, OBSERVA_URL: at.url('', 'http'), OBSERVA_API_KEY: shop.key }
  return await new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, out: stdout + stderr }),
    )
  })
}

test('the commands print topics, drift, duplicates, and what is near', async () => {
  const topics = await run('topics')
  assert.match(topics.out, /invoice/, topics.out)
  assert.match((await run('topics', 'drift')).out, /^drift: yes/m)
  const groups = await run('topics', 'duplicates', '--json')
  assert.ok((JSON.parse(groups.out) as unknown[]).length > 0)
  const found = await run('search', 'where', 'is', 'my', 'parcel', '--limit', '3')
  assert.match(found.out, /parcel/)
  assert.match((await run('search', '--words', 'courier')).out, /courier/)
  const like = await run('search', '--like', (1_001_000).toString(16).padStart(32, '0'))
  assert.match(like.out, /subscription/)
  assert.equal((await run('topics', 'nothing')).code, 1)
  assert.equal((await run('search')).code, 1)
})
