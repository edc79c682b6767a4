// Which interpretation of a report's counts is used.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Counts, type Habit, readingFor } from './usage-interpretations.ts'

const counts = (over: Partial<Counts>): Counts => ({
  input: 0,
  output: 0,
  read: 0,
  written: 0,
  reasoning: 0,
  total: Number.NaN,
  ...over,
})
const INSIDE: Habit = { isCacheBeside: false, isReasoningBeside: false }
const BESIDE: Habit = { isCacheBeside: true, isReasoningBeside: true }
const figures = ({ input, output, isInconsistent }: ReturnType<typeof readingFor>): unknown[] => [
  input,
  output,
  isInconsistent,
]

test('the reported total decides, whatever is known of the source', () => {
  for (const habit of [INSIDE, BESIDE]) {
    const cached = { input: 5000, output: 100, read: 1000 }
    assert.deepEqual(figures(readingFor(counts({ ...cached, total: 6100 }), habit)), [
      6000,
      100,
      false,
    ])
    assert.deepEqual(figures(readingFor(counts({ ...cached, total: 5100 }), habit)), [
      5000,
      100,
      false,
    ])
    const written = { input: 5000, output: 100, read: 1000, written: 3000, total: 9100 }
    assert.deepEqual(figures(readingFor(counts(written), habit)), [9000, 100, false])
    const thoughts = { input: 1000, output: 200, reasoning: 150 }
    assert.deepEqual(figures(readingFor(counts({ ...thoughts, total: 1350 }), habit)), [
      1000,
      350,
      false,
    ])
    assert.deepEqual(figures(readingFor(counts({ ...thoughts, total: 1200 }), habit)), [
      1000,
      200,
      false,
    ])
  }
})

test('reads inside and writes beside the input, or the other way around, is a reading as well', () => {
  const mixed = { input: 500, output: 10, read: 100, written: 50 }
  assert.deepEqual(figures(readingFor(counts({ ...mixed, total: 560 }), INSIDE)), [550, 10, false])
  assert.deepEqual(figures(readingFor(counts({ ...mixed, total: 610 }), INSIDE)), [600, 10, false])
})

test('a total that is reported as output is no output', () => {
  const early = { input: 40, output: 52, reasoning: 5, total: 52 }
  assert.deepEqual(figures(readingFor(counts(early), INSIDE)), [40, 12, false])
})

test('without a total the habit of the source decides, and parts greater than their whole stand beside it', () => {
  const cached = { input: 113, output: 47, read: 17, reasoning: 6 }
  assert.deepEqual(figures(readingFor(counts(cached), INSIDE)), [113, 47, false])
  assert.deepEqual(figures(readingFor(counts(cached), BESIDE)), [130, 53, false])
  const above = { input: 6, output: 310, read: 4900, written: 400 }
  assert.deepEqual(figures(readingFor(counts(above), INSIDE)), [5306, 310, false])
})

test('a total that no reading gives is flagged, and a total of 0 is none', () => {
  const odd = { input: 4300, output: 630, total: 58_300 }
  assert.deepEqual(figures(readingFor(counts(odd), INSIDE)), [4300, 630, true])
  assert.deepEqual(figures(readingFor(counts({ ...odd, total: 0 }), INSIDE)), [4300, 630, false])
})

test('a report with its total is read as it was meant, in whatever way its source counts', () => {
  const size = fc.integer({ min: 1, max: 1_000_000 })
  fc.assert(
    fc.property(
      size,
      size,
      fc.nat(5000),
      fc.nat(5000),
      fc.nat(5000),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      (input, output, read, written, reasoning, isCacheIn, isThoughtIn, habit) => {
        const whole = { input: input + read + written, output: output + reasoning }
        const said = counts({
          input: isCacheIn ? whole.input : input,
          output: isThoughtIn ? whole.output : output,
          read,
          written,
          reasoning,
          total: whole.input + whole.output,
        })
        const found = readingFor(said, habit ? INSIDE : BESIDE)
        assert.equal(found.isInconsistent, false)
        assert.equal(found.input + found.output, said.total)
      },
    ),
  )
})

test('a total that was made without the cache is no contradiction where the cache is known to be beside the input', () => {
  const cached = { input: 5000, output: 400, read: 3000, written: 1000, total: 5400 }
  const proven: Habit = { ...BESIDE, isCacheProven: true, isReasoningBeside: false }
  assert.deepEqual(figures(readingFor(counts(cached), proven)), [9000, 400, false])
  assert.deepEqual(figures(readingFor(counts(cached), INSIDE)), [5000, 400, false])
  // It cannot be in an input that is smaller.
  const small = { input: 5, output: 400, read: 3000, total: 405 }
  assert.deepEqual(figures(readingFor(counts(small), INSIDE)), [3005, 400, false])
  assert.deepEqual(figures(readingFor(counts({ ...small, total: 999 }), INSIDE)), [3005, 400, true])
})
