// What is said of keys without asking a database.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isUnused, UNUSED_DAYS } from './keys.ts'

const DAY_MS = 86_400_000
const NOW = Date.now()
const ago = (days: number): Date => new Date(NOW - days * DAY_MS)

const KEY = { revoked_at: null, expires_at: null, created_at: ago(400), last_used_at: ago(1) }

test('a key that works is unused after so many days without a request, or since it was made', () => {
  assert.equal(isUnused(KEY, NOW), false)
  assert.equal(isUnused({ ...KEY, last_used_at: ago(UNUSED_DAYS - 1) }, NOW), false)
  assert.equal(isUnused({ ...KEY, last_used_at: ago(UNUSED_DAYS + 1) }, NOW), true)
  assert.equal(isUnused({ ...KEY, last_used_at: null }, NOW), true)
  assert.equal(isUnused({ ...KEY, last_used_at: null, created_at: ago(2) }, NOW), false)
})

test('a key that is revoked or has expired is not told of again', () => {
  const old = { ...KEY, last_used_at: ago(200) }
  assert.equal(isUnused({ ...old, revoked_at: ago(3) }, NOW), false)
  assert.equal(isUnused({ ...old, expires_at: ago(3) }, NOW), false)
})
