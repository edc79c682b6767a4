// Compares the table with a Map.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PairTable } from './pair-table.ts'

test('a table holds what a Map would hold, batch after batch', () => {
  const half = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.integer())
  const table = new PairTable()
  fc.assert(
    fc.property(fc.array(fc.tuple(half, half, fc.nat()), { maxLength: 200 }), (entries) => {
      table.clear()
      const map = new Map<string, number>()
      for (const [h0, h1, value] of entries) {
        assert.equal(table.get(h0, h1), map.get(`${h0}:${h1}`) ?? -1)
        table.set(h0, h1, value)
        map.set(`${h0}:${h1}`, value)
        assert.equal(table.get(h0, h1), value)
      }
      for (const [h0, h1] of entries) assert.equal(table.get(h0, h1), map.get(`${h0}:${h1}`))
    }),
    { numRuns: 300 },
  )
})

test('a table grows and forgets', () => {
  const table = new PairTable()
  for (let i = 0; i < 10_000; i++) table.set(i, -i, i)
  for (let i = 0; i < 10_000; i++) assert.equal(table.get(i, -i), i)
  table.clear()
  for (let i = 0; i < 10_000; i++) assert.equal(table.get(i, -i), -1)
})
