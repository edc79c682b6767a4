// Who runs and who waits, when there are more queries than room.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QuerySlots } from './query-slots.ts'

const limits = { runningMax: 3, readsMax: 2, waitingMax: 2 }

test('reads leave room for writes, and writes that wait go first', async () => {
  const slots = new QuerySlots(limits)
  const order: string[] = []
  const ask = async (lane: 'read' | 'write', name: string): Promise<() => void> => {
    const taken = slots.take(lane)
    assert.ok(taken !== null)
    const free = await taken
    order.push(name)
    return free
  }
  const first = await ask('read', 'r1')
  await ask('read', 'r2')
  const third = ask('read', 'r3')
  const write = await ask('write', 'w1')
  const second = ask('write', 'w2')
  assert.deepEqual([slots.running, slots.waiting], [3, 2])
  first()
  first()
  await second
  assert.deepEqual(order, ['r1', 'r2', 'w1', 'w2'])
  assert.deepEqual([slots.running, slots.waiting], [3, 1])
  write()
  const last = await third
  assert.deepEqual(order.at(-1), 'r3')
  last()
})

test('each line is bounded', () => {
  const slots = new QuerySlots({ runningMax: 1, readsMax: 1, waitingMax: 1 })
  assert.ok(slots.take('read') !== null)
  assert.ok(slots.take('read') !== null)
  assert.equal(slots.take('read'), null)
  assert.ok(slots.take('write') !== null)
  assert.equal(slots.take('write'), null)
})
