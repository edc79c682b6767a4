// The spans of all live traces as rows of numbers: no object for a span. A trace's rows are a chain in the order in which they came. Of
// each trace is counted what decides whether a rule may find something in it; only then its spans become objects. Bounded by the
// detector, which forgets traces; freed rows are used again.

import { CONTAINER_KINDS } from '../../core/kinds.ts'
import { CALL_WORDS, FLAG, ID, type Observations } from '../observation.ts'
import type { DetectionLimits } from '../settings.ts'
import type { Site } from '../site.ts'
import {
  addToGroups,
  CALLS_MAX,
  GROUP_KINDS,
  type Group,
  type GroupKind,
  groupName,
  isCallKind,
  leastCalls,
} from './repeated-calls.ts'
import { bump, kindOfSlot, type TouchedGroups } from './touched-groups.ts'
import {
  addSums,
  hexOfTrace,
  SPANS_MAX,
  type Trace,
  type TraceHead,
  type TraceSpan,
  type TraceView,
} from './trace.ts'

/** Figures of a row. */
const START = 0
const END = 1
const COST = 2
const KEY = 3
const RESULT = 4
const FIGURES = 5
/** Integers of a row: event id, span id, parent's id, flags, the next row of the trace or of the free ones. */
const SPAN_ID = 4
const PARENT_ID = 6
const FLAGS = 8
const NEXT = 9
const INTS = 10
const ID_INTS = 8

const NONE = -1
const ROWS_FIRST = 1024
/** Traces with more spans have an index of their events and groups. */
const SCANNED_MAX = 32
const NO_WORDS: readonly number[] = []

/** The fewest calls that are worth a look. */
export type CallLimits = Pick<DetectionLimits, 'loop_repeats' | 'retry_errors'>

/** The rows of some traces, for a snapshot. */
export interface StoredSpans {
  readonly figures: Float64Array
  readonly ints: Int32Array
  readonly sites: readonly Site[]
  /** By row: its site. */
  readonly siteOf: Int32Array
  readonly messages: readonly (readonly [row: number, text: string])[]
  readonly words: readonly (readonly [row: number, words: readonly number[]])[]
}

export class SpanStore {
  #figures = new Float64Array(ROWS_FIRST * FIGURES)
  #ints = new Int32Array(ROWS_FIRST * INTS)
  #bytes = Buffer.from(this.#ints.buffer)
  readonly #sites: (Site | null)[] = []
  /** By row, of the few that have them. */
  readonly #messages = new Map<number, string>()
  readonly #words = new Map<number, readonly number[]>()
  #free = NONE
  /** Rows never used begin here. */
  #fresh = 0
  readonly #rowsMax: number
  /** Rows in use. */
  size = 0

  /** No memory is taken for more than `rowsMax` rows before they are needed. */
  constructor(rowsMax = Number.POSITIVE_INFINITY) {
    this.#rowsMax = rowsMax
  }

  /**
   * Adds an observation to its trace; `touched` gets the groups of calls that have enough calls with it. False when it was known or
   * there is no room.
   */
  add(trace: Trace, o: Observations, settings: CallLimits, touched: TouchedGroups): boolean {
    if (trace.count >= SPANS_MAX || this.#isKnown(trace, o)) return false
    addSums(trace, o)
    const row = this.#put(trace, o)
    const { site, flags } = o
    const isError = (flags & FLAG.ERROR) !== 0
    if (isError) trace.failed++
    if (isError && CONTAINER_KINDS.has(site.kind)) trace.failedContainers++
    if (o.key !== 0) this.#countCall(trace, row, settings, touched)
    return true
  }

  #isKnown(trace: Trace, o: Observations): boolean {
    if (trace.count > SCANNED_MAX) {
      trace.events ??= this.#eventsOf(trace)
      const event = o.idText(ID.EVENT, 16)
      if (trace.events.has(event)) return true
      trace.events.add(event)
      return false
    }
    const ints = this.#ints
    for (let row = trace.head; row !== NONE; row = ints[row * INTS + NEXT] as number) {
      const at = row * INTS
      if (
        ints[at] === o.idInt(0) &&
        ints[at + 1] === o.idInt(1) &&
        ints[at + 2] === o.idInt(2) &&
        ints[at + 3] === o.idInt(3)
      )
        return true
    }
    return false
  }

  #eventsOf(trace: Trace): Set<string> {
    const out = new Set<string>()
    for (const row of this.#rowsOf(trace))
      out.add(this.#bytes.latin1Slice(row * INTS * 4, row * INTS * 4 + 16))
    return out
  }

  *#rowsOf(trace: Trace): Generator<number> {
    for (let row = trace.head; row !== NONE; row = this.#ints[row * INTS + NEXT] as number)
      yield row
  }

  #put(trace: Trace, o: Observations): number {
    const row = this.#take()
    const f = row * FIGURES
    const figures = this.#figures
    figures[f + START] = o.startMs
    figures[f + END] = o.endMs
    figures[f + COST] = o.costUsd
    figures[f + KEY] = o.key
    figures[f + RESULT] = o.result
    const at = row * INTS
    const ints = this.#ints
    // The ids of an observation: event, trace, span, parent.
    for (let i = 0; i < SPAN_ID; i++) ints[at + i] = o.idInt(i)
    for (let i = SPAN_ID; i < ID_INTS; i++) ints[at + i] = o.idInt(i + 4)
    ints[at + FLAGS] = o.flags
    this.#sites[row] = o.site
    if (o.errorMessage !== '') this.#messages.set(row, o.errorMessage)
    if (o.word(0) !== 0) this.#words.set(row, wordsOf(o))
    this.#link(trace, row)
    return row
  }

  #link(trace: Trace, row: number): void {
    this.#ints[row * INTS + NEXT] = NONE
    if (trace.tail === NONE) trace.head = row
    else this.#ints[trace.tail * INTS + NEXT] = row
    trace.tail = row
    trace.count++
    this.size++
  }

  #take(): number {
    if (this.#free !== NONE) {
      const row = this.#free
      this.#free = this.#ints[row * INTS + NEXT] as number
      return row
    }
    if (this.#fresh * INTS === this.#ints.length) this.#grow()
    return this.#fresh++
  }

  #grow(): void {
    const before = this.#fresh
    const rows = before < this.#rowsMax ? Math.min(before * 2, this.#rowsMax) : before * 2
    const figures = new Float64Array(rows * FIGURES)
    figures.set(this.#figures)
    this.#figures = figures
    const ints = new Int32Array(rows * INTS)
    ints.set(this.#ints)
    this.#ints = ints
    this.#bytes = Buffer.from(ints.buffer)
  }

  /** Gives up the rows of a trace. */
  remove(trace: Trace): void {
    for (let row = trace.head; row !== NONE; ) {
      const next = this.#ints[row * INTS + NEXT] as number
      this.#ints[row * INTS + NEXT] = this.#free
      this.#free = row
      this.#sites[row] = null
      if (this.#messages.size > 0) this.#messages.delete(row)
      if (this.#words.size > 0) this.#words.delete(row)
      row = next
    }
    this.size -= trace.count
    if (this.size === 0) this.#giveBack()
    trace.head = NONE
    trace.tail = NONE
    trace.count = 0
  }

  /** Without any span the memory of a burst goes. */
  #giveBack(): void {
    this.#figures = new Float64Array(ROWS_FIRST * FIGURES)
    this.#ints = new Int32Array(ROWS_FIRST * INTS)
    this.#bytes = Buffer.from(this.#ints.buffer)
    this.#sites.length = 0
    this.#free = NONE
    this.#fresh = 0
  }

  // -------------------------------------------------------------- calls

  #countCall(trace: Trace, row: number, settings: CallLimits, touched: TouchedGroups): void {
    const site = this.#sites[row] as Site
    if (site.kind === 'tool') {
      trace.toolCalls++
      if (site.tool === '') trace.hasEquals = true
    }
    if (trace.count > SCANNED_MAX) {
      this.#countInIndex(trace, row, settings, touched)
      return
    }
    const counts = COUNTS.fill(0)
    for (let other = trace.head; other !== row; other = this.#ints[other * INTS + NEXT] as number)
      this.#compare(trace, row, other, counts)
    if (!isCallKind(site.kind)) return
    for (let slot = 0; slot < COUNTS.length; slot++) {
      const calls = (counts[slot] as number) + 1
      if (calls === 1) continue
      this.#note(trace, row, slot, calls, settings, touched)
    }
  }

  /** Counts in which groups both calls are: a slot for each kind of group but the last, which has one for each word. */
  #compare(trace: Trace, row: number, other: number, counts: Int32Array): void {
    const figures = this.#figures
    const result = figures[row * FIGURES + RESULT] as number
    const isSameResult = figures[other * FIGURES + RESULT] === result
    const isSameKey = figures[other * FIGURES + KEY] === figures[row * FIGURES + KEY]
    if (!isSameResult && !isSameKey) return
    if (isSameKey && isSameResult && result !== 0) trace.hasEquals = true
    const a = this.#sites[row] as Site
    const b = this.#sites[other] as Site
    if (a !== b && (a.agent !== b.agent || a.subject !== b.subject || !isCallKind(b.kind))) return
    const isFailed = (this.#ints[row * INTS + FLAGS] as number) & FLAG.ERROR
    const isOtherFailed = (this.#ints[other * INTS + FLAGS] as number) & FLAG.ERROR
    if (isFailed !== isOtherFailed) return
    if (isFailed !== 0) {
      if (isSameKey) increment(counts, GROUP_KINDS.failed)
    } else if (isSameResult && result === 0) {
      if (isSameKey) increment(counts, GROUP_KINDS.unknown)
    } else if (isSameResult) {
      if (isSameKey) increment(counts, GROUP_KINDS.same)
      this.#compareWords(row, other, counts)
    }
  }

  #compareWords(row: number, other: number, counts: Int32Array): void {
    const words = this.#words.get(row)
    const others = words === undefined ? undefined : this.#words.get(other)
    if (words === undefined || others === undefined) return
    for (let i = 0; i < words.length; i++)
      if (others.includes(words[i] as number)) increment(counts, GROUP_KINDS.similar + i)
  }

  /** The same for a trace with many spans, by the names of groups. */
  #countInIndex(trace: Trace, row: number, settings: CallLimits, touched: TouchedGroups): void {
    // Whether calls of others had the same result is not worth an index.
    trace.hasEquals = true
    if (trace.groups === null) {
      trace.groups = new Map()
      for (const known of this.#rowsOf(trace))
        if (known !== row) for (const group of this.#groupsOf(known)) bump(trace.groups, group)
    }
    for (const group of this.#groupsOf(row)) {
      const calls = bump(trace.groups, group)
      trace.repeats = Math.max(trace.repeats, calls)
      if (calls >= leastCalls(group.kind, settings)) touched.add(trace, group)
    }
  }

  #note(
    trace: Trace,
    row: number,
    slot: number,
    calls: number,
    settings: CallLimits,
    touched: TouchedGroups,
  ): void {
    trace.repeats = Math.max(trace.repeats, calls)
    const kind = kindOfSlot(slot)
    if (calls < leastCalls(kind, settings)) return
    const word = kind === 'similar' ? (this.#words.get(row)?.[slot - GROUP_KINDS.similar] ?? 0) : 0
    touched.add(trace, this.#group(row, kind, word))
  }

  #group(row: number, kind: GroupKind, word: number): Group {
    const { agent, subject } = this.#sites[row] as Site
    const key = this.#figures[row * FIGURES + KEY] as number
    const result = this.#figures[row * FIGURES + RESULT] as number
    return { kind, agent, subject, key, result, word }
  }

  #groupsOf(row: number): Group[] {
    const out: Group[] = []
    const key = this.#figures[row * FIGURES + KEY] as number
    if (key === 0 || !isCallKind((this.#sites[row] as Site).kind)) return out
    const isFailed = ((this.#ints[row * INTS + FLAGS] as number) & FLAG.ERROR) !== 0
    if (isFailed) return [this.#group(row, 'failed', 0)]
    if (this.#figures[row * FIGURES + RESULT] === 0) return [this.#group(row, 'unknown', 0)]
    out.push(this.#group(row, 'same', 0))
    for (const word of this.#words.get(row) ?? NO_WORDS)
      if (word !== 0) out.push(this.#group(row, 'similar', word))
    return out
  }

  /** The first calls of a group. */
  callsOf(trace: Trace, group: Group): TraceSpan[] {
    const out: TraceSpan[] = []
    const name = groupName(group)
    for (const row of this.#rowsOf(trace)) {
      const key = this.#figures[row * FIGURES + KEY]
      if (group.kind !== 'similar' && key !== group.key) continue
      if (!this.#groupsOf(row).some((g) => groupName(g) === name)) continue
      if (out.length < CALLS_MAX) out.push(this.#span(row))
    }
    return out
  }

  // -------------------------------------------------------------- views

  viewOf(trace: Trace): TraceView {
    const spans: TraceSpan[] = []
    const calls = new Map<string, TraceSpan[]>()
    for (const row of this.#rowsOf(trace)) {
      const span = this.#span(row)
      spans.push(span)
      addToGroups(calls, span, this.#groupsOf(row))
    }
    return { ...this.headOf(trace), spans, calls }
  }

  /** What a finding says of its trace. */
  headOf(trace: Trace): TraceHead {
    const { tenant, project, environment, conversation, session, user, costUsd, tokens } = trace
    const id = hexOfTrace(trace)
    return { id, tenant, project, environment, conversation, session, user, costUsd, tokens }
  }

  #span(row: number): TraceSpan {
    const { kind, name, service, route, provider, model, responseModel, tool, agent, errorType } =
      this.#sites[row] as Site
    const f = row * FIGURES
    const figure = (column: number): number => this.#figures[f + column] as number
    const at = row * INTS * 4
    const parent = this.#bytes.toString('hex', at + PARENT_ID * 4, at + PARENT_ID * 4 + 8)
    return {
      kind,
      name,
      service,
      route,
      provider,
      model,
      responseModel,
      tool,
      agent,
      errorType,
      errorMessage: this.#messages.get(row) ?? '',
      flags: this.#ints[row * INTS + FLAGS] as number,
      startMs: figure(START),
      endMs: figure(END),
      costUsd: figure(COST),
      key: figure(KEY),
      result: figure(RESULT),
      words: this.#words.get(row) ?? NO_WORDS,
      event: this.#bytes.toString('hex', at, at + 16),
      span: this.#bytes.toString('hex', at + SPAN_ID * 4, at + SPAN_ID * 4 + 8),
      parent: parent === '0000000000000000' ? '' : parent,
    }
  }

  // -------------------------------------------------------------- snapshots

  /** The rows of the traces, one after the other. */
  stored(traces: readonly Trace[]): StoredSpans {
    const rows = traces.reduce((n, t) => n + t.count, 0)
    const figures = new Float64Array(rows * FIGURES)
    const ints = new Int32Array(rows * INTS)
    const siteOf = new Int32Array(rows)
    const numbers = new Map<Site, number>()
    const messages: [number, string][] = []
    const words: [number, readonly number[]][] = []
    let to = 0
    for (const trace of traces)
      for (let row = trace.head; row !== NONE; row = this.#ints[row * INTS + NEXT] as number) {
        for (let i = 0; i < FIGURES; i++)
          figures[to * FIGURES + i] = this.#figures[row * FIGURES + i] as number
        for (let i = 0; i < INTS; i++) ints[to * INTS + i] = this.#ints[row * INTS + i] as number
        const site = this.#sites[row] as Site
        let number = numbers.get(site)
        if (number === undefined) {
          number = numbers.size
          numbers.set(site, number)
        }
        siteOf[to] = number
        const message = this.#messages.size === 0 ? undefined : this.#messages.get(row)
        if (message !== undefined) messages.push([to, message])
        const ofRow = this.#words.size === 0 ? undefined : this.#words.get(row)
        if (ofRow !== undefined) words.push([to, ofRow])
        to++
      }
    return { figures, ints, sites: [...numbers.keys()], siteOf, messages, words }
  }

  /** Takes rows in, for traces whose numbers of spans are given. */
  restore(traces: readonly (readonly [trace: Trace, count: number])[], from: StoredSpans): void {
    const first: number[] = []
    let at = 0
    for (const [trace, count] of traces)
      for (let i = 0; i < count; i++, at++) {
        const row = this.#take()
        first.push(row)
        this.#figures.set(from.figures.subarray(at * FIGURES, (at + 1) * FIGURES), row * FIGURES)
        this.#ints.set(from.ints.subarray(at * INTS, (at + 1) * INTS), row * INTS)
        this.#sites[row] = from.sites[from.siteOf[at] as number] as Site
        this.#link(trace, row)
      }
    for (const [n, text] of from.messages) this.#messages.set(first[n] as number, text)
    for (const [n, words] of from.words) this.#words.set(first[n] as number, words)
  }
}

const COUNTS = new Int32Array(GROUP_KINDS.similar + CALL_WORDS)

function increment(counts: Int32Array, slot: number): void {
  counts[slot] = (counts[slot] as number) + 1
}

function wordsOf(o: Observations): number[] {
  const out: number[] = []
  for (let i = 0; i < CALL_WORDS; i++) if (o.word(i) !== 0) out.push(o.word(i))
  return out
}
