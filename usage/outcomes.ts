// What becomes of the reports when it is known which of them are one call: which counts, which repeat it, which contain
// others.

import { REPORT_FLAG } from '../core/reports/report-rows.ts'
import { type Call, LINKS_MAX, OUTCOME, type UsageReport } from './report.ts'

export function decideCalls(reports: readonly UsageReport[]): void {
  // Most calls have one report and nothing to do with others.
  const calls = new Set<Call>()
  for (const n of reports) {
    const call = n.call as Call
    if (call.members.length > 1 || call.parts.length > 0) calls.add(call)
  }
  for (const call of calls)
    if (call.parts.length > 0) {
      const counted = call.members.find((m) => m.outcome === OUTCOME.COUNTED)
      // The sum came first and counts; what is new of its parts repeats it.
      if (counted !== undefined) for (const part of call.parts) part.countedBy = counted
    }
  let ids: Map<string, UsageReport> | null = null
  // Event ids are compared for few of the calls, and read for no others.
  const callOf = (eventId: string): Call | null | undefined => {
    ids ??= rememberedById(reports)
    return ids.get(eventId)?.call
  }
  for (const call of calls) decideCall(call, callOf)
  for (const n of reports) {
    const call = n.call as Call
    if (call.members.length > 1 || call.parts.length > 0 || n.outcome !== OUTCOME.OPEN) continue
    if (call.countedBy !== null) repeat(call.members, call.countedBy)
    else n.outcome = n.has(REPORT_FLAG.COUNTED) ? OUTCOME.COUNTED : OUTCOME.REPEATS
  }
}

export function decideAlone(n: UsageReport | undefined): void {
  if (n?.outcome !== OUTCOME.OPEN) return
  n.outcome = n.has(REPORT_FLAG.COUNTED) ? OUTCOME.COUNTED : OUTCOME.REPEATS
  n.countedEvent = n.of
}

/** The call that the report with an event id belongs to; undefined when no such report is remembered. */
type CallOf = (eventId: string) => Call | null | undefined

function decideCall(call: Call, callOf: CallOf): void {
  const open = call.members.filter((m) => m.outcome === OUTCOME.OPEN)
  if (open.length === 0) return
  const before = call.members.find((m) => m.outcome === OUTCOME.COUNTED) ?? call.countedBy
  const known = before ?? call.members.find((m) => isKnown(m, call, callOf))
  if (known != null) return repeat(open, known)
  if (call.parts.length > 0) {
    for (const m of open) m.outcome = OUTCOME.CONTAINER
    return
  }
  // Of a call and its containers the innermost counts: it is the one with the details.
  const counting = open.filter((m) => m.has(REPORT_FLAG.COUNTED))
  const best = counting.reduce<UsageReport | null>(
    (a, b) => (a === null || depth(b) > depth(a) ? b : a),
    null,
  )
  for (const m of open) {
    m.outcome = m === best ? OUTCOME.COUNTED : OUTCOME.REPEATS
    m.countedEvent = m === best || best === null ? -1 : best.event
  }
}

/**
 * A report that was found to repeat another, which turned out to be another call: twins that were tied by time alone
 * before their own parents came. Then this call has not been counted yet.
 */
function isKnown(m: UsageReport, call: Call, callOf: CallOf): boolean {
  if (m.outcome !== OUTCOME.REPEATS || m.isSaid) return m.outcome !== OUTCOME.OPEN
  const owner = callOf(m.owner)
  return owner === undefined || owner === call
}

function repeat(open: readonly UsageReport[], known: UsageReport): void {
  for (const m of open) {
    if (known.outcome === OUTCOME.CONTAINER) m.outcome = OUTCOME.CONTAINER
    else {
      m.outcome = OUTCOME.REPEATS
      m.owner = known.owner !== '' ? known.owner : known.id
      m.countedEvent = known.countedEvent
    }
  }
}

function depth(n: UsageReport): number {
  let d = 0
  for (let at = n.above; at !== null && d < LINKS_MAX; at = at.above) d++
  return d
}

/** Reports that were decided before, by their event id. */
export function rememberedById(ofTrace: readonly UsageReport[]): Map<string, UsageReport> {
  const byId = new Map<string, UsageReport>()
  for (const n of ofTrace) if (n.ticket !== 0) byId.set(n.id, n)
  return byId
}
