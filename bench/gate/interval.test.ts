// The confidence interval compared with published tables of the signed-rank test, and with simulated noise whose true ratio
// is known.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { intervalOf, verdictOf } from './interval.ts'

/** Reproducible numbers between 0 and 1. */
function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Approximately normally distributed, with standard deviation 1. */
const noise = (next: () => number): number =>
  Array.from({ length: 12 }, next).reduce((a, b) => a + b, 0) - 6

test('for ten pairs, eight averages are cut off on each side, as in the published table', () => {
  const logs = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512].map((v) => v / 1000)
  const averages = logs.flatMap((a, i) => logs.slice(i).map((b) => (a + b) / 2))
  averages.sort((a, b) => a - b)
  const { low, high } = intervalOf(logs.map(Math.exp))
  assert.ok(Math.abs(Math.log(low) - (averages[8] ?? 0)) < 1e-12)
  assert.ok(Math.abs(Math.log(high) - (averages[46] ?? 0)) < 1e-12)
})

test('the interval contains the true ratio as often as its confidence level says', () => {
  const next = random(42)
  const truth = 1.04
  const runs = 2000
  let held = 0
  for (let i = 0; i < runs; i++) {
    const ratios = Array.from({ length: 10 }, () => truth * Math.exp(0.05 * noise(next)))
    const { low, high } = intervalOf(ratios)
    if (low <= truth && truth <= high) held++
  }
  assert.ok(held / runs >= 0.94 && held / runs <= 0.97, `${held} of ${runs}`)
})

test('one outlier among twelve pairs does not change the verdict', () => {
  const quiet = [1.001, 0.999, 1.002, 0.998, 1, 1.003, 0.997, 1.001, 1, 0.999, 1.002, 0.998]
  assert.equal(verdictOf(intervalOf(quiet), 0.03), 'equal')
  assert.equal(verdictOf(intervalOf([...quiet.slice(1), 1.8]), 0.03), 'equal')
})

test('a cost that rose is distinguished from one that may have risen', () => {
  const around = (centre: number, width: number): number[] =>
    Array.from({ length: 10 }, (_, i) => centre + width * (i / 9 - 0.5))
  assert.equal(verdictOf(intervalOf(around(1.1, 0.05)), 0.03), 'worse')
  assert.equal(verdictOf(intervalOf(around(0.9, 0.05)), 0.03), 'better')
  assert.equal(verdictOf(intervalOf(around(1.02, 0.4)), 0.03), 'cannot tell')
})

test('too few pairs are refused', () => {
  assert.throws(() => intervalOf([1, 1, 1, 1, 1]), /6 are needed/)
})
