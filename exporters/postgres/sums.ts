// The sums of a conversation, a session, an end user, or the part of a trace without such an id. Every value is a sum, a
// minimum, a maximum or the smallest sixteen of a set, so the order of arrival does not matter.

import { isBefore } from './exact-times.ts'
import type { Fact } from './fact-document.ts'
import { FLAG, isRevision, signOf } from './fact-document.ts'

/** Most members of a set in a row, so that hostile data cannot make a row grow without bound. */
export const SET_MAX = 16

export interface Sums {
  events: number
  llm: number
  errors: number
  in: number
  out: number
  total: number
  cost: number
  signals: number
  /** ms since the epoch, and nanoseconds below the microsecond; `first` is greater than `last` when there are no events. */
  first: number
  first_ns: number
  last: number
  last_ns: number
  /** Highest position in the conversation plus one; 0 when unknown. */
  messages: number
  /** The latest message, and its time. */
  text: string | null
  text_at: number
  models: string[]
}

/** The usage that is added up for a trace and for a day. `unpriced` is the number of calls whose cost is unknown. */
export interface UsageSums {
  llm: number
  in: number
  out: number
  total: number
  cache_read: number
  cache_write: number
  reasoning: number
  cost: number
  unpriced: number
}

export const NO_USAGE: Readonly<UsageSums> = {
  llm: 0,
  in: 0,
  out: 0,
  total: 0,
  cache_read: 0,
  cache_write: 0,
  reasoning: 0,
  cost: 0,
  unpriced: 0,
}

/** Adds the usage of an event, or subtracts it if the event takes back an earlier one. */
export function addUsage(to: UsageSums, fact: Fact): void {
  const sign = signOf(fact)
  if ((fact.flags & FLAG.CALL) !== 0) to.llm += sign
  if ((fact.flags & FLAG.UNPRICED) !== 0) to.unpriced += sign
  to.in += sign * fact.input
  to.out += sign * fact.output
  to.total += sign * fact.total
  to.cache_read += sign * fact.cacheRead
  to.cache_write += sign * fact.cacheWrite
  to.reasoning += sign * fact.reasoning
  to.cost += sign * fact.cost
}

export function noSums(): Sums {
  return {
    events: 0,
    llm: 0,
    errors: 0,
    in: 0,
    out: 0,
    total: 0,
    cost: 0,
    signals: 0,
    first: Number.MAX_SAFE_INTEGER,
    first_ns: 0,
    last: 0,
    last_ns: 0,
    messages: 0,
    text: null,
    text_at: 0,
    models: [],
  }
}

export function addFact(to: Sums, fact: Fact): void {
  const sign = signOf(fact)
  if ((fact.flags & FLAG.CALL) !== 0) to.llm += sign
  to.in += sign * fact.input
  to.out += sign * fact.output
  to.total += sign * fact.total
  to.cost += sign * fact.cost
  addTimes(to, fact.start, fact.startNs, fact.end, fact.endNs)
  if (isRevision(fact)) return
  to.events++
  if ((fact.flags & FLAG.ERROR) !== 0) to.errors++
  if (fact.messages > to.messages) to.messages = fact.messages
  if (fact.model !== null) addToSet(to.models, fact.model)
}

function addTimes(to: Sums, first: number, firstNs: number, last: number, lastNs: number): void {
  if (isBefore(first, firstNs, to.first, to.first_ns)) {
    to.first = first
    to.first_ns = firstNs
  }
  if (isBefore(to.last, to.last_ns, last, lastNs)) {
    to.last = last
    to.last_ns = lastNs
  }
}

/** Adds the sums, or subtracts them with `sign` -1. Times, sets and text cannot be subtracted and stay. */
export function addSums(to: Sums, from: Readonly<Sums>, sign: 1 | -1 = 1): void {
  to.events += sign * from.events
  to.llm += sign * from.llm
  to.errors += sign * from.errors
  to.in += sign * from.in
  to.out += sign * from.out
  to.total += sign * from.total
  to.cost += sign * from.cost
  to.signals += sign * from.signals
  addTimes(to, from.first, from.first_ns, from.last, from.last_ns)
  if (sign < 0) return
  to.messages = Math.max(to.messages, from.messages)
  addText(to, from.text, from.text_at)
  for (const model of from.models) addToSet(to.models, model)
}

/** Keeps the later text. Of two at the same moment it keeps the greater, so that the order of arrival does not matter. */
export function addText(to: Sums, text: string | null, at: number): void {
  if (text === null) return
  if (to.text !== null && (at < to.text_at || (at === to.text_at && text <= to.text))) return
  to.text = text
  to.text_at = at
}

/** Adds to a sorted set that keeps its smallest sixteen members. */
export function addToSet(set: string[], value: string): void {
  if (set.includes(value)) return
  set.push(value)
  if (set.length > 1) set.sort()
  if (set.length > SET_MAX) set.pop()
}

export const isNothing = (s: Readonly<Sums>): boolean => s.events === 0 && s.signals === 0

/** The lesser of two texts, either of which may be missing. */
export function lesser(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b
  return a <= b ? a : b
}
