// What the ledger remembers of the reports in each trace, to compare later ones with: a container that comes
// after its children or before them, a second instrumentation in a request of its own. The rules are those of
// a batch (`usage/one-call.ts`); where the reports lie is in `report-memory.ts`.

import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import type { EventFacts, LedgerCorrection } from '../../core/task.ts'
import { decideReports } from '../../usage/one-call.ts'
import { OUTCOME, UsageReport } from '../../usage/report.ts'
import { ReportMemory } from './report-memory.ts'

const REPORTS_MAX = 100_000
/** A trace that goes on and on is remembered by its newest reports. */
const REPORTS_PER_TRACE_MAX = 256
/** Objects kept for the next decision. */
const POOL_MAX = 4096
const ID_BYTES = 16

export class TraceReports {
  readonly #memory: ReportMemory
  readonly #pool: UsageReport[] = []
  #used = 0

  constructor(reportsMax = REPORTS_MAX, perTraceMax = REPORTS_PER_TRACE_MAX) {
    this.#memory = new ReportMemory(reportsMax, perTraceMax)
  }

  get size(): number {
    return this.#memory.size
  }

  get sizeMax(): number {
    return this.#memory.sizeMax
  }

  get evicted(): number {
    return this.#memory.evicted
  }

  get byteLength(): number {
    return this.#memory.byteLength
  }

  /**
   * Decides the reports of `facts` in view of those remembered of the same traces. `known` holds, by event, the corrections that
   * claims and event ids already gave; those found here are added to it. The result, reports by trace, is for `remember` and valid
   * only until the next call.
   */
  decide(facts: EventFacts, known: Map<number, LedgerCorrection>): Map<number, UsageReport[]> {
    this.#used = 0
    const traces = this.#reportsOf(facts, known)
    for (const [trace, ofTrace] of traces) {
      decideReports(this.#besides(trace, ofTrace), 'ledger')
      for (const n of ofTrace) {
        const correction = n.has(REPORT_FLAG.COUNTED) ? correctionOf(facts, n) : null
        if (correction !== null && !known.has(n.event)) known.set(n.event, correction)
      }
    }
    return traces
  }

  /** Keeps decided reports under a ticket. */
  remember(facts: EventFacts, traces: Map<number, UsageReport[]>, ticket: number): void {
    // As they are kept: without the task around them.
    for (const ofTrace of traces.values())
      for (const n of ofTrace) if (n.countedEvent >= 0) n.owner = idOf(facts, n.countedEvent)
    this.#memory.add(traces, facts.reports, facts.eventIds, ticket)
  }

  /** Takes back what came in under a ticket. */
  forget(facts: EventFacts, ticket: number): void {
    for (let at = 0; at < facts.reports.length; at += REPORT_STRIDE)
      this.#memory.remove(facts.reports[at + REPORT.TRACE] as number, ticket)
  }

  /** What is remembered of the trace, and the new reports behind it. */
  #besides(trace: number, ofTrace: readonly UsageReport[]): readonly UsageReport[] {
    let all: UsageReport[] | null = null
    this.#memory.each(trace, (rows, at) => {
      const n = this.#report(rows, at)
      this.#memory.recall(n, at)
      all ??= []
      all.push(n)
    })
    return all === null ? ofTrace : [...all, ...ofTrace]
  }

  #reportsOf(
    facts: EventFacts,
    known: ReadonlyMap<number, LedgerCorrection>,
  ): Map<number, UsageReport[]> {
    const traces = new Map<number, UsageReport[]>()
    for (let at = 0; at < facts.reports.length; at += REPORT_STRIDE) {
      const correction = known.get(facts.reports[at + REPORT.EVENT] as number)
      // The event is a re-send: its report is remembered already.
      if (correction?.reason === 'resend') continue
      const n = this.#report(facts.reports, at)
      if (correction !== undefined) {
        n.outcome = OUTCOME.REPEATS
        n.owner = latin1(correction.of, 0)
        n.isSaid = true
      }
      const trace = facts.reports[at + REPORT.TRACE] as number
      const list = traces.get(trace)
      if (list === undefined) traces.set(trace, [n])
      else list.push(n)
    }
    return traces
  }

  /** A report read from a row, into an object that an earlier decision needed if there is one. */
  #report(rows: Int32Array, at: number): UsageReport {
    const known = this.#pool[this.#used]
    if (known !== undefined) {
      this.#used++
      known.read(rows, at)
      return known
    }
    const made = new UsageReport(rows, at)
    if (this.#pool.length < POOL_MAX) {
      this.#pool.push(made)
      this.#used++
    }
    return made
  }
}

const NO_ID = new Uint8Array(0)

function correctionOf(facts: EventFacts, n: UsageReport): LedgerCorrection | null {
  if (n.outcome === OUTCOME.CONTAINER) return { event: n.event, reason: 'container', of: NO_ID }
  if (n.outcome !== OUTCOME.REPEATS) return null
  const owner = n.countedEvent < 0 ? n.owner : idOf(facts, n.countedEvent)
  return owner === ''
    ? null
    : { event: n.event, reason: 'duplicate', of: Buffer.from(owner, 'latin1') }
}

function idOf(facts: EventFacts, event: number): string {
  return latin1(facts.eventIds, event * ID_BYTES)
}

function latin1(b: Uint8Array, at: number): string {
  return Buffer.from(b.buffer, b.byteOffset, b.byteLength).latin1Slice(at, at + ID_BYTES)
}
