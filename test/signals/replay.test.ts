// `observa rules replay`: the rules over stored events find what they find in the events as they come in; other settings find something
// else; the same events give the same answer.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { randomOf, requestOf, scenariosOf } from '../../bench/detection/scenarios.ts'
import { rulesCommand } from '../../collector/cli/rules/command.ts'
import { ByEnd } from '../../collector/rules/by-end.ts'
import { TREND_RULES } from '../../detection/trends/trend-rules.ts'
import { RULE_CATALOGUE } from '../../processors/signals/rule-catalogue.ts'
import { RULES } from '../../processors/signals/rules/all-rules.ts'
import { Instance, until } from '../instance.ts'
import { configWith, signalsOf, taskRequest } from './configured.ts'

const BASE_MS = Date.now() - 2 * 3_600_000
let instance: Instance

before(async () => {
  instance = await Instance.start({
    config: `
workers: { count: 2 }
exporters:
  clickhouse: { embedded: true }
service:
  extensions: [api]
  pipelines:
    traces: { receivers: [otlp], processors: [scrub, canonicalize, cost, signals], exporters: [clickhouse] }
`,
  })
})

after(() => instance.stop())

interface Answer {
  readonly events: number
  readonly signals: number
  readonly rules: readonly {
    readonly type: string
    readonly rule: string
    readonly signals: number
  }[]
  readonly issues: readonly { readonly type: string; readonly title: string }[]
}

async function replay(id: string, body: object): Promise<{ status: number; answer: Answer }> {
  const res = await fetch(instance.url(`/api/v1/rules/${id}/replay`, 'http'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: res.status, answer: (await res.json()) as Answer }
}

/** Signals by rule and type. */
const counted = (all: readonly { rule: string; type: string; signals?: number }[]): object => {
  const out: Record<string, number> = {}
  for (const { rule, type, signals = 1 } of all)
    out[`${rule} ${type}`] = (out[`${rule} ${type}`] ?? 0) + signals
  return out
}

test('a replay over stored events finds what was found in them, twice the same', async () => {
  const scenarios = scenariosOf(11, 1, BASE_MS, 0.5)
    .filter((s) => s.want || s.spans.length < 1000)
    .filter((s) => s.type !== 'pii_detected')
    .filter((s) => s.spans.length < 500 || ['error_rate', 'latency_anomaly'].includes(s.type))
  const spans = scenarios.flatMap((s) => s.spans).toSorted((a, b) => a.startMs - b.startMs)
  for (let i = 0; i < spans.length; i += 2000) {
    const body = Buffer.from(JSON.stringify(requestOf(spans.slice(i, i + 2000))))
    const res = await instance.post('/v1/traces', body, { 'content-type': 'application/json' })
    assert.equal(res.status, 200)
  }
  const expected = signalsOf(await configWith(), [taskRequest(requestOf(spans), BASE_MS)])
  await until(async () => {
    const listed = instance.url('/api/v1/events?format=ndjson&fields=event_id', 'http')
    const text = await (await fetch(listed)).text()
    return text.split('\n').length - 1 === spans.length
  }, 'all stored')
  const { answer } = await replay('all', { days: 1 })
  assert.deepEqual(counted(answer.rules), counted(expected))
  assert.equal(answer.events, spans.length)
  assert.equal(answer.signals, expected.length)
  assert.ok(answer.issues.every((i) => i.title !== ''))
  const again = await replay('all', { days: 1 })
  assert.deepEqual({ ...again.answer, from: '', to: '' }, { ...answer, from: '', to: '' })
})

test('one rule, or a type, and other settings', async () => {
  const { answer: one } = await replay('trace.loop', { days: 1 })
  assert.deepEqual(new Set(one.rules.map((r) => r.type)), new Set(['loop_detected']))
  const { answer: none } = await replay('trace.loop', { days: 1, settings: { loop_repeats: 100 } })
  assert.equal(none.signals, 0)
  assert.equal(none.events, one.events)
  const own = [{ id: 'any_tool', when: 'kind == "tool"', severity: 'low', title: 'a tool' }]
  const { answer: mine } = await replay('own.any_tool', { days: 1, settings: { rules: own } })
  assert.ok(mine.signals > 100)
  assert.equal((await replay('nothing', {})).status, 404)
  const wrong = await replay('all', { settings: { loop_repeat: 3 } })
  assert.equal(wrong.status, 400)
  assert.match(JSON.stringify(wrong.answer), /loop_repeat/)
  assert.equal((await replay('all', { days: 1000 })).status, 400)
})

test('the command prints the same, and what is wrong with its arguments', async () => {
  const out: string[] = []
  const io = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: { OBSERVA_URL: instance.url('', 'http') },
    isTty: false,
    out: (text: string) => void out.push(text),
    err: () => {},
  }
  assert.equal(await rulesCommand(['replay', 'loop_detected', '--days', '1'], io), 0)
  assert.match(out.join(''), /events from .* signals\n.*loop_detected \(trace\.loop@2\)/)
  out.length = 0
  const tried = [
    'replay',
    'loop_detected',
    '--json',
    '--set',
    'processors.signals.loop_repeats=100',
  ]
  assert.equal(await rulesCommand(tried, io), 0)
  assert.equal(
    (JSON.parse(out.join('')) as Answer).rules.some((r) => r.rule === 'trace.loop@2'),
    false,
  )
  out.length = 0
  assert.equal(await rulesCommand(['list'], io), 0)
  assert.equal(out.length, RULE_CATALOGUE.length)
  out.length = 0
  assert.equal(await rulesCommand(['describe', 'latency'], io), 0)
  assert.match(out.join(''), /high_latency: 5000/)
  await assert.rejects(rulesCommand(['describe', 'latencies'], io), /no rule "latencies"/)
  await assert.rejects(rulesCommand(['replay', '--days', 'few'], io), /no number of days/)
  const away = { ...io, env: { OBSERVA_URL: 'http://127.0.0.1:1' } }
  await assert.rejects(rulesCommand(['replay'], away), /does not answer/)
})

test('the list of rules has every rule', () => {
  const listed = new Map(RULE_CATALOGUE.map((r) => [r.id, r.types]))
  for (const { id, types } of RULES) assert.deepEqual(new Set(listed.get(id)), new Set(types), id)
  for (const { id, type } of TREND_RULES) assert.deepEqual(listed.get(id), [type], id)
})

test('events that come by their start leave by their end', () => {
  const random = randomOf(5)
  const held = new ByEnd<number>()
  const out: number[] = []
  let startMs = 0
  const take = (until: number): void => {
    for (let next = held.next(until); next !== null; next = held.next(until)) out.push(next.endMs)
  }
  for (let i = 0; i < 3000; i++) {
    startMs += random() * 10
    held.push({ endMs: startMs + random() * 1000, chars: 1, value: i })
    if (i % 50 === 0) take(startMs)
  }
  take(Number.POSITIVE_INFINITY)
  assert.equal(out.length, 3000)
  assert.deepEqual(
    out,
    out.toSorted((a, b) => a - b),
  )
})
