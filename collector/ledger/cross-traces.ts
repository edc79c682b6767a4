// Traces that share a call, or an agent: an SDK whose spans have traces of their own, a gateway that reports under the same response
// id, a log record without a trace, an agent that reports its whole life in every run. Finds the other traces that must be
// looked at together with one. Bounded by generations of open addressing; no object for an entry.

import { REPORT_FLAG } from '../../core/reports/report-rows.ts'
import type { UsageCounts } from '../../core/task.ts'
import type { UsageReport } from '../../usage/report.ts'
import { isAroundElsewhere, isSilent, isStreamOf } from '../../usage/similarity.ts'
import { HashTable } from './hash-table.ts'

/** Pairs of traces known to belong together; the oldest go first. */
const LINKS_MAX = 20_000
/** Traces that are looked at together at most. */
const FAMILY_MAX = 8
/** Calls of equal output that began in the same eight seconds and are remembered as candidates. */
const ALIKE_MAX = 16
/** Calls are looked for by eight seconds, streams by two minutes. */
const CALL_BITS = 13
const STREAM_BITS = 17

/** Kinds of entries in one table. */
const SALT = {
  response: 0x2545_f491,
  twin: 0x1b56_c4e9,
  stream: 0x3c6e_f372,
  reported: 0x7feb_352d,
  awaited: 0x4cf5_ad43,
} as const

/** Calls a function with each remembered report of a trace. */
export type EachOf = (trace: number, use: (n: UsageReport) => void) => void

export class CrossTraces {
  readonly #table: HashTable
  readonly #links = new Map<number, Set<number>>()
  readonly #found = new Uint8Array(16)
  readonly #foundInts = new Int32Array(this.#found.buffer)
  readonly #owner = new Uint8Array(16)
  readonly #ownerInts = new Int32Array(this.#owner.buffer)

  constructor(entriesMax: number) {
    this.#table = new HashTable(entriesMax)
  }

  get byteLength(): number {
    return this.#table.byteLength
  }

  /** The traces linked with one, itself first. */
  family(trace: number): readonly number[] {
    if (!this.#links.has(trace)) return [trace]
    const out = [trace]
    for (const at of out)
      for (const other of this.#links.get(at) ?? [])
        if (out.length < FAMILY_MAX && !out.includes(other)) out.push(other)
    return out
  }

  link(a: number, b: number): void {
    if (a === b) return
    this.#addLink(a, b)
    this.#addLink(b, a)
  }

  #addLink(from: number, to: number): void {
    const known = this.#links.get(from)
    if (known !== undefined) {
      if (known.size < FAMILY_MAX) known.add(to)
      return
    }
    this.#links.set(from, new Set([to]))
    if (this.#links.size <= LINKS_MAX) return
    const oldest = this.#links.keys().next()
    if (oldest.done !== true) this.#links.delete(oldest.value)
  }

  /** Traces with a remembered report that may be the same call as the new report `n`, or the agent's earlier or later run. */
  *tracesFor(n: UsageReport, eachOf: EachOf): Generator<number> {
    if (n.has(REPORT_FLAG.RESPONSE_ID)) {
      const trace = this.#find(n.response0 ^ SALT.response, n.response1)
      if (trace !== null) yield trace
    }
    if (isTwinCandidate(n)) yield* this.#twinsOf(n, eachOf)
    if (n.isContainer) {
      const trace = this.#find(n.container ^ SALT.awaited, sumKey(n))
      if (trace !== null) yield trace
    }
  }

  /** The trace in which the container's agent reported exactly what `rest` is, in an earlier run. */
  traceOfRun(n: UsageReport, rest: UsageCounts): number | null {
    return this.#find(n.container ^ SALT.reported, sumKey(rest))
  }

  remember(n: UsageReport, ticket: number): void {
    if (n.has(REPORT_FLAG.RESPONSE_ID))
      this.#add(n.response0 ^ SALT.response, n.response1, n.trace, ticket)
    if (isTwinCandidate(n)) this.#addTwin(n, ticket)
    if (!n.isContainer) return
    this.#add(n.container ^ SALT.reported, sumKey(n), n.trace, ticket)
    if (n.rest !== null) this.#add(n.container ^ SALT.awaited, sumKey(n.rest), n.trace, ticket)
  }

  /** Takes back what was remembered of a report under a ticket. */
  forget(n: UsageReport, ticket: number): void {
    this.#table.remove(n.response0 ^ SALT.response, n.response1, ticket)
    this.#table.remove(n.container ^ SALT.reported, sumKey(n), ticket)
    if (!isTwinCandidate(n)) return
    for (let i = 0; i < ALIKE_MAX; i++) this.#table.remove(twinKey(n), bucketKey(n, 0, i), ticket)
  }

  /** The inner one of two twins is a root: what is none itself looks among roots only. */
  *#twinsOf(n: UsageReport, eachOf: EachOf): Generator<number> {
    yield* this.#twinsAmong(n, ROOT, eachOf)
    if (!n.has(REPORT_FLAG.PARENT)) yield* this.#twinsAmong(n, CHILD, eachOf)
  }

  *#twinsAmong(n: UsageReport, place: number, eachOf: EachOf): Generator<number> {
    const key = twinKey(n) ^ place
    for (const step of [-1, 0, 1])
      for (let i = 0; i < ALIKE_MAX; i++) {
        const trace = this.#find(key, bucketKey(n, step, i))
        if (trace === null) break
        if (trace === n.trace) continue
        let isTwin = false
        eachOf(trace, (o) => {
          isTwin ||= isTwinOf(n, o)
        })
        if (isTwin) yield trace
      }
  }

  #addTwin(n: UsageReport, ticket: number): void {
    for (let i = 0; i < ALIKE_MAX; i++) {
      const hi = bucketKey(n, 0, i)
      if (this.#find(twinKey(n) ^ placeOf(n), hi) !== null) continue
      this.#add(twinKey(n) ^ placeOf(n), hi, n.trace, ticket)
      return
    }
  }

  #find(lo: number, hi: number): number | null {
    return this.#table.find(lo, hi, this.#found) === 0 ? null : (this.#foundInts[0] as number)
  }

  #add(lo: number, hi: number, trace: number, ticket: number): void {
    if (this.#table.find(lo, hi, this.#found) !== 0) return
    this.#ownerInts[0] = trace
    this.#table.add(lo, hi, this.#owner, 0, ticket)
  }
}

/**
 * A call that another trace may report as well, with nothing but time to tell: one of the two is a root, and one of them names no
 * response. Or a stream and the note with its usage, both roots.
 */
export function isTwinCandidate(n: UsageReport): boolean {
  if (!n.isCall || !n.has(REPORT_FLAG.TIMES) || n.has(REPORT_FLAG.LOG)) return false
  if (isSilent(n) || n.isMoment) return !n.has(REPORT_FLAG.PARENT | REPORT_FLAG.ERROR)
  if (n.output === 0) return false
  return !n.has(REPORT_FLAG.PARENT) || !n.has(REPORT_FLAG.RESPONSE_ID)
}

/** Two reports in two traces may be one call: the inner one is a root, or both are. */
export function isTwinOf(a: UsageReport, b: UsageReport): boolean {
  if (a.trace === b.trace || a.project !== b.project || !b.isCall) return false
  if (isSilent(a) || isSilent(b)) return isStreamOf(a, b) || isStreamOf(b, a)
  return isAroundElsewhere(b, a) || isAroundElsewhere(a, b)
}

/** Roots and others lie apart. */
const ROOT = 0
const CHILD = 0x6a09_e667
const placeOf = (n: UsageReport): number => (n.has(REPORT_FLAG.PARENT) ? CHILD : ROOT)

/** Twins have equal output; a stream and its note have one instrumentation. */
export function twinKey(n: UsageReport): number {
  const isStream = isSilent(n) || n.isMoment
  return isStream
    ? n.scope ^ n.project ^ SALT.stream
    : Math.imul(n.output, 0x9e37_79b1) ^ n.project ^ SALT.twin
}

function bucketKey(n: UsageReport, step: number, ordinal: number): number {
  const bits = isSilent(n) || n.isMoment ? STREAM_BITS : CALL_BITS
  return ((n.start >> bits) + step) * ALIKE_MAX + ordinal
}

function sumKey({ input, output }: Pick<UsageCounts, 'input' | 'output'>): number {
  return Math.imul(input, 0x85eb_ca6b) ^ Math.imul(output + 1, 0xc2b2_ae35)
}
