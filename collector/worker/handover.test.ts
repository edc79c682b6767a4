// What a worker writes is what the main thread reads.

import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { EncodedPart, RequestVerdict, TaskResult } from '../../core/task.ts'
import { type HandedResult, ResultReader, ResultWriter, type Tally } from './handover.ts'

const ints = fc.array(fc.integer(), { maxLength: 9 }).map((a) => Int32Array.from(a))
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })
const count = fc.nat(100_000)
const verdict: fc.Arbitrary<RequestVerdict> = fc.oneof(
  fc.record({
    kind: fc.constant('accepted' as const),
    accepted: count,
    rejected: count,
    dropped: count,
    reasons: fc.array(fc.string(), { maxLength: 2 }),
    rejectedItems: fc.array(fc.record({ item: count, reason: fc.string() }), { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant('refused' as const),
    code: fc.constantFrom('malformed' as const, 'too_large' as const),
    message: fc.string(),
  }),
)
const part = fc.record({
  exporter: fc.constantFrom('clickhouse', 'kafka/eu', 'file'),
  stream: fc.constantFrom('events', 'signals'),
  items: count,
  bytes: bytes(40),
})
const adds = fc.dictionary(
  fc.constantFrom('a_total', 'b_total{x="1"}', 'b_total{x="2"}', 'decode', 'scrub'),
  fc.double({ noNaN: true, min: 0, max: 1e9 }),
)
const result: fc.Arbitrary<TaskResult> = fc.record({
  verdicts: fc.array(verdict, { maxLength: 5 }),
  parts: fc.array(part, { maxLength: 4 }),
  facts: fc.oneof(
    fc.record({ count, claims: ints, reports: ints, eventIds: bytes(64), entries: bytes(33) }),
    fc.record({
      count,
      claims: ints,
      reports: ints,
      outcomes: ints,
      packed: ints,
      eventIds: bytes(64),
      entries: bytes(33),
    }),
  ),
  counters: adds,
  timingsUs: adds,
})

/** A result as the chain would have given it, of one that was handed over. */
function asWritten({ memory, tally, parts, ...rest }: HandedResult): TaskResult {
  assert.ok(memory !== undefined && tally !== undefined)
  const without = ({ crc32, ...p }: EncodedPart): EncodedPart => {
    assert.equal(typeof crc32, 'number')
    return p
  }
  const counters = addsIn(tally, tally.counters)
  return { ...rest, parts: parts.map(without), counters, timingsUs: addsIn(tally, tally.timings) }
}

function addsIn({ names }: Tally, rows: Float64Array): Record<string, number> {
  const out: Record<string, number> = {}
  for (let at = 0; at < rows.length; at += 2)
    out[names[rows[at] ?? -1]?.text ?? ''] = rows[at + 1] ?? 0
  return out
}

test('results are read as they were written, whatever the thread wrote before', () => {
  const threads = [7, 8]
  const writers = threads.map((id) => new ResultWriter(id))
  const reader = new ResultReader(() => threads)
  fc.assert(
    fc.property(fc.nat(1), result, (thread, written) => {
      const message = structuredClone((writers[thread] as ResultWriter).write(written))
      // A clone, because the generated objects have no prototype.
      assert.deepEqual(asWritten(reader.read(message)), structuredClone(written))
    }),
    { numRuns: 500 },
  )
})

const EMPTY: TaskResult = {
  verdicts: [],
  parts: [],
  facts: {
    count: 0,
    claims: new Int32Array(0),
    reports: new Int32Array(0),
    eventIds: new Uint8Array(0),
    entries: new Uint8Array(0),
  },
  counters: {},
  timingsUs: {},
}

test('names are sent once, and a message that is missing is noticed', () => {
  const writer = new ResultWriter(1)
  const reader = new ResultReader(() => [1])
  const first = writer.write({ ...EMPTY, counters: { 'a_total{x="1"}': 1 } })
  const second = writer.write({ ...EMPTY, counters: { 'a_total{x="1"}': 2, b_total: 1 } })
  assert.deepEqual([first.newNames, second.newNames], [['a_total{x="1"}'], ['b_total']])
  assert.throws(() => reader.read(second), /missing/)
  reader.read(first)
  const { tally } = reader.read(second)
  assert.deepEqual(tally?.names, [
    { text: 'a_total{x="1"}', metric: 'a_total', labels: 'x="1"' },
    { text: 'b_total', metric: 'b_total', labels: '' },
  ])
})
