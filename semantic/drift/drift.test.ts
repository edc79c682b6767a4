// Tests drift: how often it is found where there is none, and that planted shifts are found.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { rowsOf } from '../../storage/semantic/clickhouse-rows.ts'
import { drawnVectors } from '../../storage/semantic/topic-shares.ts'
import { plantedVector } from '../testing/planted-topics.ts'
import { EMBEDDER, type Planted, storePlanted } from '../testing/planted-vectors.ts'
import { type SemanticStores, startSemanticStores } from '../testing/semantic-stores.ts'
import { randomOf } from '../topics/random.ts'
import { Yielding } from '../topics/yielding.ts'
import { compareTimes, DRIFT_BELOW } from './compare-times.ts'
import { energyTest } from './energy-test.ts'
import { divergenceOf, topicShifts } from './share-shift.ts'

const yielding = new Yielding(new AbortController().signal)

/** Vectors of topics with these shares. */
function traffic(shares: readonly number[], count: number, seed: string): Float32Array[] {
  const random = randomOf(seed)
  const salt = Math.floor(random() * 1e9)
  return Array.from({ length: count }, (_, n) => {
    let rest = random()
    const topic = shares.findIndex((share) => (rest -= share) < 0)
    return plantedVector(topic < 0 ? 0 : topic, salt + n)
  })
}

test('two halves of the same traffic differ as rarely as was promised', async (t) => {
  const ROUNDS = 200
  let found = 0
  for (let round = 0; round < ROUNDS; round++) {
    const all = traffic([0.5, 0.3, 0.2], 120, `same ${round}`)
    const options = { seed: String(round), permutations: 199 }
    const { pValue } = await energyTest(all.slice(0, 60), all.slice(60), options, yielding)
    if (pValue < DRIFT_BELOW) found++
  }
  t.diagnostic(`${found} of ${ROUNDS} comparisons without drift are called drift`)
  // With a true rate of 1 %, more than 7 of 200 have a probability below 1 in 500.
  assert.ok(found <= 7, `${found} of ${ROUNDS}`)
})

test('a planted shift is found: other shares, a new topic, a topic that changes', async (t) => {
  const base = [0.5, 0.3, 0.2]
  const shifts: readonly (readonly [string, (n: number) => Float32Array[]])[] = [
    ['other shares', (n) => traffic([0.25, 0.3, 0.45], 240, `shares ${n}`)],
    ['a fifth is new', (n) => traffic([0.4, 0.24, 0.16, 0.2], 240, `new ${n}`)],
    ['one is gone', (n) => traffic([0.7, 0.3], 240, `gone ${n}`)],
  ]
  for (const [what, make] of shifts) {
    let found = 0
    for (let n = 0; n < 20; n++) {
      const before = traffic(base, 240, `before ${what} ${n}`)
      const options = { seed: String(n), permutations: 199 }
      const { pValue, effect } = await energyTest(make(n), before, options, yielding)
      if (pValue < DRIFT_BELOW) found++
      assert.ok(effect > 0 && effect < 1)
    }
    t.diagnostic(`${what}: found in ${found} of 20`)
    assert.ok(found >= 19, `${what}: ${found} of 20`)
  }
})

test('the same seed gives the same answer, and what is typical of a time is what is new in it', async () => {
  const before = traffic([0.6, 0.4], 80, 'b')
  const now = [...traffic([0.6, 0.4], 60, 'n'), ...traffic([0, 0, 1], 20, 'fresh')]
  const options = { seed: 's', permutations: 99 }
  const first = await energyTest(now, before, options, yielding)
  assert.deepEqual(await energyTest(now, before, options, yielding), first)
  assert.ok(first.typicalNow.slice(0, 10).every((i) => i >= 60))
  assert.equal(new Set(first.typicalBefore).size, 80)
  const same = await energyTest(before, before, options, yielding)
  assert.ok(same.effect < 1e-4)
  assert.equal(same.pValue, 1)
})

test('shares of topics shift significantly only by more than chance', () => {
  const counts = (now: readonly number[], before: readonly number[]) =>
    now.map((n, i) => ({ topicId: String(i), now: n, before: before[i] ?? 0 }))
  const few = topicShifts(counts([6, 4], [4, 6]), { now: 10, before: 10 })
  assert.ok(few.every((s) => !s.isSignificant && s.pValue > 0.3))
  const many = topicShifts(counts([600, 400], [400, 600]), { now: 1000, before: 1000 })
  assert.ok(many.every((s) => s.isSignificant && s.pValue < 1e-12))
  // 1,000 traces that ten sampled ones stand for are no more than ten.
  assert.ok(
    topicShifts(counts([600, 400], [400, 600]), { now: 10, before: 10 }).every(
      (s) => !s.isSignificant,
    ),
  )
  assert.equal(divergenceOf(topicShifts(counts([5, 0], [0, 5]), { now: 5, before: 5 })), 1)
  assert.equal(divergenceOf(topicShifts(counts([5, 5], [5, 5]), { now: 10, before: 10 })), 0)
  assert.deepEqual(topicShifts(counts([5], [0]), { now: 5, before: 0 }), [])
})

let stores: SemanticStores
before(async () => {
  stores = await startSemanticStores()
})
after(() => stores.stop())

const HOUR_S = 3600
const ago = (hours: number, topics: readonly number[], each: number, from: number): Planted[] =>
  topics.flatMap((topic) =>
    Array.from({ length: each }, (_, i) => ({
      topic,
      n: from + i,
      more: { agoS: hours * HOUR_S + i },
    })),
  )

test('stored times are compared: no drift in equal traffic, drift and its texts after a shift, nothing of others', async () => {
  await storePlanted(stores.client, 'x', [
    ...ago(30, [0, 1], 40, 0),
    ...ago(20, [0, 1], 40, 100),
    ...ago(2, [0, 1, 2], 30, 200),
  ])
  await storePlanted(stores.client, 'y', ago(2, [6, 7], 50, 0))
  const now = Date.now()
  const at = (fromHours: number, toHours: number) => ({
    fromMs: now - fromHours * HOUR_S * 1000,
    toMs: now - toHours * HOUR_S * 1000,
  })
  const compare = (a: ReturnType<typeof at>, b: ReturnType<typeof at>) =>
    compareTimes(
      stores.client,
      { tenantId: 't', projectId: 'x' },
      [a, b],
      { seed: '1', typical: 5 },
      new AbortController().signal,
    )
  const calm = await compare(at(25, 15), at(35, 25))
  assert.equal(calm?.test?.isDrift, false)
  const shifted = await compare(at(5, 0), at(35, 15))
  assert.equal(shifted?.test?.isDrift, true)
  assert.equal(shifted?.typicalNow.length, 5)
  const ids = shifted?.typicalNow.map((d) => d.event_id) ?? []
  const texts = await rowsOf<{ text: string }>(
    stores.client,
    `SELECT input_messages AS text FROM canonical_events WHERE project_id = 'x' AND lower(hex(event_id)) IN {ids:Array(String)}`,
    { ids },
  )
  assert.equal(texts.length, 5)
  for (const { text } of texts) assert.match(text, /invoice/)
  assert.equal((await compare(at(5, 0), at(1000, 900)))?.test, null)
})

test('what is always sampled is drawn no more often than it is sent', async () => {
  await storePlanted(stores.client, 'w', ago(1, [0], 100, 0), 1)
  await storePlanted(stores.client, 'w', ago(1, [1], 100, 0), 0.1)
  const drawn = await drawnVectors(stores.client, { tenantId: 't', projectId: 'w' }, EMBEDDER, {
    fromMs: 0,
    toMs: Date.now() + 1000,
    seed: 'a',
    limit: 60,
  })
  assert.equal(drawn.length, 60)
  const nearer = drawn.filter((d) => {
    const cos = (topic: number): number =>
      d.v.reduce((sum, x, i) => sum + x * (plantedVector(topic, 0)[i] ?? 0), 0)
    return cos(0) > cos(1)
  })
  // Each of the 100 stands for one trace, each of the others for ten.
  assert.ok(nearer.length <= 20, `${nearer.length} of 60`)
})
