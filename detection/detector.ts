// Finds signals that need more than one event: in traces, in conversations, over time. It is given observations in the order of the
// log and the time at which they were logged, and gives signals. It has no clock and does no I/O: the same observations give the same
// signals, whatever their order within the lateness, however they are cut into batches, and after a restart from a snapshot.

import { deserialize, serialize } from 'node:v8'
import { Pauses } from '../core/rule-pauses.ts'
import type { Signal, SignalType } from '../core/signal.ts'
import { type LabelReader, ScopedSettings } from '../core/signal-scopes.ts'
import { type Finding, signalOf } from './finding.ts'
import { type Observation, readObservations } from './observation.ts'
import type { DetectionSettings } from './settings.ts'
import {
  addTurn,
  type Conversation,
  contextDrops,
  conversationKey,
  newConversation,
} from './traces/conversations.ts'
import { addCall, findingOf } from './traces/repeated-calls.ts'
import { keepGreatest, settledFindings } from './traces/settled-rules.ts'
import { addSpan, newTrace, type Trace } from './traces/trace.ts'
import { findingIn, type TraceFinding } from './traces/trace-finding.ts'
import {
  addCall as addToSeries,
  BUCKET_MS,
  dimensionsOf,
  newSeries,
  type Series,
} from './trends/series.ts'
import { isDue, isLearned, judgeSeries } from './trends/trend-rules.ts'
import { hasSpendingLimits, type Spending, UsageBudgets } from './usage-budgets.ts'

/** Events may come this much later than others that happened at the same time. */
export const LATENESS_MS = 30_000
/** A trace or conversation that was quiet for so long is judged as it stands; after so long it is forgotten. */
const QUIET_MS = LATENESS_MS
const TRACE_FORGOTTEN_MS = 5 * 60_000
const CONVERSATION_FORGOTTEN_MS = 6 * 3_600_000
/** Series are judged at most so often. */
const JUDGE_EVERY_MS = 1000
/** A clock of a client may be ahead by so much. */
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

export class Detector {
  #settings: ScopedSettings<DetectionSettings>
  #pauses: Pauses
  #hasBudgets = false
  readonly #bounds: DetectorBounds
  /** In the order of last use, least recent first. */
  readonly #traces = new Map<string, Trace>()
  readonly #conversations = new Map<string, Conversation>()
  readonly #series = new Map<string, Series>()
  readonly #budgets = new UsageBudgets()
  #spans = 0
  #newestEventMs = Number.NEGATIVE_INFINITY
  #nowMs = Number.NEGATIVE_INFINITY
  #judgedMs = Number.NEGATIVE_INFINITY
  readonly #evicted = { traces: 0, conversations: 0, series: 0 }

  constructor(settings: DetectionSettings, bounds: DetectorBounds = BOUNDS) {
    this.#settings = new ScopedSettings(settings)
    this.#pauses = new Pauses(settings.pauses)
    this.#bounds = bounds
    this.useSettings(settings)
  }

  /** Takes on other limits. */
  useSettings(settings: DetectionSettings): void {
    this.#settings = new ScopedSettings(settings)
    this.#pauses = new Pauses(settings.pauses)
    this.#hasBudgets = [settings, ...settings.overrides].some(hasSpendingLimits)
  }

  /** Takes the observations of a task that was logged at `atMs`; returns what is known for certain with them. */
  observe(bytes: Uint8Array, atMs: number): Signal[] {
    const out = this.advance(atMs)
    const touched = new Map<Trace, Set<string>>()
    for (const o of readObservations(bytes)) {
      this.#newestEventMs = Math.max(this.#newestEventMs, Math.min(o.endMs, atMs + AHEAD_MS_MAX))
      this.#toTrace(o, touched, out)
      this.#toConversation(o, out)
      if (this.#settings.base.trends) this.#toSeries(o)
      if (this.#hasBudgets) this.#budgets.add(o)
    }
    for (const [trace, names] of touched) this.#judgeCalls(trace, names, out)
    return out
  }

  /** Tells the time of the log: quiet traces and conversations are judged, and closed minutes of series. */
  advance(nowMs: number): Signal[] {
    this.#nowMs = Math.max(this.#nowMs, nowMs)
    const out: Signal[] = []
    this.#settle(out)
    if (this.#nowMs - this.#judgedMs >= JUDGE_EVERY_MS) {
      this.#judgedMs = this.#nowMs
      this.#judgeSeries(this.#closedMinute(), out)
      this.#judgeBudgets(this.#closedMinute(), out)
    }
    return out
  }

  /** Judges everything as if all lateness had passed: at the end of an input. */
  finish(): Signal[] {
    const out: Signal[] = []
    for (const trace of this.#traces.values()) this.#settleTrace(trace, out)
    for (const c of this.#conversations.values()) this.#settleConversation(c, out)
    this.#judgeSeries(Number.POSITIVE_INFINITY, out)
    this.#judgeBudgets(Number.POSITIVE_INFINITY, out)
    return out
  }

  stats(): DetectorStats {
    let learning = 0
    for (const s of this.#series.values()) if (!isLearned([...s.buckets.values()])) learning++
    return {
      traces: this.#traces.size,
      spans: this.#spans,
      conversations: this.#conversations.size,
      series: this.#series.size,
      learning,
      spendings: this.#budgets.spendings.size,
      evicted: { ...this.#evicted, spendings: this.#budgets.evicted },
    }
  }

  // -------------------------------------------------------------- traces

  #toTrace(o: Observation, touched: Map<Trace, Set<string>>, out: Signal[]): void {
    if (NO_TRACE.test(o.trace)) return
    const key = `${o.tenant}\0${o.project}\0${o.trace}`
    let trace = this.#traces.get(key)
    if (trace === undefined) {
      trace = newTrace(o, this.#nowMs)
      this.#makeRoomForTrace(out)
    } else this.#traces.delete(key)
    this.#traces.set(key, trace)
    const span = addSpan(trace, o, this.#nowMs)
    if (span === null) return
    this.#spans++
    const names = addCall(trace, span)
    if (names.length === 0) return
    const all = touched.get(trace) ?? new Set()
    for (const name of names) all.add(name)
    touched.set(trace, all)
  }

  /** Forgets the traces that were quiet the longest; what they are is judged before. */
  #makeRoomForTrace(out: Signal[]): void {
    const { traces, spans } = this.#bounds
    while (this.#traces.size >= traces || (this.#spans >= spans && this.#traces.size > 0)) {
      const [key, trace] = this.#traces.entries().next().value as [string, Trace]
      this.#settleTrace(trace, out)
      this.#forgetTrace(key, trace)
      this.#evicted.traces++
    }
  }

  #forgetTrace(key: string, trace: Trace): void {
    this.#traces.delete(key)
    this.#spans -= trace.spans.size
  }

  #judgeCalls(trace: Trace, names: ReadonlySet<string>, out: Signal[]): void {
    const found = new Map<string, TraceFinding>()
    const settings = this.#settings.of(labelsOf(trace))
    for (const name of names) {
      const f = findingOf(name, trace.calls.get(name) ?? [], settings)
      if (f !== null) keepGreatest(found, f)
    }
    // Once raised, the rest is said when the trace is settled: not one signal for each further call.
    for (const f of found.values())
      this.#raise(
        findingIn(trace, f),
        trace.raised,
        out,
        settings,
        labelsOf(trace, f.deciding),
        true,
      )
  }

  #settle(out: Signal[]): void {
    for (const [key, trace] of this.#traces) {
      if (this.#nowMs - trace.touchedMs < QUIET_MS) break
      if (!trace.isSettled) this.#settleTrace(trace, out)
      if (this.#nowMs - trace.touchedMs >= TRACE_FORGOTTEN_MS) this.#forgetTrace(key, trace)
    }
    for (const [key, c] of this.#conversations) {
      if (this.#nowMs - c.touchedMs < QUIET_MS) break
      if (!c.isSettled) this.#settleConversation(c, out)
      if (this.#nowMs - c.touchedMs >= CONVERSATION_FORGOTTEN_MS) this.#conversations.delete(key)
    }
  }

  #settleTrace(trace: Trace, out: Signal[]): void {
    if (trace.isSettled) return
    trace.isSettled = true
    const settings = this.#settings.of(labelsOf(trace))
    for (const f of settledFindings(trace, settings))
      this.#raise(findingIn(trace, f), trace.raised, out, settings, labelsOf(trace, f.deciding))
  }

  // -------------------------------------------------------------- conversations

  #toConversation(o: Observation, out: Signal[]): void {
    if (o.conversation === '' || o.kind !== 'llm') return
    const key = conversationKey(o)
    let c = this.#conversations.get(key)
    if (c === undefined) {
      c = newConversation(o, this.#nowMs)
      if (this.#conversations.size >= this.#bounds.conversations) {
        const [oldest, quiet] = this.#conversations.entries().next().value as [string, Conversation]
        this.#settleConversation(quiet, out)
        this.#conversations.delete(oldest)
        this.#evicted.conversations++
      }
    } else this.#conversations.delete(key)
    this.#conversations.set(key, c)
    addTurn(c, o, this.#nowMs)
  }

  #settleConversation(c: Conversation, out: Signal[]): void {
    if (c.isSettled) return
    c.isSettled = true
    const labels = readerOf({ tenant: c.tenant, project: c.project, environment: c.environment })
    const settings = this.#settings.of(labels)
    for (const f of contextDrops(c, settings)) this.#raise(f, c.raised, out, settings, labels)
  }

  // -------------------------------------------------------------- series

  #toSeries(o: Observation): void {
    const dimensions = dimensionsOf(o)
    if (dimensions === null) return
    const key = [o.tenant, o.project, ...Object.entries(dimensions).flat()].join('\0')
    let series = this.#series.get(key)
    if (series === undefined) {
      series = newSeries(key, o, dimensions, this.#nowMs)
      if (this.#series.size >= this.#bounds.series) {
        this.#series.delete(this.#series.keys().next().value as string)
        this.#evicted.series++
      }
    } else this.#series.delete(key)
    this.#series.set(key, series)
    addToSeries(series, o, this.#nowMs)
  }

  /** The newest minute to which nothing is added any more by events that come within the lateness. */
  #closedMinute(): number {
    return Math.floor((this.#newestEventMs - LATENESS_MS) / BUCKET_MS) - 1
  }

  #judgeSeries(closedMinute: number, out: Signal[]): void {
    if (closedMinute === Number.NEGATIVE_INFINITY) return
    for (const series of this.#series.values()) {
      if (!isDue(series, closedMinute)) continue
      const { tenant, project, dimensions } = series
      const labels = readerOf({ ...dimensions, tenant, project })
      const settings = this.#settings.of(labels)
      for (const f of judgeSeries(series, closedMinute, settings))
        this.#raise(f, series.raised, out, settings, labels)
    }
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

  /** Raises a signal unless the same was raised before; `once`: unless one with its id was. */
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

  /** The state in pieces, so that writing it holds nothing up. Nothing may be observed before the last piece was taken. */
  *snapshot(): Generator<Buffer> {
    const { traces, conversations, series } = this.#evicted
    yield serialize({
      version: SNAPSHOT_VERSION,
      times: [this.#newestEventMs, this.#nowMs, this.#judgedMs],
      evicted: { traces, conversations, series },
    })
    yield* piecesOf('traces', this.#traces)
    yield* piecesOf('conversations', this.#conversations)
    yield* piecesOf('series', this.#series)
    yield* piecesOf('spendings', this.#budgets.spendings)
  }

  /** Takes the state of a snapshot; false, and nothing is taken, when it is of another version. */
  restore(pieces: readonly Buffer[]): boolean {
    // Our own `snapshot` wrote them, of the version that is checked.
    const [head, ...rest] = pieces.map((p) => deserialize(p) as SnapshotPiece)
    if (head === undefined || head.version !== SNAPSHOT_VERSION || head.times === undefined)
      return false
    const [newest = 0, now = 0, judged = 0] = head.times
    this.#newestEventMs = newest
    this.#nowMs = now
    this.#judgedMs = judged
    Object.assign(this.#evicted, head.evicted)
    for (const piece of rest) {
      for (const [key, value] of piece.traces ?? []) this.#traces.set(key, value)
      for (const [key, value] of piece.conversations ?? []) this.#conversations.set(key, value)
      for (const [key, value] of piece.series ?? []) this.#series.set(key, value)
      for (const [key, value] of piece.spendings ?? []) this.#budgets.spendings.set(key, value)
    }
    for (const trace of this.#traces.values()) this.#spans += trace.spans.size
    return true
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

const NO_TRACE = /^0+$/
const SNAPSHOT_VERSION = 2
const PIECE_ENTRIES = 200

interface SnapshotPiece {
  readonly version?: number
  readonly times?: readonly number[]
  readonly evicted?: { readonly traces: number }
  readonly traces?: readonly (readonly [string, Trace])[]
  readonly conversations?: readonly (readonly [string, Conversation])[]
  readonly series?: readonly (readonly [string, Series])[]
  readonly spendings?: readonly (readonly [string, Spending])[]
}

function* piecesOf(name: string, all: ReadonlyMap<string, unknown>): Generator<Buffer> {
  let entries: (readonly [string, unknown])[] = []
  for (const entry of all) {
    entries.push(entry)
    if (entries.length < PIECE_ENTRIES) continue
    yield serialize({ [name]: entries })
    entries = []
  }
  if (entries.length > 0) yield serialize({ [name]: entries })
}
