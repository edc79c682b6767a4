// What equal reads share, and when they no longer do.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SharedReads } from './shared-reads.ts'

function reads(options: { entriesMax?: number; sizeMax?: number } = {}) {
  const state = { nowMs: 0, revision: 0, made: 0 }
  const shared = new SharedReads<string>(
    {
      ageMsMax: 1000,
      entriesMax: 10,
      ...options,
      nowMs: () => state.nowMs,
      revision: () => state.revision,
    },
    (text) => text.length,
  )
  const ask = (key: string, text = key): Promise<string> =>
    shared.get(key, async () => {
      state.made++
      return text
    })
  return { state, shared, ask }
}

test('equal reads are made once, also while the first is under way', async () => {
  const { state, ask, shared } = reads()
  assert.deepEqual(await Promise.all([ask('a'), ask('a'), ask('b')]), ['a', 'a', 'b'])
  assert.equal(state.made, 2)
  assert.deepEqual(shared.counts, { shared: 1, made: 2 })
})

test('a read is used for a second, and not after something was delivered', async () => {
  const { state, ask } = reads()
  await ask('a')
  state.nowMs = 999
  await ask('a')
  assert.equal(state.made, 1)
  state.nowMs = 1000
  await ask('a')
  assert.equal(state.made, 2)
  state.revision++
  await ask('a')
  assert.equal(state.made, 3)
})

test('a read that was begun before a delivery is not shared with who asks after it', async () => {
  const { state, shared } = reads()
  const finish: ((text: string) => void)[] = []
  const slow = (): Promise<string> => new Promise((resolve) => finish.push(resolve))
  const first = shared.get('a', slow)
  state.revision++
  const second = shared.get('a', slow)
  assert.equal(finish.length, 2)
  finish[1]?.('new')
  finish[0]?.('old')
  assert.deepEqual(await Promise.all([first, second]), ['old', 'new'])
  assert.equal(await shared.get('a', slow), 'new')
})

test('a failure is not kept', async () => {
  const { ask, shared } = reads()
  await assert.rejects(shared.get('a', () => Promise.reject(new Error('gone'))))
  assert.equal(await ask('a'), 'a')
})

test('entries and their size are bounded: the oldest go', async () => {
  const { ask, shared, state } = reads({ entriesMax: 2 })
  for (const key of ['a', 'b', 'c']) await ask(key)
  assert.equal(shared.entries, 2)
  assert.equal(shared.size, 2)
  await ask('a')
  assert.equal(state.made, 4)
  const small = reads({ sizeMax: 10 })
  await small.ask('a', 'x'.repeat(6))
  await small.ask('b', 'x'.repeat(6))
  assert.deepEqual([small.shared.entries, small.shared.size], [1, 6])
  await small.ask('c', 'x'.repeat(11))
  assert.deepEqual([small.shared.entries, small.shared.size], [0, 0])
})
