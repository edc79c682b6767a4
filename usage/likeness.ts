// What two reports have in common: counts, models, times, parents, instrumentations.

import { REPORT_FLAG } from '../core/reports/report-rows.ts'
import type { Call, UsageReport } from './report.ts'

/** True when `outer` may be the same call as `n`, seen from outside: equal, of the same model, and `n` within it in time. */
export function isAround(outer: UsageReport, n: UsageReport): boolean {
  if (outer.scope === n.scope || outer.input !== n.input || outer.output !== n.output) return false
  if (outer.has(REPORT_FLAG.RESPONSE_ID) && n.has(REPORT_FLAG.RESPONSE_ID)) return false
  if (outer.models === 0 || n.models === 0 || !isSameModel(outer.models, n.models)) return false
  const start = (n.start - outer.start) | 0
  return start >= 0 && start + n.duration <= outer.duration
}

/** True when no instrumentation reports both calls: where only time speaks for one call, it would not report it twice. */
export function hasNoneInCommon(a: UsageReport, b: UsageReport): boolean {
  const scopes = new Set((a.call as Call).members.map((m) => m.scope))
  return !(b.call as Call).members.some((m) => scopes.has(m.scope))
}

/** True when two reports under one parent may be one call: equal, one model, two instrumentations, one within the other in time. */
export function isSibling(a: UsageReport, b: UsageReport): boolean {
  if (a.parent !== b.parent || (a.flags ^ b.flags) & REPORT_FLAG.PARENT) return false
  if (a.has(REPORT_FLAG.RESPONSE_ID) && b.has(REPORT_FLAG.RESPONSE_ID)) return false
  if (a.input !== b.input || !isEqual(a, b) || !isSameModel(a.models, b.models)) return false
  if (a.has(REPORT_FLAG.STREAM_COPY) !== b.has(REPORT_FLAG.STREAM_COPY)) return a.scope === b.scope
  return a.scope !== b.scope && isNested(a, b)
}

function isSameModel(a: number, b: number): boolean {
  if (a === 0 || b === 0) return true
  const high = a >>> 16
  const low = a & 0xffff
  const isIn = (x: number): boolean => x !== 0 && (x === b >>> 16 || x === (b & 0xffff))
  return isIn(high) || isIn(low)
}

function isNested(a: UsageReport, b: UsageReport): boolean {
  if (!a.has(REPORT_FLAG.TIMES) || !b.has(REPORT_FLAG.TIMES)) return false
  const start = (b.start - a.start) | 0
  const end = start + b.duration - a.duration
  return (start >= 0 && end <= 0) || (start <= 0 && end >= 0)
}

export function distance(a: UsageReport, b: UsageReport): number {
  const start = (b.start - a.start) | 0
  return Math.abs(start) + Math.abs(start + b.duration - a.duration)
}

export const KNOWLEDGE = REPORT_FLAG.TOTAL_ONLY | REPORT_FLAG.COST_ONLY

export function isEqual(a: UsageReport, b: UsageReport): boolean {
  if ((a.flags ^ b.flags) & KNOWLEDGE) return false
  if (a.has(REPORT_FLAG.COST_ONLY)) return a.input === b.input
  return isNear(a.input, b.input) && isNear(a.output, b.output)
}

/** Two counts of one call may differ by a token: clients and instrumentations end streams differently. */
export function isNear(a: number, b: number): boolean {
  return a === b || (Math.abs(a - b) === 1 && a > 1 && b > 1)
}
