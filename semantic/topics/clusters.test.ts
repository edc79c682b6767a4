// Tests that planted groups are found, named and kept, and that nothing is found in noise.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { direction, PLANTED_TOPICS, plantedVector } from '../testing/planted-topics.ts'
import { continuedTopics, findClusters } from './clusters.ts'
import { distinguishingWords, nameOf } from './topic-words.ts'
import { Yielding } from './yielding.ts'

const yielding = new Yielding(new AbortController().signal)
const planted = (topics: readonly number[], each: number, from = 0): Float32Array[] =>
  topics.flatMap((topic) => Array.from({ length: each }, (_, n) => plantedVector(topic, from + n)))

test('planted groups are found in their number, and each holds the vectors of one', async () => {
  for (const count of [2, 3, 5, 8]) {
    const topics = Array.from({ length: count }, (_, i) => i)
    const vectors = planted(topics, 60)
    const { clusters } = await findClusters(vectors, { seed: 's', before: [] }, yielding)
    assert.equal(clusters.length, count, `${count} planted`)
    for (const { members } of clusters)
      assert.equal(new Set(members.map((i) => Math.floor(i / 60))).size, 1, 'a group is one topic')
    const grouped = clusters.reduce((sum, c) => sum + c.members.length, 0)
    assert.ok(grouped >= vectors.length * 0.95, `${grouped} of ${vectors.length}`)
  }
})

test('groups of unequal size are found, and vectors of none are in none', async () => {
  const odd = Array.from({ length: 20 }, (_, n) => direction(`odd ${n}`))
  const vectors = [...planted([0], 300), ...planted([1], 100), ...planted([2], 25), ...odd]
  const { clusters } = await findClusters(vectors, { seed: 's', before: [] }, yielding)
  for (const [from, to] of [
    [0, 300],
    [300, 400],
    [400, 425],
  ] as const) {
    const best = Math.max(
      ...clusters.map((c) => c.members.filter((i) => i >= from && i < to).length),
    )
    assert.ok(best >= (to - from) * 0.8, `${best} of ${to - from} are together`)
  }
})

test('in noise there are no groups', async () => {
  const vectors = Array.from({ length: 400 }, (_, n) => direction(`noise ${n}`))
  const { clusters } = await findClusters(vectors, { seed: 's', before: [] }, yielding)
  assert.equal(clusters.length, 1)
  assert.equal(clusters[0]?.threshold, -1)
})

test('the same vectors and seed give the same groups', async () => {
  const vectors = planted([0, 1, 2, 3], 50)
  const options = { seed: 's', before: [] }
  assert.deepEqual(
    await findClusters(vectors, options, yielding),
    await findClusters(vectors, options, yielding),
  )
})

test('a later run finds the groups of before again, in any order, and new ones are new', async () => {
  const options = { seed: 's', before: [] }
  const first = await findClusters(planted([0, 1, 2, 3], 60), options, yielding)
  const before = first.clusters.map((c) => c.mean)
  const topicOf = first.clusters.map((c) => Math.floor((c.members[0] ?? 0) / 60))
  const later = planted([5, 3, 1, 0, 2], 80, 1000)
  const second = await findClusters(later, { seed: 's', before }, yielding)
  assert.equal(second.clusters.length, 5)
  for (const [i, old] of continuedTopics(second, before).entries()) {
    const topic = [5, 3, 1, 0, 2][Math.floor((second.clusters[i]?.members[0] ?? 0) / 80)]
    assert.equal(old === null ? null : topicOf[old], topic === 5 ? null : topic)
  }
})

test('words that tell topics apart name them; words of one text, placeholders and numbers do not', () => {
  const fill = (text: string): string[] =>
    Array.from({ length: 9 }, (_, n) => text.replace('#', `[email:3f9a1c] order ${n}4711`))
  const words = distinguishingWords(PLANTED_TOPICS.map(fill))
  assert.ok(words[0]?.slice(0, 3).includes('subscription'), String(words[0]))
  assert.ok(words[5]?.slice(0, 4).includes('bread'), String(words[5]))
  for (const word of words.flat()) assert.doesNotMatch(word, /\d|^email$/)
  const rare = distinguishingWords([
    ['alpha beta', 'alpha gamma', 'alpha delta'],
    ['x', 'y', 'z'],
  ])
  assert.deepEqual(rare, [['alpha'], []])
  const taken = new Set<string>()
  for (const own of [['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd'], ['a', 'b', 'c'], [], []])
    taken.add(nameOf(own, taken))
  assert.equal(taken.size, 5, 'no two topics have one name')
})

test('a calculation gives way to others, and ends when it is aborted', async () => {
  const vectors = Array.from({ length: 1500 }, (_, n) => direction(`v ${n % 200} ${n}`, 256))
  let turns = 0
  let isOver = false
  const others = (async () => {
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve))
      turns++
    }
  })()
  await findClusters(vectors, { seed: 's', before: [] }, yielding)
  isOver = true
  await others
  assert.ok(turns > 20, `${turns} turns of others`)
  const stop = new AbortController()
  const run = findClusters(vectors, { seed: 's', before: [] }, new Yielding(stop.signal))
  stop.abort(new Error('stopped'))
  await assert.rejects(run, /stopped/)
})
