// What the rules would have found in stored events: they go through the `signals` processor and a detector of their own, as they did when
// they came in, and what is found is counted. Nothing is stored. The same events give the same answer, and memory does not grow with
// their number.

import { Arena } from '../../core/arena.ts'
import { SpanBatch } from '../../core/batch.ts'
import type { ChainContext, Processor } from '../../core/component.ts'
import { EventTable } from '../../core/event.ts'
import type { Replay, ReplayedIssue, StoredEventRow } from '../../core/operations.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { SignalDetector } from '../../detection/detector.ts'
import { encoder } from '../../detection/encode.ts'
import { type SignalsConfig, signals as signalsProcessor } from '../../processors/signals/index.ts'
import { ByEnd } from './by-end.ts'
import { addStored } from './stored-event.ts'

/** Events that are judged together: as many, and from so short a time, as an instance would be sent. */
const TASK_EVENTS = 100
const TASK_MS = 5000
/** How long after its end an event is taken to have come in. */
const DELAY_MS = 1000
const ISSUES_MAX = 5000
const ISSUES_SHOWN = 100
const IDS_MAX = 200_000

type Count = { -readonly [K in keyof ReplayedIssue]: ReplayedIssue[K] }

export class RuleReplay {
  readonly #processor: Processor
  readonly #detector: SignalDetector
  readonly #events = new EventTable(new SpanBatch(new Arena()))
  readonly #encoder = encoder('replay', {})
  readonly #isWanted: (signal: Signal) => boolean
  readonly #held = new ByEnd<StoredEventRow>()
  readonly #issues = new Map<string, Count>()
  readonly #rules = new Map<string, { signal: Signal; signals: number; issues: number }>()
  /** Signals over several events, which are told again when they change. */
  readonly #known = new Set<string>()
  #task: StoredEventRow[] = []
  #taskEndMs = 0
  #count = 0
  #signals = 0
  #superseded = 0
  #isCut = false

  /** `rule`: an id, with or without its version, or a type; null for all. */
  constructor(settings: SignalsConfig, rule: string | null) {
    this.#processor = signalsProcessor.create(settings)
    this.#detector = new SignalDetector(settings)
    this.#isWanted = (s) =>
      rule === null || s.type === rule || s.rule === rule || s.rule.split('@')[0] === rule
  }

  /** Takes pages of events in the order of their start. Yields how many were judged. */
  async *run(pages: AsyncIterable<readonly StoredEventRow[]>): AsyncGenerator<number, Replay> {
    for await (const page of pages) {
      for (const row of page) this.#hold(row)
      const newest = msOf(page.at(-1), 'start_time_') ?? 0
      yield* this.#judgeUntil(newest)
    }
    yield* this.#judgeUntil(Number.POSITIVE_INFINITY)
    this.#runTask()
    this.#keep(this.#detector.finish())
    return this.#answer()
  }

  #hold(row: StoredEventRow): void {
    const endMs = msOf(row, 'end_time_') ?? msOf(row, 'start_time_') ?? 0
    let chars = 0
    for (const name in row) {
      const value = row[name]
      if (typeof value === 'string') chars += value.length
    }
    this.#held.push({ endMs, chars, value: row })
  }

  async *#judgeUntil(startMs: number): AsyncGenerator<number> {
    for (let next = this.#held.next(startMs); next !== null; next = this.#held.next(startMs)) {
      const isFull = this.#task.length >= TASK_EVENTS || next.endMs - this.#taskEndMs > TASK_MS
      if (isFull && this.#task.length > 0) {
        this.#runTask()
        yield this.#count
        // Others get a turn.
        await new Promise<void>((resolve) => setImmediate(resolve))
      }
      if (this.#task.length === 0) this.#taskEndMs = next.endMs
      this.#task.push(next.value)
    }
  }

  #runTask(): void {
    if (this.#task.length === 0) return
    const events = this.#events
    events.batch.reset()
    events.reset()
    let endMs = this.#taskEndMs
    for (const row of this.#task) {
      addStored(events, row)
      endMs = Math.max(endMs, msOf(row, 'end_time_') ?? 0)
    }
    this.#count += this.#task.length
    this.#task = []
    const signals: Signal[] = []
    const ctx: ChainContext = {
      count: () => {
        // The counters of the instance are about what comes in.
      },
      signal: (signal) => signals.push(signal),
      signals,
      explain: false,
    }
    this.#processor.process(events.batch, events, ctx)
    for (const signal of signals) this.#add(signal)
    const atMs = endMs + DELAY_MS
    for (const part of this.#encoder.encode({ batch: events.batch, events, signals }, NONE, ctx))
      this.#keep(this.#detector.observe(part.bytes, atMs))
    while (this.#detector.isBehind) this.#keep(this.#detector.advance(atMs))
  }

  /** Signals over several events: each counts once. */
  #keep(signals: readonly Signal[]): void {
    for (const signal of signals) {
      if (signal.evidence['superseded'] === true && this.#isWanted(signal)) this.#superseded++
      if (this.#known.has(signal.signal_id)) continue
      if (this.#known.size < IDS_MAX) this.#known.add(signal.signal_id)
      this.#add(signal)
    }
  }

  #add(signal: Signal): void {
    if (!this.#isWanted(signal)) return
    this.#signals++
    const name = `${signal.rule} ${signal.type} ${signal.severity}`
    let rule = this.#rules.get(name)
    if (rule === undefined) {
      rule = { signal, signals: 0, issues: 0 }
      this.#rules.set(name, rule)
    }
    rule.signals++
    const known = this.#issues.get(signal.fingerprint)
    if (known !== undefined) add(known, signal)
    else if (this.#issues.size >= ISSUES_MAX) this.#isCut = true
    else {
      rule.issues++
      this.#issues.set(signal.fingerprint, issueOf(signal))
    }
  }

  #answer(): Replay {
    const byCount =
      <T>(count: (x: T) => number, name: (x: T) => string) =>
      (a: T, b: T): number =>
        count(b) - count(a) || (name(a) < name(b) ? -1 : 1)
    const issues = [...this.#issues.values()].toSorted(
      byCount(
        (i) => i.count,
        (i) => i.fingerprint,
      ),
    )
    const rules = [...this.#rules].toSorted(
      byCount(
        ([, r]) => r.signals,
        ([name]) => name,
      ),
    )
    return {
      events: this.#count,
      signals: this.#signals,
      superseded: this.#superseded,
      rules: rules.map(([, { signal, signals, issues: n }]) => ({
        rule: signal.rule,
        type: signal.type,
        severity: signal.severity,
        signals,
        issues: n,
      })),
      issues: issues.slice(0, ISSUES_SHOWN),
      is_cut: this.#isCut || issues.length > ISSUES_SHOWN,
    }
  }
}

const NONE: ReadonlySet<number> = new Set()

/** A time that is a text with ns since the epoch. */
function msOf(row: StoredEventRow | undefined, column: string): number | null {
  const value = row?.[column]
  return typeof value === 'string' && value !== '' ? Number(value) / 1e6 : null
}

function issueOf(s: Signal): Count {
  const { fingerprint, type, severity, rule, trace_id, span_id, value, threshold, evidence } = s
  const at = timeOf(s)
  return {
    fingerprint,
    type,
    severity,
    rule,
    count: 1,
    first_at: at,
    last_at: at,
    trace_id,
    span_id,
    value,
    threshold,
    evidence,
  }
}

function add(issue: Count, s: Signal): void {
  const at = timeOf(s)
  issue.count++
  if (at < issue.first_at) issue.first_at = at
  if (at < issue.last_at) return
  const { trace_id, span_id, value, threshold, evidence } = s
  Object.assign(issue, { last_at: at, trace_id, span_id, value, threshold, evidence })
}

const timeOf = ({ at }: Signal): string => new Date(Number(BigInt(at) / 1_000_000n)).toISOString()
