// Decides containers of calls: agents, chains, outer spans of SDKs. A container reports the usage of the calls inside it, so
// it counts only what those calls do not report themselves: all of it if none of them was seen, a remainder if some were,
// nothing if they explain all of it. Calls that use more than the container reports are no contradiction, because not every
// container knows all of its calls.

import { REPORT_FLAG } from '../core/reports/report-rows.ts'
import type { UsageCounts } from '../core/task.ts'
import { type Call, LINKS_MAX, OUTCOME, type UsageReport } from './report.ts'
import { isBesideElsewhere, isNear, isWithin, KNOWLEDGE } from './similarity.ts'

interface Sums {
  input: number
  output: number
  read: number
  written: number
  reasoning: number
}

/** Decides the containers, after it was decided which reports of calls count. */
export function decideContainers(reports: readonly UsageReport[]): void {
  const all = reports.filter((n) => n.isContainer && n.outcome === OUTCOME.COUNTED)
  if (all.length === 0) return
  const steps = new Set(all.filter(isStep))
  for (const n of steps) n.contains()
  const containers = steps.size === 0 ? all : all.filter((n) => !steps.has(n))
  findByTime(reports, containers)
  const inside = new Map<UsageReport, Sums>()
  const places = placesOf(reports)
  for (const [call, container] of places) addTo(inside, container, call.rest ?? countsOf(call))
  const calls = reports.filter((n) => n.isCall && n.outcome === OUTCOME.COUNTED && hasTokens(n))
  // From the innermost container to the outermost, because an outer one includes its inner ones or their calls.
  for (const c of containers.toSorted((a, b) => depthOf(b) - depthOf(a))) {
    const sums = inside.get(c)
    if (sums !== undefined) settle(c, sums)
    if (c.rest !== null && isHistory(c, c.rest, containers)) c.contains()
    const beside = c.outcome === OUTCOME.COUNTED ? findBeside(c, calls, places) : NO_CALLS
    if (beside.length > 0) c.contains()
    if (c.within === null) continue
    // A call that stands beside the container may be in an outer container already.
    const isIn = beside.some((call) => places.has(call))
    addTo(inside, countedAs(c.within), isIn ? (sums ?? NOTHING) : totalOf(c, sums))
  }
}

/** A step of a call, or within one: the call counts. */
function isStep(n: UsageReport): boolean {
  let at: UsageReport | null = n
  for (let i = 0; i < LINKS_MAX && at !== null; i++) {
    if (at.partOf !== null) return at.partOf.isCall
    at = at.within
  }
  return false
}

/** The innermost container of each call. Any of a call's reports may be inside a container. */
function placesOf(reports: readonly UsageReport[]): Map<UsageReport, UsageReport> {
  const places = new Map<Call, UsageReport>()
  for (const n of reports) {
    const container = n.within === null ? null : countedAs(n.within)
    if (!n.isCall || container === null) continue
    const call = n.call as Call
    const known = places.get(call)
    if (known === undefined || depthOf(container) > depthOf(known)) places.set(call, container)
  }
  const out = new Map<UsageReport, UsageReport>()
  for (const [call, container] of places) {
    const counted = call.members.find((m) => m.outcome === OUTCOME.COUNTED)
    if (counted !== undefined) out.set(counted, container)
  }
  return out
}

/** The report that counts for a container of which there are several reports. */
function countedAs(container: UsageReport): UsageReport {
  return container.counted ?? container
}

/**
 * A call with an unseen span above it is taken to be in the container around it in time. That span may be late or may never
 * come, and then the call would count twice.
 */
function findByTime(reports: readonly UsageReport[], containers: readonly UsageReport[]): void {
  for (const n of reports) {
    if (n.within !== null || !n.hasUnseenParent) continue
    let best: UsageReport | null = null
    for (const c of containers)
      if (c !== n && c.trace === n.trace && isWithin(n, c) && !isAbove(n, c))
        if (best === null || c.duration < best.duration) best = c
    n.within = best
  }
}

/** Whether `n` is above `c` and can therefore not be within it. */
function isAbove(n: UsageReport, c: UsageReport): boolean {
  let at: UsageReport | null = c
  for (let i = 0; i < LINKS_MAX && at !== null; i++) {
    if (at === n) return true
    at = at.within
  }
  return false
}

function depthOf(n: UsageReport): number {
  let depth = 0
  for (let at = n.within; at !== null && depth < LINKS_MAX; at = at.within) depth++
  return depth
}

function settle(c: UsageReport, inside: Sums): void {
  if (c.has(REPORT_FLAG.COST_ONLY)) return c.contains()
  const rest = restOf(c, inside)
  if (rest.input + rest.output === 0) c.contains()
  else if (rest.input !== c.input || rest.output !== c.output) c.counts(rest)
}

/**
 * Finds the calls that were made inside the container although their spans stand beside it, because the context was lost (in
 * a generator, in another thread), or are roots of other traces. They begin and end within it, and one of them, or all together, use
 * exactly what the container has left over.
 */
function findBeside(
  c: UsageReport,
  calls: readonly UsageReport[],
  places: ReadonlyMap<UsageReport, UsageReport>,
): readonly UsageReport[] {
  if (!hasTokens(c)) return NO_CALLS
  const rest = c.rest ?? c
  const beside = calls.filter(
    (n) =>
      (n.trace === c.trace ? isWithin(n, c) : isBesideElsewhere(n, c)) &&
      isOutside(places.get(n), c),
  )
  const isRest = (n: { input: number; output: number }): boolean =>
    isNear(n.input, rest.input) && isNear(n.output, rest.output)
  const input = beside.reduce((sum, n) => sum + n.input, 0)
  const output = beside.reduce((sum, n) => sum + n.output, 0)
  if (beside.length > 0 && isRest({ input, output })) return beside
  const one = beside.find(isRest)
  return one === undefined ? NO_CALLS : [one]
}
const NO_CALLS: readonly UsageReport[] = []

/** Whether a call is in no container, or in one around `c`. */
function isOutside(place: UsageReport | undefined, c: UsageReport): boolean {
  return place === undefined || (place !== c && isAbove(place, c))
}

function hasTokens(n: UsageReport): boolean {
  return !n.has(KNOWLEDGE) && n.input > 0 && n.output > 0
}

/** Whether the remainder was counted before: an agent that is used again may report the usage of its whole life. */
function isHistory(c: UsageReport, rest: UsageCounts, containers: readonly UsageReport[]): boolean {
  return containers.some(
    (o) =>
      o !== c &&
      o.container === c.container &&
      o.input === rest.input &&
      o.output === rest.output &&
      ((c.start - o.start) | 0) > 0,
  )
}

export function restOf(c: UsageReport, inside: UsageCounts): UsageCounts {
  if (c.has(REPORT_FLAG.TOTAL_ONLY)) {
    const input = beyond(c.input, inside.input + inside.output)
    return { input, output: 0, read: 0, written: 0, reasoning: 0 }
  }
  const input = beyond(c.input, inside.input)
  const output = beyond(c.output, inside.output)
  // Parts of zero are zero, and no part is larger than its whole.
  const read = Math.min(input, beyond(c.read, inside.read))
  const written = Math.min(input - read, beyond(c.written, inside.written))
  return {
    input,
    output,
    read,
    written,
    reasoning: Math.min(output, beyond(c.reasoning, inside.reasoning)),
  }
}

function beyond(reported: number, inside: number): number {
  return isNear(reported, inside) ? 0 : Math.max(0, reported - inside)
}

function countsOf(n: UsageReport): UsageCounts {
  if (n.has(REPORT_FLAG.COST_ONLY | REPORT_FLAG.NO_USAGE)) return NOTHING
  return n
}
const NOTHING: UsageCounts = { input: 0, output: 0, read: 0, written: 0, reasoning: 0 }

/** What an inner container adds to an outer one: what it reports, or what its calls report if that is more. */
function totalOf(c: UsageReport, inside: Sums | undefined): UsageCounts {
  const own = countsOf(c)
  if (inside === undefined) return own
  return {
    input: Math.max(own.input, inside.input),
    output: Math.max(own.output, inside.output),
    read: Math.max(own.read, inside.read),
    written: Math.max(own.written, inside.written),
    reasoning: Math.max(own.reasoning, inside.reasoning),
  }
}

/** The sum of what reports count. */
export function sumOf(reports: Iterable<UsageReport>): UsageCounts {
  const sums = { ...NOTHING }
  for (const n of reports) add(sums, n.call?.rest ?? countsOf(n))
  return sums
}

function addTo(inside: Map<UsageReport, Sums>, container: UsageReport, counts: UsageCounts): void {
  let sums = inside.get(container)
  if (sums === undefined) {
    sums = { ...NOTHING }
    inside.set(container, sums)
  }
  add(sums, counts)
}

function add(sums: Sums, counts: UsageCounts): void {
  sums.input += counts.input
  sums.output += counts.output
  sums.read += counts.read
  sums.written += counts.written
  sums.reasoning += counts.reasoning
}
