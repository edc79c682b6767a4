// Settled traces, of which the worker's decision is taken over, against the same reports with all traces open.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { OutcomeRows } from '../../core/reports/outcome-rows.ts'
import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import type { EventFacts, LedgerCorrection, UsageCounts } from '../../core/task.ts'
import { decideReports } from '../../usage/call-matching.ts'
import { OUTCOME, UsageReport } from '../../usage/report.ts'
import { type ReportDecision, TraceReports } from './trace-reports.ts'

const CALL = REPORT_FLAG.REPORT | REPORT_FLAG.COUNTED | REPORT_FLAG.TIMES
const KINDS = [
  CALL,
  CALL,
  CALL,
  CALL | REPORT_FLAG.NO_USAGE,
  CALL | REPORT_FLAG.CONTAINER,
  CALL | REPORT_FLAG.LOG,
  CALL | REPORT_FLAG.STREAM_COPY,
  0,
  REPORT_FLAG.BARRIER,
] as const
const COUNTS = [
  [30, 4],
  [60, 8],
  [31, 4],
  [90, 12],
] as const

const draw = fc.record({
  trace: fc.nat(6),
  span: fc.nat(5),
  parent: fc.nat(6),
  usage: fc.nat(COUNTS.length - 1),
  scope: fc.nat(2),
  start: fc.nat(4),
  duration: fc.nat(6),
  kind: fc.nat(KINDS.length - 1),
  agent: fc.nat(1),
  /** 0: none. */
  response: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(30)),
})
type Draw = typeof draw extends fc.Arbitrary<infer T> ? T : never

function rowOf(reports: Int32Array, event: number, d: Draw): void {
  const [input = 0, output = 0] = COUNTS[d.usage] ?? []
  const kind = KINDS[d.kind] ?? 0
  const put = (column: number, value: number): void => {
    reports[event * REPORT_STRIDE + column] = value
  }
  const isCall = (kind & REPORT_FLAG.REPORT) !== 0
  let flags: number = kind
  put(REPORT.EVENT, event)
  put(REPORT.TRACE, Math.imul(d.trace + 1, 0x9e37_79b1))
  put(REPORT.SPAN, Math.imul(d.span + 1, 0x5bd1_e995))
  if (d.parent > 0 && (kind & REPORT_FLAG.LOG) === 0) {
    flags |= REPORT_FLAG.PARENT
    put(REPORT.PARENT, Math.imul(d.parent, 0x5bd1_e995))
    put(REPORT.UNDER, Math.imul(d.parent, 0x5bd1_e995))
  }
  put(REPORT.INPUT, input)
  put(REPORT.OUTPUT, output)
  put(REPORT.SCOPE, Math.imul(d.scope + 1, 0x9e37_79b1))
  put(REPORT.MODELS, (0x1234 << 16) | 0x1234)
  put(REPORT.START, d.start)
  put(REPORT.DURATION, d.duration)
  put(REPORT.PROJECT, 7)
  if ((kind & REPORT_FLAG.CONTAINER) !== 0) put(REPORT.CONTAINER, d.agent + 1)
  if (isCall && d.response > 0) {
    flags |= REPORT_FLAG.RESPONSE_ID
    put(REPORT.RESPONSE0, Math.imul(d.response, 0x85eb_ca6b))
    put(REPORT.RESPONSE1, d.response)
  }
  put(REPORT.FLAGS, flags)
}

/** Decides the reports as a worker does: traces with a response in common together. */
function decideAsWorker(reports: Int32Array): OutcomeRows {
  const all = Array.from(
    { length: reports.length / REPORT_STRIDE },
    (_, row) => new UsageReport(reports, row * REPORT_STRIDE),
  )
  const groupOf = new Map<number, number>(all.map((n) => [n.trace, n.trace]))
  for (const a of all)
    for (const b of all) {
      if (!a.has(REPORT_FLAG.RESPONSE_ID) || a.response1 !== b.response1) continue
      const [into, from] = [groupOf.get(a.trace), groupOf.get(b.trace)]
      for (const [trace, group] of groupOf) if (group === from) groupOf.set(trace, into as number)
    }
  const outcomes = new OutcomeRows()
  for (const group of new Set(groupOf.values())) {
    const together = all.filter((n) => groupOf.get(n.trace) === group)
    decideReports(together)
    for (const n of together) {
      if (!n.has(REPORT_FLAG.REPORT)) continue
      if (n.outcome === OUTCOME.COUNTED && n.rest === null) continue
      outcomes.add(n.at / REPORT_STRIDE, n.outcome, n.counted?.event ?? -1, n.rest)
      if (n.outcome === OUTCOME.COUNTED) continue
      const at = n.at + REPORT.FLAGS
      reports[at] = (reports[at] as number) & ~REPORT_FLAG.COUNTED
    }
  }
  return outcomes
}

let events = 0
function factsOf(draws: readonly Draw[]): EventFacts {
  const reports = new Int32Array(draws.length * REPORT_STRIDE)
  for (const [event, d] of draws.entries()) rowOf(reports, event, d)
  const eventIds = new Uint8Array(draws.length * 16)
  const view = new DataView(eventIds.buffer)
  for (let event = 0; event < draws.length; event++) view.setUint32(event * 16 + 4, ++events)
  const outcomes = decideAsWorker(reports).copy()
  const claims = new Int32Array(0)
  return { count: draws.length, eventIds, claims, reports, outcomes, entries: new Uint8Array(0) }
}

/**
 * What becomes of each event: the worker's decision with the ledger's corrections. A ledger that is not told of the worker's
 * remainders corrects all of its own.
 */
function fates(
  facts: EventFacts,
  known: ReadonlyMap<number, LedgerCorrection>,
  isTold: boolean,
): string[] {
  const { outcomes = new Int32Array(0), count, eventIds } = facts
  const fate = (of: string, rest: UsageCounts | null): string => `${of} ${JSON.stringify(rest)}`
  const out = Array.from({ length: count }, () => fate('counts', null))
  const hex = (id: Uint8Array): string => Buffer.from(id).toString('hex')
  for (let at = 0; at < outcomes.length; at += 9) {
    const [row = 0, outcome, owner = 0, hasRest, ...rest] = outcomes.subarray(at, at + 9)
    const [input = 0, output = 0, read = 0, written = 0, reasoning = 0] = rest
    const counts = hasRest === 1 && isTold ? { input, output, read, written, reasoning } : null
    if (outcome === OUTCOME.COUNTED) out[row] = fate('counts', counts)
    else if (owner < 0) out[row] = fate('contains', null)
    else out[row] = fate(`repeats ${hex(eventIds.subarray(owner * 16, owner * 16 + 16))}`, null)
  }
  for (const [event, c] of known) {
    if (c.reason === 'counts') out[event] = fate('counts', c.rest)
    else if (c.reason === 'container') out[event] = fate('contains', null)
    else out[event] = fate(`repeats ${hex(c.of)}`, null)
  }
  return out
}

function revisedText({ revised }: ReportDecision): unknown[] {
  return revised
    .map(({ trace, id, before, after, revision }) => [trace, id, before, after, revision])
    .toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

test('what the worker has decided of a trace is remembered as if the ledger had decided it', () => {
  let corrected = 0
  let revised = 0
  let taken = 0
  fc.assert(
    fc.property(
      fc.array(fc.array(draw, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 12 }),
      fc.constantFrom(5, 30, 1000),
      (tasks, max) => {
        const settled = new TraceReports(max)
        const open = new TraceReports(max)
        for (const [i, draws] of tasks.entries()) {
          const facts = factsOf(draws)
          const { outcomes: _, ...undecided } = facts
          const [mine, theirs] = [new Map<number, LedgerCorrection>(), new Map()]
          const decision = settled.decide(facts, mine, new Map())
          const same = open.decide(undecided, theirs, new Map())
          assert.deepEqual(fates(facts, mine, true), fates(facts, theirs, false))
          assert.deepEqual(revisedText(decision), revisedText(same))
          settled.remember(facts, decision, i + 1)
          open.remember(undecided, same, i + 1)
          assert.equal(settled.size, open.size)
          assert.equal(settled.evicted, open.evicted)
          corrected += mine.size
          revised += decision.revised.length
          taken += draws.length - [...decision.traces.values()].flat().length
        }
      },
    ),
    { numRuns: 1500 },
  )
  // The generator reaches what is compared.
  for (const count of [corrected, revised, taken]) assert.ok(count > 500, `${count}`)
})
