// Finds signals that need more than one event: in traces, in conversations and over time. The input is observations in the order
// of the log, with the times at which they were logged. The detector has no clock and does no I/O, so the same observations give
// the same signals: in any order within the lateness, in any batches, and after a restart from a snapshot.

import { deserialize, serialize } from 'node:v8'
import { Pauses } from '../core/signals/rule-pauses.ts'
import type { Signal, SignalType } from '../core/signals/signal.ts'
import { type LabelReader, ScopedSettings } from '../core/signals/signal-scopes.ts'
import {
  conversationOf,
  EARLIER_VERSION,
  type EarlierConversation,
  type EarlierSeries,
  type EarlierTrace,
  seriesOf,
  traceOf,
} from './earlier-snapshot.ts'
import { type Finding, signalOf } from './finding.ts'
import { ID, Observations } from './observation.ts'
import { forgetRaised, isSince, newNormals, supersede, supersededIn } from './raised.ts'
import { type Entry, Recent } from './recent.ts'
import type { DetectionSettings } from './settings.ts'
import { type Site, Sites, siteOf, wordsOfSite } from './site.ts'
import {
  entriesOf,
  inPieces,
  PIECE_ENTRIES,
  type StoredTable,
  storedTable,
} from './stored-table.ts'
import {
  addTurn,
  type Conversation,
  contextDrops,
  conversationKey,
  hasTurn,
  isTurnOf,
  newConversation,
  talkOf,
} from './traces/conversations.ts'
import { mayHaveFindings } from './traces/prefilter.ts'
import { findingOf, type Group, groupName } from './traces/repeated-calls.ts'
import { repeatedFailures } from './traces/repeated-failures.ts'
import { keepGreatest, settledFindings } from './traces/settled-rules.ts'
import { type CallLimits, SpanStore, type StoredSpans } from './traces/span-store.ts'
import { TouchedGroups } from './traces/touched-groups.ts'
import { newTrace, type Trace } from './traces/trace.ts'
import { findingIn, type TraceFinding } from './traces/trace-finding.ts'
import { type TraceEntry, TraceTable } from './traces/trace-table.ts'
import { isDue, judgeSeries, knowsUsual } from './trends/judge-series.ts'
import {
  addCall as addToSeries,
  BUCKET_MS,
  dimensionsOf,
  newSeries,
  type Series,
} from './trends/series.ts'
import { hasSpendingLimits, type Spending, UsageBudgets } from './usage-budgets.ts'

/** The longest delay of an event compared with other events of the same time. */
export const LATENESS_MS = 30_000
/** A trace or conversation without new events for this time is settled, and judged. After the times below it is forgotten. */
const QUIET_MS = LATENESS_MS
const TRACE_FORGOTTEN_MS = 5 * 60_000
const CONVERSATION_FORGOTTEN_MS = 6 * 3_600_000
/** The shortest time between two judgements of the series. */
const JUDGE_EVERY_MS = 1000
/** Series that are judged before others get a turn. */
const SERIES_AT_ONCE = 500
const TOUCH_SERIES_MS = 1000
/** How far a client's clock may be ahead. Later times are limited to this. */
const AHEAD_MS_MAX = 60_000

export interface DetectorBounds {
  readonly traces: number
  readonly spans: number
  readonly conversations: number
  readonly series: number
}

export const BOUNDS: DetectorBounds = {
  traces: 100_000,
  spans: 600_000,
  conversations: 50_000,
  series: 10_000,
}

export interface DetectorStats {
  readonly traces: number
  readonly spans: number
  readonly conversations: number
  readonly series: number
  readonly learning: number
  /** Conversations, sessions and users whose spending is summed up. */
  readonly spendings: number
  readonly evicted: { traces: number; conversations: number; series: number; spendings: number }
}

export class SignalDetector {
  #settings: ScopedSettings<DetectionSettings>
  /** The fewest calls in any scope that make a loop or a retry storm. */
  #least: CallLimits = { loop_repeats: 0, retry_errors: 0 }
  #pauses: Pauses
  #hasBudgets = false
  readonly #bounds: DetectorBounds
  readonly #sites = new Sites()
  readonly #traces = new TraceTable()
  readonly #spans: SpanStore
  readonly #conversations = new Recent<Conversation>()
  readonly #series = new Recent<Series>()
  /** By slot of the site, of one generation of them. Null for sites whose events are no calls. */
  readonly #seriesOfSites: (Entry<Series> | null)[] = []
  #sitesGeneration = 0
  readonly #budgets = new UsageBudgets()
  /** The trace and the conversation of the observation before: those of one mostly come together. */
  #lastTrace: TraceEntry | null = null
  #lastConversation: Entry<Conversation> | null = null
  readonly #lastIds = new Int32Array(TRACE_INTS)
  #lastScope = ''
  #newestEventMs = Number.NEGATIVE_INFINITY
  #nowMs = Number.NEGATIVE_INFINITY
  #judgedMs = Number.NEGATIVE_INFINITY
  /** Minutes whose sketches are no longer needed; those that follow; and the time of the log at which that was noted. */
  #compactTo = Number.NEGATIVE_INFINITY
  #compactNext = Number.NEGATIVE_INFINITY
  #compactedMs = Number.NEGATIVE_INFINITY
  #isBehind = false
  readonly #evicted = { traces: 0, conversations: 0, series: 0 }

  constructor(settings: DetectionSettings, bounds: DetectorBounds = BOUNDS) {
    this.#settings = new ScopedSettings(settings)
    this.#pauses = new Pauses(settings.pauses)
    this.#bounds = bounds
    this.#spans = new SpanStore(bounds.spans)
    this.useSettings(settings)
  }

  /** Applies changed settings. */
  useSettings(settings: DetectionSettings): void {
    const all = [settings, ...settings.overrides]
    const least = (name: keyof CallLimits): number =>
      Math.min(...all.map((limits) => limits[name] ?? Number.POSITIVE_INFINITY))
    this.#settings = new ScopedSettings(settings)
    this.#least = { loop_repeats: least('loop_repeats'), retry_errors: least('retry_errors') }
    this.#pauses = new Pauses(settings.pauses)
    this.#hasBudgets = all.some(hasSpendingLimits)
  }

  /** Adds the observations of a task that was logged at `atMs`. Returns the signals that no later event can change. */
  observe(bytes: Uint8Array, atMs: number): Signal[] {
    const out = this.advance(atMs)
    const touched = new TouchedGroups()
    const o = new Observations(bytes)
    o.useSites(this.#sites)
    if (this.#sites.generation !== this.#sitesGeneration) this.#seriesOfSites.length = 0
    this.#sitesGeneration = this.#sites.generation
    while (o.next()) {
      this.#newestEventMs = Math.max(this.#newestEventMs, Math.min(o.endMs, atMs + AHEAD_MS_MAX))
      this.#toTrace(o, touched, out)
      this.#toConversation(o, out)
      if (this.#settings.base.trends) this.#toSeries(o)
      if (this.#hasBudgets) this.#budgets.add(o)
    }
    for (const [trace, groups] of touched.byTrace) this.#judgeCalls(trace, groups.values(), out)
    return out
  }

  /** Moves the time of the log forward. Settled traces and conversations are judged, and closed minutes of series. */
  advance(nowMs: number): Signal[] {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    const out: Signal[] = []
    this.#settle(out)
    if (this.#nowMs - this.#judgedMs >= JUDGE_EVERY_MS || this.#isBehind) {
      this.#judgedMs = this.#nowMs
      this.#judgeSeries(this.#closedMinute(), out, SERIES_AT_ONCE)
      this.#judgeBudgets(this.#closedMinute(), out)
    }
    return out
  }

  /** Judges everything as if all events had arrived. For the end of an input. */
  finish(): Signal[] {
    const out: Signal[] = []
    for (let e = this.#traces.waiting; e !== null; e = this.#traces.waiting) {
      this.#settleTrace(e.value, out)
      this.#traces.done()
    }
    for (let e = this.#conversations.waiting; e !== null; e = this.#conversations.waiting) {
      this.#settleConversation(e.value, out)
      this.#conversations.done()
    }
    this.#judgeSeries(Number.POSITIVE_INFINITY, out, Number.POSITIVE_INFINITY)
    this.#judgeBudgets(Number.POSITIVE_INFINITY, out)
    return out
  }

  stats(): DetectorStats {
    let learning = 0
    for (const s of this.#series.values()) if (!knowsUsual(s)) learning++
    return {
      traces: this.#traces.size,
      spans: this.#spans.size,
      conversations: this.#conversations.size,
      series: this.#series.size,
      learning,
      spendings: this.#budgets.spendings.size,
      evicted: { ...this.#evicted, spendings: this.#budgets.evicted },
    }
  }

  // -------------------------------------------------------------- traces

  #toTrace(o: Observations, touched: TouchedGroups, out: Signal[]): void {
    if (!o.hasTrace) return
    const entry = this.#traceOf(o, out)
    entry.value.touchedMs = Math.max(entry.value.touchedMs, this.#nowMs)
    this.#spans.add(entry.value, o, this.#least, touched)
  }

  #traceOf(o: Observations, out: Signal[]): TraceEntry {
    const { scope } = o.site
    const last = this.#lastTrace
    if (last !== null && !last.isGone && scope === this.#lastScope && this.#isLast(o)) {
      this.#traces.touch(last)
      return last
    }
    let entry = this.#traces.find(o)
    if (entry === null) {
      this.#makeRoomForTrace(out)
      entry = this.#traces.add(newTrace(o, this.#nowMs))
    } else this.#traces.touch(entry)
    this.#lastTrace = entry
    this.#lastScope = scope
    for (let i = 0; i < TRACE_INTS; i++) this.#lastIds[i] = o.idInt(ID.TRACE / 4 + i)
    return entry
  }

  #isLast(o: Observations): boolean {
    for (let i = 0; i < TRACE_INTS; i++)
      if (this.#lastIds[i] !== o.idInt(ID.TRACE / 4 + i)) return false
    return true
  }

  /** Evicts the traces without new events for the longest time, after judging them. */
  #makeRoomForTrace(out: Signal[]): void {
    const { traces, spans } = this.#bounds
    for (let e = this.#traces.oldest; e !== null; e = this.#traces.oldest) {
      if (this.#traces.size < traces && this.#spans.size < spans) return
      if (!e.isDone) this.#settleTrace(e.value, out)
      this.#forgetTrace(e)
      this.#evicted.traces++
    }
  }

  #forgetTrace(entry: TraceEntry): void {
    this.#traces.delete(entry)
    this.#spans.remove(entry.value)
  }

  #judgeCalls(trace: Trace, groups: Iterable<Group>, out: Signal[]): void {
    const found = new Map<string, TraceFinding>()
    const settings = this.#settings.of(labelsOf(trace))
    for (const group of groups) {
      const f = findingOf(groupName(group), this.#spans.callsOf(trace, group), settings)
      if (f !== null) keepGreatest(found, f)
    }
    // Further calls change the values of a raised signal. They are updated when the trace is settled, not with each call.
    this.#raiseOf(trace, found.values(), out, settings, true)
  }

  #settleTrace(trace: Trace, out: Signal[]): void {
    const settings = this.#settings.of(labelsOf(trace))
    const mayHave = mayHaveFindings(trace, settings)
    if (!mayHave && trace.raised === null) return
    const view = mayHave ? this.#spans.viewOf(trace) : null
    const found = view === null ? [] : settledFindings(view, settings)
    this.#raiseOf(trace, found, out, settings, false)
    if (view !== null) supersede(trace, repeatedFailures(view), out)
    if (trace.raised === null) return
    const head = this.#spans.headOf(trace)
    const all = found.map((f) => findingIn(head, f))
    out.push(...supersededIn(trace.raised, all, settings))
  }

  #raiseOf(
    trace: Trace,
    found: Iterable<TraceFinding>,
    out: Signal[],
    settings: DetectionSettings,
    once: boolean,
  ): void {
    for (const f of found) {
      trace.raised ??= new Map()
      const finding = findingIn(this.#spans.headOf(trace), f)
      this.#raise(finding, trace.raised, out, settings, labelsOf(trace, f.deciding), once)
    }
  }

  /** Judges what has become quiet, and forgets what was for long. */
  #settle(out: Signal[]): void {
    const isQuiet = (touchedMs: number, ms: number): boolean => this.#nowMs - touchedMs >= ms
    const traces = this.#traces
    for (
      let e = traces.waiting;
      e !== null && isQuiet(e.value.touchedMs, QUIET_MS);
      e = traces.waiting
    ) {
      this.#settleTrace(e.value, out)
      traces.done()
    }
    for (
      let e = traces.oldest;
      e?.isDone && isQuiet(e.value.touchedMs, TRACE_FORGOTTEN_MS);
      e = traces.oldest
    )
      this.#forgetTrace(e)
    const all = this.#conversations
    for (let e = all.waiting; e !== null && isQuiet(e.value.touchedMs, QUIET_MS); e = all.waiting) {
      this.#settleConversation(e.value, out)
      all.done()
    }
    for (
      let e = all.oldest;
      e?.isDone && isQuiet(e.value.touchedMs, CONVERSATION_FORGOTTEN_MS);
      e = all.oldest
    )
      all.delete(e)
  }

  // -------------------------------------------------------------- conversations

  #toConversation(o: Observations, out: Signal[]): void {
    if (o.site.kind !== 'llm' || talkOf(o) === '') return
    const entry = this.#conversationOf(o, out)
    this.#conversations.touch(entry)
    addTurn(entry.value, o, this.#nowMs)
  }

  #conversationOf(o: Observations, out: Signal[]): Entry<Conversation> {
    const { site } = o
    const last = this.#lastConversation
    if (last !== null && !last.isGone && isTurnOf(last.value, o))
      if (last.value.tenant === site.tenant && last.value.project === site.project) return last
    const key = conversationKey(o)
    let entry = this.#conversations.get(key)
    if (entry === undefined) {
      const { oldest, size } = this.#conversations
      if (oldest !== null && size >= this.#bounds.conversations) {
        if (!oldest.isDone) this.#settleConversation(oldest.value, out)
        this.#conversations.delete(oldest)
        this.#evicted.conversations++
      }
      entry = this.#conversations.add(key, newConversation(o, this.#nowMs))
    }
    this.#lastConversation = entry
    return entry
  }

  #settleConversation(c: Conversation, out: Signal[]): void {
    const labels = readerOf({ tenant: c.tenant, project: c.project, environment: c.environment })
    const settings = this.#settings.of(labels)
    const found = contextDrops(c, settings)
    if (found.length > 0) c.raised ??= new Map()
    if (c.raised === null) return
    for (const f of found) this.#raise(f, c.raised, out, settings, labels)
    out.push(...supersededIn(c.raised, found, settings, (s) => hasTurn(c, s.event_id)))
  }

  // -------------------------------------------------------------- series

  #toSeries(o: Observations): void {
    const { site } = o
    const known = this.#seriesOfSites[site.slot]
    if (known === null) return
    const entry = known === undefined || known.isGone ? this.#seriesOf(site) : known
    if (entry === null) return
    // The order says which series to forget, for which a second makes no difference.
    if (this.#nowMs - entry.value.touchedMs >= TOUCH_SERIES_MS) {
      entry.value.touchedMs = this.#nowMs
      this.#series.touch(entry)
    }
    addToSeries(entry.value, o)
  }

  /** The series of a site, which is noted; null when its events are no calls. */
  #seriesOf(site: Site): Entry<Series> | null {
    const dimensions = dimensionsOf(site)
    if (dimensions === null) {
      this.#seriesOfSites[site.slot] = null
      return null
    }
    const key = [site.tenant, site.project, ...Object.entries(dimensions).flat()].join('\0')
    let entry = this.#series.get(key)
    if (entry === undefined) {
      const { oldest, size } = this.#series
      if (oldest !== null && size >= this.#bounds.series) {
        this.#series.delete(oldest)
        this.#evicted.series++
      }
      entry = this.#series.add(key, newSeries(key, site, dimensions, this.#nowMs))
    }
    this.#seriesOfSites[site.slot] = entry
    return entry
  }

  /** The newest minute that no event within the lateness can still change. */
  #closedMinute(): number {
    return Math.floor((this.#newestEventMs - LATENESS_MS) / BUCKET_MS) - 1
  }

  /** Whether series wait to be judged, so that `advance` is to be called again soon. */
  get isBehind(): boolean {
    return this.#isBehind
  }

  #judgeSeries(closedMinute: number, out: Signal[], most: number): void {
    if (closedMinute === Number.NEGATIVE_INFINITY) return
    let judged = 0
    this.#isBehind = false
    for (const series of this.#series.values()) {
      if (!isDue(series, closedMinute)) continue
      if (++judged > most) {
        this.#isBehind = true
        return
      }
      const { tenant, project, dimensions } = series
      const labels = readerOf({ ...dimensions, tenant, project })
      const settings = this.#settings.of(labels)
      const verdict = judgeSeries(series, closedMinute, this.#compactTo, settings)
      for (const f of verdict.findings) this.#raise(f, series.raised, out, settings, labels)
      out.push(
        ...supersededIn(series.raised, verdict.findings, settings, isSince(verdict.judgedFrom)),
      )
      out.push(...newNormals(series.raised, verdict.accepted))
      forgetRaised(series.raised, closedMinute)
    }
    // Calls that are later than they may be still count fully for a minute of the log's time.
    if (this.#nowMs - this.#compactedMs < BUCKET_MS) return
    this.#compactedMs = this.#nowMs
    this.#compactTo = this.#compactNext
    this.#compactNext = closedMinute
  }

  // -------------------------------------------------------------- signals

  #judgeBudgets(closedMinute: number, out: Signal[]): void {
    if (!this.#hasBudgets) return
    const labels = (s: Spending): LabelReader =>
      readerOf({ tenant: s.tenant, project: s.project, environment: s.environment })
    for (const f of this.#budgets.settle(closedMinute, (s) => this.#settings.of(labels(s)))) {
      const of = readerOf({
        tenant: f.tenant,
        project: f.project,
        environment: f.context?.environment ?? '',
      })
      this.#raise(f, new Map(), out, this.#settings.of(of), of)
    }
  }

  /** Raises a signal unless an equal one was raised before. With `once`, unless any with its id was. */
  #raise(
    f: Finding,
    raised: Map<string, string>,
    out: Signal[],
    settings: DetectionSettings,
    labels: LabelReader,
    once = false,
  ): void {
    if ((settings.disabled as readonly SignalType[]).includes(f.type)) return
    if (this.#pauses.holdFor(f.type, f.atMs, labels)) return
    const signal = signalOf(f)
    const before = raised.get(signal.signal_id)
    if (before !== undefined && once) return
    const text = JSON.stringify(signal)
    if (before === text) return
    raised.set(signal.signal_id, text)
    out.push(signal)
  }

  // -------------------------------------------------------------- snapshots

  /** The state in pieces, so that writing it does not block. Call no other method before the last piece was taken. */
  *snapshot(): Generator<Buffer> {
    const { traces, conversations, series } = this.#evicted
    yield serialize({
      version: SNAPSHOT_VERSION,
      times: [this.#newestEventMs, this.#nowMs, this.#judgedMs],
      evicted: { traces, conversations, series },
    })
    for (const entries of inPieces(this.#traces)) yield serialize(this.#tracePiece(entries))
    for (const entries of inPieces(this.#conversations))
      yield serialize({ conversations: storedTable(entries) })
    for (const entries of inPieces(this.#series)) yield serialize({ series: storedTable(entries) })
    yield* spendingPieces(this.#budgets.spendings)
  }

  #tracePiece(entries: readonly TraceEntry[]): SnapshotPiece {
    const { sites, ...rows } = this.#spans.stored(entries.map((e) => e.value))
    return { traces: storedTable(entries), spans: { ...rows, sites: sites.map(wordsOfSite) } }
  }

  /** Restores the state of a snapshot. Returns false, and changes nothing, if the snapshot is of another version. */
  restore(pieces: readonly Buffer[]): boolean {
    // Our own `snapshot` wrote them, of the version that is checked.
    const [head, ...rest] = pieces.map((p) => deserialize(p) as SnapshotPiece)
    const isKnown = head?.version === SNAPSHOT_VERSION || head?.version === EARLIER_VERSION
    if (!isKnown || head.times === undefined) return false
    const [newest = 0, now = 0, judged = 0] = head.times
    this.#newestEventMs = newest
    this.#nowMs = now
    this.#judgedMs = judged
    Object.assign(this.#evicted, head.evicted)
    for (const piece of rest) {
      this.#restoreTraces(piece)
      for (const [key, value, isDone] of entriesOf(piece.conversations))
        this.#conversations.add(key, conversationOf(value), isDone)
      for (const [key, value, isDone] of entriesOf(piece.series))
        this.#series.add(key, seriesOf(value), isDone)
      for (const [key, value] of piece.spendings ?? []) this.#budgets.spendings.set(key, value)
    }
    return true
  }

  #restoreTraces({ traces, spans }: SnapshotPiece): void {
    if (spans === undefined) return
    const restored: (readonly [Trace, number])[] = []
    for (const [, value, isDone] of entriesOf(traces)) {
      // Indexes are made anew, and where rows lie is another place now.
      const trace = { ...traceOf(value), head: -1, tail: -1, count: 0, groups: null, events: null }
      this.#traces.add(trace, isDone)
      restored.push([trace, value.count])
    }
    this.#spans.restore(restored, { ...spans, sites: spans.sites.map((words) => siteOf(words)) })
  }
}

/** The labels of a trace, and of the span that decided. */
function labelsOf(trace: Trace, deciding?: TraceFinding['deciding']): LabelReader {
  const { tenant, project, environment, service } = trace
  const span =
    deciding === undefined
      ? {}
      : { kind: deciding.kind, model: deciding.model, tool: deciding.tool, agent: deciding.agent }
  return readerOf({ tenant, project, environment, service, ...span })
}

const readerOf =
  (labels: Readonly<Record<string, string>>): LabelReader =>
  (label) =>
    labels[label] ?? null

/** Four bytes each. */
const TRACE_INTS = 4
const SNAPSHOT_VERSION = 5

interface SnapshotPiece {
  readonly version?: number
  readonly times?: readonly number[]
  readonly evicted?: { readonly traces: number }
  readonly traces?: StoredTable<EarlierTrace>
  /** The spans of those traces. */
  readonly spans?: Omit<StoredSpans, 'sites'> & { readonly sites: readonly (readonly string[])[] }
  readonly conversations?: StoredTable<EarlierConversation>
  readonly series?: StoredTable<EarlierSeries>
  readonly spendings?: readonly (readonly [string, Spending])[]
}

function* spendingPieces(all: ReadonlyMap<string, Spending>): Generator<Buffer> {
  const entries = [...all]
  for (let i = 0; i < entries.length; i += PIECE_ENTRIES)
    yield serialize({ spendings: entries.slice(i, i + PIECE_ENTRIES) })
}
