// Properties: nothing is lost silently, nothing throws, and the same input gives the same events. `test/usage/` tests
// together with the ledger that the order of arrival does not matter.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FIELDS } from '../../core/fields.ts'
import { DIALECTS } from './dialects/all.ts'
import {
  anyValue,
  decodeBatch,
  eventsOf,
  keyValues,
  otlpJsonOf,
  runBatch,
  runOn,
} from './testing/run-batch.ts'
import { DROPPED_KEYS } from './vocabulary/dropped-keys.ts'

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

/** The keys of all tables, with indexes filled in, and unknown keys. */
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

/** Keys that the tables or the configuration never store. */
function isDropped(name: string): boolean {
  const patterns = DIALECTS.flatMap((d) =>
    d.rows.filter((r) => r[1] === 'drop').flatMap((r) => alternatives(r[0])),
  )
  return [...DROPPED_KEYS, ...patterns].some((p) =>
    p.endsWith('*') ? name.startsWith(p.slice(0, -1)) : p === name,
  )
}

/** Attributes that only control how another attribute is read. */
const STEERING = new Set(['input.mime_type', 'output.mime_type', 'fastmcp.span.kind'])
/** Targets whose values are rounded, scaled, or one of two words. */
const isInexact = (how: string): boolean => /^(?:int|seconds|bool)/.test(how)

/** A value of each type with a mark in it, which must be found somewhere in the event. */
const MARKED: readonly (readonly [type: string, value: unknown, mark: string])[] = [
  ['text', 'mark9271 and more', 'mark9271'],
  ['integer', 918_273, '918273'],
  ['double', 91_827.25, '91827.25'],
  ['numeric text', '918273', '918273'],
  ['array', ['mark9271', 'b'], 'mark9271'],
  ['map', { some_key: 'mark9271' }, 'mark9271'],
  ['JSON object', '{"some_key":"mark9271"}', 'mark9271'],
  ['JSON array', '[{"some_key":"mark9271"}]', 'mark9271'],
]

test('whatever type a known key has, its value is mapped, kept, or on the list of dropped keys', () => {
  const cases = DIALECTS.flatMap((d) =>
    d.rows.flatMap(([pattern, , how]) =>
      alternatives(pattern)
        .map((key) => key.replaceAll('<i>', '2').replace(/\*$/, 'some_key'))
        .filter((name) => !isDropped(name) && !STEERING.has(name))
        .flatMap((name) =>
          MARKED.filter(
            ([type]) => !/^(?:double|integer)$/.test(type) || !isInexact(rulesOf(name, named(how))),
          ).map(([type, v, mark]) => {
            const scope = { name: (d.scopes?.[0] ?? '').replace('*', '') }
            const span = { name: 'x', attributes: { [name]: v }, scope }
            return { what: `${d.name}: ${name} as ${type}`, span, mark }
          }),
        ),
    ),
  )
  const lost: string[] = []
  for (let at = 0; at < cases.length; at += 500) {
    const some = cases.slice(at, at + 500)
    const body = otlpJsonOf(...some.map((c) => c.span))
    const { events } = runBatch([{ format: 'otlp-json', body }])
    for (const [i, c] of some.entries())
      if (!JSON.stringify(events[i]).includes(c.mark)) lost.push(c.what)
  }
  assert.deepEqual(lost, [])
  assert.ok(cases.length > 5000, `${cases.length} values`)
})

/** The name of a transform. Rows with words have none. */
function named(how: string | object | undefined): string | undefined {
  return typeof how === 'object' ? 'words' : how
}

/** The transform of the row, or of any other row for the same key that makes a number of it. */
function rulesOf(name: string, how: string | undefined): string {
  if (how !== undefined && isInexact(how)) return how
  for (const d of DIALECTS)
    for (const [key, to, other] of d.rows)
      if (alternatives(key).includes(name) && isInexact(named(other) ?? FIELD_TYPES.get(to) ?? ''))
        return named(other) ?? 'int'
  return ''
}
const FIELD_TYPES = new Map<string, string>(FIELDS.map((f) => [f.name, f.type]))

test('of many attributes at once none vanishes: each is mapped, kept, dropped, or a copy of content', () => {
  // Keys whose target is not content. Content that lost against better content is a copy and is not stored.
  const plain = DIALECTS.flatMap((d) =>
    d.rows
      .filter(([, to]) =>
        /^metadata\.|^(?:user_id|session_id|conversation_id|agent_name)$/.test(to),
      )
      .flatMap((r) => alternatives(r[0]))
      .map((k) => k.replaceAll('<i>', '1').replace(/\*$/, 'some_key')),
  ).filter((k) => !isDropped(k) && !STEERING.has(k) && !/input_documents|cost_details/.test(k))
  const keys = fc.oneof(
    fc.constantFrom(...plain),
    fc.string({ minLength: 1, maxLength: 8 }).map((s) => `own ${s}`),
  )
  fc.assert(
    fc.property(fc.uniqueArray(keys, { maxLength: 20 }), scopes, (names, scope) => {
      const attributes = Object.fromEntries(names.map((n, i) => [n, `mark${100 + i}x`]))
      const body = otlpJsonOf({ name: 'x', attributes, scope: { name: scope } })
      const text = JSON.stringify(runBatch([{ format: 'otlp-json', body }]).events[0])
      for (const [n, mark] of Object.entries(attributes)) assert.ok(text.includes(mark), n)
    }),
    { numRuns: 300 },
  )
})

test('attributes of log records and fields of legacy events are mapped or kept as well', () => {
  const field = fc.string({ minLength: 1, maxLength: 8 }).map((s) => `own_${s}`)
  fc.assert(
    fc.property(fc.uniqueArray(field, { maxLength: 8 }), (names) => {
      const marked = Object.fromEntries(names.map((n, i) => [n, `mark${100 + i}x`]))
      const record = {
        timeUnixNano: '1770000000000000000',
        eventName: 'gen_ai.user.message',
        body: anyValue({ content: 'q' }),
        attributes: keyValues(marked),
      }
      const logs = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] })
      const legacy = JSON.stringify([
        {
          tenant_id: 'default',
          project_id: 'default',
          environment: 'dev',
          trace_id: '33333333-3333-4333-8333-333333333333',
          span_id: '44444444-4444-4444-8444-444444444444',
          parent_span_id: null,
          timestamp: '2026-02-02T02:40:05.000Z',
          event_type: 'llm_call',
          attributes: { llm_call: { model: 'm', ...marked } },
        },
      ])
      for (const request of [
        { format: 'otlp-json', telemetry: 'logs', body: logs },
        { format: 'json-array', body: legacy },
      ] as const) {
        const text = JSON.stringify(runBatch([request]).events[0])
        for (const [n, mark] of Object.entries(marked))
          assert.ok(text.includes(mark), `${request.format}: ${n}`)
      }
    }),
    { numRuns: 100 },
  )
})
