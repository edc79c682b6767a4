// Tests of `filter`: conditions select the right items, drops are counted, nothing else changes.

import assert from 'node:assert/strict'
import test from 'node:test'
import type { ChainContext } from '../../core/component.ts'
import { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'
import { spanBatch } from '../../test/span-batch.ts'
import { filter, filterSchema } from './index.ts'

function run(config: unknown, makeEvents = false): { kept: number[]; counted: number } {
  const batch = spanBatch(
    [
      { name: 'GET /health', attributes: { 'http.route': '/health', n: 1 } },
      { name: 'chat', attributes: { 'gen_ai.request.model': 'gpt-4o', n: 5, ok: true } },
      { name: 'tool', attributes: { n: 9 } },
    ],
    { 'service.name': 'shop' },
  )
  const events = new EventTable(batch)
  if (makeEvents)
    for (const [span, kind] of ['span', 'llm', 'tool'].entries())
      events.setText(events.add(span), R.kind, kind)
  let counted = 0
  const ctx: ChainContext = {
    count: (_m, _l, by) => {
      counted += by
    },
    signal: () => assert.fail('filter makes no signals'),
    signals: [],
    explain: false,
  }
  filter.create(filterSchema.parse(config)).process(batch, events, ctx)
  return { kept: [0, 1, 2].filter((s) => !batch.isDropped(s)), counted }
}

test('an item that meets a drop condition is dropped and counted', () => {
  assert.deepEqual(run({ drop: [{ attribute: 'http.route', equals: '/health' }] }), {
    kept: [1, 2],
    counted: 1,
  })
})

test('every operator compares as documented', () => {
  const cases: readonly (readonly [object, readonly number[]])[] = [
    [{ attribute: 'n', greater_than: 4 }, [0]],
    [{ attribute: 'n', less_than: 4 }, [1, 2]],
    [{ attribute: 'n', in: [1, 9] }, [1]],
    [{ attribute: 'ok', equals: true }, [0, 2]],
    [{ attribute: 'gen_ai.request.model', exists: true }, [0, 2]],
    [{ attribute: 'gen_ai.request.model', exists: false }, [1]],
    [{ name: true, starts_with: 'GET' }, [1, 2]],
    [{ name: true, contains: 'oo' }, [0, 1]],
    [{ resource: 'service.name', equals: 'shop' }, []],
    [{ scope: true, equals: 'test-scope' }, []],
    [{ scope: true, equals: 'other' }, [0, 1, 2]],
  ]
  for (const [condition, kept] of cases)
    assert.deepEqual(run({ drop: [condition] }).kept, kept, JSON.stringify(condition))
})

test('with keep conditions, an item that meets none of them is dropped', () => {
  assert.deepEqual(run({ keep: [{ field: 'kind', in: ['llm', 'tool'] }] }, true).kept, [1, 2])
})

test('a condition with two subjects is refused', () => {
  assert.throws(() => filterSchema.parse({ drop: [{ attribute: 'a', name: true, equals: 'b' }] }))
})
