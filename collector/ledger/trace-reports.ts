// What the ledger remembers of the reports in each trace, to compare later ones with: a container that comes
// after its children or before them, a second instrumentation in a request of its own, the span of a log record. The rules are
// those of a batch (`usage/call-matching.ts`); where the reports lie is in `report-history.ts`. All reports of a trace are decided
// anew whenever one comes, so what is decided does not depend on their order; where that changes what was stored, the stored
// event is revised.

import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import { eachEntry } from '../../core/reports/usage-entries.ts'
import type { EventFacts, LedgerCorrection } from '../../core/task.ts'
import { decideReports } from '../../usage/call-matching.ts'
import { OUTCOME, UsageReport } from '../../usage/report.ts'
import { CrossTraces, isTwinCandidate, isTwinOf, twinKey } from './cross-traces.ts'
import { EntryRing } from './entry-ring.ts'
import { ReportHistory, type ReportState } from './report-history.ts'

const REPORTS_MAX = 100_000
/** A trace that goes on and on is remembered by its newest reports. */
const REPORTS_PER_TRACE_MAX = 256
/** Entries kept for revisions: an entry takes some 350 bytes. */
const ENTRY_BYTES_MAX = 32 * 1024 * 1024
/** Objects kept for the next decision. */
const POOL_MAX = 4096
/** How often the traces of a decision may grow by others that turn out to belong to them. */
const ROUNDS_MAX = 3
const ID_BYTES = 16

/** A stored event of which something else was decided than what is stored. */
export interface Revised {
  /** Where its row begins, until the next commit. */
  readonly at: number
  readonly trace: number
  /** Its event id, 16 bytes as latin1. */
  readonly id: string
  readonly before: ReportState
  readonly after: ReportState
  readonly revision: number
  /** What exporters need to revise it; null when it is remembered no longer. */
  readonly entry: Uint8Array | null
}

export interface ReportDecision {
  /** New reports by trace. */
  readonly traces: ReadonlyMap<number, readonly UsageReport[]>
  readonly revised: readonly Revised[]
  /** What is remembered of a new report when it is committed. */
  readonly stateOf: (n: UsageReport) => ReportState
}

export class TraceReports {
  readonly #memory: ReportHistory
  readonly #cross: CrossTraces
  readonly #entries = new EntryRing(ENTRY_BYTES_MAX)
  readonly #pool: UsageReport[] = []
  #used = 0

  constructor(reportsMax = REPORTS_MAX, perTraceMax = REPORTS_PER_TRACE_MAX) {
    this.#memory = new ReportHistory(reportsMax, perTraceMax)
    this.#cross = new CrossTraces(reportsMax)
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
    return this.#memory.byteLength + this.#cross.byteLength + this.#entries.byteLength
  }

  /**
   * Decides the reports of `facts` together with those remembered of the same calls. `known` holds, by event, the resends; corrections found here
   * are added to it. `owners`: by event, the event that made the same claim before. The result is for `remember` and valid only
   * until the next call.
   */
  decide(
    facts: EventFacts,
    known: Map<number, LedgerCorrection>,
    owners: ReadonlyMap<number, Uint8Array>,
  ): ReportDecision {
    this.#used = 0
    const traces = this.#reportsOf(facts, known)
    const revised: Revised[] = []
    const stateOf = (n: UsageReport): ReportState => this.#stateOf(n, facts)
    for (const family of this.#families(traces)) {
      const all = this.#decideFamily(family, traces, owners)
      for (const n of all) {
        if (n.ticket !== 0) this.#addRevised(n, stateOf, revised)
        else {
          const correction = correctionOf(n, stateOf)
          if (correction !== null && !known.has(n.event)) known.set(n.event, correction)
        }
      }
    }
    return { traces, revised, stateOf }
  }

  /** Keeps decided reports under a ticket. */
  remember(facts: EventFacts, decision: ReportDecision, ticket: number): void {
    for (const { at, after, revision } of decision.revised) this.#memory.revise(at, after, revision)
    const { traces } = decision
    // Before any row is written over: what a report repeats may be remembered in it.
    const states = new Map<UsageReport, ReportState>()
    for (const ofTrace of traces.values())
      for (const n of ofTrace) {
        this.#cross.remember(n, ticket)
        if (n.outcome === OUTCOME.REPEATS) states.set(n, decision.stateOf(n))
      }
    const stateOf = (n: UsageReport): ReportState => states.get(n) ?? decision.stateOf(n)
    const places = new Map<number, number>()
    eachEntry(facts.entries, (entry, event) => places.set(event, this.#entries.add(entry)))
    const entryOf = (event: number): number => places.get(event) ?? -1
    this.#memory.add(traces, facts.reports, facts.eventIds, ticket, { stateOf, entryOf })
  }

  /** Takes back what came in under a ticket, and puts back what it revised. */
  forget(facts: EventFacts, ticket: number): void {
    for (let at = 0; at < facts.reports.length; at += REPORT_STRIDE) {
      this.#memory.remove(facts.reports[at + REPORT.TRACE] as number, ticket)
      this.#cross.forget(new UsageReport(facts.reports, at), ticket)
    }
  }

  /** Puts back what was stored of an event before it was revised, unless it is remembered no longer. */
  restore({ trace, id, before, revision }: Revised): void {
    this.#memory.each(trace, (_rows, at) => {
      if (this.#memory.idText(at) === id) this.#memory.revise(at, before, revision - 1)
    })
  }

  /** Traces of the facts in groups that are decided together: most are a group of one. */
  *#families(traces: ReadonlyMap<number, readonly UsageReport[]>): Generator<readonly number[]> {
    this.#linkNew(traces)
    const done = new Set<number>()
    for (const [trace, ofTrace] of traces) {
      if (done.has(trace)) continue
      for (const n of ofTrace)
        for (const other of this.#cross.tracesFor(n, (t, use) => this.#eachOf(t, use)))
          this.#cross.link(trace, other)
      const family = this.#cross.family(trace)
      for (const t of family) done.add(t)
      yield family
    }
  }

  /** Links traces that came in one task. */
  #linkNew(traces: ReadonlyMap<number, readonly UsageReport[]>): void {
    if (traces.size < 2) return
    const responses = new Map<number, number>()
    const twins = new Map<number, UsageReport[]>()
    for (const [trace, ofTrace] of traces)
      for (const n of ofTrace) {
        if (n.has(REPORT_FLAG.RESPONSE_ID)) {
          const key = (n.response0 >>> 0) * 0x20_0000 + (n.response1 >>> 11)
          const first = responses.get(key)
          if (first === undefined) responses.set(key, trace)
          else this.#cross.link(first, trace)
        }
        if (!isTwinCandidate(n)) continue
        const alike = twins.get(twinKey(n))
        if (alike === undefined) {
          twins.set(twinKey(n), [n])
          continue
        }
        for (const o of alike.slice(-ALIKE_MAX))
          if (isTwinOf(n, o)) this.#cross.link(n.trace, o.trace)
        alike.push(n)
      }
  }

  /** Decides a family of traces, and again with further ones that turn out to belong to it. */
  #decideFamily(
    family: readonly number[],
    traces: ReadonlyMap<number, readonly UsageReport[]>,
    owners: ReadonlyMap<number, Uint8Array>,
  ): readonly UsageReport[] {
    let together = family
    for (let round = 1; ; round++) {
      const all = this.#reportsIn(together, traces, owners)
      decideReports(all, 'ledger')
      const more = round < ROUNDS_MAX ? this.#runsBefore(all, together, traces) : []
      if (more.length === 0) return all
      for (const trace of more) this.#cross.link(together[0] as number, trace)
      together = [...together, ...more]
    }
  }

  /** Traces with earlier runs of an agent that left over exactly what it had reported before. */
  #runsBefore(
    all: readonly UsageReport[],
    together: readonly number[],
    traces: ReadonlyMap<number, readonly UsageReport[]>,
  ): number[] {
    const more = new Set<number>()
    for (const n of all) {
      if (n.rest === null) continue
      const { rest } = n
      const remembered = this.#cross.traceOfRun(n, rest)
      if (remembered !== null) more.add(remembered)
      for (const [trace, ofTrace] of traces)
        for (const o of ofTrace)
          if (o.container === n.container && o.input === rest.input && o.output === rest.output)
            more.add(trace)
    }
    return [...more].filter((trace) => !together.includes(trace))
  }

  /** What is remembered of the traces, and the new reports behind it. */
  #reportsIn(
    family: readonly number[],
    traces: ReadonlyMap<number, readonly UsageReport[]>,
    owners: ReadonlyMap<number, Uint8Array>,
  ): readonly UsageReport[] {
    const all: UsageReport[] = []
    for (const trace of family) this.#eachOf(trace, (n) => all.push(n))
    const remembered = all.length
    for (const trace of family) all.push(...(traces.get(trace) ?? []))
    this.#keepForgotten(all, remembered, owners)
    return all
  }

  /** A report whose call was counted under a report that is remembered no longer goes on repeating that. */
  #keepForgotten(
    all: readonly UsageReport[],
    remembered: number,
    owners: ReadonlyMap<number, Uint8Array>,
  ): void {
    let ids: Set<string> | null = null
    const isThere = (id: string): boolean => {
      ids ??= new Set(all.slice(0, remembered).map((n) => this.#memory.idText(n.at)))
      return ids.has(id)
    }
    for (let i = remembered; i < all.length; i++) {
      const n = all[i] as UsageReport
      const owner = n.isCall ? owners.get(n.event) : undefined
      const id = owner === undefined ? '' : latin1(owner, 0)
      n.forgotten = id === '' || isThere(id) ? '' : id
    }
    for (let i = 0; i < remembered; i++) {
      const n = all[i] as UsageReport
      if (this.#memory.isOfLost(n.at, all, remembered))
        n.forgotten = this.#memory.stateAt(n.at).owner
    }
  }

  #reportsOf(
    facts: EventFacts,
    known: ReadonlyMap<number, LedgerCorrection>,
  ): Map<number, UsageReport[]> {
    const traces = new Map<number, UsageReport[]>()
    for (let at = 0; at < facts.reports.length; at += REPORT_STRIDE) {
      // The event is a re-send: its report is remembered already.
      if (known.has(facts.reports[at + REPORT.EVENT] as number)) continue
      const n = this.#report(facts.reports, at)
      const list = traces.get(n.trace)
      if (list === undefined) traces.set(n.trace, [n])
      else list.push(n)
    }
    return traces
  }

  #eachOf(trace: number, use: (n: UsageReport) => void): void {
    this.#memory.each(trace, (rows, at) => {
      const n = this.#report(rows, at)
      n.ticket = this.#memory.ticketAt(at)
      use(n)
    })
  }

  /** A report read from a row, into an object that an earlier decision needed if there is one. */
  #report(rows: Int32Array, at: number): UsageReport {
    const known = this.#pool[this.#used]
    if (known !== undefined) {
      this.#used++
      known.take(rows, at)
      return known
    }
    const made = new UsageReport(rows, at)
    if (this.#pool.length < POOL_MAX) {
      this.#pool.push(made)
      this.#used++
    }
    return made
  }

  #stateOf({ outcome, counted, forgotten, rest }: UsageReport, facts: EventFacts): ReportState {
    if (outcome !== OUTCOME.REPEATS) return { outcome, owner: '', rest }
    if (counted === null) return { outcome, owner: forgotten, rest: null }
    const owner =
      counted.ticket === 0
        ? latin1(facts.eventIds, counted.event * ID_BYTES)
        : this.#memory.idText(counted.at)
    return { outcome, owner, rest: null }
  }

  /** Notes a remembered report of which something else is decided now. */
  #addRevised(n: UsageReport, stateOf: (n: UsageReport) => ReportState, out: Revised[]): void {
    if (!n.has(REPORT_FLAG.REPORT)) return
    const { outcome, rest } = n
    if (outcome !== OUTCOME.REPEATS && rest === null && this.#memory.isPlainly(n.at, outcome))
      return
    const before = this.#memory.stateAt(n.at)
    const after = stateOf(n)
    if (isSameState(before, after)) return
    const revision = this.#memory.revisionAt(n.at) + 1
    const { at, trace } = n
    const id = this.#memory.idText(at)
    // A copy: the ring may be written over before it is used.
    const entry = this.#entries.get(this.#memory.entryAt(at), id)?.slice() ?? null
    out.push({ at, trace, id, before, after, revision, entry })
  }
}

/** New calls of equal output that are compared with each other at most. */
const ALIKE_MAX = 16

function isSameState(a: ReportState, b: ReportState): boolean {
  if (a.outcome !== b.outcome || a.owner !== b.owner) return false
  if (a.rest === null || b.rest === null) return a.rest === b.rest
  const { input, output, read, written, reasoning } = a.rest
  const other = b.rest
  return (
    input === other.input &&
    output === other.output &&
    read === other.read &&
    written === other.written &&
    reasoning === other.reasoning
  )
}

/** What the batch of a new report did not know; null when it was right. */
function correctionOf(
  n: UsageReport,
  stateOf: (n: UsageReport) => ReportState,
): LedgerCorrection | null {
  if (!n.has(REPORT_FLAG.REPORT)) return null
  const { event } = n
  const isCounted = n.has(REPORT_FLAG.COUNTED)
  if (n.outcome === OUTCOME.COUNTED)
    return isCounted && n.rest === null ? null : { event, reason: 'counts', rest: n.rest }
  if (!isCounted) return null
  if (n.outcome === OUTCOME.CONTAINER) return { event, reason: 'container' }
  return { event, reason: 'duplicate', of: Buffer.from(stateOf(n).owner, 'latin1') }
}

function latin1(b: Uint8Array, at: number): string {
  return Buffer.from(b.buffer, b.byteOffset, b.byteLength).latin1Slice(at, at + ID_BYTES)
}
