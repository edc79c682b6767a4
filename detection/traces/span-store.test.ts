// The store against the rules: where it says that no rule can find something in a trace, none does; and what it counts does not
// depend on how many spans a trace has.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FLAG, Observations } from '../observation.ts'
import type { DetectionSettings } from '../settings.ts'
import { Sites } from '../site.ts'
import { observed, type TestEvent } from '../testing/observed.ts'
import { mayHaveFindings } from './prefilter.ts'
import { settledFindings } from './settled-rules.ts'
import { SpanStore } from './span-store.ts'
import { TouchedGroups } from './touched-groups.ts'
import { newTrace, type Trace } from './trace.ts'

const START_MS = 1_795_000_000_000
const SETTINGS: DetectionSettings = {
  overrides: [],
  pauses: [],
  conversation_budget_usd: null,
  conversation_budget_tokens: null,
  session_budget_usd: null,
  session_budget_tokens: null,
  user_budget_usd_per_day: null,
  user_budget_tokens_per_day: null,
  trend_calls: 50,
  trend_deviations: 6,
  trend_ratio: 1.5,
  error_rate_difference: 0.05,
  disabled: [],
  loop_repeats: 4,
  retry_errors: 3,
  polling_repeats: 6,
  depth_max: 8,
  children_max: 9,
  trace_budget_usd: null,
  trace_budget_tokens: 400,
  waste_usd: 0.05,
  waste_share: 0.2,
  context_drop: 0.5,
  trends: true,
}

interface Drawn {
  readonly kind: string
  readonly tool: string
  readonly agent: string
  readonly asked: string
  readonly answered: string
  readonly isFailed: boolean
  readonly costUsd: number
  readonly parent: number
  readonly ms: number
}

const span: fc.Arbitrary<Drawn> = fc.record({
  kind: fc.constantFrom('llm', 'tool', 'agent', 'mcp', 'span'),
  tool: fc.constantFrom('', 'find', 'send'),
  agent: fc.constantFrom('', 'a', 'b'),
  asked: fc.constantFrom('{"q":"one two"}', '{"q":"two three"}', '{"n":1}'),
  answered: fc.constantFrom('', 'x', 'y'),
  isFailed: fc.boolean(),
  costUsd: fc.constantFrom(0, 0.01, 0.04),
  parent: fc.nat(5),
  ms: fc.nat(40),
})

function eventOf(s: Drawn, i: number): TestEvent {
  const isTool = s.kind === 'tool' || s.kind === 'mcp'
  return {
    event: i + 1,
    trace: 1,
    span: i + 1,
    parent: i === 0 ? 0 : Math.max(1, i - s.parent),
    startMs: START_MS + i * 50,
    endMs: START_MS + i * 50 + s.ms,
    fields: {
      tenant_id: 't',
      project_id: 'p',
      kind: s.kind,
      name: s.kind,
      agent_name: s.agent,
      ...(s.isFailed ? { status: 'error', error_type: 'boom' } : {}),
      ...(isTool ? { tool_name: s.tool, tool_arguments: s.asked, tool_result: s.answered } : {}),
      ...(s.kind === 'llm'
        ? { request_model: 'm', input_messages: s.asked, output_messages: s.answered }
        : {}),
      input_tokens: 10,
      cost_usd: s.costUsd,
    },
  }
}

/** The store with one trace of these events. */
function stored(events: readonly TestEvent[]): { store: SpanStore; trace: Trace } {
  const o = new Observations(observed(events))
  o.useSites(new Sites())
  const store = new SpanStore()
  const touched = new TouchedGroups()
  let trace: Trace | null = null
  while (o.next()) {
    trace ??= newTrace(o, 0)
    store.add(trace, o, SETTINGS, touched)
  }
  return { store, trace: trace as Trace }
}

test('a trace of which the store says that nothing can be found in it raises nothing', () => {
  let quiet = 0
  let loud = 0
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 60 }), fc.boolean(), (drawn, isCalm) => {
      const events = drawn
        .map((s) => (isCalm ? { ...s, isFailed: false, costUsd: 0.001, parent: 1 } : s))
        .slice(0, isCalm ? 7 : undefined)
        .map(eventOf)
      const { store, trace } = stored(events)
      const found = settledFindings(store.viewOf(trace), SETTINGS)
      if (found.length > 0) loud++
      if (mayHaveFindings(trace, SETTINGS)) return
      quiet++
      assert.deepEqual(found, [])
    }),
    { numRuns: 600 },
  )
  assert.ok(quiet > 50 && loud > 50, `${quiet} quiet, ${loud} loud`)
})

test('groups of calls are counted the same in a short trace and in a long one', () => {
  const call = (i: number): TestEvent =>
    eventOf(
      {
        kind: 'tool',
        tool: 'find',
        agent: 'a',
        asked: `{"n":${i % 3}}`,
        answered: 'x',
        isFailed: false,
        costUsd: 0,
        parent: 1,
        ms: 1,
      },
      i,
    )
  for (const n of [6, 30, 33, 34, 90]) {
    const { store, trace } = stored(Array.from({ length: n }, (_, i) => call(i)))
    assert.equal(trace.count, n)
    assert.equal(trace.repeats, Math.ceil(n / 3))
    const { calls } = store.viewOf(trace)
    assert.deepEqual(
      [...calls.values()].map((c) => c.length).toSorted((a, b) => b - a),
      [0, 1, 2].map((k) => Math.ceil((n - k) / 3)),
    )
  }
})

test('an event that comes again is not counted again, and freed rows are used again', () => {
  const events = Array.from({ length: 50 }, (_, i) => eventOf({ ...CALM, kind: 'llm' }, i))
  const { store, trace } = stored([...events, ...events])
  assert.equal(trace.count, 50)
  assert.equal(store.size, 50)
  store.remove(trace)
  assert.deepEqual([store.size, trace.count], [0, 0])
})

test('a snapshot of the rows gives the same view', () => {
  const events = Array.from({ length: 40 }, (_, i) =>
    eventOf({ ...CALM, kind: i % 2 === 0 ? 'tool' : 'llm', isFailed: i % 5 === 0 }, i),
  )
  const { store, trace } = stored(events)
  const other = new SpanStore()
  const restored = { ...trace, head: -1, tail: -1, count: 0 }
  other.restore([[restored, trace.count]], store.stored([trace]))
  assert.deepEqual(other.viewOf(restored), store.viewOf(trace))
  assert.ok(store.viewOf(trace).spans.some((s) => (s.flags & FLAG.ERROR) !== 0))
})

const CALM: Drawn = {
  kind: 'llm',
  tool: 'find',
  agent: 'a',
  asked: '{"q":"one two"}',
  answered: 'x',
  isFailed: false,
  costUsd: 0,
  parent: 1,
  ms: 5,
}
