// The memory of reports against the same thing made of maps, lists and objects: every answer over random
// sequences of reports, commits, commits taken back and evictions.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import type { EventFacts, LedgerCorrection } from '../../core/task.ts'
import { decideReports } from '../../usage/call-matching.ts'
import { OUTCOME, UsageReport } from '../../usage/report.ts'
import type { ReportState } from './report-history.ts'
import { type Revised, TraceReports } from './trace-reports.ts'

const ID_BYTES = 16

interface Remembered {
  readonly row: Int32Array
  readonly id: string
  readonly ticket: number
  state: ReportState
  revision: number
}
interface PlainDecision {
  readonly traces: Map<number, readonly UsageReport[]>
  readonly states: Map<UsageReport, ReportState>
  readonly revised: readonly (readonly [Remembered, number, ReportState, number])[]
}

/** The same with everything remembered as objects. */
class PlainReports {
  readonly #traces = new Map<number, Remembered[]>()
  readonly #reportsMax: number
  readonly #perTraceMax: number
  evicted = 0

  constructor(reportsMax: number, perTraceMax: number) {
    this.#reportsMax = reportsMax
    this.#perTraceMax = perTraceMax
  }

  get size(): number {
    return [...this.#traces.values()].reduce((n, list) => n + list.length, 0)
  }

  decide(
    facts: EventFacts,
    known: Map<number, LedgerCorrection>,
    owners: ReadonlyMap<number, Uint8Array>,
  ): PlainDecision {
    const traces = new Map<number, UsageReport[]>()
    for (let at = 0; at < facts.reports.length; at += REPORT_STRIDE) {
      if (known.has(facts.reports[at + REPORT.EVENT] as number)) continue
      const n = new UsageReport(facts.reports, at)
      traces.set(n.trace, [...(traces.get(n.trace) ?? []), n])
    }
    const states = new Map<UsageReport, ReportState>()
    const revised: [Remembered, number, ReportState, number][] = []
    for (const [trace, fresh] of traces) {
      const before = this.#traces.get(trace) ?? []
      const old = before.map((r) => {
        const n = new UsageReport(r.row, 0)
        n.ticket = r.ticket
        return n
      })
      const ids = new Set(before.map((r) => r.id))
      for (const n of fresh) {
        const owner = n.isCall ? owners.get(n.event) : undefined
        const id = owner === undefined ? '' : Buffer.from(owner).toString('latin1')
        n.forgotten = ids.has(id) ? '' : id
      }
      for (const [i, { state }] of before.entries())
        if (!ids.has(state.owner)) (old[i] as UsageReport).forgotten = state.owner
      decideReports([...old, ...fresh])
      const size = old.length + fresh.length
      for (const n of fresh) n.known = size
      const idOfReport = (n: UsageReport): string => {
        const at = old.indexOf(n)
        return at < 0 ? idOf(facts, n.event) : (before[at] as Remembered).id
      }
      const stateOf = (n: UsageReport): ReportState => {
        const { outcome, rest, counted, forgotten } = n
        if (outcome !== OUTCOME.REPEATS) return { outcome, owner: '', rest }
        return { outcome, owner: counted === null ? forgotten : idOfReport(counted), rest: null }
      }
      for (const [i, n] of old.entries()) {
        const r = before[i] as Remembered
        const isSame = isDeepStrictEqual(stateOf(n), r.state)
        if (n.has(REPORT_FLAG.REPORT) && !isSame)
          revised.push([r, trace, stateOf(n), Math.max(r.revision + 1, size)])
      }
      for (const n of fresh) {
        states.set(n, stateOf(n))
        const correction = correctionOf(n, stateOf(n))
        if (correction !== null) known.set(n.event, correction)
      }
    }
    return { traces, states, revised }
  }

  remember(facts: EventFacts, { traces, states, revised }: PlainDecision, ticket: number): void {
    for (const [r, , state, revision] of revised) {
      r.state = state
      r.revision = revision
    }
    for (const [trace, fresh] of traces) {
      const added = fresh.map((n): Remembered => {
        const row = facts.reports.slice(n.at, n.at + REPORT_STRIDE)
        const state = states.get(n) as ReportState
        return { row, id: idOf(facts, n.event), ticket, state, revision: n.known }
      })
      const all = [...(this.#traces.get(trace) ?? []), ...added]
      this.#traces.delete(trace)
      const kept = all.slice(-this.#perTraceMax)
      this.evicted += all.length - kept.length
      this.#traces.set(trace, kept)
    }
    for (const [trace, list] of this.#traces) {
      if (this.size <= this.#reportsMax) break
      this.#traces.delete(trace)
      this.evicted += list.length
    }
  }

  forget(facts: EventFacts, ticket: number, revised: readonly Revised[]): void {
    for (let at = 0; at < facts.reports.length; at += REPORT_STRIDE) {
      const trace = facts.reports[at + REPORT.TRACE] as number
      const kept = this.#traces.get(trace)?.filter((r) => r.ticket !== ticket)
      if (kept?.length === 0) this.#traces.delete(trace)
      else if (kept !== undefined) this.#traces.set(trace, kept)
    }
    for (const { trace, id, before, revisionBefore } of revised)
      for (const r of this.#traces.get(trace) ?? [])
        if (r.id === id) {
          r.state = before
          r.revision = revisionBefore
        }
  }
}

function correctionOf(n: UsageReport, { owner }: ReportState): LedgerCorrection | null {
  const { event, outcome, rest, known } = n
  if (!n.has(REPORT_FLAG.REPORT)) return null
  const isCounted = n.has(REPORT_FLAG.COUNTED)
  if (outcome === OUTCOME.COUNTED)
    return isCounted && rest === null ? null : { event, reason: 'counts', rest, known }
  if (!isCounted) return null
  if (outcome === OUTCOME.CONTAINER) return { event, reason: 'container', known }
  return { event, reason: 'duplicate', of: Buffer.from(owner, 'latin1'), known }
}

function idOf(facts: EventFacts, event: number): string {
  return Buffer.from(facts.eventIds).latin1Slice(event * ID_BYTES, (event + 1) * ID_BYTES)
}

/** A report as the generator draws it: few traces, spans and counts, so that many are reports. */
interface Draw {
  readonly trace: number
  readonly span: number
  readonly parent: number
  readonly usage: number
  readonly scope: number
  readonly start: number
  readonly duration: number
  readonly kind: number
  readonly flags: number
  /** What was found otherwise: nothing, a resend, or a duplicate of an earlier event. */
  readonly correction: number
}

interface Step {
  readonly reports: readonly Draw[]
  readonly outcome: 'asked' | 'kept' | 'failed' | 'failed later'
}

/** Twice the first is the second, which makes containers. */
const USAGES = [
  [30, 4],
  [60, 8],
  [30, 4],
  [60, 8],
  [31, 4],
  [90, 12],
] as const
const KINDS = [
  REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED | REPORT_FLAG.TIMES,
  REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED | REPORT_FLAG.TIMES,
  REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED,
  REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED | REPORT_FLAG.TIMES | REPORT_FLAG.NO_USAGE,
  REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED | REPORT_FLAG.TIMES | REPORT_FLAG.CONTAINER,
  REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED | REPORT_FLAG.LOG,
  REPORT_FLAG.REPORT | REPORT_FLAG.TIMES,
  REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED | REPORT_FLAG.TIMES | REPORT_FLAG.STREAM_COPY,
  0,
  REPORT_FLAG.BARRIER,
] as const

const draw: fc.Arbitrary<Draw> = fc.record({
  trace: fc.nat(4),
  span: fc.nat(4),
  parent: fc.nat(3),
  usage: fc.nat(USAGES.length - 1),
  scope: fc.nat(2),
  start: fc.nat(3),
  duration: fc.nat(6),
  kind: fc.nat(KINDS.length - 1),
  flags: fc.constantFrom(REPORT_FLAG.PARENT, REPORT_FLAG.PARENT, 0),
  correction: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.nat(12) },
  ),
})

/** Two calls and the sum of both above them, in any order. */
const family = fc
  .tuple(draw, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }))
  .map(([d, order]): Draw[] => {
    const plain = { ...d, flags: REPORT_FLAG.PARENT, kind: 0, correction: 0 }
    const call = { ...plain, parent: d.span, usage: 0 }
    const members = [
      { ...call, span: 10 },
      { ...call, span: 11 },
      { ...plain, parent: 20, usage: 1 },
    ]
    return order.map((i) => members[i] as Draw)
  })

const steps = fc.array(
  fc.record({
    reports: fc
      .array(
        fc.oneof({ weight: 5, arbitrary: draw.map((d) => [d]) }, { weight: 1, arbitrary: family }),
        { minLength: 1, maxLength: 7 },
      )
      .map((groups) => groups.flat()),
    outcome: fc.constantFrom<Step['outcome']>(
      'kept',
      'kept',
      'kept',
      'asked',
      'failed',
      'failed later',
    ),
  }),
  { minLength: 1, maxLength: 25 },
)

let events = 0
function eventId(e: number): Buffer {
  const b = Buffer.alloc(ID_BYTES, 200 + (e % 50))
  b.writeUInt32LE(Math.imul(e + 1, 0x85eb_ca6b) >>> 0, 4)
  return b
}

/** Facts and what is known of them otherwise, of events never seen before. */
function factsOf(draws: readonly Draw[], traceSpread: number, first: number) {
  const reports = new Int32Array(draws.length * REPORT_STRIDE)
  const known = new Map<number, LedgerCorrection>()
  const owners = new Map<number, Uint8Array>()
  for (const [event, d] of draws.entries()) {
    const [input = 0, output = 0] = USAGES[d.usage] ?? []
    const at = event * REPORT_STRIDE
    reports[at + REPORT.EVENT] = event
    reports[at + REPORT.TRACE] = Math.imul(d.trace + 1, traceSpread)
    reports[at + REPORT.SPAN] = Math.imul(d.span + 1, 0x5bd1_e995)
    reports[at + REPORT.PARENT] = d.flags === 0 ? 0 : Math.imul(d.parent + 1, 0x5bd1_e995)
    reports[at + REPORT.UNDER] = reports[at + REPORT.PARENT] as number
    reports[at + REPORT.INPUT] = input
    reports[at + REPORT.OUTPUT] = output
    reports[at + REPORT.SCOPE] = Math.imul(d.scope + 1, 0x9e37_79b1)
    reports[at + REPORT.MODELS] = (0x1234 << 16) | 0x1234
    reports[at + REPORT.START] = d.start
    reports[at + REPORT.DURATION] = d.duration
    reports[at + REPORT.FLAGS] = (KINDS[d.kind] ?? 0) | d.flags
    // Each trace is of another service and agent: what several traces share has tests of its own.
    reports[at + REPORT.PROJECT] = d.trace
    reports[at + REPORT.CONTAINER] = Math.imul(d.trace + 1, 0x27d4_eb2f)
    if (d.correction === 1)
      known.set(event, { event, reason: 'resend', of: eventId(first + event) })
    if (d.correction > 1) owners.set(event, eventId(Math.max(0, first - d.correction)))
  }
  const eventIds = Buffer.concat(draws.map((_, i) => eventId(first + i)))
  const claims = new Int32Array(0)
  const facts: EventFacts = { count: draws.length, eventIds, claims, reports, entries: NO_BYTES }
  return { facts, known, owners }
}
const NO_BYTES = new Uint8Array(0)

function shown(known: ReadonlyMap<number, LedgerCorrection>): unknown {
  return [...known.values()].map((c) => ({
    ...c,
    ...('of' in c ? { of: Buffer.from(c.of).toString('hex') } : {}),
  }))
}

/** Runs both over the steps; `counts` is told what came up. */
function compare(
  all: readonly Step[],
  { max, perTrace, spread }: { max: number; perTrace: number; spread: number },
  counts: Record<string, number> = {},
): void {
  const traceReports = new TraceReports(max, perTrace)
  const plain = new PlainReports(max, perTrace)
  const late: [EventFacts, number, readonly Revised[]][] = []
  const count = (what: string, by = 1): void => {
    counts[what] = (counts[what] ?? 0) + by
  }
  for (const [i, { reports, outcome }] of all.entries()) {
    const ticket = i + 1
    const { facts, known, owners } = factsOf(reports, spread, events)
    events += reports.length
    const knownToo = new Map(known)
    const mine = traceReports.decide(facts, known, owners)
    const theirs = plain.decide(facts, knownToo, owners)
    assert.deepEqual(shown(known), shown(knownToo))
    assert.deepEqual(
      mine.revised.map((r) => [r.trace, r.id, r.before, r.after, r.revision]),
      theirs.revised.map(([r, trace, after, revision]) => [trace, r.id, r.state, after, revision]),
    )
    for (const h of known.values()) count(h.reason)
    count('revised', mine.revised.length)
    const { revised } = mine
    if (outcome !== 'asked') {
      traceReports.remember(facts, mine, ticket)
      plain.remember(facts, theirs, ticket)
    }
    if (outcome === 'failed later') late.push([facts, ticket, revised])
    const failed =
      outcome === 'failed'
        ? ([facts, ticket, revised] as const)
        : i % 3 === 2
          ? late.pop()
          : undefined
    if (failed !== undefined) {
      traceReports.forget(failed[0], failed[1])
      for (const r of failed[2]) traceReports.restore(r)
      plain.forget(...failed)
    }
    assert.equal(traceReports.size, plain.size)
    assert.equal(traceReports.evicted, plain.evicted)
    assert.ok(traceReports.size <= max)
  }
  count('evicted', plain.evicted)
}

const bounds = fc.record({
  max: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(1000)),
  perTrace: fc.oneof(fc.integer({ min: 1, max: 8 }), fc.constant(256)),
  // Keys that differ in high bits only, in low bits only, and in all.
  spread: fc.constantFrom(1, 0x0100_0000, 0x9e37_79b1),
})

test('rows answer as objects do, over commits, commits taken back and evictions', () => {
  const counts: Record<string, number> = {}
  fc.assert(
    fc.property(steps, bounds, (all, b) => compare(all, b, counts)),
    { numRuns: 600 },
  )
  // The generator reaches what is compared.
  for (const what of ['duplicate', 'container', 'counts', 'resend', 'revised', 'evicted'])
    assert.ok((counts[what] ?? 0) > 50, `${what}: ${counts[what]}`)
})

test('rows answer as objects do while thousands of traces come and go', () => {
  fc.assert(
    fc.property(fc.array(draw, { minLength: 3000, maxLength: 3000 }), fc.nat(), (draws, seed) => {
      const many = draws.map((d, i) => ({ ...d, trace: (Math.imul(i, 7919) + seed) % 1100 }))
      const all = Array.from(
        { length: 30 },
        (_, i): Step => ({
          reports: many.slice(i * 100, (i + 1) * 100),
          outcome: i % 4 === 3 ? 'failed later' : 'kept',
        }),
      )
      compare(all, { max: 700, perTrace: 5, spread: 0x9e37_79b1 })
      compare(all, { max: 2500, perTrace: 256, spread: 1 })
    }),
    { numRuns: 5 },
  )
})

test('what the rows take has a bound, whatever comes', () => {
  const traceReports = new TraceReports(10_000)
  let ticket = 0
  const fill = (traces: number, isKept = true): void => {
    for (let i = 0; i < traces; i += 100) {
      const reports = Array.from({ length: 100 }, (_, k): Draw => {
        const place = { trace: ticket * 100 + k, span: k, parent: k + 1 }
        return {
          ...place,
          usage: 0,
          scope: 0,
          start: 0,
          duration: 1,
          kind: 0,
          flags: 0,
          correction: 0,
        }
      })
      const { facts, known, owners } = factsOf(reports, 0x9e37_79b1, 0)
      traceReports.remember(facts, traceReports.decide(facts, known, owners), ++ticket)
      if (!isKept) traceReports.forget(facts, ticket)
    }
  }
  fill(10_000)
  const full = traceReports.byteLength
  assert.ok(full < 10_000 * 260, `${full} bytes`)
  fill(50_000)
  fill(50_000, false)
  assert.equal(traceReports.byteLength, full)
  // The commits that were taken back had made room for themselves.
  assert.equal(traceReports.size, 9_900)
  fill(200)
  assert.equal(traceReports.size, 10_000)
})
