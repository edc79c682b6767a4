// Rules of users: what their conditions can say and what they cannot do, and limits and pauses in a scope.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registry } from '../../../collector/registry.ts'
import { loadConfig } from '../../../config/load.ts'
import { problemLine } from '../../../config/tree/problems.ts'
import { titleOf } from '../../../core/signals/signal-title.ts'
import { type Fields, found, typesFound } from '../testing/found.ts'
import { compile } from './expression.ts'

const own = (when: string, more: object = {}) => ({ rules: [{ id: 'mine', when, ...more }] })
const matches = (when: string, fields: Fields): boolean =>
  typesFound([fields], own(when)).includes('custom')

test('a condition reads texts and numbers of an event; what is not there is neither small nor large', () => {
  const refund: Fields = { kind: 'tool', tool_name: 'refund', environment: 'prod', duration_ms: 20 }
  assert.equal(
    matches('kind == "tool" && tool_name == "refund" && environment in ["prod"]', refund),
    true,
  )
  assert.equal(matches('tool_name.startsWith("ref") && duration_ms < 30', refund), true)
  assert.equal(matches('duration_ms == 20', refund), true)
  for (const when of ['cost_usd < 0.1', 'cost_usd > 0.1', 'cost_usd == 0.0'])
    assert.equal(matches(when, refund), false, when)
  assert.equal(matches('route == ""', refund), true)
  assert.equal(matches('re(tool_name, "^re(f|g)und$")', refund), true)
  assert.equal(matches('kind == "llm" || tool_name == "refund"', refund), true)
})

test('a condition reads characters that a client has escaped', () => {
  const said = (content: string): Fields => ({
    kind: 'llm',
    output_messages: `[{"role":"assistant","parts":[{"type":"text","content":"${content}"}]}]`,
  })
  for (const content of ['R\\u00fcckgabe \\ud83d\\ude00', 'Rückgabe 😀'])
    assert.equal(matches('output_messages.contains("Rückgabe 😀")', said(content)), true, content)
  assert.equal(
    matches('output_messages.contains("Rückgabe")', said('C:\\\\R\\\\u00fcckgabe')),
    false,
  )
  assert.equal(matches('output_messages.contains("a\\"b")', said('a\\u0022b')), false)
})

test('a signal of an own rule has its title, value, evidence and groups', () => {
  const config = own('cost_usd > 0.5', {
    title: 'Expensive answer', severity: 'high', value: 'cost_usd', threshold: 0.5, group_by: ['request_model'], evidence: ['route'],
  }) // biome-ignore format: a row
  const call = (request_model: string): Fields => ({
    kind: 'llm',
    cost_usd: 0.75,
    request_model,
    route: '/chat',
  })
  const [a, b, c] = found([call('gpt-5'), call('gpt-5'), call('claude')], config)
  assert.ok(a !== undefined && b !== undefined && c !== undefined)
  assert.deepEqual(
    [a.type, a.severity, a.value, a.threshold, a.rule],
    ['custom', 'high', 0.75, 0.5, 'own.mine@1'],
  )
  assert.equal(titleOf(a), 'Expensive answer')
  assert.equal(a.evidence['route'], '/chat')
  assert.equal(a.fingerprint, b.fingerprint)
  assert.notEqual(a.fingerprint, c.fingerprint)
})

test('mistakes in a condition are found at the start, at their place', async () => {
  const wrong: readonly (readonly [when: string, offset: number, message: RegExp])[] = [
    ['kind == "llm" && nam == "x"', 17, /Unknown variable: nam/],
    ['cost_usd > "1"', 0, /no such overload/],
    ['kind.matches("(a+)+$")', 0, /re\(text, "pattern"\)/],
    ['re(kind, name)', 9, /quotation marks/],
    ['re(kind, "(")', 9, /not one of RE2/],
    ['re(kind, "(?=a)")', 9, /not one of RE2/],
    ['cost_usd >', 10, /Unexpected token/],
    ['cost_usd', 0, /must be a condition/],
    ['[1].all(x, [1].exists(y, y == x))', 11, /inside another macro/],
  ]
  for (const [when, offset, message] of wrong) {
    const compiled = compile(when)
    assert.ok(!compiled.ok, when)
    assert.match(compiled.mistake.message, message, when)
    assert.equal(compiled.mistake.offset, offset, when)
  }
  const file = (when: string): string => `receivers: { otlp: {} }
processors:
  canonicalize: {}
  signals:
    rules:
      - id: mine
        when: ${when}
exporters: { debug: {} }
service: { pipelines: { traces: { receivers: [otlp], processors: [canonicalize, signals], exporters: [debug] } } }
`
  const problemsIn = async (when: string): Promise<string> => {
    const loaded = await loadConfig({
      files: ['a.yaml'], sets: [], env: {}, readFile: () => Promise.resolve(file(when)), fileMode: () => Promise.resolve(0o600), registry,
    }) // biome-ignore format: a row
    return loaded.ok ? '' : loaded.errors.map(problemLine).join('\n')
  }
  assert.equal(await problemsIn('kind == "llm"'), '')
  assert.match(
    await problemsIn('kind == "llm" && nam == "x"'),
    /^a\.yaml:7:32: .*rules\[0\]\.when: Unknown variable: nam/,
  )
  assert.match(await problemsIn(`'kind == "llm" && nam == "x"'`), /^a\.yaml:7:33: /)
  const blocks: readonly (readonly [when: string, place: string])[] = [
    ['|\n          kind == "llm" &&\n          nam == "x"', '9:11'],
    ['|\n          kind == "llm" &&\n            nam == "x"', '9:13'],
    ['|-\n          kind == "llm" &&\n\n          (nam == "x")', '10:12'],
    ['|\r\n          kind == "llm" &&\r\n          nam == "x"\r', '9:11'],
    ['>\n          nam == "x"', '8:11'],
    ['>\n          kind == "llm" &&\n          nam == "x"', '9:11'],
    ['>-\n          kind == "llm"\n          && (kind == "tool" ||\n          nam == "x")', '10:11'],
    ['>\n          kind == "llm" &&\n\n\n          nam == "x"', '11:11'],
  ] // biome-ignore format: a case is a line
  for (const [when, place] of blocks)
    assert.match(await problemsIn(when), new RegExp(`^a\\.yaml:${place}: `), when)
})

test('a condition cannot take long: patterns are linear, texts are cut, sizes are bounded', () => {
  const evil: Fields = { kind: 'llm', input_messages: `${'a'.repeat(1_000_000)}!` }
  const startedAt = performance.now()
  assert.equal(
    matches('re(input_messages, "^(a+)+$") && re(input_messages, "(a*)*b") ', evil),
    false,
  )
  assert.ok(performance.now() - startedAt < 2000, 'RE2 on 16 kB takes milliseconds')
  assert.equal(compile(Array.from({ length: 200 }, () => 'kind == "a"').join(' || ')).ok, false)
  assert.equal(compile(`${'('.repeat(100)}true${')'.repeat(100)}`).ok, false)
  for (const when of ['constructor == "x"', '__proto__ == "x"', 'kind.constructor == "x"'])
    assert.equal(compile(when).ok, false, when)
})

test('a condition without a value is no match and harms no other rule', () => {
  const rules = [
    { id: 'broken', when: 'finish_reasons.split(",")[7] == "x"' },
    { id: 'fine', when: 'kind == "llm"' },
  ]
  assert.deepEqual(
    found([{ kind: 'llm', finish_reasons: 'a' }], { rules }).map((s) => s.rule),
    ['own.fine@1'],
  )
})

test('limits differ in a scope; of several that fit the last one wins', () => {
  const overrides = [
    { match: { environment: ['dev'] }, high_latency: '60s', medium_latency: '30s' },
    {
      match: { environment: ['dev'], service: ['slow-*'] },
      disabled: ['high_latency', 'medium_latency'],
    },
    { match: { model: ['o3*'] }, medium_latency: '10s' },
  ]
  const call = (more: Fields): string[] =>
    typesFound([{ kind: 'llm', duration_ms: 6200, ...more }], { overrides })
  assert.deepEqual(call({ environment: 'prod' }), ['high_latency'])
  assert.deepEqual(call({ environment: 'dev' }), [])
  assert.deepEqual(call({ request_model: 'o3-mini' }), [])
  assert.deepEqual(call({ environment: 'dev', duration_ms: 61_000 }), ['high_latency'])
  assert.deepEqual(
    call({ environment: 'dev', service_name: 'slow-batch', duration_ms: 61_000 }),
    [],
  )
  assert.deepEqual(
    typesFound([{ kind: 'llm', duration_ms: 6200 }], {
      disabled: ['high_latency'],
      overrides: [{ match: { kind: ['llm'] }, disabled: [] }],
    }),
    ['high_latency'],
  )
})
