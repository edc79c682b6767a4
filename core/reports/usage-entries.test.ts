// Entries come out of a block as the events were that they were made of.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Arena } from '../arena.ts'
import { SpanBatch } from '../batch.ts'
import { EventTable } from '../event.ts'
import { N, R } from '../fields.ts'
import { UsageEntries } from './entry-block.ts'
import { expandEntry } from './entry-expander.ts'
import { blockOf, eachEntry, movedEntries, readEntry } from './usage-entries.ts'

const IDS = [R.trace_id, R.span_id, R.parent_span_id] as const
const TIMES = [R.start_time, R.end_time] as const
const TEXTS = [
  R.tenant_id,
  R.name,
  R.provider,
  R.response_id,
  R.agent_name,
  R.conversation_id,
  R.usage_details,
  R.request_params,
] as const
const COUNTS = [N.input_tokens, N.output_tokens, N.usage_aggregate, N.message_index] as const

/** Few values, so that many texts come again. */
const text = fc.option(
  fc.oneof(fc.constantFrom('', 'a', 'openai', 'gpt-4o', 'é😀'), fc.string({ maxLength: 40 })),
)
const count = fc.option(
  fc.oneof(fc.nat(100_000), fc.constantFrom(0, -0, -3, 0.5, 2 ** 52, Number.MAX_VALUE)),
)
const bytes = (length: number): fc.Arbitrary<Uint8Array | null> =>
  fc.option(fc.uint8Array({ minLength: length, maxLength: length }))
const time = fc.option(
  fc.oneof(
    fc.bigInt({ min: 1_780_000_000_000_000_000n, max: 1_780_000_009_000_000_000n }),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  ),
)
const drawn = fc.record({
  ids: fc.tuple(bytes(16), bytes(8), bytes(8)),
  times: fc.tuple(time, time),
  texts: fc.array(text, { minLength: TEXTS.length, maxLength: TEXTS.length }),
  counts: fc.array(count, { minLength: COUNTS.length, maxLength: COUNTS.length }),
  model: fc.option(fc.tuple(fc.constantFrom('', 'openai/'), fc.constantFrom('gpt-4o', 'o3'))),
  cost: fc.option(fc.tuple(fc.constantFrom('given', 'computed'), fc.double({ noNaN: true }))),
  receivedAtMs: fc.nat(2_000_000_000),
})
type Drawn = typeof drawn extends fc.Arbitrary<infer T> ? T : never

function put(events: EventTable, event: number, d: Drawn): void {
  const { arena } = events
  const id = Buffer.alloc(16, event + 1)
  events.setRange(event, R.event_id, arena.append(id), 16)
  for (const [i, field] of IDS.entries()) {
    const value = d.ids[i]
    if (value) events.setRange(event, field, arena.append(value), value.length)
  }
  for (const [i, field] of TIMES.entries()) {
    const value = d.times[i] ?? null
    if (value === null) continue
    const eight = Buffer.alloc(8)
    eight.writeBigUInt64LE(value)
    events.setRange(event, field, arena.append(eight), 8)
  }
  for (const [i, field] of TEXTS.entries()) {
    const value = d.texts[i] ?? null
    if (value !== null) events.setText(event, field, value)
  }
  for (const [i, field] of COUNTS.entries()) events.setNum(event, field, d.counts[i] ?? Number.NaN)
  if (d.model !== null) {
    const off = arena.appendText(d.model.join(''))
    events.setModel(event, R.request_model, off, arena.lastLen, d.model[0].length)
  }
  if (d.cost === null) return
  events.setText(event, R.cost_source, d.cost[0])
  events.setNum(event, N.cost_usd, d.cost[1])
  events.setText(event, R.price_ref, 'a price')
}

/** What an entry is to give back: of a cost only one that was given. */
function shown(events: EventTable, event: number): unknown {
  const isGiven = events.text(event, R.cost_source) === 'given'
  return {
    ids: IDS.map((field) => events.hex(event, field)),
    times: TIMES.map((field) => events.timeNs(event, field)),
    texts: [...TEXTS, R.cost_source].map((field) => events.text(event, field)),
    counts: COUNTS.map((field) => events.num(event, field)),
    model: [events.text(event, R.request_model), events.modelPrefix(event, R.request_model)],
    cost: isGiven ? [events.num(event, N.cost_usd), events.text(event, R.price_ref)] : null,
  }
}

const single = (
  events: readonly Drawn[],
  blocks: Uint8Array,
  offset: number,
  event: number,
): unknown => {
  const table = new EventTable(new SpanBatch(new Arena()))
  const row = table.add(0)
  const id = Buffer.alloc(16, event + 1).toString('latin1')
  const receivedAtMs = readEntry(expandEntry(blocks, offset, id), table, row)
  assert.equal(table.text(row, R.event_id), id)
  assert.equal(receivedAtMs, events[event]?.receivedAtMs)
  if (table.text(row, R.cost_source) !== 'given') {
    assert.ok(Number.isNaN(table.num(row, N.cost_usd)))
    assert.equal(table.text(row, R.price_ref), null)
  }
  return shown(table, row)
}

test('an entry gives back what its event adds to the sums, whatever stands beside it in its block', () => {
  const entries = new UsageEntries()
  fc.assert(
    fc.property(fc.array(drawn, { minLength: 1, maxLength: 40 }), fc.nat(9), (all, skipped) => {
      const table = new EventTable(new SpanBatch(new Arena()))
      entries.reset()
      const expected = new Map<number, unknown>()
      for (const d of all) {
        const event = table.add(0)
        put(table, event, d)
        // Not each event has a report.
        if (event % 10 === skipped) continue
        entries.add(table, event, d.receivedAtMs)
        expected.set(event, shown(table, event))
      }
      const block = entries.copy()
      const found = new Map<number, unknown>()
      eachEntry(block, (event, offset) => found.set(event, single(all, block, offset, event)))
      assert.deepEqual(found, expected)
      // Two blocks, as of requests that were processed one by one.
      const both = Buffer.concat([block, movedEntries(block, 100)])
      const twice = new Map<number, unknown>()
      eachEntry(both, (event, offset) => twice.set(event, single(all, both, offset, event % 100)))
      assert.deepEqual(
        twice,
        new Map([...expected, ...[...expected].map(([e, x]) => [e + 100, x] as const)]),
      )
    }),
  )
})

test('a combination of texts that comes again takes a few bytes', () => {
  const table = new EventTable(new SpanBatch(new Arena()))
  const entries = new UsageEntries()
  for (let i = 0; i < 100; i++) {
    const event = table.add(0)
    for (const field of [R.tenant_id, R.kind, R.provider, R.service_name, R.scope_name])
      table.setText(event, field, `a text of some length, ${field}`)
    entries.add(table, event, 1)
  }
  assert.ok(entries.copy().length < 100 * 20 + 300, `${entries.copy().length} bytes`)
})

test('entries of an older log, each on its own, are found and read', () => {
  const table = new EventTable(new SpanBatch(new Arena()))
  const entries = new UsageEntries()
  const all: Uint8Array[] = []
  for (let event = 0; event < 3; event++) {
    table.add(0)
    table.setText(event, R.name, `call ${event}`)
    entries.reset()
    entries.add(table, event, 7)
    const id = Buffer.alloc(16, event + 1).toString('latin1')
    eachEntry(entries.copy(), (_, offset) => {
      const one = Buffer.from(expandEntry(entries.copy(), offset, id))
      one.writeUInt32LE(event * 5, 4)
      all.push(one)
    })
  }
  const blocks = blockOf(Buffer.concat(all))
  const found: unknown[] = []
  eachEntry(blocks, (event, offset) => {
    const row = table.add(0)
    const receivedAtMs = readEntry(expandEntry(blocks, offset, ''), table, row)
    found.push([event, table.text(row, R.name), receivedAtMs])
  })
  assert.deepEqual(found, [
    [0, 'call 0', 7],
    [5, 'call 1', 7],
    [10, 'call 2', 7],
  ])
  assert.equal(blockOf(new Uint8Array(0)).length, 0)
})
