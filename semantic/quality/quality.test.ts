import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checked, checkStates, PRECISION_MIN, QUALITY_CHECKS } from './checks.ts'
import { documentsIn, exchangeOf } from './exchange.ts'
import { exchangeFrom } from './labelled/label.ts'
import { allLabels, labelsOf, measured } from './labelled/measure.ts'
import figures from './measured.generated.json' with { type: 'json' }
import { longestLoop } from './repetition.ts'

test('the stored figures are those that the held-out labels give', () => {
  for (const check of QUALITY_CHECKS) {
    const { name, version, precision, recall, labels } = measured(
      check,
      labelsOf(check.name, 'held_out'),
    )
    const stored = figures.checks.find((f) => f.name === check.name)
    assert.deepEqual(stored, { name, version, precision, recall, labels })
  }
})

test('the halves of the labels share nothing, and each has faults and texts that look like faults', () => {
  for (const { name } of QUALITY_CHECKS) {
    const held = labelsOf(name, 'held_out')
    const working = labelsOf(name, 'working')
    assert.equal(held.length + working.length, allLabels().filter((l) => l.check === name).length)
    for (const half of [held, working]) {
      assert.ok(half.filter((l) => l.isFault).length >= 10, name)
      assert.ok(half.filter((l) => !l.isFault && l.origin === 'written').length >= 4, name)
    }
  }
})

test('a check without a measured precision of .8 is off and says why', () => {
  const [first] = figures.checks
  assert.ok(first)
  const low = checkStates([{ ...first, precision: PRECISION_MIN - 0.01 }])
  assert.equal(low[0]?.isOn, false)
  assert.match(low[0]?.reason ?? '', /measured precision 0.79 is below 0.8/)
  assert.match(low[1]?.reason ?? '', /was not measured/)
  const old = checkStates([{ ...first, version: first.version - 1 }])
  assert.match(old[0]?.reason ?? '', /version .* was not measured/)
  const all = exchangeFrom({ answer: "I'm sorry, but I can't help with that." })
  assert.deepEqual(checked(all, low), [])
  assert.equal(checked(all, checkStates())[0]?.isFault, true)
})

test('an exchange is made of stored columns, whatever form texts have', () => {
  const exchange = exchangeOf({
    system_instructions: '[{"type":"text","content":"Be brief."}]',
    input_messages:
      '[{"role":"system","parts":[{"type":"text","content":"Be kind."}]},{"role":"user","parts":[{"type":"text","content":"Hi"},{"type":"text","content":"you"}]}]',
    output_messages:
      '[{"role":"assistant","parts":[{"type":"tool_call","name":"x","arguments":{}}],"finish_reason":"tool_calls"}]',
    input: null,
    output: null,
    request_params: '{"output_type":"json"}',
    finish_reasons: ['tool_calls'],
  })
  assert.equal(exchange.system, 'Be brief.\nBe kind.')
  assert.deepEqual(exchange.turns, [{ role: 'user', text: 'Hi\nyou' }])
  assert.equal(exchange.answer, '')
  assert.equal(exchange.callsTools, true)
  assert.equal(exchange.wantsJson, true)
  assert.deepEqual(documentsIn('[{"id":"a","content":"text"},"plain",{"id":"c"},7]'), [
    { id: 'a', text: 'text' },
    { id: '2', text: 'plain' },
  ])
  assert.deepEqual(documentsIn('not json'), [])
})

test('broken columns and texts of any kind break no check', () => {
  const texts = [
    '',
    '\u0000',
    '```',
    '{'.repeat(5000),
    'a'.repeat(50_000),
    '中'.repeat(3000),
    '1 '.repeat(9000),
    '"'.repeat(999),
  ]
  for (const text of texts)
    for (const check of QUALITY_CHECKS) {
      const exchange = exchangeOf({
        system_instructions: text,
        input_messages: text,
        output_messages: JSON.stringify([
          { role: 'assistant', parts: [{ type: 'text', content: text }] },
        ]),
        input: text,
        output: text,
        request_params: text,
        finish_reasons: [],
      })
      const started = performance.now()
      const value = check.run(exchange)?.value ?? 0
      assert.ok(value >= 0 && value <= 1, `${check.name} ${value}`)
      assert.ok(performance.now() - started < 2000, `${check.name} is slow on ${text.slice(0, 3)}`)
    }
})

test('the longest loop is found wherever it stands, and a list of different lines is none', () => {
  const loop = 'a b c d a b c d a b c d'.split(' ')
  assert.deepEqual(longestLoop(['x', ...loop, 'y']), { at: 1, period: 4, times: 3 })
  assert.equal(longestLoop('a b a c a d a e a f a g a h'.split(' ')), null)
  assert.equal(longestLoop([]), null)
})
