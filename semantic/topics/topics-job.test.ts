// Tests the job that assigns topics on real stores, with planted topics.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { rowsOf } from '../../storage/semantic/clickhouse-rows.ts'
import { silentLog } from '../../storage/testing/stores.ts'
import { SEMANTIC_METRICS, TOPICS_KNOWN } from '../semantic-metrics.ts'
import { direction, plantedVector } from '../testing/planted-topics.ts'
import { EMBEDDER, type Planted, storePlanted } from '../testing/planted-vectors.ts'
import { type SemanticStores, startSemanticStores } from '../testing/semantic-stores.ts'
import { eventIdOf } from '../testing/stored-calls.ts'
import { assignTopics, type TopicsDeps, VECTORS_MIN } from './topics-job.ts'
import { normalize } from './unit-vectors.ts'

let stores: SemanticStores
before(async () => {
  stores = await startSemanticStores()
})
after(() => stores.stop())

const metrics = new Metrics()
metrics.declare(SEMANTIC_METRICS)

const jobWith = (more: Partial<TopicsDeps> = {}) =>
  assignTopics({
    clickhouse: stores.client,
    clock: systemClock,
    metrics,
    nameByModel: null,
    ...more,
  })
const run = async (job: ReturnType<typeof jobWith>): Promise<void> =>
  await job.run({
    id: 'x',
    payload: {},
    attempt: 1,
    signal: new AbortController().signal,
    log: silentLog,
  })

const planted = (topics: readonly number[], each: number, from = 0): Planted[] =>
  topics.flatMap((topic) => Array.from({ length: each }, (_, i) => ({ topic, n: from + i })))

interface Row {
  readonly event_id: string
  readonly topic_id: string
  readonly name: string
  readonly weight: number
  readonly cost: number
  readonly errors: number
  readonly duplicate_group: string
}

const assigned = (project: string): Promise<readonly Row[]> =>
  rowsOf<Row>(
    stores.client,
    `SELECT event_id, topic_id, name, weight, cost_usd AS cost, has_error AS errors, duplicate_group
     FROM topic_assignments AS a FINAL LEFT JOIN (SELECT topic_id, name FROM topics FINAL WHERE project_id = {project:String}) AS t
       USING topic_id WHERE project_id = {project:String} ORDER BY event_id`,
    { project },
  )

test('vectors get topics with names, new vectors those that there are, and a killed run is finished', async () => {
  const job = jobWith()
  const calls = await storePlanted(stores.client, 'a', planted([0, 1, 2], 40), 0.25)
  await run(job)
  const rows = await assigned('a')
  assert.equal(rows.length, 120)
  const names = new Map<string, Set<string>>()
  for (const call of calls) {
    const row = rows.find((r) => r.event_id === eventIdOf(call))
    const topic = String(Math.floor(call.trace / 10_000))
    names.set(topic, (names.get(topic) ?? new Set()).add(row?.name ?? ''))
  }
  const of = (topic: string): string =>
    [...(names.get(topic) ?? [])].filter((n) => n !== '').join(' | ')
  assert.match(of('0'), /subscription|renewal|cancel/)
  assert.match(of('1'), /parcel|courier/)
  assert.match(of('2'), /invoice|amount|wrong/)
  for (const topic of ['0', '1', '2']) assert.doesNotMatch(of(topic), /\|/, 'one topic, one name')
  assert.ok(rows.every((r) => Math.abs(r.weight - 4) < 1e-3))

  await storePlanted(stores.client, 'a', planted([0, 1, 2], 5, 500))
  await run(job)
  const later = await assigned('a')
  assert.equal(later.length, 135)
  assert.deepEqual(
    new Set(later.map((r) => r.topic_id).filter((id) => id !== '')),
    new Set(rows.map((r) => r.topic_id).filter((id) => id !== '')),
  )
  // A run that was killed in its middle has stored some assignments, with the time of the vector.
  await stores.client.command({
    query: `DELETE FROM topic_assignments WHERE project_id = 'a' AND event_id = '${later[7]?.event_id}'`,
    clickhouse_settings: { mutations_sync: '2' },
  })
  await storePlanted(stores.client, 'a', planted([1], 1, 900))
  await run(job)
  assert.equal((await assigned('a')).length, 136)
  assert.equal(metrics.value(TOPICS_KNOWN, 'tenant="t",project="a"'), 3)
})

test('topics keep their ids and names when they are made anew, and what grew beside them is a new one', async () => {
  const job = jobWith()
  await storePlanted(stores.client, 'b', planted([0, 1, 2], 40))
  await run(job)
  const before = new Map((await assigned('b')).map((r) => [r.event_id, r]))
  await storePlanted(stores.client, 'b', planted([0, 1, 2], 40, 100))
  await storePlanted(stores.client, 'b', planted([3], 60))
  await run(jobWith())
  const rows = await assigned('b')
  assert.equal(rows.length, 300)
  const ids = new Set([...before.values()].map((r) => r.topic_id))
  for (const row of rows) {
    const old = before.get(row.event_id)
    if (old === undefined || old.topic_id === '' || row.topic_id === '') continue
    assert.equal(row.topic_id, old.topic_id)
    assert.equal(row.name, old.name)
  }
  const fresh = rows.filter((r) => r.topic_id !== '' && !ids.has(r.topic_id))
  assert.equal(new Set(fresh.map((r) => r.topic_id)).size, 1)
  assert.ok(fresh.length >= 50, `${fresh.length} of 60`)
  assert.match(fresh[0]?.name ?? '', /password|login|reset/)
})

test('what is near no topic waits until there are enough of it, and is then a topic', async () => {
  const job = jobWith()
  await storePlanted(stores.client, 'c', planted([0, 1, 2], 100))
  await run(job)
  const odd = (from: number, count: number): Planted[] =>
    Array.from({ length: count }, (_, i) => ({
      topic: 6,
      n: from + i,
      v: normalize(
        direction('shared').map((x, d) => 1.5 * x + (direction(`odd ${from + i}`)[d] ?? 0)),
      ),
    }))
  await storePlanted(stores.client, 'c', odd(0, 35))
  await run(job)
  const noise = (await assigned('c')).filter((r) => r.topic_id === '')
  assert.ok(noise.length >= 25, `${noise.length} are near none`)
  await storePlanted(stores.client, 'c', planted([5], 40))
  await run(job)
  const rows = await assigned('c')
  const bread = rows.filter((r) => /bread|sourdough|yeast/.test(r.name))
  assert.ok(bread.length >= 35, `${bread.length} of 40`)
})

test('near duplicates are in the group of the first, within their project only', async () => {
  const same = plantedVector(0, 7)
  const near = (n: number): Float32Array =>
    normalize(same.map((x, i) => x + 0.1 * (direction(`near ${n}`)[i] ?? 0)))
  const copies = Array.from({ length: 6 }, (_, n) => ({ topic: 0, n: 100 + n, v: near(n) }))
  await storePlanted(stores.client, 'd', [...planted([0, 1, 2], 30), ...copies])
  await storePlanted(stores.client, 'e', [...planted([0, 1], 30), ...copies])
  await run(jobWith())
  // The groups are known to later runs of other workers too.
  await storePlanted(stores.client, 'd', [{ topic: 0, n: 200, v: near(50) }])
  await run(jobWith())
  for (const [project, size] of [
    ['d', 8],
    ['e', 7],
  ] as const) {
    const groups = Map.groupBy(await assigned(project), (r) => r.duplicate_group)
    const large = [...groups.values()].filter((g) => g.length > 1)
    assert.deepEqual(
      large.map((g) => g.length),
      [size],
      project,
    )
  }
})

test('errors and cost of a trace stand beside its topic, and few vectors have no topics', async () => {
  await storePlanted(
    stores.client,
    'f',
    planted([0, 1], 20).map((p) => ({ ...p, more: { status: p.n < 5 ? 'error' : 'ok' } })),
  )
  await storePlanted(stores.client, 'few', planted([0], VECTORS_MIN - 1))
  await run(jobWith())
  const rows = await assigned('f')
  assert.equal(rows.filter((r) => r.errors === 1).length, 10)
  assert.equal((await assigned('few')).length, 0)
})

test('a model may name topics, and words name those that it does not', async () => {
  const asked: string[] = []
  const job = jobWith({
    nameByModel: () => async (about) => {
      asked.push(about.texts.join('\n'))
      return /parcel/.test(about.words.join(' ')) ? 'Lost parcels' : null
    },
  })
  await storePlanted(stores.client, 'g', planted([0, 1], 30))
  await run(job)
  const topics = await rowsOf<{ name: string; named_by: string }>(
    stores.client,
    `SELECT name, named_by FROM topics FINAL WHERE project_id = 'g' AND embedder = {e:String} ORDER BY named_by`,
    { e: EMBEDDER },
  )
  assert.deepEqual(
    topics.map((t) => t.named_by),
    ['judge', 'words'],
  )
  assert.equal(topics[0]?.name, 'Lost parcels')
  assert.match(asked.join('\n'), /Where is my parcel/)
})
