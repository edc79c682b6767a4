// Labelled inputs for all rules: what must be found and what must not, over single spans, several requests and an hour of calls.
// `cases.json.gz` is compressed because some texts look like keys; all values in it are invented.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { requestOf, type ScenarioSpan } from '../../bench/detection/scenarios.ts'
import type { ObservaConfig } from '../../config/root.ts'
import { configWith, signalsOf, taskRequest } from './configured.ts'

interface Series {
  readonly span: string
  readonly n: number
  readonly from_s: number
  readonly to_s: number
  readonly ms: readonly [number, number]
  readonly attrs: Readonly<Record<string, string | number>>
  readonly error_every?: number
  readonly vary_args?: boolean
}

interface Case {
  readonly id: string
  readonly requests: readonly string[]
  readonly want: readonly (string | readonly string[])[]
  readonly not: readonly string[]
  readonly why: string
  readonly series?: readonly Series[]
}

const file = gunzipSync(readFileSync(join(import.meta.dirname, 'cases.json.gz'))).toString()
const { cases, requests } = JSON.parse(file) as {
  cases: readonly Case[]
  requests: Readonly<Record<string, unknown>>
}

const NOW_MS = 1_795_000_000_000
let config: ObservaConfig

before(async () => {
  config = await configWith()
})

test('the file has cases of every kind', () => {
  assert.ok(cases.length >= 74)
})

for (const c of cases)
  test(`${c.id}: ${c.why}`, () => {
    const otlp = c.series === undefined ? c.requests.map((name) => requests[name]) : expanded(c)
    const signals = signalsOf(
      config,
      otlp.map((r) => taskRequest(r, NOW_MS)),
    )
    const found = new Set<string>(signals.map((s) => s.type))
    for (const want of c.want) {
      const any = typeof want === 'string' ? [want] : want
      assert.ok(
        any.some((type) => found.has(type)),
        `missing ${any.join(' or ')} in ${[...found].join(' ')}`,
      )
    }
    for (const type of c.not) assert.ok(!found.has(type), `found ${type}`)
  })

/** The calls of a series, each in a trace of its own, in requests of 500. */
function expanded(c: Case): unknown[] {
  const spans: ScenarioSpan[] = []
  for (const [k, s] of (c.series ?? []).entries())
    for (let i = 0; i < s.n; i++) {
      const share = i / Math.max(1, s.n - 1)
      const ms = s.ms[0] + ((s.ms[1] - s.ms[0]) * ((i * 37) % 101)) / 100
      const attributes: Record<string, string | number> = { ...s.attrs }
      if (s.attrs['gen_ai.operation.name'] === 'chat')
        attributes['gen_ai.response.id'] = `${c.id}${k}r${i}`
      if (s.vary_args)
        attributes['gen_ai.tool.call.arguments'] = JSON.stringify({ n: i + 1000 * k })
      const isFailed = s.error_every !== undefined && i % s.error_every === s.error_every - 1
      const id = (k * 10_000 + i + 1).toString(16)
      spans.push({
        trace: id.padStart(32, '0'),
        span: id.padStart(16, '0'),
        name: s.span,
        startMs: NOW_MS - (s.from_s - (s.from_s - s.to_s) * share) * 1000,
        ms,
        service: 'series',
        attributes,
        ...(isFailed ? { error: 'upstream failed' } : {}),
      })
    }
  spans.sort((a, b) => a.startMs - b.startMs)
  const out: unknown[] = []
  for (let i = 0; i < spans.length; i += 500) out.push(requestOf(spans.slice(i, i + 500)))
  return out
}
