// Tests of `attributes`: actions run in order, change only the spans or resources they are meant for, and leave everything
// else untouched.

import assert from 'node:assert/strict'
import test from 'node:test'
import {
  ATTR,
  ATTR_STRIDE,
  RESOURCE,
  SPAN,
  SPAN_FLAG,
  SPAN_STRIDE,
  type SpanBatch,
} from '../../core/batch.ts'
import type { ChainContext } from '../../core/component.ts'
import { EventTable } from '../../core/event.ts'
import { spanBatch } from '../../test/span-batch.ts'
import { attributes, attributesSchema } from './index.ts'

const ctx: ChainContext = { count: () => {}, signal: () => {}, signals: [], explain: false }

function run(actions: unknown[]): SpanBatch {
  const batch = spanBatch(
    [
      { attributes: { a: 'x', 'debug.one': '1', 'debug.two': '2', b: 7 } },
      { attributes: { b: 8 } },
    ],
    { 'service.name': 'shop' },
  )
  attributes.create(attributesSchema.parse({ actions })).process(batch, new EventTable(batch), ctx)
  return batch
}

function read(batch: SpanBatch, first: number, count: number): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (let i = first; i < first + count; i++) {
    const row = i * ATTR_STRIDE
    const keyLen = batch.attrs[row + ATTR.KEY_LEN] as number
    const name = batch.arena.text(batch.attrs[row + ATTR.KEY_OFF] as number, keyLen)
    out[name] = batch.attrText(i) ?? batch.nums[i]
  }
  return out
}

function ofSpan(batch: SpanBatch, span: number): Record<string, unknown> {
  const row = span * SPAN_STRIDE
  const first = batch.spans[row + SPAN.ATTR_FIRST] as number
  return read(batch, first, batch.spans[row + SPAN.ATTR_COUNT] as number)
}

test('insert, update and upsert set a value only in the cases they are defined for', () => {
  const batch = run([
    { action: 'insert', key: 'a', value: 'no' },
    { action: 'insert', key: 'new', value: true },
    { action: 'update', key: 'missing', value: 'no' },
    { action: 'update', key: 'b', value: 1.5 },
    { action: 'upsert', key: 'team', value: 'search' },
  ])
  assert.deepEqual(ofSpan(batch, 0), {
    a: 'x',
    'debug.one': '1',
    'debug.two': '2',
    b: 1.5,
    new: 1,
    team: 'search',
  })
  assert.deepEqual(ofSpan(batch, 1), { b: 1.5, a: 'no', new: 1, team: 'search' })
})

test('delete accepts a key or a prefix, rename and hash keep the attribute’s position', () => {
  const batch = run([
    { action: 'delete', key: 'debug.*' },
    { action: 'rename', key: 'a', to: 'z' },
    { action: 'hash', key: 'z' },
  ])
  const span = ofSpan(batch, 0)
  assert.deepEqual(Object.keys(span).toSorted(), ['b', 'z'])
  assert.match(String(span['z']), /^[0-9a-f]{64}$/)
  assert.deepEqual(ofSpan(batch, 1), { b: 8 })
})

test('a span is marked edited only if it changed', () => {
  const batch = run([{ action: 'delete', key: 'a' }])
  const edited = [0, 1].map((s) => (batch.spans[s * SPAN_STRIDE] as number) & SPAN_FLAG.EDITED)
  assert.deepEqual(edited, [SPAN_FLAG.EDITED, 0])
})

test('an action on resource attributes changes the resource', () => {
  const batch = run([{ action: 'upsert', key: 'region', value: 'eu', on: 'resource' }])
  const first = batch.resources[RESOURCE.ATTR_FIRST] as number
  const count = batch.resources[RESOURCE.ATTR_COUNT] as number
  assert.deepEqual(read(batch, first, count), { 'service.name': 'shop', region: 'eu' })
  assert.equal(batch.resources[RESOURCE.FLAGS], 1)
})
