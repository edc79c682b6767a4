// What the ledger remembers of the reports in each trace, to compare later ones with: a container that comes
// after its children or before them, a second instrumentation in a request of its own, the span of a log record. The rules are
// those of a batch (`usage/call-matching.ts`); where the reports lie is in `report-history.ts`. All reports of a trace are decided
// anew whenever one comes, so what is decided does not depend on their order; where that changes what was stored, the stored
// event is revised.

import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import { intAt } from '../../core/reports/typed-arrays.ts'
import { eachEntry } from '../../core/reports/usage-entries.ts'
import type { EventFacts, LedgerCorrection } from '../../core/task.ts'
import { decideReports } from '../../usage/call-matching.ts'
import { OUTCOME, type ReportOutcome, UsageReport } from '../../usage/report.ts'
import { isSameState, noteCorrection } from './corrections.ts'
import { CANDIDATES_MAX, CrossTraces, isTwinCandidate, isTwinOf, twinKey } from './cross-traces.ts'
import { EntryRing } from './entry-ring.ts'
import { ReportHistory, type ReportState } from './report-history.ts'
import { type Elsewhere, TaskTraces } from './task-traces.ts'

const REPORTS_MAX = 100_000
/** A trace that goes on and on is remembered by its newest reports. */
const REPORTS_PER_TRACE_MAX = 256
/** Entries kept for revisions: an entry takes some 80 bytes, so there is room for four times as many as there are reports. */
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
  /**
   * Grows with each revision of the event, and is no less than the number of reports from which it was decided. Of the revisions of
   * two instances, which may know different reports, the one that knows more is therefore the later one.
   */
  readonly revision: number
  readonly revisionBefore: number
  /** Of the commit that brought it. */
  readonly ticket: number
  /** What exporters need to revise it; null when it is remembered no longer. */
  readonly entry: Uint8Array | null
}

export interface ReportDecision {
  /** New reports that the ledger decided, by trace. */
  readonly traces: ReadonlyMap<number, readonly UsageReport[]>
  readonly revised: readonly Revised[]
  /** What is remembered of a new report when it is committed. */
  readonly stateOf: (n: UsageReport) => ReportState
}

export class TraceReports {
  readonly #memory: ReportHistory
  readonly #cross: CrossTraces
  readonly #entries: EntryRing
  readonly #pool: UsageReport[] = []
  #used = 0
  readonly #task = new TaskTraces()
  /** By event of a task: where its entry begins, -1 without one. */
  #entryAt = new Int32Array(64)
  /** Ties that commits found, to take them back; kept while anybody has the facts. */
  readonly #linked = new WeakMap<EventFacts, ReturnType<CrossTraces['takeLinks']>>()
  readonly #settled = new UsageReport(new Int32Array(REPORT_STRIDE), 0)

  constructor(
    reportsMax = REPORTS_MAX,
    perTraceMax = REPORTS_PER_TRACE_MAX,
    entryBytesMax = ENTRY_BYTES_MAX,
  ) {
    this.#entries = new EntryRing(entryBytesMax)
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
   * Decides the reports of `facts` together with those remembered of the same calls. `known` holds, by event, the resends; corrections
   * found here are added to it. `owners`: by event, the event that made the same claim before. The result is for `remember` and
   * valid only until the next call.
   */
  decide(
    facts: EventFacts,
    known: Map<number, LedgerCorrection>,
    owners: ReadonlyMap<number, Uint8Array>,
  ): ReportDecision {
    this.#used = 0
    // Ties that an earlier decision found and that was not remembered.
    this.#cross.unlink(this.#cross.takeLinks())
    const isResend = (event: number): boolean => known.has(event)
    this.#task.take(facts, this.#elsewhere, isResend, (event) => owners.has(event))
    const traces = this.#openReports(facts)
    const stateOf = (n: UsageReport): ReportState => this.#stateOf(n, facts)
    if (traces.size === 0) return { traces, revised: NONE_REVISED, stateOf }
    const revised = new Map<number, Revised>()
    const found = new Map<number, LedgerCorrection>()
    const done = new Set<number>()
    this.#linkNew(traces)
    this.#linkRemembered(traces)
    for (const trace of traces.keys()) {
      if (done.has(trace)) continue
      for (const n of this.#decideFamily(trace, { facts, traces, owners }, done)) {
        if (n.ticket !== 0) this.#noteRevised(n, stateOf, revised)
        else noteCorrection(n, this.#task.restOf(n.at / REPORT_STRIDE), stateOf, found)
      }
    }
    for (const [event, correction] of found) known.set(event, correction)
    return { traces, revised: [...revised.values()], stateOf }
  }

  /** Keeps decided reports under a ticket. */
  remember(facts: EventFacts, decision: ReportDecision, ticket: number): void {
    for (const { at, after, revision } of decision.revised) this.#memory.revise(at, after, revision)
    const links = this.#cross.takeLinks()
    if (links.length > 0) this.#linked.set(facts, links)
    const open = openByRow(decision.traces)
    const decided = statesOf(open, decision)
    const task = this.#task
    const settled = this.#settled
    // In the order of the rows, settled or open: of two that look alike the first is remembered.
    for (let row = 0; row < task.rows; row++) {
      const number = task.numberOf(row)
      if (number < 0) continue
      const n = open?.get(row) ?? settled
      if (n === settled) {
        settled.take(facts.reports, row * REPORT_STRIDE)
        settled.counts(task.restOf(row))
      }
      if (n.has(REPORT_FLAG.REPORT)) this.#cross.remember(n, ticket)
    }
    this.#noteEntries(facts, ticket)
    this.#memory.add({
      traces: task,
      reports: facts.reports,
      eventIds: facts.eventIds,
      ticket,
      stateOf: (row) => decided?.get(row) ?? this.#settledState(row, facts),
      entryOf: (row) => intAt(this.#entryAt, intAt(facts.reports, row * REPORT_STRIDE)),
      knownOf: (row) => open?.get(row)?.known ?? task.size(task.numberOf(row)),
    })
  }

  #noteEntries({ count, entries }: EventFacts, ticket: number): void {
    if (this.#entryAt.length < count) this.#entryAt = new Int32Array(count * 2)
    this.#entryAt.fill(-1, 0, count)
    eachEntry(entries, (event, offset) => {
      this.#entryAt[event] = offset
    })
    this.#entries.add(entries, ticket)
  }

  /** What the worker decided of a row. */
  #settledState(row: number, { eventIds }: EventFacts): ReportState | ReportOutcome {
    const outcome = this.#task.outcomeOf(row)
    const owner = this.#task.ownerOf(row)
    const rest = this.#task.restOf(row)
    if (owner < 0 && rest === null) return outcome
    return { outcome, owner: owner < 0 ? '' : latin1(eventIds, owner * ID_BYTES), rest }
  }

  /** The event that counts instead of a settled event, by the ordinals of both in the task; calls `use` with each pair. */
  eachSettledRepeat(facts: EventFacts, use: (event: number, owner: number) => void): void {
    const task = this.#task
    for (let row = 0; row < task.rows; row++) {
      const owner = task.ownerOf(row)
      const number = task.numberOf(row)
      if (owner < 0 || number < 0 || task.isOpen(number)) continue
      use(facts.reports[row * REPORT_STRIDE + REPORT.EVENT] as number, owner)
    }
  }

  /** Takes back what came in under a ticket, and puts back what it revised. */
  forget(facts: EventFacts, ticket: number): void {
    this.#cross.unlink(this.#linked.get(facts) ?? [])
    this.#linked.delete(facts)
    for (let at = 0; at < facts.reports.length; at += REPORT_STRIDE) {
      this.#memory.remove(facts.reports[at + REPORT.TRACE] as number, ticket)
      this.#cross.forget(new UsageReport(facts.reports, at), ticket)
    }
  }

  /** Puts back what was stored of an event before it was revised, unless it is remembered no longer. */
  restore({ trace, id, before, revisionBefore }: Revised): void {
    this.#memory.each(trace, (_rows, at) => {
      if (this.#memory.idText(at) === id) this.#memory.revise(at, before, revisionBefore)
    })
  }

  readonly #elsewhere: Elsewhere = {
    isKnown: (trace) => this.#memory.has(trace) || this.#cross.isLinked(trace),
    eachTie: (n, use) => void this.#cross.someTrace(n, this.#eachOf, use),
    runOf: (n, rest) => this.#cross.traceOfRun(n, rest),
  }

  #linkRemembered(traces: ReadonlyMap<number, readonly UsageReport[]>): void {
    for (const [trace, ofTrace] of traces)
      for (const n of ofTrace)
        this.#cross.someTrace(n, this.#eachOf, (other) => {
          this.#cross.link(trace, other)
          return false
        })
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
        for (const o of alike.slice(-CANDIDATES_MAX))
          if (isTwinOf(n, o)) this.#cross.link(n.trace, o.trace)
        alike.push(n)
      }
  }

  /** Decides the traces that belong to one, and again with further ones that turn out to; adds all of them to `done`. */
  #decideFamily(trace: number, task: OpenTask, done: Set<number>): readonly UsageReport[] {
    let together = this.#cross.family(trace)
    for (let round = 1; ; round++) {
      const all = this.#reportsIn(together, task)
      decideReports(all)
      const more = round < ROUNDS_MAX ? this.#runsBefore(all, together, task) : []
      if (more.length > 0) {
        for (const run of more) this.#cross.link(together[0] as number, run)
        together = [...together, ...more]
        continue
      }
      for (const t of together) done.add(t)
      for (const n of all) n.known = all.length
      return all
    }
  }

  /** Traces with earlier runs of an agent that left over exactly what it had reported before. */
  #runsBefore(all: readonly UsageReport[], together: readonly number[], task: OpenTask): number[] {
    const more = new Set<number>()
    for (const n of all) {
      if (n.rest === null) continue
      const remembered = this.#cross.traceOfRun(n, n.rest)
      if (remembered !== null) more.add(remembered)
      this.#task.eachRun(n, n.rest, (trace) => {
        more.add(trace)
        this.#open(trace, task)
      })
    }
    return [...more].filter((trace) => !together.includes(trace))
  }

  /** Decides a trace of the task here although it had seemed to be settled. */
  #open(trace: number, { facts, traces }: OpenTask): void {
    if (traces.has(trace)) return
    this.#task.open(trace)
    const { reports } = facts
    const ofTrace: UsageReport[] = []
    for (let row = 0; row < this.#task.rows; row++) {
      const number = this.#task.numberOf(row)
      if (number >= 0 && this.#task.trace(number) === trace)
        ofTrace.push(this.#report(reports, row * REPORT_STRIDE))
    }
    traces.set(trace, ofTrace)
  }

  /** What is remembered of the traces, and the new reports behind it. */
  #reportsIn(family: readonly number[], { traces, owners }: OpenTask): readonly UsageReport[] {
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

  #openReports({ reports }: EventFacts): Map<number, UsageReport[]> {
    const traces = new Map<number, UsageReport[]>()
    const task = this.#task
    for (let row = 0; row < task.rows; row++) {
      const number = task.numberOf(row)
      if (number < 0 || !task.isOpen(number)) continue
      const n = this.#report(reports, row * REPORT_STRIDE)
      const list = traces.get(n.trace)
      if (list === undefined) traces.set(n.trace, [n])
      else list.push(n)
    }
    return traces
  }

  readonly #eachOf = (trace: number, use: (n: UsageReport) => void): void => {
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
  #noteRevised(
    n: UsageReport,
    stateOf: (n: UsageReport) => ReportState,
    out: Map<number, Revised>,
  ): void {
    if (!n.has(REPORT_FLAG.REPORT)) return
    const { at, trace, outcome, rest } = n
    // What an earlier round found, before further traces turned out to belong to these.
    out.delete(at)
    if (outcome !== OUTCOME.REPEATS && rest === null && this.#memory.isPlainly(at, outcome)) return
    const before = this.#memory.stateAt(at)
    const after = stateOf(n)
    if (isSameState(before, after)) return
    const revisionBefore = this.#memory.revisionAt(at)
    const revision = Math.max(revisionBefore + 1, n.known)
    const id = this.#memory.idText(at)
    const ticket = this.#memory.ticketAt(at)
    const entry = this.#entries.get(ticket, this.#memory.entryAt(at), id)
    out.set(at, { at, trace, id, before, after, revision, revisionBefore, ticket, entry })
  }
}

const NONE_REVISED: readonly Revised[] = []

/** What is decided together. */
interface OpenTask {
  readonly facts: EventFacts
  /** New reports of open traces; a trace that turns out to be open is added. */
  readonly traces: Map<number, UsageReport[]>
  readonly owners: ReadonlyMap<number, Uint8Array>
}

/** Reports that were decided here, by row; null without any. */
function openByRow(
  traces: ReadonlyMap<number, readonly UsageReport[]>,
): ReadonlyMap<number, UsageReport> | null {
  if (traces.size === 0) return null
  const out = new Map<number, UsageReport>()
  for (const ofTrace of traces.values()) for (const n of ofTrace) out.set(n.at / REPORT_STRIDE, n)
  return out
}

/** What was decided here, by row: read before any row is written over, for what a report repeats may be remembered in it. */
function statesOf(
  open: ReadonlyMap<number, UsageReport> | null,
  { stateOf }: ReportDecision,
): ReadonlyMap<number, ReportState | ReportOutcome> | null {
  if (open === null) return null
  const out = new Map<number, ReportState | ReportOutcome>()
  for (const [row, n] of open) {
    // Most are links or count as they are.
    const isPlain = n.outcome !== OUTCOME.REPEATS && n.rest === null
    out.set(row, isPlain ? n.outcome : stateOf(n))
  }
  return out
}

function latin1(b: Uint8Array, at: number): string {
  return Buffer.from(b.buffer, b.byteOffset, b.byteLength).latin1Slice(at, at + ID_BYTES)
}
