import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registry } from '../../collector/registry.ts'
import { loadConfig } from '../../config/load.ts'
import { problemLine } from '../../config/tree/problems.ts'
import { SIGNAL_TYPES } from '../../core/signals/signal.ts'
import { DETECTED_TYPES } from '../../detection/testing/detected-types.ts'
import { DERIVED_TYPES } from '../../semantic/results/derived-signal.ts'
import { signalsSchema } from './config.ts'
import { RULES } from './rules/all-rules.ts'

test('the signal types in the configuration are exactly those that the rules raise, and that of own rules', () => {
  const raised = new Set([
    ...RULES.flatMap((rule) => rule.types),
    ...DETECTED_TYPES,
    ...DERIVED_TYPES,
    'custom',
  ])
  assert.deepEqual([...raised].toSorted(), SIGNAL_TYPES.toSorted())
})

test('every signal type can be disabled', () => {
  assert.deepEqual(signalsSchema.parse({ disabled: SIGNAL_TYPES }).disabled, [...SIGNAL_TYPES])
})

test('an unknown signal type under disabled is refused instead of ignored', () => {
  for (const disabled of [['high_latncy'], ['latency'], ['HIGH_LATENCY'], ['']])
    assert.equal(signalsSchema.safeParse({ disabled }).success, false, String(disabled))
})

test('the error for a misspelt signal type has its place and a suggestion', async () => {
  const loaded = await loadConfig({
    files: ['a.yaml'],
    sets: [],
    env: {},
    readFile: () =>
      Promise.resolve(`
receivers: { otlp: {} }
processors: { signals: { disabled: [error, high_latncy] } }
exporters: { debug: {} }
service: { pipelines: { traces: { receivers: [otlp], processors: [signals], exporters: [debug] } } }
`),
    fileMode: () => Promise.resolve(0o600),
    registry,
  })
  assert.ok(!loaded.ok)
  assert.match(
    loaded.errors.map(problemLine).join('\n'),
    /^a\.yaml:3:44: OBS_CONFIG_BAD_VALUE: processors\.signals\.disabled\[1\]: .*"high_latncy"\. Did you mean "high_latency"\?$/m,
  )
})
