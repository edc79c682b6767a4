// Times to the nanosecond, without bigint: milliseconds with the three digits of their microseconds, which a double holds exactly
// until 2255, and the nanoseconds below the microsecond (0-999) in a number beside it.

import type { EventTable } from '../../core/event.ts'

/** 2106-02-07, the same limit as in ClickHouse. */
export const TIME_MAX_MS = 4_294_967_295_000
const TIME_MAX_US = TIME_MAX_MS * 1000

/** Nanoseconds of 2^32 ns: whole microseconds, and what is left. */
const HIGH_US = 4_294_967
const HIGH_NS = 296

/** Whole microseconds since the epoch, and the nanoseconds below. */
export interface ExactTime {
  readonly us: number
  readonly ns: number
}

/** Null when the event has no such time. */
export function timeOf(events: EventTable, event: number, field: number): ExactTime | null {
  if (events.len(event, field) < 0) return null
  const { view } = events.arena
  const off = events.off(event, field)
  const high = view.getUint32(off + 4, true)
  const low = high * HIGH_NS + view.getUint32(off, true)
  const us = high * HIGH_US + Math.floor(low / 1000)
  return us >= TIME_MAX_US ? { us: TIME_MAX_US, ns: 0 } : { us, ns: low % 1000 }
}

/** Whether the first time is before the second. Each is ms and the nanoseconds below the microsecond. */
export function isBefore(ms: number, ns: number, thanMs: number, thanNs: number): boolean {
  return ms < thanMs || (ms === thanMs && ns < thanNs)
}
