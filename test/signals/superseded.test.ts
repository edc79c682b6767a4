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

test('a tool that repeats the failure of a call inside it is one signal, together, apart, and in any order', async () => {
  const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'pay' }
  const mcp = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'charge' }
  const chat = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm' }
  const long = `the terminal "7" says: ${'no '.repeat(150)}`
  const spans = [
    spanOf('b1', 0, tool, { error: `Error executing tool pay: ${long}` }),
    spanOf('c1', 100, mcp, { parent: 'b1'.repeat(8), error: long, ms: 500 }),
    spanOf('d1', 2000, tool, { error: 'the ledger is closed' }),
    spanOf('e1', 2100, chat, { parent: 'd1'.repeat(8), error: 'overloaded', ms: 500 }),
  ]
  const config = await configWith()
  const secrets = secretsOfOneRun()
  const holding = (order: readonly ScenarioSpan[], batch: number): string[] => {
    const at = (i: number): number => BASE_MS + i * 100
    const arrived = order.map((s, i) => ({ ...s, ms: at(i) - s.startMs + 10_000 }))
    const found = [...signalsUnder(config, arrived, { ...calm, batch }, secrets).values()]
    const failures = found.filter((s) => s.rule === 'error@1')
    // All that is said of the second signal belongs to the issue of the first form.
    for (const s of failures)
      assert.equal(s.fingerprint, fingerprints.get(s.signal_id) ?? s.fingerprint)
    for (const s of failures) fingerprints.set(s.signal_id, s.fingerprint)
    return failures
      .filter((s) => s.evidence['superseded'] !== true)
      .map((s) => `${s.type} ${s.span_id?.slice(0, 2)}`)
      .toSorted()
  }
  const fingerprints = new Map<string, string>()
  // Without the calls inside, the worker alone says what the fingerprints are.
  holding(
    spans.filter((s) => s.parent === undefined),
    1,
  )
  const want = ['llm_error e1', 'tool_error c1', 'tool_error d1']
  for (const batch of [1, 100])
    for (const order of [spans, spans.toReversed()])
      assert.deepEqual(holding(order, batch), want, `batches of ${batch}`)
})

test('an agent that fails by itself is told although a call in it failed with a number', async () => {
  const agent = { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'worker' }
  const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'count' }
  const parent = 'b1'.repeat(8)
  const spans = [
    spanOf('b1', 0, agent, { error: 'no plan for 3 guests', ms: 9000 }),
    spanOf('c1', 100, tool, { parent, error: '503981' }),
    spanOf('c2', 3000, tool, { parent }),
  ]
  const found = signalsUnder(await configWith(), spans, calm, secretsOfOneRun())
  const told = [...found.values()].map((s) => `${s.type} ${s.evidence['superseded'] === true}`)
  assert.deepEqual(told.toSorted(), ['error false', 'tool_error false'])
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
