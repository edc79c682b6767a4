// A short run of the SIGKILL drill.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drill } from './testing/drill.ts'

test('ten kills -9 lose and duplicate nothing that was acknowledged', async () => {
  const { lost, duplicated, acknowledged } = await drill(10)
  assert.deepEqual({ lost, duplicated }, { lost: 0, duplicated: 0 })
  assert.ok(acknowledged > 10)
})

test('in buffered mode too, which syncs later, ten kills -9 lose and duplicate nothing that was acknowledged', async () => {
  const { lost, duplicated, acknowledged } = await drill(10, 'buffered')
  assert.deepEqual({ lost, duplicated }, { lost: 0, duplicated: 0 })
  assert.ok(acknowledged > 10)
})
