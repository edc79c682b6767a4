// Which reports of usage in one trace speak of the same call: the rules that compare what `kin-rows.ts` knows of them. Pure: `canonicalize` asks about a batch, the ledger about a batch beside what it remembers.
//
// What makes two reports one call (docs/decisions/0009-kin-of-reports.md):
//  - one contains the other (parent and child, over spans without usage of their own) and they are equal,
//  - they are siblings of two instrumentations, equal, of one model, one within the other in time,
//  - a client said so: the same response id, or a log record of that very span.
// A report that equals the sum of the calls below it repeats them. Equal numbers alone are no evidence.

import { KIN, KIN_FLAG } from './kin-rows.ts'

/** What is the outcome for a report. */
export const VERDICT = { OPEN: 0, COUNTED: 1, REPEATS: 2, CONTAINER: 3 } as const
export type Verdict = (typeof VERDICT)[keyof typeof VERDICT]

/** Keeps what was decided of earlier reports: event ids are read from it only when they are asked for. */
export interface KinTexts {
  /** Event id of the report whose row begins at `at`, 16 bytes as latin1. */
  idText(at: number): string
  /** Event id of the report that counts for it, '' when unknown or when it is the one. */
  ownerText(at: number): string
}

export class KinNode {
  /** Where its row begins. */
  at = 0
  event = 0
  span = 0
  parent = 0
  input = 0
  output = 0
  scope = 0
  models = 0
  start = 0
  duration = 0
  flags = 0
  of = 0
  /** Set: it was decided before and stays so. */
  verdict: Verdict = VERDICT.OPEN
  /** A client said so (response id, log record of the span): whatever comes later does not change it. */
  isSaid = false
  /** Ledger only: which commit remembers it (0 = it is new). */
  ticket = 0
  /** Ordinal of the event of the same batch that counts for it, -1 when that is none of them. */
  countedEvent = -1
  // Scratch of `judge`.
  call: Call | null = null
  above: KinNode | null = null
  /** Some span above it has not been seen (yet). */
  isStray = false
  #texts: KinTexts | null = null
  #owner: string | null = ''

  constructor(rows: Int32Array, at: number) {
    this.read(rows, at)
  }

  /** Becomes the new report whose row begins at `at`; the ledger uses its nodes again and again. */
  read(rows: Int32Array, at: number): void {
    this.at = at
    this.event = rows[at + KIN.EVENT] as number
    this.span = rows[at + KIN.SPAN] as number
    this.parent = rows[at + KIN.PARENT] as number
    this.input = rows[at + KIN.INPUT] as number
    this.output = rows[at + KIN.OUTPUT] as number
    this.scope = rows[at + KIN.SCOPE] as number
    this.models = rows[at + KIN.MODELS] as number
    this.start = rows[at + KIN.START] as number
    this.duration = rows[at + KIN.DURATION] as number
    this.flags = rows[at + KIN.FLAGS] as number
    this.of = rows[at + KIN.OF] as number
    this.verdict = VERDICT.OPEN
    this.isSaid = false
    this.ticket = 0
    this.countedEvent = -1
    this.call = null
    this.above = null
    this.isStray = false
    this.#texts = null
    this.#owner = ''
  }

  /** What was just read is a report decided before, in the commit of `ticket`. */
  recall(verdict: Verdict, isSaid: boolean, ticket: number, texts: KinTexts): void {
    this.verdict = verdict
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

const NO_CALLS: readonly never[] = []

/** Reports of one call. No two of them sit at one place: one instrumentation reports a call once there. */
class Call {
  members: KinNode[] = []
  seats: number[] = []
  /** Calls whose sum it is. */
  parts: readonly Call[] = NO_CALLS
  /** The call that is the sum of this and others, and counts instead of them. */
  countedBy: KinNode | null = null
}

const LINKS_MAX = 16
/** Of many alike only so many are compared: thousands of equal calls must not cost their square. */
const ALIKE_MAX = 16

/**
 * Decides the nodes of one trace that are open, in view of all of them. Nodes in order of arrival: those that were
 * decided before come first. Ties by time alone are for the ledger, which has the widest view.
 */
export function judge(nodes: readonly KinNode[], view: 'batch' | 'ledger'): void {
  const reports = nodes.filter((n) => n.has(KIN_FLAG.REPORT))
  if (reports.length < 2) return settleAlone(reports[0])
  for (const n of reports) seat(n)
  if (reports.some(isTold)) joinSaid(nodes, reports)
  if (reports.some((n) => n.has(KIN_FLAG.PARENT))) findAbove(nodes, reports)
  for (const n of reports) if (n.above !== null && isEqual(n, n.above)) join(n, n.above)
  joinSiblings(reports)
  if (view === 'ledger') joinStrays(reports)
  findSums(reports)
  settle(reports)
  for (const n of reports) {
    n.call = null
    n.above = null
    n.isStray = false
  }
}

function seat(n: KinNode): void {
  const call = new Call()
  call.members.push(n)
  if (!n.has(KIN_FLAG.LOG) && !n.has(KIN_FLAG.STREAM_COPY)) call.seats.push(seatOf(n))
  n.call = call
}

const seatOf = (n: KinNode): number => (n.parent >>> 0) * 0x20_0000 + (n.scope >>> 11)

function join(a: KinNode, b: KinNode, isSure = false): boolean {
  const x = a.call as Call
  const y = b.call as Call
  if (x === y) return true
  const [into, from] = x.members.length >= y.members.length ? [x, y] : [y, x]
  if (!isSure && from.seats.some((s) => into.seats.includes(s))) return false
  into.seats.push(...from.seats)
  for (const m of from.members) {
    m.call = into
    into.members.push(m)
  }
  return true
}

/** True when `joinSaid` has something to look at. */
function isTold(n: KinNode): boolean {
  return n.has(KIN_FLAG.LOG) || n.isSaid || (n.ticket === 0 && n.of >= 0)
}

/** What clients said themselves: one response id (found by its claim), or a log record of a span. */
function joinSaid(nodes: readonly KinNode[], reports: readonly KinNode[]): void {
  const byEvent = new Map<number, KinNode>()
  const spans = new Map<number, KinNode>()
  for (const n of nodes) {
    if (n.ticket === 0 && n.has(KIN_FLAG.REPORT)) byEvent.set(n.event, n)
    if (n.has(KIN_FLAG.REPORT) && !n.has(KIN_FLAG.LOG)) spans.set(n.span, n)
  }
  let byId: Map<string, KinNode> | null = null
  for (const n of reports) {
    if (n.ticket === 0 && n.of >= 0) joinFirst(n, byEvent.get(n.of))
    if (n.isSaid && n.owner !== '') {
      byId ??= rememberedById(nodes)
      const owner = byId.get(n.owner)
      if (owner?.call != null) join(n, owner, true)
    }
    const span = n.has(KIN_FLAG.LOG) ? spans.get(n.span) : undefined
    if (span !== undefined) join(n, span, true)
  }
}

function rememberedById(nodes: readonly KinNode[]): Map<string, KinNode> {
  const byId = new Map<string, KinNode>()
  for (const n of nodes) if (n.ticket !== 0) byId.set(n.id, n)
  return byId
}

/** The first report with the same response id may be in another trace: then the call is counted there. */
function joinFirst(n: KinNode, first: KinNode | undefined): void {
  n.isSaid = true
  if (first !== undefined) join(n, first, true)
  else if (n.verdict === VERDICT.OPEN) {
    n.verdict = VERDICT.REPEATS
    n.countedEvent = n.of
  }
}

/** The nearest report above each, over spans that report nothing. */
function findAbove(nodes: readonly KinNode[], reports: readonly KinNode[]): void {
  const bySpan = new Map<number, KinNode>()
  for (const n of nodes) {
    const before = bySpan.get(n.span)
    // The span itself says more than a log record of it, and a report more than a mere link.
    if (before === undefined || rank(n) > rank(before)) bySpan.set(n.span, n)
  }
  for (const n of reports) {
    let at: KinNode | undefined = n
    for (let i = 0; i < LINKS_MAX && at?.has(KIN_FLAG.PARENT) === true; i++) {
      at = bySpan.get(at.parent)
      if (at === undefined) n.isStray = true
      else if (at === n || at.has(KIN_FLAG.REPORT | KIN_FLAG.BARRIER)) break
    }
    if (at !== undefined && at !== n && at.has(KIN_FLAG.REPORT) && at.span !== n.span) n.above = at
  }
}

const rank = (n: KinNode): number =>
  (n.has(KIN_FLAG.LOG) ? 0 : 2) + (n.has(KIN_FLAG.REPORT) ? 1 : 0)

function joinSiblings(reports: readonly KinNode[]): void {
  const groups = new Map<number, KinNode[]>()
  for (const n of reports) {
    if (n.has(KIN_FLAG.LOG)) continue
    // Only reports of equal input can be one call; this also bounds what is compared.
    const key = (n.parent >>> 0) * 0x20_0000 + (n.input & 0x1f_ffff)
    const alike = groups.get(key)
    if (alike === undefined) groups.set(key, [n])
    else {
      joinNearest(n, alike)
      alike.push(n)
    }
  }
}

function joinNearest(n: KinNode, alike: readonly KinNode[]): void {
  const close = alike
    .slice(-ALIKE_MAX)
    .filter((o) => isSibling(n, o))
    .sort((a, b) => distance(n, a) - distance(n, b))
  for (const o of close) if (join(n, o)) return
}

/**
 * The span that ties two reports may still be on its way, or may be none that speaks of GenAI. Then time must
 * do: one within the other, exactly equal, the same model named by both, different instrumentations.
 */
function joinStrays(reports: readonly KinNode[]): void {
  if (!reports.some((n) => n.isStray && n.has(KIN_FLAG.TIMES))) return
  const groups = new Map<number, KinNode[]>()
  for (const n of reports) {
    if (n.has(KIN_FLAG.LOG) || n.has(KNOWLEDGE) || !n.has(KIN_FLAG.TIMES)) continue
    const key = (n.output >>> 0) * 0x20_0000 + (n.input & 0x1f_ffff)
    const alike = groups.get(key)
    if (alike === undefined) groups.set(key, [n])
    else alike.push(n)
  }
  for (const alike of groups.values())
    for (const n of alike) if (n.isStray && alike.length > 1) joinAround(n, alike)
}

/** A stray with the nearest of the reports around it. */
function joinAround(n: KinNode, alike: readonly KinNode[]): void {
  const around = alike
    .slice(-ALIKE_MAX)
    .filter((o) => isAround(o, n))
    .sort((a, b) => distance(n, a) - distance(n, b))
  for (const o of around) if (hasNoneInCommon(o, n) && join(n, o)) return
}

function isAround(outer: KinNode, n: KinNode): boolean {
  if (outer.scope === n.scope || outer.input !== n.input || outer.output !== n.output) return false
  if (outer.has(KIN_FLAG.RESPONSE_ID) && n.has(KIN_FLAG.RESPONSE_ID)) return false
  if (outer.models === 0 || n.models === 0 || !isSameModel(outer.models, n.models)) return false
  const start = (n.start - outer.start) | 0
  return start >= 0 && start + n.duration <= outer.duration
}

/** Of what is tied by time alone, each instrumentation reports a call once. */
function hasNoneInCommon(a: KinNode, b: KinNode): boolean {
  const scopes = new Set((a.call as Call).members.map((m) => m.scope))
  return !(b.call as Call).members.some((m) => scopes.has(m.scope))
}

function isSibling(a: KinNode, b: KinNode): boolean {
  if (a.parent !== b.parent || (a.flags ^ b.flags) & KIN_FLAG.PARENT) return false
  if (a.has(KIN_FLAG.RESPONSE_ID) && b.has(KIN_FLAG.RESPONSE_ID)) return false
  if (a.input !== b.input || !isEqual(a, b) || !isSameModel(a.models, b.models)) return false
  if (a.has(KIN_FLAG.STREAM_COPY) !== b.has(KIN_FLAG.STREAM_COPY)) return a.scope === b.scope
  return a.scope !== b.scope && isNested(a, b)
}

function isSameModel(a: number, b: number): boolean {
  if (a === 0 || b === 0) return true
  const high = a >>> 16
  const low = a & 0xffff
  const isIn = (x: number): boolean => x !== 0 && (x === b >>> 16 || x === (b & 0xffff))
  return isIn(high) || isIn(low)
}

function isNested(a: KinNode, b: KinNode): boolean {
  if (!a.has(KIN_FLAG.TIMES) || !b.has(KIN_FLAG.TIMES)) return false
  const start = (b.start - a.start) | 0
  const end = start + b.duration - a.duration
  return (start >= 0 && end <= 0) || (start <= 0 && end >= 0)
}

function distance(a: KinNode, b: KinNode): number {
  const start = (b.start - a.start) | 0
  return Math.abs(start) + Math.abs(start + b.duration - a.duration)
}

const KNOWLEDGE = KIN_FLAG.TOTAL_ONLY | KIN_FLAG.COST_ONLY

function isEqual(a: KinNode, b: KinNode): boolean {
  if ((a.flags ^ b.flags) & KNOWLEDGE) return false
  if (a.has(KIN_FLAG.COST_ONLY)) return a.input === b.input
  return isNear(a.input, b.input) && isNear(a.output, b.output)
}

/** Two counts of one call may differ by a token: clients and instrumentations end streams differently. */
function isNear(a: number, b: number): boolean {
  return a === b || (Math.abs(a - b) === 1 && a > 1 && b > 1)
}

/** Reports that are the sum of at least two calls below them. */
function findSums(reports: readonly KinNode[]): void {
  if (!reports.some((n) => n.above !== null)) return
  const below = new Map<KinNode, KinNode[]>()
  for (const n of reports) {
    if (n.above === null) continue
    const list = below.get(n.above)
    if (list === undefined) below.set(n.above, [n])
    else list.push(n)
  }
  for (const [parent, children] of below) {
    const calls = new Map<Call, KinNode>()
    for (const c of children) calls.set(c.call as Call, c)
    if (calls.size < 2 || calls.has(parent.call as Call)) continue
    if (isSum(parent, [...calls.values()])) (parent.call as Call).parts = [...calls.keys()]
  }
}

function isSum(parent: KinNode, parts: readonly KinNode[]): boolean {
  let input = 0
  let output = 0
  for (const p of parts) {
    if ((p.flags ^ parent.flags) & KNOWLEDGE) return false
    input += p.input
    output += p.output
  }
  return isNear(input, parent.input) && isNear(output, parent.output)
}

function settle(reports: readonly KinNode[]): void {
  // Most calls have one report and nothing to do with others.
  const calls = new Set<Call>()
  for (const n of reports) {
    const call = n.call as Call
    if (call.members.length > 1 || call.parts.length > 0) calls.add(call)
  }
  for (const call of calls)
    if (call.parts.length > 0) {
      const counted = call.members.find((m) => m.verdict === VERDICT.COUNTED)
      // The sum came first and counts; what is new of its parts repeats it.
      if (counted !== undefined) for (const part of call.parts) part.countedBy = counted
    }
  let ids: Map<string, KinNode> | null = null
  // Event ids are compared for few of the calls, and read for no others.
  const callOf = (eventId: string): Call | null | undefined => {
    ids ??= rememberedById(reports)
    return ids.get(eventId)?.call
  }
  for (const call of calls) settleCall(call, callOf)
  for (const n of reports) {
    const call = n.call as Call
    if (call.members.length > 1 || call.parts.length > 0 || n.verdict !== VERDICT.OPEN) continue
    if (call.countedBy !== null) repeat(call.members, call.countedBy)
    else n.verdict = n.has(KIN_FLAG.COUNTED) ? VERDICT.COUNTED : VERDICT.REPEATS
  }
}

function settleAlone(n: KinNode | undefined): void {
  if (n?.verdict !== VERDICT.OPEN) return
  n.verdict = n.has(KIN_FLAG.COUNTED) ? VERDICT.COUNTED : VERDICT.REPEATS
  n.countedEvent = n.of
}

type CallOf = (eventId: string) => Call | null | undefined

function settleCall(call: Call, callOf: CallOf): void {
  const open = call.members.filter((m) => m.verdict === VERDICT.OPEN)
  if (open.length === 0) return
  const before = call.members.find((m) => m.verdict === VERDICT.COUNTED) ?? call.countedBy
  const known = before ?? call.members.find((m) => isKnown(m, call, callOf))
  if (known != null) return repeat(open, known)
  if (call.parts.length > 0) {
    for (const m of open) m.verdict = VERDICT.CONTAINER
    return
  }
  // Of a call and its containers the innermost counts: it is the one with the details.
  const counting = open.filter((m) => m.has(KIN_FLAG.COUNTED))
  const best = counting.reduce<KinNode | null>(
    (a, b) => (a === null || depth(b) > depth(a) ? b : a),
    null,
  )
  for (const m of open) {
    m.verdict = m === best ? VERDICT.COUNTED : VERDICT.REPEATS
    m.countedEvent = m === best || best === null ? -1 : best.event
  }
}

/**
 * A report that was found to repeat another, which turned out to be another call: twins that were tied by time alone
 * before their own parents came. Then this call has not been counted yet.
 */
function isKnown(m: KinNode, call: Call, callOf: CallOf): boolean {
  if (m.verdict !== VERDICT.REPEATS || m.isSaid) return m.verdict !== VERDICT.OPEN
  const owner = callOf(m.owner)
  return owner === undefined || owner === call
}

function repeat(open: readonly KinNode[], known: KinNode): void {
  for (const m of open) {
    if (known.verdict === VERDICT.CONTAINER) m.verdict = VERDICT.CONTAINER
    else {
      m.verdict = VERDICT.REPEATS
      m.owner = known.owner !== '' ? known.owner : known.id
      m.countedEvent = known.countedEvent
    }
  }
}

function depth(n: KinNode): number {
  let d = 0
  for (let at = n.above; at !== null && d < LINKS_MAX; at = at.above) d++
  return d
}
