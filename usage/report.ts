// One report of usage as it is compared with others of its trace, and the call that it belongs to.

import { REPORT, REPORT_FLAG } from '../core/reports/report-rows.ts'

/** What was decided about a report: nothing yet, it counts, it repeats another one, or it is a container. */
export const OUTCOME = { OPEN: 0, COUNTED: 1, REPEATS: 2, CONTAINER: 3 } as const
export type Outcome = (typeof OUTCOME)[keyof typeof OUTCOME]

/** Keeps what was decided of earlier reports: event ids are read from it only when they are asked for. */
export interface RememberedIds {
  /** Event id of the report whose row begins at `at`, 16 bytes as latin1. */
  idText(at: number): string
  /** Event id of the report that counts for it, '' when unknown or when it is the one. */
  ownerText(at: number): string
}

export class UsageReport {
  /** Where its row begins. */
  at = 0
  event = 0
  span = 0
  parent = 0
  input = 0
  output = 0
  scope = 0
  /** Hashes of the two model names, 16 bits each: requested (high) and answered (low); 0 = none. */
  models = 0
  start = 0
  duration = 0
  flags = 0
  /** Ordinal of the event of the batch that made the same claim first, -1 when none did. */
  of = 0
  /** A report that was decided before has one and keeps it. */
  outcome: Outcome = OUTCOME.OPEN
  /** The client itself named the call (by a response id, or by a log record of the span): no later report changes that. */
  isSaid = false
  /** Ledger only: which commit remembers it (0 = it is new). */
  ticket = 0
  /** Ordinal of the event of the same batch that counts for it, -1 when that is none of them. */
  countedEvent = -1
  // The next three are set and cleared by `decideReports` while it runs.
  call: Call | null = null
  above: UsageReport | null = null
  /** A span between it and the root has not been seen, or not yet. */
  hasUnseenParent = false
  #texts: RememberedIds | null = null
  #owner: string | null = ''

  constructor(rows: Int32Array, at: number) {
    this.read(rows, at)
  }

  /** Becomes the new report whose row begins at `at`; the ledger uses its objects again and again. */
  read(rows: Int32Array, at: number): void {
    this.at = at
    this.event = rows[at + REPORT.EVENT] as number
    this.span = rows[at + REPORT.SPAN] as number
    this.parent = rows[at + REPORT.PARENT] as number
    this.input = rows[at + REPORT.INPUT] as number
    this.output = rows[at + REPORT.OUTPUT] as number
    this.scope = rows[at + REPORT.SCOPE] as number
    this.models = rows[at + REPORT.MODELS] as number
    this.start = rows[at + REPORT.START] as number
    this.duration = rows[at + REPORT.DURATION] as number
    this.flags = rows[at + REPORT.FLAGS] as number
    this.of = rows[at + REPORT.OF] as number
    this.outcome = OUTCOME.OPEN
    this.isSaid = false
    this.ticket = 0
    this.countedEvent = -1
    this.call = null
    this.above = null
    this.hasUnseenParent = false
    this.#texts = null
    this.#owner = ''
  }

  /** The report that was just read was decided before, in the commit of `ticket`. */
  recall(outcome: Outcome, isSaid: boolean, ticket: number, texts: RememberedIds): void {
    this.outcome = outcome
    this.isSaid = isSaid
    this.ticket = ticket
    this.#texts = texts
    this.#owner = null
  }

  /** Event id of the report that counts for it, 16 bytes as latin1; '' when unknown or when it is the one. */
  get owner(): string {
    if (this.#owner === null) this.#owner = this.#texts?.ownerText(this.at) ?? ''
    return this.#owner
  }

  set owner(eventId: string) {
    this.#owner = eventId
  }

  /** Its own event id; '' while it is new. */
  get id(): string {
    return this.#texts?.idText(this.at) ?? ''
  }

  has(flag: number): boolean {
    return (this.flags & flag) !== 0
  }
}

/** At most so many spans are passed on the way from a report to the one above it. */
export const LINKS_MAX = 16

const NO_CALLS: readonly never[] = []

/** The reports of one call. No two of them have the same place (parent and instrumentation), for an instrumentation reports a call once. */
export class Call {
  members: UsageReport[] = []
  /** Parent and instrumentation of each member. */
  places: number[] = []
  /** The calls whose sum this call is, when it is a container. */
  parts: readonly Call[] = NO_CALLS
  /** The call that is the sum of this and others, and counts instead of them. */
  countedBy: UsageReport | null = null
}

/** Begins a call with one report. */
export function startCall(n: UsageReport): void {
  const call = new Call()
  call.members.push(n)
  if (!n.has(REPORT_FLAG.LOG) && !n.has(REPORT_FLAG.STREAM_COPY)) call.places.push(placeOf(n))
  n.call = call
}

const placeOf = (n: UsageReport): number => (n.parent >>> 0) * 0x20_0000 + (n.scope >>> 11)

/** Makes the calls of two reports one; false when two members would have the same place. With `isSure` places are not compared. */
export function join(a: UsageReport, b: UsageReport, isSure = false): boolean {
  const x = a.call as Call
  const y = b.call as Call
  if (x === y) return true
  const [into, from] = x.members.length >= y.members.length ? [x, y] : [y, x]
  if (!isSure && from.places.some((s) => into.places.includes(s))) return false
  into.places.push(...from.places)
  for (const m of from.members) {
    m.call = into
    into.members.push(m)
  }
  return true
}
