// The turns of keys, and what a request is told of its wait.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FairQueue, type Queued } from './fair-queue.ts'

interface Item extends Queued {
  readonly n: number
}

const item = (key: string, n: number, work = 1, gone = false): Item => ({
  key,
  n,
  work,
  queuedAtMs: n,
  isGone: () => gone,
})
const any = (): boolean => true
const nobody = (): void => assert.fail('nobody is gone')

function drain(queue: FairQueue<Item>): string[] {
  const out: string[] = []
  for (let i = queue.next(any, nobody); i !== null; i = queue.next(any, nobody))
    out.push(`${i.key}${i.n}`)
  return out
}

test('keys take turns, each in its own order', () => {
  const queue = new FairQueue<Item>()
  for (const n of [1, 2, 3, 4]) queue.push(item('a', n))
  queue.push(item('b', 1))
  queue.push(item('c', 1))
  queue.push(item('c', 2))
  assert.equal(queue.length, 7)
  assert.deepEqual(drain(queue), ['a1', 'b1', 'c1', 'a2', 'c2', 'a3', 'a4'])
  assert.deepEqual([queue.length, queue.keys, queue.work], [0, 0, 0])
})

test('one that does not fit keeps its turn, and a smaller one of another key goes', () => {
  const queue = new FairQueue<Item>()
  queue.push(item('a', 1, 100))
  queue.push(item('b', 1, 1))
  queue.push(item('b', 2, 1))
  const small = queue.next((i) => i.work < 10, nobody)
  assert.equal(small?.key, 'b')
  assert.deepEqual(drain(queue), ['a1', 'b2'])
})

test('whose client hung up is forgotten before it takes a turn', () => {
  const queue = new FairQueue<Item>()
  queue.push(item('a', 1, 5, true))
  queue.push(item('a', 2, 5, true))
  queue.push(item('b', 1, 5, true))
  queue.push(item('b', 2, 5))
  const gone: string[] = []
  const next = queue.next(any, (i) => gone.push(`${i.key}${i.n}`))
  assert.deepEqual([next?.key, next?.n], ['b', 2])
  assert.deepEqual(gone, ['a1', 'a2', 'b1'])
  assert.deepEqual([queue.length, queue.keys, queue.work], [0, 0, 0])
})

test('a key that sends little waits for little, however much others have waiting', () => {
  const queue = new FairQueue<Item>()
  for (let n = 0; n < 1000; n++) queue.push(item('flood', n, 10))
  assert.equal(queue.workBefore('flood', 10), 10_000)
  assert.equal(queue.workBefore('polite', 10), 10)
  queue.push(item('polite', 1, 10))
  assert.equal(queue.workBefore('polite', 10), 30)
  assert.equal(queue.workBefore('third', 5), 10)
})

test('how long a key has waited is that of its own line, else that of the longest', () => {
  const queue = new FairQueue<Item>()
  assert.equal(queue.waitingSinceMs('a'), Number.POSITIVE_INFINITY)
  for (const n of [7, 8]) queue.push(item('a', n))
  queue.push(item('b', 9))
  assert.deepEqual(
    ['a', 'b', 'c'].map((k) => queue.waitingSinceMs(k)),
    [7, 9, 7],
  )
})

const limits = { workMax: 100, requestsMax: 8, shortWork: 25, isAlike: () => true }
const task = (queue: FairQueue<Item>, more: object = {}): string[] =>
  queue.nextTask({ ...limits, ...more }, nobody).map((i) => `${i.key}${i.n}`)

test('a key that sends little is in the next task, without requests of a key that sends much', () => {
  const queue = new FairQueue<Item>()
  for (let n = 0; n < 50; n++) queue.push(item('flood', n, 30))
  assert.deepEqual(task(queue), ['flood0', 'flood1', 'flood2'])
  queue.push(item('polite', 1, 5))
  queue.push(item('third', 1, 5))
  queue.push(item('third', 2, 5))
  assert.deepEqual(task(queue), ['polite1', 'third1', 'third2'])
  assert.deepEqual(task(queue), ['flood3', 'flood4', 'flood5'])
})

test('many keys that send little do not stop one that sends much', () => {
  const queue = new FairQueue<Item>()
  for (let n = 0; n < 10; n++) queue.push(item('flood', n, 30))
  for (let n = 0; n < 100; n++) queue.push(item(`small${n}`, n, 20))
  const tasks = [task(queue), task(queue), task(queue)]
  assert.equal(tasks[0]?.length, 5)
  assert.ok(!tasks[0]?.includes('flood0'))
  assert.ok(tasks[1]?.includes('flood0'), String(tasks[1]))
  assert.ok(!tasks[2]?.some((name) => name.startsWith('flood')))
})

test('a task keeps its limits, and a single request that is larger goes alone', () => {
  const queue = new FairQueue<Item>()
  for (const n of [1, 2, 3]) queue.push(item('a', n, 5))
  assert.deepEqual(task(queue, { requestsMax: 2 }), ['a1', 'a2'])
  assert.deepEqual(task(queue), ['a3'])
  queue.push(item('b', 1, 500))
  queue.push(item('b', 2, 1))
  assert.deepEqual(task(queue), ['b1'])
  queue.push(item('c', 1, 1))
  assert.deepEqual(task(queue, { isAlike: (x: Item, y: Item) => x.key === y.key }), ['b2'])
  assert.deepEqual(task(queue), ['c1'])
  assert.deepEqual(task(queue), [])
})
