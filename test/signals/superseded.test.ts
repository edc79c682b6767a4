// A signal whose figure a later report corrects stays, and says that it was superseded.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomOf, type ScenarioSpan } from '../../bench/detection/scenarios.ts'
import { secretsOfOneRun } from '../../collector/service/pseudonym-keys.ts'
import { configWith } from './configured.ts'
import { signalsUnder } from './faulty-run.ts'

const BASE_MS = 1_795_000_020_000
const TRACE = 'a1'.repeat(16)

const spanOf = (
  span: string,
  startMs: number,
  attributes: ScenarioSpan['attributes'],
  more: Partial<ScenarioSpan> = {},
): ScenarioSpan => ({
  trace: TRACE,
  span: span.repeat(8),
  name: 'step',
  startMs: BASE_MS + startMs,
  ms: 1000,
  service: 'shop',
  attributes,
  ...more,
})

const calm = {
  batch: 1,
  latenessMs: 0,
  duplicates: 0,
  isKilled: false,
  random: randomOf(1),
}

test('tokens of an agent that turn out to be those of its calls are no spike of the agent any more', async () => {
  const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'worker' }
  const usage = (tokens: number): ScenarioSpan['attributes'] => ({
    'gen_ai.usage.input_tokens': tokens,
    'gen_ai.usage.output_tokens': 10,
  })
  const call = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4.1-mini',
  }
  const spans = [
    spanOf('b1', 0, { ...agent, ...usage(160_000) }),
    spanOf('c1', 3000, { ...call, ...usage(80_000) }, { parent: 'b1'.repeat(8) }),
    spanOf('c2', 6000, { ...call, ...usage(79_990) }, { parent: 'b1'.repeat(8) }),
  ]
  const found = signalsUnder(await configWith(), spans, calm, secretsOfOneRun())
  const spikes = [...found.values()].filter((s) => s.type === 'token_spike')
  assert.deepEqual(
    spikes.map((s) => [s.span_id, s.value, s.evidence['superseded']]),
    [['b1'.repeat(8), 160_010, true]],
  )
})

test('an error of an agent is superseded when the failed call that explains it comes later', async () => {
  const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'worker' }
  const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'pay' }
  const other = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' }
  const spans = [
    spanOf('b1', 0, agent, { error: 'payment refused' }),
    // Time goes on while the failed call is held back by its client.
    spanOf('d1', 40_000, other, { trace: 'a2'.repeat(16) }),
    spanOf('c1', 80_000, tool, { parent: 'b1'.repeat(8), error: 'payment refused' }),
  ]
  const found = signalsUnder(await configWith(), spans, calm, secretsOfOneRun())
  const errors = [...found.values()].filter((s) => s.type === 'error' || s.type === 'tool_error')
  const told = errors.map((s) => `${s.type} ${s.evidence['superseded'] === true}`)
  assert.deepEqual(new Set(told), new Set(['error true', 'tool_error false']))
})
