// A second report of a call comes after the process was killed, or the process is killed while the correction is being made. The
// sums that a reader of the output gets are those of the richest report, whatever was lost with the process.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { Instance } from '../instance.ts'

interface Report {
  readonly span: number
  readonly parent?: number
  readonly scope: string
  readonly operation: 'chat' | 'invoke_agent'
  readonly startMs: number
  readonly endMs: number
  readonly input: number
  readonly output: number
  readonly cached?: number
}

const TRACE = 'c'.repeat(32)
const START_MS = 1_790_000_000_000
const hex = (span: number): string => span.toString(16).padStart(16, '0')

function body(r: Report): string {
  const attributes = [
    { key: 'gen_ai.operation.name', value: { stringValue: r.operation } },
    { key: 'gen_ai.request.model', value: { stringValue: 'gpt-4o' } },
    { key: 'gen_ai.provider.name', value: { stringValue: 'openai' } },
    { key: 'gen_ai.agent.name', value: { stringValue: 'planner' } },
    { key: 'gen_ai.usage.input_tokens', value: { intValue: r.input } },
    { key: 'gen_ai.usage.output_tokens', value: { intValue: r.output } },
    ...(r.cached === undefined
      ? []
      : [{ key: 'gen_ai.usage.cache_read.input_tokens', value: { intValue: r.cached } }]),
  ].filter(({ key }) => key !== 'gen_ai.agent.name' || r.operation === 'invoke_agent')
  const span = {
    traceId: TRACE,
    spanId: hex(r.span),
    ...(r.parent === undefined ? {} : { parentSpanId: hex(r.parent) }),
    name: r.operation,
    startTimeUnixNano: `${START_MS + r.startMs}000000`,
    endTimeUnixNano: `${START_MS + r.endMs}000000`,
    attributes,
  }
  return JSON.stringify({
    resourceSpans: [{ scopeSpans: [{ scope: { name: r.scope }, spans: [span] }] }],
  })
}

const sdk: Report = {
  span: 2,
  parent: 1,
  scope: 'an.sdk',
  operation: 'chat',
  startMs: 10,
  endMs: 900,
  input: 100,
  output: 20,
}
const framework: Report = {
  span: 1,
  scope: 'a.framework',
  operation: 'chat',
  startMs: 0,
  endMs: 1000,
  input: 100,
  output: 20,
  cached: 40,
}
const agent: Report = {
  span: 1,
  scope: 'an.agent',
  operation: 'invoke_agent',
  startMs: 0,
  endMs: 5000,
  input: 300,
  output: 60,
}
const secondCall: Report = { ...sdk, span: 3, startMs: 1000, endMs: 2000, input: 150, output: 30 }

const CASES: readonly {
  readonly name: string
  readonly reports: readonly Report[]
  readonly sums: readonly [input: number, output: number, cached: number]
}[] = [
  { name: 'a richer report of the call', reports: [sdk, framework], sums: [100, 20, 40] },
  {
    name: 'the calls in an agent that had counted for them',
    reports: [agent, sdk, secondCall],
    sums: [300, 60, 0],
  },
]

async function sums(instance: Instance): Promise<number[]> {
  await instance.drained()
  const counted = (await instance.events()).filter((e) => e['usage_aggregate'] !== true)
  const total = (field: string): number =>
    counted.reduce((sum, e) => sum + Number(e[field] ?? 0), 0)
  return [total('input_tokens'), total('output_tokens'), total('cache_read_tokens')]
}

for (const { name, reports, sums: expected } of CASES) {
  test(`${name}, after a kill behind every answer`, async (t) => {
    const dir = await Instance.directory(t, 'revised')
    for (const report of reports) {
      const instance = await Instance.start({ dir })
      assert.equal((await instance.post('/v1/traces', body(report))).status, 200)
      await instance.kill('SIGKILL')
    }
    assert.deepEqual(await sums(await Instance.start({ dir })), expected)
  })
}

async function killedInBetween(t: TestContext, delayMs: number): Promise<void> {
  const dir = await Instance.directory(t, 'revised')
  const [first, last] = [await Instance.start({ dir }), body(framework)]
  assert.equal((await first.post('/v1/traces', body(sdk))).status, 200)
  const answer = first.post('/v1/traces', last).then(
    ({ status }) => status,
    () => 'cut',
  )
  await new Promise((resolve) => setTimeout(resolve, delayMs))
  await first.kill('SIGKILL')
  const isAcknowledged = (await answer) === 200
  const next = await Instance.start({ dir })
  if (isAcknowledged) assert.deepEqual(await sums(next), [100, 20, 40])
  assert.equal((await next.post('/v1/traces', last)).status, 200)
  assert.deepEqual(await sums(next), [100, 20, 40])
}

test('a kill while a call is being corrected, and the same request again', async (t) => {
  for (const delayMs of [0, 5]) await killedInBetween(t, delayMs)
})
