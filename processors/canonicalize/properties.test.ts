// Properties: how spans arrive never changes the sums; nothing is lost silently; nothing throws; the same
// input gives the same events.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { SPAN_STRIDE, type SpanBatch } from '../../core/batch.ts'
import { DIALECTS } from './dialects/all.ts'
import {
  decodeBatch,
  eventsOf,
  otlpJsonOf,
  runBatch,
  runOn,
  type TestEvent,
  type TestLedger,
  type TestRequest,
} from './testing.ts'

const root = ['../../test/captures/', '../../../shared/captures/']
  .map((x) => fileURLToPath(new URL(x, import.meta.url)))
  .find((x) => existsSync(x))

interface Sums {
  readonly input_tokens: number
  readonly output_tokens_accepted: readonly number[]
}

function recordings(): { name: string; requests: TestRequest[]; truth: Sums }[] {
  if (root === undefined) return []
  return readdirSync(root)
    .filter((name) => existsSync(`${root}${name}/truth.json`))
    .map((name) => ({
      name,
      requests: readdirSync(root + name)
        .filter((f) => /\.(?:traces|logs)\.pb$/.test(f))
        .sort()
        .map(
          (f): TestRequest => ({
            format: 'otlp-proto',
            signals: f.includes('.logs') ? 'logs' : 'traces',
            body: readFileSync(`${root}${name}/${f}`),
          }),
        ),
      truth: JSON.parse(readFileSync(`${root}${name}/truth.json`, 'utf8')) as Sums,
    }))
}

function sums(events: readonly TestEvent[]): { input: number; output: number } {
  const counted = events.filter((e) => e['usage_aggregate'] === false)
  const add = (field: string): number => counted.reduce((n, e) => n + Number(e[field] ?? 0), 0)
  return { input: add('input_tokens'), output: add('output_tokens') }
}

/** The rows of `batch` in the order of `order`; a row may come twice. */
function arrange(batch: SpanBatch, order: readonly number[]): void {
  const before = batch.spans.slice()
  const rows = new Int32Array(Math.max(1, order.length) * SPAN_STRIDE)
  for (const [i, span] of order.entries())
    rows.set(before.subarray(span * SPAN_STRIDE, (span + 1) * SPAN_STRIDE), i * SPAN_STRIDE)
  batch.spans = rows
  batch.spanCount = order.length
}

test('order, batching and repetition of spans never change the sums', async (t) => {
  const list = recordings()
  if (list.length === 0) {
    t.skip('SKIPPED: no captures')
    return
  }
  for (const { name, requests, truth } of list) {
    await t.test(name, () => {
      const count = decodeBatch(requests).spanCount
      // Every span at least once, in any order, cut into batches anywhere.
      const arrival = fc
        .tuple(
          fc.shuffledSubarray([...Array(count).keys()], { minLength: count }),
          fc.array(fc.nat(count - 1), { maxLength: 6 }),
          fc.array(fc.nat(count * 2), { maxLength: 4 }),
        )
        .map(([all, again, cuts]) => ({
          order: [...all, ...again],
          cuts: [...new Set(cuts)].sort((x, y) => x - y),
        }))
      fc.assert(
        fc.property(arrival, ({ order, cuts }) => {
          const ledger: TestLedger = { ledger: new Map(), seen: new Set() }
          const events: TestEvent[] = []
          let from = 0
          for (const cut of [...cuts, order.length]) {
            const part = order.slice(from, Math.max(from, cut))
            from = Math.max(from, cut)
            const batch = decodeBatch(requests)
            arrange(batch, part)
            events.push(...runOn(batch, ledger).events)
          }
          const found = sums(events)
          assert.equal(found.input, truth.input_tokens)
          assert.ok(truth.output_tokens_accepted.includes(found.output), `output ${found.output}`)
        }),
        { numRuns: 25 },
      )
    })
  }
})

const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.json({ maxDepth: 4 }),
  fc.array(fc.oneof(fc.string(), fc.integer(), fc.json({ maxDepth: 2 })), { maxLength: 4 }),
  fc.constantFrom(
    'None',
    'valueOf',
    'constructor',
    '[{"role":"constructor","content":[{"type":"toString"}]}]',
    '',
    '{}',
    '[]',
    '[{"role":"user"',
    '[{"role":"user","parts":[{"type":"text","content":1}]}]',
    "{'a': (1, None)}",
    '[[[[',
    '{"messages":[null,1,{"role":5,"content":[[]]}]}',
    '-1',
    '1e400',
  ),
)

/** Keys of all tables, with indexes filled in, and keys nobody knows. */
const ruleKeys = DIALECTS.flatMap((d) =>
  d.rows.flatMap((r) =>
    alternatives(r[0]).map((k) => k.replaceAll('<i>', '3').replace(/\*$/, 'message.role')),
  ),
)

function alternatives(pattern: string): string[] {
  const m = /^(.*?)\{([^}]*)\}(.*)$/.exec(pattern)
  return m === null
    ? [pattern]
    : (m[2] as string).split(',').flatMap((x) => alternatives(`${m[1]}${x}${m[3]}`))
}
const anyKey = fc.oneof(
  fc.constantFrom(...ruleKeys),
  fc.constantFrom(
    'llm.input_messages.1.message.contents.0.message_content.type',
    'gen_ai.prompt.99999.role',
    '__proto__',
    'llm.input_messages.0.__proto__.x',
  ),
  fc.string({ minLength: 1 }),
)
const scopes = fc.constantFrom(
  '',
  ...DIALECTS.flatMap((d) => d.scopes ?? []).map((s) => s.replace('*', '')),
)

test('no attributes make it throw, and every event is valid JSON', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(anyKey, value), { maxLength: 25 }),
      scopes,
      fc.array(fc.tuple(anyKey, value), { maxLength: 3 }),
      (pairs, scope, inEvent) => {
        const span = {
          name: 'x',
          attributes: Object.fromEntries(pairs),
          scope: { name: scope },
          events: [
            'gen_ai.choice',
            'gen_ai.user.message',
            'exception',
            'gen_ai.client.inference.operation.details',
          ].map((name) => ({ name, attributes: Object.fromEntries(inEvent) })),
        }
        const { events, counters } = runBatch([{ format: 'otlp-json', body: otlpJsonOf(span) }], {
          explain: true,
        })
        assert.equal(events.length, 1)
        assert.ok(typeof events[0]?.['kind'] === 'string')
        const failed = [...counters.keys()].filter((x) => x.includes('failed'))
        assert.deepEqual(failed, [])
      },
    ),
    { numRuns: 400 },
  )
})

test('the same batch gives the same events', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(anyKey, value), { maxLength: 15 }), (pairs) => {
      const body = otlpJsonOf({
        name: 'x',
        traceId: '1'.repeat(32),
        spanId: '2'.repeat(16),
        attributes: Object.fromEntries(pairs),
      })
      const batch = decodeBatch([{ format: 'otlp-json', body }])
      const once = runOn(batch)
      const again = runOn(batch)
      assert.deepEqual(again.events, once.events)
      assert.deepEqual(eventsOf(once.table), once.events)
    }),
    { numRuns: 60 },
  )
})

test('an attribute nobody knows stays as it is', () => {
  const unknown = fc.string({ minLength: 1, maxLength: 12 }).map((x) => `my own ${x}`)
  const typed = fc.oneof(
    fc.string(),
    fc.integer({ min: -1e9, max: 1e9 }),
    fc.boolean(),
    fc.array(fc.string(), { maxLength: 3 }),
  )
  fc.assert(
    fc.property(
      fc.dictionary(unknown, typed, { maxKeys: 8 }),
      fc.boolean(),
      (attributes, isGenAi) => {
        const all = isGenAi ? { ...attributes, 'gen_ai.operation.name': 'chat' } : attributes
        const { events } = runBatch([
          { format: 'otlp-json', body: otlpJsonOf({ name: 'x', attributes: all }) },
        ])
        const kept = (events[0]?.['attributes'] ?? {}) as Record<string, unknown>
        for (const [k, v] of Object.entries(attributes)) assert.deepEqual(kept[k], v)
      },
    ),
    { numRuns: 100 },
  )
})

test('a known key is mapped, kept or on the list of dropped keys', () => {
  // Every row by itself, with a value of its kind: it fills something, stays, or is dropped by the tables.
  const dropped = new Set(
    DIALECTS.flatMap((d) =>
      d.rows.filter((r) => r[1] === 'drop').flatMap((r) => alternatives(r[0])),
    ),
  )
  const lost: string[] = []
  for (const d of DIALECTS) {
    for (const row of d.rows) {
      if (row[0].includes('*') || row[0].includes('<i>')) continue
      for (const name of alternatives(row[0])) {
        if (dropped.has(name)) continue
        const { events, explain } = runBatch(
          [
            {
              format: 'otlp-json',
              body: otlpJsonOf({
                name: 'x',
                attributes: { [name]: '7', 'zz.other': 1 },
                scope: { name: (d.scopes?.[0] ?? '').replace('*', '') },
              }),
            },
          ],
          { explain: true },
        )
        const kept = (events[0]?.['attributes'] ?? {}) as Record<string, unknown>
        // Flags steer other fields (a type of JSON, a part of the answer) and fill none themselves.
        const isFlag = row[1].startsWith('flag.')
        const isMapped = isFlag || (explain?.[0] ?? []).some((p) => p.source.endsWith(`:${name}`))
        if (!isMapped && !Object.hasOwn(kept, name) && !name.startsWith('logfire.'))
          lost.push(`${d.name}: ${name}`)
      }
    }
  }
  assert.deepEqual(lost, [])
})
