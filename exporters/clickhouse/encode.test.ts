// Compares encoded rows with the JSON form of the same events, without a server, and tests where parts are split.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { R } from '../../core/fields.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { EVENTS_STREAM, STREAMS } from './columns.ts'
import { encoder, writeEventRow } from './encode.ts'
import { splitRows } from './split.ts'
import { writeParsed, writeStringArray } from './string-array.ts'
import { sampleEvents, setTime } from './testing/sample-events.ts'

const ctx = { count: () => {}, signal: () => {}, signals: [], explain: false }

const signal: Signal = {
  signal_id: 'ab'.repeat(16),
  type: 'high_latency',
  severity: 'high',
  trace_id: '01'.repeat(16),
  span_id: '02'.repeat(8),
  event_id: '03'.repeat(16),
  tenant_id: 'acme',
  project_id: 'chat',
  at: '99999999999999999999',
  value: 7,
  threshold: null,
  evidence: { a: 'b' },
  rule: 'latency.high@1',
  fingerprint: 'v1:0123456789abcdef01234567',
}

test('one part has the rows of all events except the skipped ones, and another has the signals', () => {
  const events = sampleEvents({ count: 10 })
  const input = { batch: events.batch, events, signals: [signal, signal] }
  const [rows, signals] = encoder('clickhouse/eu', {}).encode(input, new Set([3, 4]), ctx)
  assert.deepEqual([rows?.exporter, rows?.stream, rows?.items], ['clickhouse/eu', EVENTS_STREAM, 8])
  assert.deepEqual([signals?.stream, signals?.items], ['signals', 2])
  assert.equal(rows?.bytes.byteLength, rows?.bytes.buffer.byteLength, 'fit to be transferred')
  const none = encoder('clickhouse', {}).encode(
    { ...input, signals: [] },
    new Set(Array(10).keys()),
    ctx,
  )
  assert.deepEqual(none, [])
})

test('splitting a part again and again yields every row, and nothing else', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (count, seed) => {
      const events = sampleEvents({ count, seed })
      const [part] = encoder('x', {}).encode(
        { batch: events.batch, events, signals: [] },
        new Set(),
        ctx,
      )
      assert.ok(part !== undefined)
      const pending = [part]
      const single: Uint8Array[] = []
      for (let p = pending.shift(); p !== undefined; p = pending.shift()) {
        const cut = splitRows(p)
        if (cut === null) single.push(p.bytes)
        else pending.unshift(...cut)
      }
      assert.equal(single.length, count)
      assert.deepEqual(Buffer.concat(single), Buffer.from(part.bytes))
      const out = new ByteWriter()
      writeEventRow(out, events, count - 1)
      assert.deepEqual(Buffer.from(single.at(-1) as Uint8Array), Buffer.from(out.written()))
    }),
    { numRuns: 30 },
  )
})

test('a part of signals can be split; a single row and an unknown stream cannot', () => {
  const events = sampleEvents({ count: 0 })
  const input = { batch: events.batch, events, signals: [signal, signal, signal] }
  const [part] = encoder('x', {}).encode(input, new Set(), ctx)
  assert.ok(part !== undefined)
  assert.deepEqual(
    splitRows(part)?.map((p) => p.items),
    [1, 2],
  )
  assert.equal(splitRows({ ...part, items: 1 }), null)
  assert.equal(splitRows({ ...part, stream: 'other' }), null)
  assert.ok(STREAMS[part.stream] !== undefined)
})

test('the fast and the slow reader of string arrays give the same result', () => {
  const arrays = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 200 })
  fc.assert(
    fc.property(arrays, fc.boolean(), (strings, isSpaced) => {
      const bytes = Buffer.from(JSON.stringify(strings, null, isSpaced ? 1 : 0))
      const [fast, slow] = [new ByteWriter(), new ByteWriter()]
      writeStringArray(fast, bytes, 0, bytes.length)
      writeParsed(slow, bytes, 0, bytes.length)
      assert.deepEqual(fast.written(), slow.written())
    }),
  )
})

test('times after the end of the sorting key’s range are stored as that end', () => {
  const row = (ns: bigint): Buffer => {
    const events = sampleEvents({ count: 1 })
    setTime(events, 0, R.start_time, ns)
    const out = new ByteWriter()
    writeEventRow(out, events, 0)
    return Buffer.from(out.written())
  }
  const last = 4_294_967_295_000_000_000n
  assert.deepEqual(row(last + 1n), row(last))
  assert.deepEqual(row(2n ** 64n - 1n), row(last))
  assert.notDeepEqual(row(last - 1n), row(last))
})

test('a character that an edit has cut in two is replaced', () => {
  const events = sampleEvents({ count: 2 })
  const off = events.arena.append(Buffer.from([0x61, 0xe6, 0x97]))
  events.setRange(1, R.name, off, 3)
  const out = new ByteWriter()
  writeEventRow(out, events, 1)
  assert.ok(Buffer.from(out.written()).includes('a\ufffd'))
})
