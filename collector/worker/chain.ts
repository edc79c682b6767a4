// The way of a task through one pipeline: decode, processors in order, one encoding for each exporter.
// Runs in a worker thread and, unchanged, inside `pipe`. Knows no socket, no clock of its own but for
// stage timings, and no component by name.

import { Arena } from '../../core/arena.ts'
import { SpanBatch } from '../../core/batch.ts'
import type { ChainContext, Encoder, Processor } from '../../core/component.ts'
import { messageOf } from '../../core/errors.ts'
import { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { UsageEntries } from '../../core/reports/entry-block.ts'
import { REPORT, REPORT_FLAG, REPORT_STRIDE } from '../../core/reports/report-rows.ts'
import { movedEntries } from '../../core/reports/usage-entries.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type {
  EncodedPart,
  EventFacts,
  LedgerCorrection,
  RequestVerdict,
  Task,
  TaskRequest,
  TaskResult,
} from '../../core/task.ts'
import { type DecodeLimits, decodeInto } from '../../proto/decode.ts'
import { packFacts } from '../ledger/event-facts.ts'
import { DELETED_DROPPED, type DeletedEvents } from './deleted-events.ts'
import { RevisedRows } from './revised-rows.ts'
import { sampleOf } from './tap-sample.ts'

export interface ChainStep {
  readonly id: string
  readonly processor: Processor
}

export interface ChainEncoder {
  readonly id: string
  readonly encoder: Encoder
}

export interface ChainOptions {
  readonly steps: readonly ChainStep[]
  readonly encoders: readonly ChainEncoder[]
  readonly limits: DecodeLimits
  readonly explain: boolean
  /** What was deleted and is not to come back. */
  readonly deleted?: DeletedEvents
}

const NO_EVENTS: EventFacts = {
  count: 0,
  eventIds: new Uint8Array(0),
  claims: new Int32Array(0),
  reports: new Int32Array(0),
  entries: new Uint8Array(0),
}

export class Chain implements ChainContext {
  readonly batch: SpanBatch
  readonly events: EventTable
  readonly explain: boolean
  readonly signals: Signal[] = []
  readonly #options: ChainOptions
  readonly #skip = new Set<number>()
  #corrections: readonly LedgerCorrection[] = []
  /** By event, what the ledger knew; null until it is asked for. */
  #known: ReadonlyMap<number, number> | null = null
  /** By trace, the reports of the batch; null until it is asked for. */
  #sizes: ReadonlyMap<number, number> | null = null
  readonly #entries = new UsageEntries()
  /** The stored events that the last task revised. */
  readonly revised: RevisedRows
  #counters: Record<string, number> = {}
  #timings: Record<string, number> = {}

  constructor(options: ChainOptions, arena = new Arena()) {
    this.#options = options
    this.batch = new SpanBatch(arena)
    this.events = new EventTable(this.batch)
    this.revised = new RevisedRows(this.batch)
    this.explain = options.explain
    if (options.explain) this.events.explain = []
  }

  count(metric: string, labels: string, by: number): void {
    const name = labels === '' ? metric : `${metric}{${labels}}`
    this.#counters[name] = (this.#counters[name] ?? 0) + by
  }

  /** `ProcessedBatch.decidedFrom`. */
  decidedFrom(event: number): number {
    this.#known ??= new Map(
      this.#corrections.map((c) => [c.event, ('known' in c ? c.known : undefined) ?? 0]),
    )
    const known = this.#known.get(event)
    if (known !== undefined) return known
    const { events } = this
    const revision = events.num(event, N.revision)
    if (revision > 0) return revision
    const isAsReported =
      !(events.num(event, N.usage_aggregate) > 0) && !(events.num(event, N.usage_remainder) > 0)
    if (isAsReported) return 0
    this.#sizes ??= sizesOf(events)
    // The event itself and what it repeats, at least.
    return Math.max(2, this.#sizes.get(event) ?? 0)
  }

  signal(signal: Signal): void {
    this.signals.push(signal)
  }

  /** Runs a task. Never throws for input: a request that breaks a step is refused alone. */
  run(task: Task): TaskResult {
    try {
      return this.#attempt(task)
    } catch (thrown) {
      if (task.requests.length > 1) return this.#oneByOne(task)
      this.#clear()
      this.count('observa_chain_errors_total', '', 1)
      const message = `internal error while processing: ${messageOf(thrown).slice(0, 200)}`
      return this.#result([{ kind: 'refused', code: 'internal', message }], [])
    }
  }

  /** After `run`: the events, signals and batch stay readable until the next one. */
  get skipped(): ReadonlySet<number> {
    return this.#skip
  }

  #attempt(task: Task): TaskResult {
    this.#clear()
    const verdicts = task.requests.map((request) => this.#decode(request))
    if (this.batch.spanCount > 0) {
      this.#corrections = task.corrections
      this.#process(task.corrections)
      this.revised.fill(task.revisions ?? [], this.#options.steps)
      if (this.revised.items.length > 0)
        for (const { processor } of this.#options.steps)
          processor.judgeRevised?.(this.revised, this)
      this.#countDropped(verdicts)
    }
    const result = this.#result(verdicts, this.batch.spanCount > 0 ? this.#encode() : [])
    if (task.tap === undefined) return result
    return { ...result, tap: sampleOf(this.events, this.#skip, this.signals, task.tap) }
  }

  /** Finds the request that broke the task: each runs alone, the results are joined. */
  #oneByOne(task: Task): TaskResult {
    const verdicts: RequestVerdict[] = []
    const parts: EncodedPart[] = []
    const ids: Uint8Array[] = []
    const claims: number[] = []
    const reports: number[] = []
    const entries: Uint8Array[] = []
    const counters: Record<string, number> = {}
    const timings: Record<string, number> = {}
    let events = 0
    let isFirst = true
    for (const request of task.requests) {
      const result = this.run({
        requests: [request],
        corrections: correctionsFrom(task.corrections, events),
        ...(isFirst && task.revisions !== undefined ? { revisions: task.revisions } : {}),
      })
      isFirst = false
      verdicts.push(...result.verdicts)
      // The next run reuses the encoders' buffers, so these parts need bytes of their own.
      for (const p of result.parts) parts.push({ ...p, bytes: p.bytes.slice() })
      ids.push(result.facts.eventIds)
      for (let i = 0; i < result.facts.claims.length; i += 3) {
        const [e = 0, h0 = 0, h1 = 0] = result.facts.claims.subarray(i, i + 3)
        claims.push(e + events, h0, h1)
      }
      for (const [i, x] of result.facts.reports.entries())
        reports.push(isOrdinal(i) ? x + events : x)
      entries.push(movedEntries(result.facts.entries, events))
      events += result.facts.count
      addAll(counters, result.counters)
      addAll(timings, result.timingsUs)
    }
    const facts = {
      count: events,
      eventIds: Buffer.concat(ids),
      claims: Int32Array.from(claims),
      reports: Int32Array.from(reports),
      entries: Buffer.concat(entries),
    }
    return { verdicts, parts, facts, counters, timingsUs: timings }
  }

  #decode(request: TaskRequest): RequestVerdict {
    const startedAt = performance.now()
    const outcome = decodeInto(this.batch, request, this.#options.limits)
    this.#time('decode', startedAt)
    if (outcome.kind === 'refused') return outcome
    const at = this.batch.requests.length - 1
    return {
      kind: 'accepted',
      accepted: outcome.items,
      rejected: outcome.rejected,
      dropped: 0,
      reasons: this.batch.requests[at]?.reasons ?? [],
      rejectedItems: outcome.rejectedItems,
    }
  }

  #process(corrections: readonly LedgerCorrection[]): void {
    for (const { id, processor } of this.#options.steps) {
      const startedAt = performance.now()
      processor.process(this.batch, this.events, this)
      if (corrections.length > 0) processor.applyLedger?.(this.events, corrections)
      this.#time(id, startedAt)
    }
    for (const h of corrections) if (h.reason === 'resend') this.#skip.add(h.event)
    if (this.#skip.size > 0) this.#dropSignals(this.#skip)
    this.#dropDeleted()
  }

  /** Takes back what was found in events that are not stored. Of an event that came twice, one is. */
  #dropSignals(events: ReadonlySet<number>): void {
    if (this.signals.length === 0) return
    const idOf = (event: number): string | null => this.events.hex(event, R.event_id)
    const ids = new Set([...events].map(idOf))
    for (let e = 0; e < this.events.count; e++) if (!this.#skip.has(e)) ids.delete(idOf(e))
    const kept = this.signals.filter((signal) => !ids.has(signal.event_id))
    this.signals.splice(0, this.signals.length, ...kept)
  }

  /** After all steps, for only then every id is what is stored. */
  #dropDeleted(): void {
    const deleted = this.#options.deleted?.drop(this.batch, this.events) ?? []
    if (deleted.length === 0) return
    for (const event of deleted) this.#skip.add(event)
    this.#dropSignals(new Set(deleted))
    this.count(DELETED_DROPPED, '', deleted.length)
  }

  /** Takes what processors dropped out of each request's count. */
  #countDropped(verdicts: RequestVerdict[]): void {
    const dropped = this.batch.requests.map(() => 0)
    for (let i = 0; i < this.batch.spanCount; i++) {
      if (!this.batch.isDropped(i)) continue
      const request = this.batch.requestOf(i)
      dropped[request] = (dropped[request] ?? 0) + 1
    }
    let request = 0
    for (const [i, v] of verdicts.entries()) {
      if (v.kind !== 'accepted') continue
      const n = dropped[request++] ?? 0
      if (n > 0) verdicts[i] = { ...v, accepted: v.accepted - n, dropped: n }
    }
  }

  #encode(): EncodedPart[] {
    const parts: EncodedPart[] = []
    for (const { id, encoder } of this.#options.encoders) {
      const startedAt = performance.now()
      for (const part of encoder.encode(this, this.#skip, this))
        if (part.items > 0) parts.push(part)
      if (this.revised.items.length > 0)
        parts.push(...(encoder.encodeRevisions?.(this.revised) ?? []))
      this.#time(`encode:${id}`, startedAt)
    }
    return parts
  }

  #facts(): EventFacts {
    const events = this.events
    if (events.count === 0) return NO_EVENTS
    const eventIds = new Uint8Array(events.count * 16)
    const bytes = events.arena.bytes
    for (let e = 0; e < events.count; e++) {
      const off = events.off(e, R.event_id)
      for (let i = 0; i < 16; i++) eventIds[e * 16 + i] = bytes[off + i] as number
      // A correction that another instance made of an event is no second copy of it.
      const revision = events.num(e, N.revision)
      if (revision > 0)
        for (let i = 0; i < 4; i++)
          eventIds[e * 16 + i] = (eventIds[e * 16 + i] as number) ^ ((revision >>> (8 * i)) & 255)
    }
    const { count } = events
    const claims = events.claims.copy()
    const reports = events.reports.copy()
    const outcomes = events.outcomes.copy()
    const entries = this.#entriesOf()
    const packed = packFacts({ eventIds, claims, reports, entries })
    return { count, eventIds, claims, reports, outcomes, entries, packed }
  }

  /** Entries of all reports: one that repeats another in its batch may count when more is known. */
  #entriesOf(): Uint8Array {
    const { events, batch } = this
    const entries = this.#entries
    const { ints, count } = events.reports
    entries.reset()
    for (let at = 0; at < count * REPORT_STRIDE; at += REPORT_STRIDE) {
      if (((ints[at + REPORT.FLAGS] as number) & REPORT_FLAG.REPORT) === 0) continue
      const e = ints[at + REPORT.EVENT] as number
      const request = batch.requests[batch.requestOf(events.spanOf[e] as number)]
      entries.add(events, e, request?.receivedAtMs ?? 0)
    }
    return entries.copy()
  }

  #result(verdicts: readonly RequestVerdict[], parts: readonly EncodedPart[]): TaskResult {
    return {
      verdicts,
      parts,
      facts: this.#facts(),
      counters: this.#counters,
      timingsUs: this.#timings,
    }
  }

  #clear(): void {
    this.batch.reset()
    this.events.reset()
    this.revised.reset()
    this.signals.length = 0
    this.#skip.clear()
    this.#corrections = []
    this.#known = null
    this.#sizes = null
    this.#counters = {}
    this.#timings = {}
  }

  #time(stage: string, startedAt: number): void {
    this.#timings[stage] = (this.#timings[stage] ?? 0) + (performance.now() - startedAt) * 1000
  }
}

/** Corrections count events over the whole task; a request run alone counts from its own first. */
function correctionsFrom(
  corrections: readonly LedgerCorrection[],
  first: number,
): LedgerCorrection[] {
  return corrections.filter((h) => h.event >= first).map((h) => ({ ...h, event: h.event - first }))
}

/** By event with a report, the number of reports that the batch has of its trace. */
function sizesOf({ reports: { ints, count } }: EventTable): ReadonlyMap<number, number> {
  const traces = new Map<number, number>()
  const of = (row: number, column: number): number => ints[row * REPORT_STRIDE + column] as number
  for (let row = 0; row < count; row++) {
    const trace = of(row, REPORT.TRACE)
    traces.set(trace, (traces.get(trace) ?? 0) + 1)
  }
  const out = new Map<number, number>()
  for (let row = 0; row < count; row++)
    out.set(of(row, REPORT.EVENT), traces.get(of(row, REPORT.TRACE)) ?? 0)
  return out
}

/** True for what counts events in a row of `core/reports/report-rows.ts`. */
function isOrdinal(i: number): boolean {
  return i % REPORT_STRIDE === REPORT.EVENT
}

function addAll(into: Record<string, number>, from: Readonly<Record<string, number>>): void {
  for (const [k, v] of Object.entries(from)) into[k] = (into[k] ?? 0) + v
}
