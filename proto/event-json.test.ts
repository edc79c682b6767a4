// The JSON form of events is always valid, always one line, and has the fields of `core/fields.ts`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arena } from '../core/arena.ts'
import { SpanBatch } from '../core/batch.ts'
import { EventTable } from '../core/event.ts'
import { FIELDS, type Field, N, R } from '../core/fields.ts'
import { ByteWriter } from './byte-writer.ts'
import { writeEventJson } from './event-json.ts'

const batch = new SpanBatch(new Arena())
const events = new EventTable(batch)
const out = new ByteWriter(16)

function fresh(): number {
  batch.reset()
  events.reset()
  return events.add(0)
}

function print(e: number): string {
  out.reset()
  writeEventJson(out, events, e)
  return Buffer.from(out.written()).toString('utf8')
}

const parse = (e: number): Record<string, unknown> =>
  JSON.parse(print(e)) as Record<string, unknown>

function addPair(
  e: number,
  key: Uint8Array | string,
  value: Uint8Array | string,
  json: boolean,
): void {
  const { arena } = batch
  const keyOff = arena.append(Buffer.from(key))
  const keyLen = arena.lastLen
  const off = arena.append(Buffer.from(value))
  events.addAttribute(e, keyOff, keyLen, off, arena.lastLen, json)
}

test('an empty event has every core field as null and nothing else', () => {
  const core = (FIELDS as readonly Field[]).filter((f) => f.core)
  const expected = Object.fromEntries(core.map((f) => [f.name, f.type === 'map' ? {} : null]))
  const event = parse(fresh())
  assert.deepEqual(event, expected)
  assert.deepEqual(
    Object.keys(event),
    core.map((f) => f.name),
  )
})

test('every type of field is printed as it should be', () => {
  const e = fresh()
  const { arena } = batch
  events.setRange(e, R.trace_id, arena.append(Buffer.alloc(16, 0xab)), 16)
  events.setRange(e, R.span_id, arena.append(Buffer.alloc(8, 1)), 8)
  const time = Buffer.alloc(8)
  time.writeBigUInt64LE(1_790_000_000_123_456_789n)
  events.setRange(e, R.start_time, arena.append(time), 8)
  events.setText(e, R.name, 'a "b" \\ \n\u0001 é \u{1F600} \u007f')
  events.setText(e, R.input_messages, '[{"role":"user"}]')
  events.setText(e, R.tags, '["x"]')
  events.setNum(e, N.input_tokens, 12)
  events.setNum(e, N.cost_usd, 0.00015)
  events.setNum(e, N.usage_aggregate, 1)
  events.setNum(e, N.stream, 0)
  events.addMetadataText(e, 'k', 'v')
  addPair(e, 'n', '7', true)
  addPair(e, 's', '7', false)
  assert.ok(print(e).includes('"start_time":1790000000123456789,'))
  const event = parse(e)
  assert.equal(event['trace_id'], 'ab'.repeat(16))
  assert.equal(event['span_id'], '01'.repeat(8))
  assert.equal(event['name'], 'a "b" \\ \n\u0001 é \u{1F600} \u007f')
  assert.deepEqual(event['input_messages'], [{ role: 'user' }])
  assert.deepEqual(event['tags'], ['x'])
  assert.equal(event['input_tokens'], 12)
  assert.equal(event['cost_usd'], 0.00015)
  assert.equal(event['usage_aggregate'], true)
  assert.equal(event['stream'], false)
  assert.deepEqual(event['metadata'], { k: 'v' })
  assert.deepEqual(event['attributes'], { n: 7, s: '7' })
})

test('of a repeated map key only the last is printed, in short maps and long ones', () => {
  for (const extra of [0, 100]) {
    const e = fresh()
    addPair(e, 'k', 'first', false)
    for (let i = 0; i < extra; i++) addPair(e, `x${i}`, '1', true)
    addPair(e, 'kk', 'other', false)
    addPair(e, 'k', 'second', false)
    addPair(e, 'k', 'last', false)
    assert.equal(print(e).split('"k":').length - 1, 1)
    assert.equal((parse(e)['attributes'] as Record<string, string>)['k'], 'last')
  }
})

test('any bytes give valid JSON in valid UTF-8 on one line', () => {
  const bytes = fc.uint8Array({ maxLength: 30 })
  fc.assert(
    fc.property(bytes, fc.array(fc.tuple(bytes, bytes), { maxLength: 6 }), (name, pairs) => {
      const e = fresh()
      events.setRange(e, R.name, batch.arena.append(name), name.length)
      for (const [key, value] of pairs) addPair(e, key, value, false)
      const text = print(e)
      assert.ok(Buffer.from(out.written()).equals(Buffer.from(text, 'utf8')))
      assert.ok(!text.includes('\n') && !text.includes('\r'))
      assert.equal((JSON.parse(text) as { name: string }).name, Buffer.from(name).toString('utf8'))
    }),
  )
})

test('text is printed as JSON.stringify means it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const e = fresh()
      events.setText(e, R.name, text)
      assert.equal(parse(e)['name'], text)
    }),
  )
})

test('JSON with line breaks between its tokens becomes one line', () => {
  const e = fresh()
  events.setText(e, R.tool_arguments, '{\r\n "a": "x\\n",\n "b": 1 }')
  assert.ok(!print(e).includes('\n'))
  assert.deepEqual(parse(e)['tool_arguments'], { a: 'x\n', b: 1 })
})

test('events are written one after the other', () => {
  fresh()
  events.add(1)
  events.setText(1, R.name, 'two')
  out.reset()
  writeEventJson(out, events, 0)
  out.u8(10)
  writeEventJson(out, events, 1)
  const lines = Buffer.from(out.written()).toString('utf8').split('\n')
  assert.deepEqual(
    lines.map((l) => (JSON.parse(l) as { name: string | null }).name),
    [null, 'two'],
  )
})
