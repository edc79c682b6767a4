// Tests reports of one call at several positions of a trace, each in its own request: they count once in any order, and calls that are
// only similar count separately.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { UsageLedger } from '../../collector/ledger/ledger.ts'
import { type Piece, requestsOf, type SpanSpec, span } from './pieces.ts'
import { type Event, type Sums, streamed, sums } from './stream.ts'

interface CallSpec extends Omit<SpanSpec, 'attributes'> {
  readonly input: number
  readonly output: number
  readonly kind?: string
  readonly model?: string
  readonly id?: string
}

/** A span that reports usage. */
function report({ input, output, kind, model, id, ...place }: CallSpec): Piece {
  return span({
    ...place,
    attributes: {
      'gen_ai.operation.name': kind ?? 'chat',
      'gen_ai.request.model': model ?? 'gpt-4o',
      'gen_ai.usage.input_tokens': input,
      'gen_ai.usage.output_tokens': output,
      ...(id === undefined ? {} : { 'gen_ai.response.id': id }),
    },
  })
}

/** A GenAI span without usage. */
function link(place: Omit<SpanSpec, 'attributes'>, operation = 'chat'): Piece {
  const attributes = { 'gen_ai.operation.name': operation, 'gen_ai.request.model': 'gpt-4o' }
  return span({ ...place, attributes })
}

const apart = (pieces: readonly Piece[]): Event[] => streamed(pieces.map((p) => requestsOf([p])))

function orders<T>(list: readonly T[]): T[][] {
  if (list.length < 2) return [[...list]]
  return list.flatMap((x, i) => orders(list.toSpliced(i, 1)).map((rest) => [x, ...rest]))
}

/** Sends the reports in every order, each in its own request and all in one request. */
function assertAlways(pieces: readonly Piece[], want: Sums): void {
  for (const order of orders(pieces)) {
    const names = order.map((p) => Buffer.from(p.item['spanId'] as number[]).readUInt32BE(4))
    assert.deepEqual(sums(apart(order)), want, `apart: ${names.join(', ')}`)
    assert.deepEqual(sums(streamed([requestsOf(order)])), want, `together: ${names.join(', ')}`)
  }
}

const one: Sums = { input: 30, output: 4 }
const two: Sums = { input: 60, output: 8 }
const usage = { input: 30, output: 4 }

test('a framework span and the SDK span in it are one call, in either order', () => {
  assertAlways(
    [
      report({ span: 1, scope: 'framework', ...usage }),
      report({ span: 2, parent: 1, scope: 'sdk', ...usage }),
    ],
    one,
  )
})

test('of two equal reports the earlier span counts, whichever came first', () => {
  const parent = report({ span: 1, scope: 'framework', from: 0, to: 2, ...usage })
  const child = report({ span: 2, parent: 1, scope: 'sdk', from: 1, to: 2, ...usage })
  for (const order of [
    [parent, child],
    [child, parent],
  ]) {
    const events = apart(order)
    const [outer, inner] = events.toSorted(
      (x, y) => Number(x['start_time']) - Number(y['start_time']),
    )
    assert.equal(outer?.['usage_aggregate'], false)
    assert.equal(inner?.['usage_aggregate'], true)
    assert.equal(inner?.['usage_duplicate_of'], outer?.['event_id'])
  }
})

test('a wrapper without usage between the two does not hide the call', () => {
  const outer = report({ span: 1, scope: 'framework', ...usage })
  const between = link({ span: 2, parent: 1, scope: 'framework' })
  const inner = report({ span: 3, parent: 2, scope: 'sdk', ...usage })
  // If the wrapper arrives last, nothing connected the two reports that were counted before.
  for (const order of orders([outer, between, inner]))
    if (order.at(-1) !== between) assert.deepEqual(sums(apart(order)), one)
  for (const order of orders([outer, between, inner]))
    assert.deepEqual(sums(streamed([requestsOf(order)])), one)
})

test('a tool or an agent between the two makes them two calls', () => {
  for (const operation of ['execute_tool', 'invoke_agent']) {
    const outer = report({ span: 1, ...usage })
    const tool = link({ span: 2, parent: 1 }, operation)
    const inner = report({ span: 3, parent: 2, scope: 'other', ...usage })
    for (const order of orders([outer, tool, inner])) {
      assert.deepEqual(sums(streamed([requestsOf(order)])), two)
      // While it is on its way, time and numbers speak for one call.
      if (order.at(-1) !== tool) assert.deepEqual(sums(apart(order)), two)
    }
  }
})

test('spans between the two that come late, or are no GenAI spans, do not hide the call', () => {
  const layers = [
    report({ span: 1, scope: 'framework', from: 0, to: 9, ...usage }),
    report({ span: 2, parent: 1, scope: 'gateway', from: 1, to: 8, ...usage }),
    report({ span: 3, parent: 2, scope: 'sdk', from: 2, to: 7, ...usage }),
  ]
  assertAlways(layers, one)
  // The parent of the SDK's span is some function of the app.
  assertAlways([layers[0] as Piece, report({ ...inner, ...usage })], one)
})

const inner = { span: 3, parent: 77, scope: 'sdk', from: 2, to: 7 }

test('a call may run through spans that are no GenAI spans', () => {
  const outer = report({ span: 1, scope: 'framework', from: 0, to: 9, ...usage })
  const http = [
    span({ span: 2, parent: 1, scope: 'http', name: 'POST', attributes: {} }),
    span({ span: 3, parent: 2, scope: 'http', name: 'POST /v1', attributes: {} }),
  ]
  // Another service, whose clock is off by an hour: time ties nothing here.
  const gateway = report({ span: 4, parent: 3, scope: 'gateway', from: 3600, to: 3601, ...usage })
  for (const order of orders([outer, ...http, gateway]))
    assert.deepEqual(sums(streamed([requestsOf(order)])), one)
  for (const tasks of [
    [[outer], [...http, gateway]],
    [[gateway, ...http], [outer]],
  ])
    assert.deepEqual(sums(streamed(tasks.map((t) => requestsOf(t)))), one)
})

test('time ties nothing when models differ, numbers differ, or one is not within the other', () => {
  const outer = report({ span: 1, scope: 'framework', from: 0, to: 5, ...usage })
  const others = [
    report({ ...inner, from: 4, to: 6, ...usage }),
    report({ ...inner, from: 1, to: 2, model: 'claude', ...usage }),
    report({ ...inner, from: 1, to: 2, trace: 5, ...usage }),
    report({ ...inner, from: 1, to: 2, scope: 'framework', ...usage }),
  ]
  for (const other of others) assertAlways([outer, other], two)
})

test('siblings of two instrumentations are one call, in either order', () => {
  assertAlways(
    [
      report({ span: 1, parent: 9, scope: 'a', from: 0, to: 1, ...usage }),
      report({ span: 2, parent: 9, scope: 'b', from: 0.1, to: 0.9, ...usage }),
    ],
    one,
  )
})

test('siblings one after the other, of two models, or of one instrumentation are two calls', () => {
  const first = report({ span: 1, parent: 9, scope: 'a', from: 0, to: 1, ...usage })
  const twins = [
    report({ span: 2, parent: 9, scope: 'b', from: 2, to: 3, ...usage }),
    report({ span: 2, parent: 9, scope: 'b', model: 'claude', from: 0, to: 1, ...usage }),
    report({ span: 2, parent: 9, scope: 'a', from: 0, to: 1, ...usage }),
    report({ span: 2, parent: 8, scope: 'b', from: 0.5, to: 1.5, ...usage }),
  ]
  for (const twin of twins) assertAlways([first, twin], two)
})

test('two response ids are two calls, side by side in two instrumentations', () => {
  assertAlways(
    [
      report({ span: 1, parent: 9, scope: 'a', id: 'r1', ...usage }),
      report({ span: 2, parent: 9, scope: 'b', id: 'r2', ...usage }),
    ],
    two,
  )
})

test('a retry is a call of its own, though the framework reports one of them', () => {
  assertAlways(
    [
      report({ span: 1, scope: 'framework', from: 0, to: 3, ...usage }),
      report({ span: 2, parent: 1, scope: 'sdk', from: 0, to: 1, ...usage }),
      report({ span: 3, parent: 1, scope: 'sdk', from: 2, to: 3, ...usage }),
    ],
    two,
  )
})

test('parallel identical calls of a framework over an SDK are as many as there are', () => {
  assertAlways(
    [
      report({ span: 1, parent: 9, scope: 'framework', ...usage }),
      report({ span: 2, parent: 1, scope: 'sdk', ...usage }),
      report({ span: 3, parent: 9, scope: 'framework', ...usage }),
      report({ span: 4, parent: 3, scope: 'sdk', ...usage }),
    ],
    two,
  )
})

test('three layers, each with an instrumentation beside it, are one call', () => {
  const pieces = [
    report({ span: 1, scope: 'framework', from: 0, to: 9, ...usage }),
    report({ span: 2, parent: 1, scope: 'gateway', from: 1, to: 8, ...usage }),
    report({ span: 3, parent: 2, scope: 'sdk', from: 2, to: 7, ...usage }),
    report({ span: 4, parent: 2, scope: 'sdk-too', from: 3, to: 6, ...usage }),
  ]
  assertAlways(pieces, one)
})

test('a container that comes last reports the sum of its calls', () => {
  const calls = [1, 2, 3].map((n) =>
    report({ span: 1 + n, parent: 1, scope: 'sdk', from: n, to: n + 0.5, input: n, output: n * 2 }),
  )
  const container = report({ span: 1, scope: 'framework', input: 6, output: 12 })
  const want = { input: 6, output: 12 }
  for (const order of orders(calls)) {
    const events = apart([...order, container])
    assert.deepEqual(sums(events), want)
    assert.equal(events.at(-1)?.['usage_aggregate'], true)
    // It repeats several events, so it names none.
    assert.equal(events.at(-1)?.['usage_duplicate_of'] ?? null, null)
    assert.deepEqual(sums(streamed([requestsOf([container, ...order])])), want)
  }
})

test('a container that came first counts until the calls come that it is the sum of', () => {
  const calls = [1, 2].map((n) =>
    report({
      span: 1 + n,
      parent: 1,
      scope: 'sdk',
      from: n,
      to: n + 0.5,
      input: n * 10,
      output: n,
    }),
  )
  const container = report({ span: 1, scope: 'framework', input: 30, output: 3 })
  assert.deepEqual(sums(streamed([requestsOf([container])])), { input: 30, output: 3 })
  const events = streamed([requestsOf([container]), requestsOf(calls)])
  assert.deepEqual(
    events.map((e) => e['usage_aggregate']),
    [true, false, false],
  )
  assert.deepEqual(sums(events), { input: 30, output: 3 })
})

test('a second report of a container repeats it', () => {
  const calls = [1, 2].map((n) =>
    report({
      span: 2 + n,
      parent: 2,
      scope: 'sdk',
      from: n,
      to: n + 0.5,
      input: n * 10,
      output: n,
    }),
  )
  const inner = report({ span: 2, parent: 1, scope: 'framework', input: 30, output: 3 })
  const outer = report({ span: 1, scope: 'gateway', input: 30, output: 3 })
  assert.deepEqual(sums(apart([...calls, inner, outer])), { input: 30, output: 3 })
  assert.deepEqual(sums(streamed([requestsOf([outer, inner, ...calls])])), { input: 30, output: 3 })
})

test('a report in another trace with the same response id speaks for the spans around it', () => {
  // The framework above the SDK has no id; the SDK's call was reported elsewhere under the same id.
  const pieces = [
    report({ span: 1, trace: 2, scope: 'gateway', id: 'r', ...usage }),
    report({ span: 2, trace: 1, scope: 'framework', ...usage }),
    report({ span: 3, trace: 1, parent: 2, scope: 'sdk', id: 'r', ...usage }),
  ]
  const [gateway, framework, sdk] = pieces as [Piece, Piece, Piece]
  for (const order of [
    [gateway, framework, sdk],
    [gateway, sdk, framework],
    [sdk, framework, gateway],
    [sdk, gateway, framework],
  ]) {
    assert.deepEqual(sums(streamed([requestsOf(order)])), one)
    if (order[0] !== gateway || order[1] !== framework) assert.deepEqual(sums(apart(order)), one)
  }
})

test('counts of one call may differ by a token, equal numbers alone tie nothing', () => {
  for (const order of orders([
    report({ span: 1, scope: 'framework', input: 30, output: 5 }),
    report({ span: 2, parent: 1, scope: 'sdk', input: 30, output: 4 }),
  ]))
    assert.equal(sums(apart(order)).input, 30)
  assertAlways([report({ span: 1, ...usage }), report({ span: 2, trace: 7, ...usage })], two)
})

// ------------------------------------------------------------------------------------ random traces

/** Counts from a small set, so that distinct calls are alike all the time. */
const callArbitrary = fc.record({
  input: fc.constantFrom(10, 20),
  output: fc.constantFrom(2, 3),
  /** Layers above the SDK's span: with usage, or mere wrappers. */
  layers: fc.array(fc.boolean(), { maxLength: 3 }),
  hasSibling: fc.boolean(),
  retries: fc.nat(1),
})
type Plan = typeof callArbitrary extends fc.Arbitrary<infer T> ? T : never

/** Spans of one call under the agent's span, children first, as SDKs export them. */
function spansOf(plan: Plan, n: number): Piece[] {
  const base = 100 * (n + 1)
  const { input, output } = plan
  const out: Piece[] = []
  const leafParent = plan.layers.length === 0 ? 1 : base + plan.layers.length
  for (let r = 0; r <= plan.retries; r++) {
    const from = n * 10 + 1 + r * 3
    const place = { parent: leafParent, input, output }
    out.push(report({ ...place, span: base + 50 + r, scope: 'sdk', from, to: from + 1 }))
    if (plan.hasSibling) {
      const times = { from: from + 0.2, to: from + 0.8 }
      out.push(report({ ...place, ...times, span: base + 60 + r, scope: 'sdk-too' }))
    }
  }
  for (let i = plan.layers.length; i > 0; i--) {
    const place = { span: base + i, parent: i === 1 ? 1 : base + i - 1, scope: `layer ${i}` }
    const times = { from: n * 10 + i * 0.1, to: n * 10 + 9 - i * 0.1 }
    if (plan.layers[i - 1] === true) out.push(report({ ...place, ...times, input, output }))
    else out.push(link({ ...place, ...times }))
  }
  return out
}

/** Lists as one list, each in its own order, cut into requests. */
function interleaved(lists: readonly Piece[][], picks: readonly number[]): Piece[] {
  const rest = lists.map((l) => [...l])
  const out: Piece[] = []
  for (let i = 0; ; i++) {
    const open = rest.filter((l) => l.length > 0)
    if (open.length === 0) return out
    out.push((open[(picks[i % picks.length] ?? 0) % open.length] as Piece[]).shift() as Piece)
  }
}

function grouped(pieces: readonly Piece[], sizes: readonly number[]): Piece[][] {
  const out: Piece[][] = []
  for (let at = 0, i = 0; at < pieces.length; i++) {
    const size = 1 + (sizes[i % sizes.length] ?? 0)
    out.push(pieces.slice(at, at + size))
    at += size
  }
  return out
}

test('random traces of alike calls add up, in the order that SDKs export and in any grouping', () => {
  fc.assert(
    fc.property(
      fc.array(callArbitrary, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat(9), { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(5), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      (plans, picks, sizes, isParentFirst) => {
        const lists = plans.map((p, i) => spansOf(p, i))
        const ordered = isParentFirst ? lists.map((l) => l.toReversed()) : lists
        const tasks = grouped(interleaved(ordered, picks), sizes).map((g) => requestsOf(g))
        const want = plans.reduce(
          (s, p) => ({
            input: s.input + p.input * (p.retries + 1),
            output: s.output + p.output * (p.retries + 1),
          }),
          { input: 0, output: 0 },
        )
        assert.deepEqual(sums(streamed(tasks)), want)
      },
    ),
    { numRuns: 400 },
  )
})

test('parallel twins, each a framework span over an SDK span, are as many as there are in any order', () => {
  const twins = [0, 10, 20].flatMap((n) => [
    report({ span: n + 1, parent: 999, scope: 'framework', from: 0, to: 9, ...usage }),
    report({ span: n + 2, parent: n + 1, scope: 'sdk', from: 1, to: 8, ...usage }),
  ])
  fc.assert(
    fc.property(
      fc.shuffledSubarray(twins, { minLength: twins.length }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }),
      (order, sizes) => {
        const tasks = grouped(order, sizes).map((g) => requestsOf(g))
        assert.deepEqual(sums(streamed(tasks)), { input: 90, output: 12 })
      },
    ),
    { numRuns: 400 },
  )
})

test('the same requests give the same events again', () => {
  const pieces = [0, 1, 2].flatMap((n) =>
    spansOf({ input: 10, output: 2, layers: [true, false], hasSibling: true, retries: 1 }, n),
  )
  const tasks = pieces.map((p) => requestsOf([p]))
  assert.deepEqual(streamed(tasks), streamed(tasks))
})

test('every repeated report names the one that counts, never another repeated one', () => {
  const pieces = [
    report({ span: 1, scope: 'framework', from: 0, to: 9, ...usage }),
    report({ span: 2, parent: 1, scope: 'sdk', id: 'r', from: 1, to: 8, ...usage }),
    report({ span: 3, parent: 2, scope: 'sdk-too', id: 'r', from: 2, to: 7, ...usage }),
    report({ span: 1, trace: 2, scope: 'gateway', id: 'r', ...usage }),
  ]
  for (const order of orders(pieces))
    for (const events of [apart(order), streamed([requestsOf(order)])]) {
      const counting = events.filter((e) => e['usage_aggregate'] === false)
      const ids = new Set(counting.map((e) => e['event_id']))
      for (const e of events)
        if (!ids.has(e['event_id'])) assert.ok(ids.has(e['usage_duplicate_of']), JSON.stringify(e))
    }
})

test('the memory of traces is bounded: what is forgotten is the trace silent longest', () => {
  const ledger = new UsageLedger(undefined, 50)
  const parents = Array.from({ length: 200 }, (_, i) =>
    report({ span: 1, trace: i + 1, scope: 'framework', from: 0, to: 2, ...usage }),
  )
  streamed(
    parents.map((p) => requestsOf([p])),
    ledger,
  )
  const { reports, reportsMax, reportsEvicted } = ledger.stats()
  assert.deepEqual(
    { reports, reportsMax, reportsEvicted },
    { reports: 50, reportsMax: 50, reportsEvicted: 150 },
  )
  const child = (trace: number): Piece[] => [
    report({ span: 2, parent: 1, trace, scope: 'sdk', from: 1, to: 2, ...usage }),
  ]
  // The parent of the one is remembered and counts; that of the other is forgotten.
  const counts = (trace: number): unknown =>
    streamed([requestsOf(child(trace))], ledger)[0]?.['usage_aggregate']
  assert.deepEqual([counts(200), counts(1)], [true, false])
})

test('a trace without end keeps its newest reports', () => {
  const ledger = new UsageLedger()
  const calls = Array.from({ length: 600 }, (_, i) =>
    report({ span: i + 10, parent: 1, input: i + 2, output: 1, from: i, to: i + 0.5 }),
  )
  streamed(
    calls.map((p) => requestsOf([p])),
    ledger,
  )
  assert.equal(ledger.stats().reports, 256)
})

test('any of the reports of one call, in any order, again and together, give the sums of the richest of them', () => {
  const id = { 'gen_ai.response.id': 'r-1' }
  const counts = (input: number, more: Record<string, string | number> = {}) => ({
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': input,
    'gen_ai.usage.output_tokens': 40,
    ...more,
  })
  const cache = { 'gen_ai.usage.cache_read.input_tokens': 30 }
  const all = { ...cache, 'gen_ai.usage.reasoning.output_tokens': 7, ...id }
  // The reports have increasing detail and come from different instrumentations: input without the cache, with it, and with all parts.
  const reports = [
    span({ span: 1, parent: 9, scope: 'a', from: 0, to: 9, attributes: counts(70) }),
    span({ span: 2, parent: 9, scope: 'b', from: 1, to: 8, attributes: counts(70, id) }),
    span({ span: 3, parent: 2, scope: 'c', from: 2, to: 7, attributes: counts(100, cache) }),
    span({ span: 4, parent: 3, scope: 'd', from: 3, to: 6, attributes: counts(100, all) }),
    span({
      span: 5,
      trace: 2,
      scope: 'e',
      from: 3,
      to: 6,
      attributes: counts(100, { ...id, ...cache }),
    }),
  ]
  const fields = ['input_tokens', 'output_tokens', 'cache_read_tokens', 'reasoning_tokens']
  // Parts of usage before ids, then tokens.
  const said = (e: Event): number =>
    fields.filter((f) => Number(e[f] ?? 0) > 0).length * 1e4 +
    (e['response_id'] === null ? 0 : 1e3) +
    Number(e['input_tokens'])
  const add = (events: readonly Event[], field: string): number =>
    events
      .filter((e) => e['usage_aggregate'] === false)
      .reduce((n, e) => n + Number(e[field] ?? 0), 0)
  fc.assert(
    fc.property(
      fc.shuffledSubarray(reports, { minLength: 1 }),
      fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      (some, sizes, isTwice) => {
        // The fifth is tied to the others by its response id alone.
        if (
          some.includes(reports[4] as Piece) &&
          !some.some((r) => r === reports[1] || r === reports[3])
        )
          return
        // Without the second and third nothing ties the first and the fourth.
        if (some.includes(reports[3] as Piece) && !some.includes(reports[2] as Piece)) return
        if (some.includes(reports[2] as Piece) && !some.includes(reports[1] as Piece)) return
        const list = isTwice ? [...some, ...some] : some
        const events = streamed(grouped(list, sizes).map((g) => requestsOf(g)))
        const alone = some.flatMap((r) => streamed([requestsOf([r])]))
        const richest = alone.reduce((a, b) => (said(b) > said(a) ? b : a))
        for (const field of fields)
          assert.equal(add(events, field), Number(richest[field] ?? 0), field)
      },
    ),
    { numRuns: 300 },
  )
})

test('an id that is a word is that of many calls; with equal outputs it is that of one', () => {
  for (const id of [
    'chatcmpl-mock',
    'response',
    'chat.completion',
    'gen',
    'test_id',
    'msg-test-a',
  ]) {
    assertAlways(
      [
        report({ span: 1, from: 0, to: 1, id, input: 30, output: 4 }),
        report({ span: 2, from: 5, to: 6, id, input: 50, output: 9 }),
        report({ span: 3, from: 8, to: 9, id, input: 70, output: 11 }),
      ],
      { input: 150, output: 24 },
    )
    assertAlways(
      [
        report({ span: 1, scope: 'framework', from: 0, to: 3, id, ...usage }),
        report({ span: 2, scope: 'sdk', from: 1, to: 2, id, ...usage }),
      ],
      one,
    )
  }
})
