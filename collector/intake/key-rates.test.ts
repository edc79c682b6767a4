// The rate of a key: a burst, then as many as the rate allows, whatever other keys do.

import assert from 'node:assert/strict'
import test from 'node:test'
import { KeyRates } from './key-rates.ts'

function clockAt(start: number) {
  const clock = { at: start, nowMs: () => clock.at, monotonicMs: () => clock.at }
  return clock
}

const taken = (rates: KeyRates, key: string, times: number): number =>
  Array.from({ length: times }, () => rates.take(key)).filter((refused) => refused === null).length

test('two seconds of requests at once, then the rate; other keys are not held up', () => {
  const clock = clockAt(0)
  const rates = new KeyRates(10, clock)
  assert.equal(taken(rates, 'a', 50), 20)
  assert.equal(taken(rates, 'b', 5), 5)
  clock.at += 1000
  assert.equal(taken(rates, 'a', 50), 10)
  clock.at += 60_000
  assert.equal(taken(rates, 'a', 50), 20)
})

test('a refusal says when to come again, and then it works', () => {
  const clock = clockAt(1_000_000)
  const rates = new KeyRates(0.5, clock)
  assert.equal(taken(rates, 'a', 1), 1)
  const refused = rates.take('a')
  assert.equal(refused?.retryAfterS, 2)
  assert.deepEqual(refused?.details, {
    quota: 'requests_per_second',
    used: 0.5,
    limit: 0.5,
    resets_at: new Date(1_002_000).toISOString(),
  })
  clock.at += 2000
  assert.equal(rates.take('a'), null)
})

test('the number of keys that are remembered has a bound', () => {
  const rates = new KeyRates(1, clockAt(0))
  for (let n = 0; n < 60_000; n++) rates.take(`key ${n}`)
  assert.equal(rates.size, 50_000)
})
