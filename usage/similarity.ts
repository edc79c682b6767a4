// Compares two reports: counts, models, times, parents, instrumentations.

import { REPORT_FLAG } from '../core/reports/report-rows.ts'
import type { Call, UsageReport } from './report.ts'

/** Whether `n` may be the same call as `outer`, the nearest report above it. */
export function isInside(n: UsageReport, outer: UsageReport): boolean {
  // A gateway may give a response an id of its own; an instrumentation does not.
  if (n.scope === outer.scope && haveTwoIds(n, outer)) return false
  if (isEqual(n, outer)) return true
  if (!isSameModel(n.models, outer.models)) return false
  if (isSilent(n) || isSilent(outer)) return isSilentTwin(n, outer)
  if (haveTwoIds(n, outer) || !isWithin(n, outer)) return false
  return isSameOutput(n, outer) || isLesserReport(n, outer)
}

/**
 * Whether two instrumentations, one around the other, name a model and the same input, and the inner one leaves out of the output
 * what it does not know, such as reasoning.
 */
function isLesserReport(n: UsageReport, outer: UsageReport): boolean {
  if ((n.flags | outer.flags) & KNOWLEDGE || n.scope === outer.scope) return false
  if (n.models === 0 || outer.models === 0 || n.input === 0) return false
  return n.input === outer.input && n.output <= outer.output
}

/**
 * Whether one or both of them report a call without usage. A failed call within a successful one is a retry and a call of its
 * own.
 */
function isSilentTwin(n: UsageReport, outer: UsageReport): boolean {
  return !n.has(REPORT_FLAG.ERROR) || outer.has(REPORT_FLAG.ERROR)
}

/** Whether two reports under one parent may be one call, reported by two instrumentations or by one in two spans. */
export function isSibling(a: UsageReport, b: UsageReport): boolean {
  if (a.trace !== b.trace || a.under !== b.under) return false
  if (haveTwoIds(a, b) || !isSameModel(a.models, b.models)) return false
  if (a.has(REPORT_FLAG.STREAM_COPY) !== b.has(REPORT_FLAG.STREAM_COPY)) {
    // Two notes are about two things.
    if (a.scope !== b.scope || (a.isMoment && b.isMoment)) return false
    return isEqual(a, b) || isSilent(a) !== isSilent(b)
  }
  if (a.scope === b.scope) return isNoteOf(a, b) || isNoteOf(b, a)
  if (!isNested(a, b)) return false
  if (isSilent(a) || isSilent(b))
    return (a.flags & REPORT_FLAG.ERROR) === (b.flags & REPORT_FLAG.ERROR)
  return isEqual(a, b) || isSameOutput(a, b)
}

/** Longest time between a call and the span that reports its usage afterwards, ms. */
const NOTE_AFTER_MS = 5000

/** Whether the report is such a span: an instrumentation writes it shortly after the call, with equal token counts. */
function isNoteOf(note: UsageReport, call: UsageReport): boolean {
  if (!note.isMoment || note.has(REPORT_FLAG.RESPONSE_ID) || isSilent(note)) return false
  if (call.isMoment || !call.has(REPORT_FLAG.TIMES)) return false
  if (note.input !== call.input || note.output !== call.output || note.read !== call.read)
    return false
  const after = (note.start - call.start) | 0
  return after >= 0 && after - call.duration <= NOTE_AFTER_MS
}

/** Longest time that a stream takes before its usage is reported, ms. */
export const STREAM_MS = 120_000

/**
 * Whether the stream's span ended before its usage was known and `note` reports this usage. Each of them is the root of its
 * own trace.
 */
export function isStreamOf(note: UsageReport, call: UsageReport): boolean {
  if (!note.isMoment || isSilent(note) || !isSilent(call) || call.isMoment) return false
  if ((note.flags | call.flags) & (REPORT_FLAG.PARENT | REPORT_FLAG.ERROR)) return false
  if (note.scope !== call.scope || note.models === 0 || !isSameModel(note.models, call.models))
    return false
  if (!call.has(REPORT_FLAG.TIMES) || note.project !== call.project) return false
  const after = (note.start - call.start) | 0
  return after >= 0 && after - call.duration <= STREAM_MS
}

/** Whether `outer` may be the same call as `n`, seen from outside, although only their times connect them. */
export function isAround(outer: UsageReport, n: UsageReport): boolean {
  if (!isNamedAlike(outer, n) || !isSameOutput(outer, n) || haveTwoIds(outer, n)) return false
  return isWithin(n, outer)
}

/**
 * The same for reports in two traces. They must be of one service, and the inner one must be a root, fill most of the outer
 * one, and differ from its times by some milliseconds, as invented times do not. Inputs must agree too, because an
 * application makes many calls at a time, and answers of equal length are frequent. A failed call has no counts: there the error must be
 * in both.
 */
export function isAroundElsewhere(outer: UsageReport, n: UsageReport): boolean {
  if (n.has(REPORT_FLAG.PARENT) || outer.trace === n.trace || outer.project !== n.project)
    return false
  if (outer.start === n.start && outer.duration === n.duration) return false
  if (n.duration * 2 < outer.duration) return false
  if (isFailed(outer) && isFailed(n)) return isNamedAlike(outer, n) && isWithin(n, outer)
  if (isExactly(outer, n)) return isNamedAlike(outer, n) && isWithin(n, outer, CLOCKS_MS)
  return isSameInput(outer, n) && isAround(outer, n)
}

/**
 * Whether a call that is the root of its own trace may be in a container of another trace: it has exactly the counts of the container,
 * in which no call was seen, or is one of several calls there. Like `isAroundElsewhere`, with an agent in the place of a call.
 */
export function isBesideElsewhere(n: UsageReport, container: UsageReport): boolean {
  if (n.has(REPORT_FLAG.PARENT) || n.trace === container.trace) return false
  if (n.project !== container.project || n.scope === container.scope) return false
  if (container.start === n.start && container.duration === n.duration) return false
  return isSameModel(n.models, container.models) && isWithin(n, container)
}

/** How far the clocks of two instrumentations of one process may differ, ms. */
const CLOCKS_MS = 5

export function isExactly(a: UsageReport, b: UsageReport): boolean {
  if ((a.flags | b.flags) & KNOWLEDGE || haveTwoIds(a, b)) return false
  return a.input === b.input && a.output === b.output && a.input > 0 && a.output > 0
}

/** Whether two instrumentations name one model. */
function isNamedAlike(a: UsageReport, b: UsageReport): boolean {
  return a.scope !== b.scope && a.models !== 0 && b.models !== 0 && isSameModel(a.models, b.models)
}

/** A call that failed and took some time, and of which no usage is known. */
export function isFailed(n: UsageReport): boolean {
  return isSilent(n) && n.has(REPORT_FLAG.ERROR) && n.has(REPORT_FLAG.TIMES) && !n.isMoment
}

/** Whether the inputs are equal, or differ by the cache, or one of them is not reported. */
function isSameInput(a: UsageReport, b: UsageReport): boolean {
  if (a.input === 0 || b.input === 0 || isNear(a.input, b.input)) return true
  return isWithoutCache(a, b) || isWithoutCache(b, a)
}

/** Whether `part` counts the input without cache reads or writes, and `whole` with one or both of them. */
function isWithoutCache(part: UsageReport, whole: UsageReport): boolean {
  const read = Math.max(part.read, whole.read)
  const written = Math.max(part.written, whole.written)
  const cached = whole.input - part.input
  return cached > 0 && [read, written, read + written].some((n) => n > 0 && isNear(cached, n))
}

/**
 * Whether no instrumentation reports both calls. If only time connects them, an instrumentation that reports both reports two
 * calls.
 */
export function hasNoneInCommon(a: UsageReport, b: UsageReport): boolean {
  const scopes = new Set((a.call as Call).members.map((m) => m.scope))
  return !(b.call as Call).members.some((m) => scopes.has(m.scope))
}

/** It reports a call without usage. */
export function isSilent(n: UsageReport): boolean {
  return n.has(REPORT_FLAG.NO_USAGE)
}

/** Both have a response id, and the ids differ. Reports with equal ids have been joined before. */
function haveTwoIds(a: UsageReport, b: UsageReport): boolean {
  return (a.flags & b.flags & REPORT_FLAG.RESPONSE_ID) !== 0
}

export function isSameModel(a: number, b: number): boolean {
  if (a === 0 || b === 0) return true
  const high = a >>> 16
  const low = a & 0xffff
  const isIn = (x: number): boolean => x !== 0 && (x === b >>> 16 || x === (b & 0xffff))
  return isIn(high) || isIn(low)
}

/** Whether `n` is within `outer` in time, or reaches over its ends by no more than `slack` ms. */
export function isWithin(n: UsageReport, outer: UsageReport, slack = 0): boolean {
  if (!n.has(REPORT_FLAG.TIMES) || !outer.has(REPORT_FLAG.TIMES)) return false
  const start = (n.start - outer.start) | 0
  return start >= -slack && start + n.duration <= outer.duration + slack
}

function isNested(a: UsageReport, b: UsageReport): boolean {
  return isWithin(a, b) || isWithin(b, a)
}

export function distance(a: UsageReport, b: UsageReport): number {
  const start = (b.start - a.start) | 0
  return Math.abs(start) + Math.abs(start + b.duration - a.duration)
}

/** The flags that say what the counts of a report mean. */
export const KNOWLEDGE = REPORT_FLAG.TOTAL_ONLY | REPORT_FLAG.COST_ONLY | REPORT_FLAG.NO_USAGE

export function isEqual(a: UsageReport, b: UsageReport): boolean {
  if ((a.flags ^ b.flags) & KNOWLEDGE || isSilent(a)) return false
  if (a.has(REPORT_FLAG.COST_ONLY)) return a.input === b.input
  return isNear(a.input, b.input) && isNear(a.output, b.output)
}

/**
 * Whether the outputs agree. Inputs may be counted with the cache or without it, or not at all for a stream; outputs are
 * equal in all of these.
 */
function isSameOutput(a: UsageReport, b: UsageReport): boolean {
  if ((a.flags | b.flags) & KNOWLEDGE) return false
  if (a.output === 0) return isEqual(a, b)
  return isNear(a.output, b.output) || isWithoutReasoning(a, b) || isWithoutReasoning(b, a)
}

/** Whether `part` counts the output without the reasoning that `whole` includes, of equal inputs. */
function isWithoutReasoning(part: UsageReport, whole: UsageReport): boolean {
  const beside = whole.output - part.output
  if (beside <= 0 || !isNear(part.input, whole.input)) return false
  return isNear(beside, Math.max(part.reasoning, whole.reasoning))
}

/** Two counts of one call may differ by a token, because clients and instrumentations end streams differently. */
export function isNear(a: number, b: number): boolean {
  return a === b || (Math.abs(a - b) === 1 && a > 1 && b > 1)
}
