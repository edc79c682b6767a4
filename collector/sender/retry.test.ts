// How long the sender waits after failures of a destination.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_RETRY, RetryPolicy } from './retry.ts'

test('however often it failed, what has recovered is asked again within thirty seconds', () => {
  for (const random of [0, 0.5, 0.999_999]) {
    const policy = new RetryPolicy(DEFAULT_RETRY, () => random)
    for (let failures = 1; failures <= 100; failures++) {
      const waitMs = policy.failed(undefined)
      assert.ok(waitMs >= 1000 && waitMs <= 30_000, `${waitMs} ms after ${failures} failures`)
    }
  }
})

test('a destination that says when to come again is believed', () => {
  const policy = new RetryPolicy(DEFAULT_RETRY, () => 0)
  assert.equal(policy.failed(120_000), 120_000)
  assert.equal(policy.failed(3_600_000), 300_000)
})
