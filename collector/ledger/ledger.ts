// The usage ledger: which events were accepted, and which of them reported which usage first. Asked on the
// main thread between worker and log, so that a re-sent batch, or a second instrumentation of the same call
// in another request, counts once. Bounded; rebuilt from the log at a start.

import { CLAIM, CLAIM_STRIDE } from '../../core/reports/claim-rows.ts'
import { PairTable } from '../../core/reports/pair-table.ts'
import { intAt } from '../../core/reports/typed-arrays.ts'
import type { EventFacts, LedgerCorrection, Revision, UsageState } from '../../core/task.ts'
import { OUTCOME } from '../../usage/report.ts'
import type { DurableLog } from '../log/log.ts'
import { CommitLock } from './commit-lock.ts'
import { CommitPlaces } from './commit-places.ts'
import { unpackFacts } from './event-facts.ts'
import { HashTable } from './hash-table.ts'
import { type CommitOutcome, PendingCommits } from './pending-commits.ts'
import type { ReportState } from './report-history.ts'
import { type ReportDecision, type Revised, TraceReports } from './trace-reports.ts'

const ENTRIES_MAX = 1_000_000
const ID_BYTES = 16
const ID_INTS = 4
/** Keys of events and of claims live in one table; this keeps them apart. */
const CLAIM_SALT = 0x5bd1_e995
const TICKET_MAX = 0x7fff_ffff

export interface LedgerStats {
  readonly entries: number
  readonly entriesMax: number
  readonly evicted: number
  /** Reports remembered with their place in a trace. */
  readonly reports: number
  readonly reportsMax: number
  readonly reportsEvicted: number
  /** Memory that all of it takes. */
  readonly bytes: number
  /** Commits that the log has not answered for yet. */
  readonly openCommits: number
}

interface Decision {
  /** By event. */
  readonly corrections: Map<number, LedgerCorrection>
  readonly reports: ReportDecision
  /** Tickets of the commits, not yet durable, that hold events which these facts repeat. */
  readonly repeatsOpen: ReadonlySet<number>
}

export class UsageLedger {
  readonly commitLock = new CommitLock()
  readonly #table: HashTable
  readonly #reports: TraceReports
  #ticket = 0
  /** What the last check decided: it is committed as a rule before anything changes. */
  #last: { readonly facts: EventFacts; readonly decision: Decision } | null = null
  /** Which commit a set of facts was, for `rollback`. */
  readonly #tickets = new WeakMap<EventFacts, number>()
  /** What commits revised, for `rollback`; kept while anybody has the facts. */
  readonly #revised = new WeakMap<EventFacts, readonly Revised[]>()
  readonly #open = new PendingCommits()
  readonly #places = new CommitPlaces()
  readonly #owner = new Int32Array(ID_INTS)
  /** First event with an id, by half of the id. */
  readonly #seen = new PairTable()

  /** Bounds: event ids and claims, reports, and bytes of what revisions need of an event. */
  constructor(entriesMax = ENTRIES_MAX, reportsMax?: number, entryBytesMax?: number) {
    this.#table = new HashTable(entriesMax, ID_INTS)
    this.#reports = new TraceReports(reportsMax, undefined, entryBytesMax)
  }

  /**
   * What the worker could not know of these events. An event id that is known, or that comes twice in these facts, is a
   * `resend`; a report of a call that another event counts for is a `duplicate` of that event; a `container` only has what others
   * report; and what `counts` does so although its batch took it for a repetition, or counts a remainder.
   */
  check(facts: EventFacts): LedgerCorrection[] {
    const decision = this.#decide(facts)
    this.#last = { facts, decision }
    return [...decision.corrections.values()]
  }

  /**
   * The same with what exporters need to revise them, for a caller without a log. A stored event whose entry was written over in the
   * ring is left out; where there is a log, it is read from there (`collector/intake/stored-events.ts`).
   */
  revisions(facts: EventFacts): readonly Revision[] {
    const out: Revision[] = []
    for (const { entry, before, after, revision } of this.revised(facts))
      if (entry !== null)
        out.push({ entry, before: usageState(before), after: usageState(after), revision })
    return out
  }

  /** Stored events of which something else is decided now that these facts have come. Call it in the same turn as `check`. */
  revised(facts: EventFacts): readonly Revised[] {
    const { reports } = this.#last?.facts === facts ? this.#last.decision : this.#decide(facts)
    return reports.revised
  }

  #decide(facts: EventFacts): Decision {
    const corrections = new Map<number, LedgerCorrection>()
    const repeatsOpen = new Set<number>()
    const ids = idsOf(facts)
    this.#findResends(facts, ids, corrections, repeatsOpen)
    const { claims } = facts
    const owners = new Map<number, Uint8Array>()
    for (let i = 0; i < claims.length; i += CLAIM_STRIDE) {
      const event = intAt(claims, i + CLAIM.EVENT)
      if (!this.#isOfOther(claims, i, ids, event) || corrections.has(event)) continue
      if (!owners.has(event)) owners.set(event, new Uint8Array(this.#owner.slice().buffer))
    }
    const reports = this.#reports.decide(facts, corrections, owners)
    return { corrections, reports, repeatsOpen }
  }

  #findResends(
    facts: EventFacts,
    ids: Int32Array,
    corrections: Map<number, LedgerCorrection>,
    repeatsOpen: Set<number>,
  ): void {
    this.#seen.clear()
    for (let event = 0; event < facts.count; event++) {
      const ticket = this.#ticketOf(ids, event)
      const at = event * ID_INTS
      const first = this.#seen.getOrSet(intAt(ids, at), intAt(ids, at + 1), event)
      if (ticket === 0 && (first < 0 || !isSameId(ids, first * ID_INTS, ids, event))) continue
      corrections.set(event, { event, reason: 'resend', of: idAt(facts, event) })
      if (this.#open.has(ticket)) repeatsOpen.add(ticket)
    }
  }

  /** Takes the facts in, before they are durable, so that tasks behind see them. What is known stays as it is. */
  commit(facts: EventFacts): void {
    const { corrections, reports } =
      this.#last?.facts === facts ? this.#last.decision : this.#decide(facts)
    this.#last = null
    this.#ticket = (this.#ticket % TICKET_MAX) + 1
    const ticket = this.#ticket
    this.#tickets.set(facts, ticket)
    const ids = idsOf(facts)
    const { claims, count } = facts
    for (let event = 0; event < count; event++) {
      const at = event * ID_INTS
      this.#add(intAt(ids, at), intAt(ids, at + 1), ids, at, ticket)
    }
    const counted = this.#countedOf(facts, corrections, reports)
    this.#reports.remember(facts, reports, ticket)
    if (reports.revised.length > 0) this.#revised.set(facts, reports.revised)
    for (let i = 0; i < claims.length; i += CLAIM_STRIDE) {
      const event = intAt(claims, i + CLAIM.EVENT)
      // What a repeated report also goes by belongs to the one that counts.
      const of = counted.get(event)
      const owner = of ?? ids
      const at = of === undefined ? event * ID_INTS : 0
      this.#add(claimLo(claims, i), intAt(claims, i + CLAIM.H1), owner, at, ticket)
    }
  }

  /** For events that repeat another: the event id of the one that counts. */
  #countedOf(
    facts: EventFacts,
    corrections: ReadonlyMap<number, LedgerCorrection>,
    { traces, stateOf }: ReportDecision,
  ): ReadonlyMap<number, Int32Array> {
    const out = new Map<number, Int32Array>()
    this.#reports.eachSettledRepeat(facts, (event, owner) => {
      out.set(event, intsOf(idAt(facts, owner)))
    })
    for (const [event, h] of corrections) if (h.reason === 'duplicate') out.set(event, intsOf(h.of))
    for (const ofTrace of traces.values())
      for (const n of ofTrace) {
        if (n.outcome !== OUTCOME.REPEATS || out.has(n.event)) continue
        const { owner } = stateOf(n)
        if (owner !== '') out.set(n.event, intsOf(Buffer.from(owner, 'latin1')))
      }
    return out
  }

  /** Says when the record of committed facts is durable; until then `durabilityOf` whatever repeats them waits for it. */
  track(facts: EventFacts, outcome: Promise<CommitOutcome>): void {
    const ticket = this.#tickets.get(facts)
    if (ticket !== undefined) this.#open.add(ticket, outcome)
  }

  /** Says which record of the log holds committed facts. */
  noteRecord(facts: EventFacts, sequence: bigint): void {
    const ticket = this.#tickets.get(facts)
    if (ticket !== undefined) this.#places.note(ticket, sequence)
  }

  /** The record of a commit, when it is durable; null when that is not known, or when it was refused. */
  async recordOf(ticket: number): Promise<bigint | null> {
    if (this.#open.has(ticket)) await this.#open.outcomeOf(new Set([ticket]))
    return this.#places.sequenceOf(ticket)
  }

  /**
   * What an acknowledgement of these facts rests upon when they were accepted before and nothing of them is stored
   * anew: the outcome of the records that hold their events. Call it in the same turn as `check`.
   */
  durabilityOf(facts: EventFacts): Promise<CommitOutcome> {
    const { repeatsOpen } = this.#last?.facts === facts ? this.#last.decision : this.#decide(facts)
    return this.#open.outcomeOf(repeatsOpen)
  }

  /** Takes back what `commit` of the same object added, when the append failed. */
  rollback(facts: EventFacts): void {
    const ticket = this.#tickets.get(facts)
    if (ticket === undefined) return
    this.#tickets.delete(facts)
    this.#last = null
    const ids = idsOf(facts)
    for (let at = 0; at < facts.count * ID_INTS; at += ID_INTS)
      this.#table.remove(intAt(ids, at), intAt(ids, at + 1), ticket)
    const { claims } = facts
    for (let i = 0; i < claims.length; i += CLAIM_STRIDE)
      this.#table.remove(claimLo(claims, i), intAt(claims, i + CLAIM.H1), ticket)
    this.#reports.forget(facts, ticket)
    // In reverse: what was revised twice gets its first state back.
    for (const revised of this.#revised.get(facts)?.toReversed() ?? [])
      this.#reports.restore(revised)
    this.#revised.delete(facts)
  }

  /** Reads the facts of the newest events in the log, as many as fit; `wants` picks the pipelines that share this ledger. */
  async rebuild(log: DurableLog, wants: (pipeline: string) => boolean = () => true): Promise<void> {
    const reader = log.reader(log.sequenceOfNewest(this.#table.entriesMax), { factsOnly: true })
    try {
      for (let r = await reader.poll(); r !== null; r = await reader.poll()) {
        const { eventIds } = r
        const count = eventIds.length / ID_BYTES
        if (!wants(r.pipeline)) continue
        const facts = { count, eventIds, ...unpackFacts(r.claims, eventIds) }
        this.commit(facts)
        this.noteRecord(facts, r.sequence)
      }
    } finally {
      await reader.close()
    }
  }

  stats(): LedgerStats {
    const { size, entriesMax, evicted } = this.#table
    const { size: reports, sizeMax: reportsMax, evicted: reportsEvicted } = this.#reports
    const bytes = this.#table.byteLength + this.#reports.byteLength + this.#places.byteLength
    const openCommits = this.#open.size
    return {
      entries: size,
      entriesMax,
      evicted,
      reports,
      reportsMax,
      reportsEvicted,
      bytes,
      openCommits,
    }
  }

  /** Ticket of the commit that took the event in, 0 when it is unknown. */
  #ticketOf(ids: Int32Array, event: number): number {
    const at = event * ID_INTS
    const ticket = this.#table.find(intAt(ids, at), intAt(ids, at + 1), this.#owner)
    return ticket !== 0 && isSameId(this.#owner, 0, ids, event) ? ticket : 0
  }

  /** True when another event made the claim in an earlier task; `#owner` is its id then. */
  #isOfOther(claims: Int32Array, i: number, ids: Int32Array, event: number): boolean {
    const ticket = this.#table.find(claimLo(claims, i), intAt(claims, i + CLAIM.H1), this.#owner)
    return ticket !== 0 && !isSameId(this.#owner, 0, ids, event)
  }

  #add(lo: number, hi: number, owner: Int32Array, ownerAt: number, ticket: number): void {
    if (!this.#table.has(lo, hi)) this.#table.add(lo, hi, owner, ownerAt, ticket)
  }
}

const OUTCOMES = {
  [OUTCOME.OPEN]: 'counts',
  [OUTCOME.COUNTED]: 'counts',
  [OUTCOME.REPEATS]: 'repeats',
  [OUTCOME.CONTAINER]: 'contains',
} as const

/** What was decided, as workers are told it. */
export function usageState({ outcome, owner, rest }: ReportState): UsageState {
  return {
    outcome: OUTCOMES[outcome],
    of: owner === '' ? null : Buffer.from(owner, 'latin1'),
    rest,
  }
}

/** The event ids as integers, four each; a copy when they do not lie where integers can. */
function idsOf({ eventIds, count }: EventFacts): Int32Array {
  const { buffer, byteOffset } = eventIds
  return byteOffset % 4 === 0
    ? new Int32Array(buffer, byteOffset, count * ID_INTS)
    : intsOf(eventIds.subarray(0, count * ID_BYTES))
}

/** A copy of ids as integers. */
function intsOf(ids: Uint8Array): Int32Array {
  return new Int32Array(Uint8Array.from(ids).buffer)
}

function claimLo(claims: Int32Array, i: number): number {
  return intAt(claims, i + CLAIM.H0) ^ CLAIM_SALT
}

function idAt(facts: EventFacts, event: number): Uint8Array {
  return facts.eventIds.slice(event * ID_BYTES, (event + 1) * ID_BYTES)
}

function isSameId(a: Int32Array, aAt: number, ids: Int32Array, event: number): boolean {
  const at = event * ID_INTS
  for (let i = 0; i < ID_INTS; i++) if (a[aAt + i] !== ids[at + i]) return false
  return true
}
