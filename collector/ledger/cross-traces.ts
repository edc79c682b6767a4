// Traces that share a call, or an agent: an SDK whose spans have traces of their own, a gateway that reports under the same response
// id, a log record without a trace, an agent that reports its whole life in every run. Finds the other traces that must be
// looked at together with one. Bounded by generations of open addressing; no object for an entry.

import { REPORT_FLAG } from '../../core/reports/report-rows.ts'
import type { UsageCounts } from '../../core/task.ts'
import type { UsageReport } from '../../usage/report.ts'
import {
  isAroundElsewhere,
  isBesideElsewhere,
  isExactly,
  isFailed,
  isSilent,
  isStreamOf,
} from '../../usage/similarity.ts'
import { HashTable } from './hash-table.ts'

/** Pairs of traces known to belong together; the oldest go first. */
const LINKS_MAX = 20_000
/** Traces that are looked at together at most. */
const FAMILY_MAX = 8
/** Calls of equal output that began in the same eight seconds and are remembered as candidates, and compared within a task. */
export const CANDIDATES_MAX = 16
/** Calls are looked for by eight seconds, streams by two minutes. */
const CALL_BITS = 13
const STREAM_BITS = 17

/** Kinds of entries in one table. */
export const KEY = {
  response: 0x2545_f491,
  twin: 0x1b56_c4e9,
  stream: 0x3c6e_f372,
  failed: 0x510e_527f,
  reported: 0x7feb_352d,
  awaited: 0x4cf5_ad43,
} as const

/** Calls a function with each remembered report of a trace. */
export type EachOf = (trace: number, use: (n: UsageReport) => void) => void
/** Returns true when it needs no more traces. */
export type UseTrace = (trace: number) => boolean

type Link = readonly [from: number, to: number]
const NO_LINKS: readonly Link[] = []

export class CrossTraces {
  readonly #table: HashTable
  readonly #links = new Map<number, Set<number>>()
  #newLinks: Link[] = []
  readonly #found = new Int32Array(1)
  readonly #owner = new Int32Array(1)

  constructor(entriesMax: number) {
    this.#table = new HashTable(entriesMax, 1)
  }

  get byteLength(): number {
    return this.#table.byteLength
  }

  /** True when other traces belong to this one. */
  isLinked(trace: number): boolean {
    return this.#links.has(trace)
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
    if (known?.has(to) === true || (known?.size ?? 0) >= FAMILY_MAX) return
    this.#newLinks.push([from, to])
    if (known !== undefined) {
      known.add(to)
      return
    }
    this.#links.set(from, new Set([to]))
    if (this.#links.size <= LINKS_MAX) return
    const oldest = this.#links.keys().next()
    if (oldest.done !== true) this.#links.delete(oldest.value)
  }

  /** Hands over the links that were made since the last call, for `unlink` when the commit that made them fails. */
  takeLinks(): readonly Link[] {
    if (this.#newLinks.length === 0) return NO_LINKS
    const links = this.#newLinks
    this.#newLinks = []
    return links
  }

  unlink(links: readonly Link[]): void {
    for (const [from, to] of links) {
      const known = this.#links.get(from)
      if (known?.delete(to) === true && known.size === 0) this.#links.delete(from)
    }
  }

  /**
   * Calls `use` with the traces that have a remembered report which may be the same call as the new report `n`, or the agent's earlier
   * or later run, until it returns true; true when it did.
   */
  someTrace(n: UsageReport, eachOf: EachOf, use: UseTrace): boolean {
    if (n.has(REPORT_FLAG.RESPONSE_ID)) {
      if (this.#find(n.response0 ^ KEY.response, n.response1) && use(this.#foundTrace)) return true
    }
    if (isTwinCandidate(n) && this.#someTwin(n, eachOf, use)) return true
    if (!n.isContainer) return false
    return this.#find(n.container ^ KEY.awaited, sumKey(n)) && use(this.#foundTrace)
  }

  /** The trace in which the container's agent reported exactly what `rest` is, in an earlier run. */
  traceOfRun(n: UsageReport, rest: UsageCounts): number | null {
    return this.#find(n.container ^ KEY.reported, sumKey(rest)) ? this.#foundTrace : null
  }

  remember(n: UsageReport, ticket: number): void {
    if (n.has(REPORT_FLAG.RESPONSE_ID))
      this.#add(n.response0 ^ KEY.response, n.response1, n.trace, ticket)
    if (isTwinCandidate(n)) this.#addTwin(n, ticket)
    if (!n.isContainer) return
    this.#add(n.container ^ KEY.reported, sumKey(n), n.trace, ticket)
    if (n.rest !== null) this.#add(n.container ^ KEY.awaited, sumKey(n.rest), n.trace, ticket)
  }

  /** Takes back what was remembered of a report under a ticket. */
  forget(n: UsageReport, ticket: number): void {
    this.#table.remove(n.response0 ^ KEY.response, n.response1, ticket)
    this.#table.remove(n.container ^ KEY.reported, sumKey(n), ticket)
    if (n.rest !== null) this.#table.remove(n.container ^ KEY.awaited, sumKey(n.rest), ticket)
    if (isTwinCandidate(n)) this.#forgetTwin(n, ticket)
  }

  /** Candidates of a bucket are numbered without a gap, so the last one takes the place of each that goes. */
  #forgetTwin(n: UsageReport, ticket: number): void {
    const key = twinKey(n) ^ placeOf(n)
    let last = CANDIDATES_MAX - 1
    while (last >= 0 && !this.#table.has(key, bucketKey(n, 0, last))) last--
    for (let i = last; i >= 0; i--) {
      if (this.#table.find(key, bucketKey(n, 0, i), this.#found) !== ticket) continue
      this.#table.remove(key, bucketKey(n, 0, i), ticket)
      const lastTicket = this.#table.find(key, bucketKey(n, 0, last), this.#found)
      if (i < last) {
        this.#table.remove(key, bucketKey(n, 0, last), lastTicket)
        this.#table.add(key, bucketKey(n, 0, i), this.#found, 0, lastTicket)
      }
      last--
    }
  }

  /** The inner one of two twins is a root: what is none itself looks among roots only. */
  #someTwin(n: UsageReport, eachOf: EachOf, use: UseTrace): boolean {
    if (this.#someTwinAmong(n, ROOT, eachOf, use)) return true
    return !n.has(REPORT_FLAG.PARENT) && this.#someTwinAmong(n, CHILD, eachOf, use)
  }

  #someTwinAmong(n: UsageReport, place: number, eachOf: EachOf, use: UseTrace): boolean {
    const key = twinKey(n) ^ place
    for (let step = -1; step <= 1; step++)
      for (let i = 0; i < CANDIDATES_MAX; i++) {
        if (!this.#find(key, bucketKey(n, step, i))) break
        const trace = this.#foundTrace
        if (trace !== n.trace && hasTwin(n, trace, eachOf) && use(trace)) return true
      }
    return false
  }

  #addTwin(n: UsageReport, ticket: number): void {
    for (let i = 0; i < CANDIDATES_MAX; i++) {
      const hi = bucketKey(n, 0, i)
      if (this.#table.has(twinKey(n) ^ placeOf(n), hi)) continue
      this.#add(twinKey(n) ^ placeOf(n), hi, n.trace, ticket)
      return
    }
  }

  get #foundTrace(): number {
    return this.#found[0] as number
  }

  /** True when there is an entry; `#foundTrace` is its trace then. */
  #find(lo: number, hi: number): boolean {
    return this.#table.find(lo, hi, this.#found) !== 0
  }

  #add(lo: number, hi: number, trace: number, ticket: number): void {
    if (this.#table.has(lo, hi)) return
    this.#owner[0] = trace
    this.#table.add(lo, hi, this.#owner, 0, ticket)
  }
}

function hasTwin(n: UsageReport, trace: number, eachOf: EachOf): boolean {
  let isTwin = false
  eachOf(trace, (o) => {
    isTwin ||= isTwinOf(n, o)
  })
  return isTwin
}

/**
 * A call that another trace may report as well, with nothing but time to tell: one of the two is a root, and one of them names no
 * response. Or both failed. Or a stream and the note with its usage, both roots.
 */
export function isTwinCandidate(n: UsageReport): boolean {
  if (!n.has(REPORT_FLAG.TIMES) || n.has(REPORT_FLAG.LOG)) return false
  // An agent in which no call was seen.
  if (n.isContainer) return n.output > 0 && n.input > 0
  if (isFailed(n)) return n.models !== 0
  if (isSilent(n) || n.isMoment) return !n.has(REPORT_FLAG.PARENT | REPORT_FLAG.ERROR)
  if (n.output === 0) return false
  return !n.has(REPORT_FLAG.PARENT) || !n.has(REPORT_FLAG.RESPONSE_ID)
}

/** Two reports in two traces may be one call: the inner one is a root, or both are. */
export function isTwinOf(a: UsageReport, b: UsageReport): boolean {
  if (a.trace === b.trace || a.project !== b.project || !b.has(REPORT_FLAG.REPORT)) return false
  if (a.isContainer || b.isContainer) return isOnlyCall(a, b) || isOnlyCall(b, a)
  const isUnknown = isSilent(a) || isSilent(b)
  if (isUnknown && !isFailed(a)) return isStreamOf(a, b) || isStreamOf(b, a)
  return isAroundElsewhere(b, a) || isAroundElsewhere(a, b)
}

function isOnlyCall(n: UsageReport, container: UsageReport): boolean {
  return (
    n.isCall && container.isContainer && isExactly(n, container) && isBesideElsewhere(n, container)
  )
}

/** Roots and others lie apart. */
const ROOT = 0
const CHILD = 0x6a09_e667
const placeOf = (n: UsageReport): number => (n.has(REPORT_FLAG.PARENT) ? CHILD : ROOT)

/** Twins have equal output, or have failed; a stream and its note have one instrumentation. */
export function twinKey(n: UsageReport): number {
  if (isFailed(n)) return n.project ^ KEY.failed
  const isStream = isSilent(n) || n.isMoment
  return isStream
    ? n.scope ^ n.project ^ KEY.stream
    : Math.imul(n.output, 0x9e37_79b1) ^ n.project ^ KEY.twin
}

function bucketKey(n: UsageReport, step: number, ordinal: number): number {
  const bits = (isSilent(n) && !isFailed(n)) || n.isMoment ? STREAM_BITS : CALL_BITS
  return ((n.start >> bits) + step) * CANDIDATES_MAX + ordinal
}

export function sumKey({ input, output }: Pick<UsageCounts, 'input' | 'output'>): number {
  return Math.imul(input, 0x85eb_ca6b) ^ Math.imul(output + 1, 0xc2b2_ae35)
}
