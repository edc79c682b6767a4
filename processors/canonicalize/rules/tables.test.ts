// What a dialect table may contain. A mistake is refused at the start, naming the table and the row. Otherwise it
// would write into the previous event, which may belong to another tenant.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Arena } from '../../../core/arena.ts'
import { SpanBatch } from '../../../core/batch.ts'
import { EventTable } from '../../../core/event.ts'
import { NO_FIELD, numberIndex, rangeIndex } from '../../../core/fields.ts'
import { DIALECTS } from '../dialects/all.ts'
import { HOW_VALUES_ARE_READ } from '../index.ts'
import type { AnyDialect, Dialect, DialectRule, Row } from './dialect.ts'
import { Tables } from './tables.ts'

/** A table as it may be built from data, so that the compiler has not checked it. */
function acme(...rows: readonly (readonly unknown[])[]): Dialect {
  return { name: 'acme', about: 'Acme', source: 'a test', rows: rows as unknown as Row[] }
}

const compile = (...dialects: readonly AnyDialect[]): Tables =>
  new Tables(dialects, HOW_VALUES_ARE_READ, [])
const GOOD = ['acme.model', 'request_model', 'model'] as const

const REFUSED: readonly (readonly [what: string, row: readonly unknown[], message: RegExp])[] = [
  [
    'a misspelt field',
    ['acme.session', 'sesion_id', 'id'],
    /^dialect acme, row 2 \("acme\.session"\): there is no target "sesion_id"\. Did you mean "session_id"\?$/,
  ],
  ['a target that is no text', ['acme.x', 7, 'id'], /row 2 .*there is no target "7"/],
  ['a field of JavaScript', ['acme.x', 'constructor', 'text'], /no target "constructor"/],
  ['a misspelt map', ['acme.x', 'metdata.x', 'meta'], /no target "metdata\.x"/],
  ['a map entry without a name', ['acme.x', 'metadata.', 'meta'], /no target "metadata\."/],
  [
    'attributes, which nobody fills',
    ['acme.x', 'attributes', 'meta-json'],
    /no target "attributes"/,
  ],
  [
    'a misspelt flag',
    ['acme.x', 'flag.falure', 'outcome'],
    /no target "flag\.falure"\. Did you mean "flag\.failure"\?/,
  ],
  [
    'a misspelt transform',
    ['acme.x', 'input_tokens', 'imt'],
    /^dialect acme, row 2 \("acme\.x"\): there is no transform "imt"\. Did you mean "int"\?$/,
  ],
  ['a transform of JavaScript', ['acme.x', 'name', 'toString'], /no transform "toString"/],
  [
    'text in a number',
    ['acme.x', 'input_tokens', 'text'],
    /"text" fills text, but "input_tokens" is an int/,
  ],
  ['a count in text', ['acme.x', 'session_id', 'int'], /"int" fills int, number, .*is a text/],
  ['raw text in JSON', ['acme.x', 'tool_arguments', 'text'], /"text" fills text, .*is a json/],
  ['text in a list', ['acme.x', 'tags', 'text'], /"text" fills text, .*is a strings/],
  ['a number without a transform', ['acme.x', 'input_tokens'], /"text" fills text/],
  ['content in a field', ['acme.x', 'output_messages', 'io'], /"io" fills io, /],
  ['a parameter in metadata', ['acme.x', 'metadata.x', 'param'], /"param" fills request_params/],
  [
    'a misspelt condition',
    ['acme.x', 'name', 'text', { when: 'owm' }],
    /row 2 .*"when" may be own or genai, not "owm"/,
  ],
  ['a rank that is no number', ['acme.x', 'name', 'text', { rank: '9' }], /rank.*0 to 99, not 9/],
  ['a rank beyond the scale', ['acme.x', 'name', 'text', { rank: 1e6 }], /rank/],
  ['an unknown option', ['acme.x', 'name', 'text', { ranks: 9 }], /no option "ranks"/],
  [
    'a misspelt kind among words',
    ['acme.type', 'kind', { completion: 'lm' }],
    /^dialect acme, row 2 \("acme\.type"\), word "completion": there is no kind "lm"\. Did you mean "llm"\?$/,
  ],
  ['words for a name', ['acme.x', 'name', { a: 'llm' }], /words mean a kind or an operation/],
  ['an operation that is no text', ['acme.x', 'operation', { a: 7 }], /an operation is a text/],
  ['a first word of no words', ['acme.x', 'name', 'text', { firstWord: true }], /rows with words/],
  ['an empty key', ['', 'name', 'text'], /row 2 \(""\): .*key/],
]

for (const [what, row, message] of REFUSED)
  test(`a row is refused at the start: ${what}`, () => {
    assert.throws(
      () => compile(acme(GOOD, row)),
      (thrown: Error) => {
        assert.match(thrown.message, message)
        return true
      },
    )
  })

test('a misspelt kind in span names is refused at the start', () => {
  const names = { 'acme call': 'lm' } as unknown as NonNullable<Dialect['names']>
  assert.throws(
    () => compile({ ...acme(GOOD), names }),
    /^Error: dialect acme, span name "acme call": there is no kind "lm"\. Did you mean "llm"\?$/,
  )
})

test('a dialect may name its own transforms, and they are refused where they do not fit', () => {
  const own = (to: string, how: string): AnyDialect => ({
    ...acme(['acme.x', to, how]),
    transforms: { 'acme-count': { fills: 'int', read: () => true } },
  })
  assert.equal(compile(own('input_tokens', 'acme-count')).rules[0]?.how, 'acme-count')
  assert.throws(
    () => compile(own('name', 'acme-count')),
    /"acme-count" fills int, but "name" is a text/,
  )
  assert.throws(() => compile(own('input_tokens', 'acme-cuont')), /Did you mean "acme-count"\?/)
})

test('two tables of one name are refused at the start', () => {
  assert.throws(() => compile(acme(GOOD), acme(GOOD)), /two dialects are called "acme"/)
})

test('the tables of the project are accepted, and no rule of them can write beside its event', () => {
  const { rules } = compile(...DIALECTS)
  assert.ok(rules.length > 800, `${rules.length} rules`)
  for (const rule of rules)
    if (rule.range < 0 && rule.number < 0)
      assert.match(rule.to, /^(metadata|request_params|usage_details|io|flag)(\.|$)|^drop$/)
})

test('the compiler refuses what the start refuses', () => {
  const rows: Row[] = [
    // @ts-expect-error a misspelt field
    ['acme.session', 'sesion_id', 'id'],
    // @ts-expect-error a misspelt transform
    ['acme.session', 'session_id', 'di'],
    // @ts-expect-error a misspelt kind among words
    ['acme.type', 'kind', { completion: 'lm' }],
    // @ts-expect-error words for what is neither kind nor operation
    ['acme.type', 'name', { completion: 'llm' }],
    // @ts-expect-error a flag that nobody reads
    ['acme.type', 'flag.acme', 'flag'],
    // @ts-expect-error a misspelt condition
    ['acme.type', 'name', 'text', { when: 'owm' }],
  ]
  // @ts-expect-error a misspelt kind
  const names: Dialect['names'] = { 'acme call': 'lm' }
  for (const row of rows) assert.throws(() => compile(acme(row)))
  assert.ok(names)
})

test('what is no field has a column that is in no row: a write to it changes no event, first, last or between', () => {
  assert.equal(rangeIndex('sesion_id'), NO_FIELD)
  assert.equal(rangeIndex('input_tokens'), NO_FIELD)
  assert.equal(numberIndex('imput_tokens'), NO_FIELD)
  assert.equal(numberIndex('constructor'), NO_FIELD)
  for (const rule of [...compile(...DIALECTS).rules, ...droppedRules()])
    for (const column of [rule.range, rule.number])
      assert.ok(column === NO_FIELD || column >= 0, `${rule.key}: ${column}`)
  const events = new EventTable(new SpanBatch(new Arena()))
  // This is as many as a batch may have many times over.
  while (events.count < 100_000) events.add(events.count)
  const ranges = events.ranges.slice()
  const numbers = events.numbers.slice()
  for (const e of [0, 1, 511, 512, events.count - 1])
    for (const column of [NO_FIELD, Number.NaN]) {
      events.setRange(e, column, 1, 2)
      events.setText(e, column, 'x')
      events.setNum(e, column, 1)
      events.clear(e, column)
      assert.equal(events.has(e, column), false)
    }
  assert.deepEqual(events.ranges, ranges)
  assert.deepEqual(events.numbers, numbers)
})

function droppedRules(): readonly DialectRule[] {
  const tables = new Tables([acme(GOOD)], HOW_VALUES_ARE_READ, ['acme.secret'])
  return tables.rulesOfName('acme.secret') ?? assert.fail('no rules of a dropped key')
}
