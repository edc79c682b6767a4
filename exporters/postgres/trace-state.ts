// What is stored for a trace: its sums, the ids of the events in them, and the sums of those events that name no
// conversation, session or user and therefore get the trace's. A later event may bring such an id, so those sums must be able
// to move.

import { type Added, reportsUsage, USAGE_LENGTH, usageOf } from './counted-events.ts'
import { isBefore } from './exact-times.ts'
import { type Fact, FLAG, isRevision } from './fact-document.ts'
import {
  addToSet,
  addUsage,
  isNothing,
  lesser,
  NO_USAGE,
  noSums,
  type Sums,
  type UsageSums,
} from './sums.ts'

/** Most events of a trace whose ids are stored in its row. Further events have rows of their own (`counted-events.ts`). */
export const SEEN_MAX = 2048

export const OWNERS = ['user', 'session', 'conversation'] as const
export type Owner = (typeof OWNERS)[number]

/** Sums of the events without their own id, where they cannot be derived from the row's other columns. */
export interface Inherited {
  user?: Sums
  session?: Sums
  conversation?: Sums
}

/** A row of `trace_summaries`, as read and as written. */
export interface TraceRow extends UsageSums {
  readonly tenant: string
  readonly project: string
  readonly trace: string
  environment: string | null
  root_name: string | null
  root_kind: string | null
  /** Start of the root span that named the trace, ms. Of several roots the earliest counts. */
  root_at: number | null
  service: string | null
  user: string | null
  session: string | null
  conversation: string | null
  /** ms since the epoch, and nanoseconds below the microsecond. */
  start: number
  start_ns: number
  end: number
  end_ns: number
  spans: number
  tools: number
  errors: number
  signals: number
  high_signals: number
  kinds: string[]
  models: string[]
  /** Ids of the events that are in the sums. */
  seen: number[]
  /** What those of them that report usage added first, `ADDED_STRIDE` numbers each; null in a row of an older version. */
  added: number[] | null
  inherited: Inherited | null
}

export function newTrace(tenant: string, project: string, trace: string): TraceRow {
  return {
    tenant,
    project,
    trace,
    environment: null,
    root_name: null,
    root_kind: null,
    root_at: null,
    service: null,
    user: null,
    session: null,
    conversation: null,
    start: Number.MAX_SAFE_INTEGER,
    start_ns: 0,
    end: 0,
    end_ns: 0,
    spans: 0,
    tools: 0,
    errors: 0,
    ...NO_USAGE,
    signals: 0,
    high_signals: 0,
    kinds: [],
    models: [],
    seen: [],
    added: [],
    inherited: null,
  }
}

/** The sums of the whole trace, in the form used for its parts. */
function wholeOf(row: TraceRow): Sums {
  return {
    events: row.spans,
    llm: row.llm,
    errors: row.errors,
    in: row.in,
    out: row.out,
    total: row.total,
    cost: row.cost,
    signals: row.signals,
    first: row.start,
    first_ns: row.start_ns,
    last: row.end,
    last_ns: row.end_ns,
    messages: 0,
    text: null,
    text_at: 0,
    models: [...row.models],
  }
}

/** Sums of the events that name no `owner` (user, session, conversation) themselves and therefore get the trace's. */
export function inheritedOf(row: TraceRow, owner: Owner): Sums {
  const kept = row.inherited?.[owner]
  if (kept !== undefined) return copyOf(kept)
  // Nothing is stored in two cases. Either the trace has an owner, and each of its events names one itself. Or the trace has
  // none, and no event names one.
  if (row[owner] !== null || row.spans === 0) return noSums()
  return wholeOf(row)
}

/**
 * Stores `sums` unless `inheritedOf` can derive them from the row. The row's own sums must be up to date before the call.
 */
export function keepInherited(row: TraceRow, owner: Owner, sums: Sums): void {
  const isDerived =
    row[owner] === null ? sums.messages === 0 && sums.text === null : isNothing(sums)
  const inherited = row.inherited ?? {}
  if (isDerived) delete inherited[owner]
  else inherited[owner] = sums
  row.inherited = Object.keys(inherited).length === 0 ? null : inherited
}

const NO_NANOS = { first_ns: 0, last_ns: 0 } as const

export function copyOf(sums: Readonly<Sums>): Sums {
  // Sums that an older version has stored have no nanoseconds.
  return { ...NO_NANOS, ...sums, models: [...sums.models] }
}

/** Adds an event to the sums. Returns false when it is already in them. */
export function addToTrace(row: TraceRow, fact: Fact): boolean {
  if (isRevision(fact)) return reviseTrace(row, fact)
  if (row.seen.includes(fact.id)) return false
  if (row.seen.length < SEEN_MAX) {
    row.seen.push(fact.id)
    if (reportsUsage(fact)) (row.added ??= []).push(fact.id, fact.known, ...usageOf(fact))
  }
  row.spans++
  addTimes(row, fact)
  if ((fact.flags & FLAG.TOOL) !== 0) row.tools++
  if ((fact.flags & FLAG.ERROR) !== 0) row.errors++
  addUsage(row, fact)
  row.environment = lesser(row.environment, fact.environment)
  row.service = lesser(row.service, fact.service)
  row.user = lesser(row.user, fact.user)
  row.session = lesser(row.session, fact.session)
  row.conversation = lesser(row.conversation, fact.conversation)
  if ((fact.flags & FLAG.ROOT) !== 0) addRoot(row, fact)
  addToSet(row.kinds, fact.kind)
  if (fact.model !== null) addToSet(row.models, fact.model)
  return true
}

function addTimes(row: TraceRow, { start, startNs, end, endNs }: Fact): void {
  if (isBefore(start, startNs, row.start, row.start_ns)) {
    row.start = start
    row.start_ns = startNs
  }
  if (isBefore(row.end, row.end_ns, end, endNs)) {
    row.end = end
    row.end_ns = endNs
  }
}

/** Event, number of reports it was decided from, and its usage. */
const ADDED_STRIDE = 2 + USAGE_LENGTH

/** What an event of the row added when it came; null when the row does not have it. */
export function addedBy(row: TraceRow, event: number): Added | null {
  const all = row.added ?? []
  for (let at = 0; at < all.length; at += ADDED_STRIDE)
    if (all[at] === event)
      return { revision: all[at + 1] as number, usage: all.slice(at + 2, at + ADDED_STRIDE) }
  return null
}

/** False when the event is in no sums: it never came, or retention took the trace. */
function reviseTrace(row: TraceRow, fact: Fact): boolean {
  if (row.spans === 0) return false
  addUsage(row, fact)
  return true
}

/**
 * Of several events without a parent, the earliest names the trace; of two at the same moment, the one with the lesser name.
 */
function addRoot(row: TraceRow, fact: Fact): void {
  const at = row.root_at
  if (at !== null && (fact.start > at || (fact.start === at && nameOf(fact) >= rootOf(row)))) return
  row.root_at = fact.start
  row.root_name = fact.name
  row.root_kind = fact.kind
}

const nameOf = (fact: Fact): string => `${fact.name ?? ''}\n${fact.kind}`
const rootOf = (row: TraceRow): string => `${row.root_name ?? ''}\n${row.root_kind ?? ''}`
