// `observa test` for rules over traces, spending and time: events with times go in, signals and issues come out.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, before, test } from 'node:test'
import type { Io } from '../io.ts'
import { testCommand } from './test-command.ts'

let dir = ''
before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'observa-rules-'))
})
after(() => rm(dir, { recursive: true, force: true }))

async function run(signals: string, tests: string): Promise<string> {
  const file = join(dir, 'observa.yaml')
  await writeFile(
    file,
    `receivers: { otlp: {} }
processors: { canonicalize: {}, cost: {}, signals: ${signals} }
exporters: { debug: {} }
service: { pipelines: { traces: { receivers: [otlp], processors: [canonicalize, cost, signals], exporters: [debug] } } }
tests:${tests}
`,
  )
  let out = ''
  const io: Io = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    env: {},
    isTty: false,
    out: (text) => {
      out += text
    },
    err: (text) => {
      out += text
    },
  }
  await testCommand(['--config', file], io)
  return out
}

const CALL = `attributes: { gen_ai.operation.name: chat, gen_ai.provider.name: openai, gen_ai.request.model: gpt-4o,
            gen_ai.usage.input_tokens: 100, gen_ai.usage.output_tokens: 10, gen_ai.conversation.id: c1, user.id: ada }`
const SEARCH = `attributes: { gen_ai.operation.name: execute_tool, gen_ai.tool.name: search,
            gen_ai.tool.call.arguments: '{"q":"x"}', gen_ai.tool.call.result: nothing }`

test('a rise of the latency after 40 usual minutes is one issue; in its paused hours none', async () => {
  const tests = `
  - name: slower
    input:
      spans:
        - { name: chat, lasts: 400ms, repeat: { count: 2400, every: 1s }, ${CALL} }
        - { name: chat, at: 40m, lasts: 1900ms, repeat: { count: 300, every: 1s }, ${CALL} }
    expect:
      issues:
        - { type: latency_anomaly, severity: medium, count: 1, evidence: { measure: latency, series: { model: gpt-4o } } }`
  assert.match(await run('{}', tests), /1 passed, 0 failed/)
  const paused = '{ pauses: [{ types: [latency_anomaly], from: "00:00", to: "03:00" }] }'
  assert.match(await run(paused, tests), /number of issues\n +expected {2}1\n +found {5}0/)
  const scoped = '{ overrides: [{ match: { model: [gpt-4*] }, trend_ratio: 10 }] }'
  assert.match(await run(scoped, tests), /found {5}0/)
})

test('a loop in a trace, with another limit for a service', async () => {
  const tests = `
  - name: loop
    input: { spans: [{ name: t, traceId: "${'7'.repeat(32)}", lasts: 100ms, repeat: { count: 5, every: 1s }, ${SEARCH} }] }
    expect: { issues: [{ type: loop_detected, severity: high, title: "search is called again and again: the same call, the same result" }] }`
  assert.match(await run('{}', tests), /1 passed, 0 failed/)
  assert.match(
    await run('{ overrides: [{ match: { tenant: [default] }, loop_repeats: 6 }] }', tests),
    /found {5}0/,
  )
})

test('a conversation, a session and a user pass their budgets once, in the minute in which they do', async () => {
  const limits = '{ conversation_budget_tokens: 1000, user_budget_tokens_per_day: 2000 }'
  const out = await run(
    limits,
    `
  - name: spent
    input: { spans: [{ name: chat, lasts: 1s, repeat: { count: 30, every: 20s }, ${CALL} }] }
    expect:
      issues:
        - { type: budget_exceeded, count: 1, first_seen: "2026-01-01T00:04:00.000Z", title: A conversation has more than 1000 tokens }
        - { type: budget_exceeded, count: 1, first_seen: "2026-01-01T00:07:00.000Z", title: A user has more than 2000 tokens on a day }`,
  )
  assert.match(out, /1 passed, 0 failed/, out)
})
