// Times of day and of the week in a time zone: quiet hours, the hour of a digest, the windows of a mute. Callers pass the
// time in.

import { z } from 'zod'

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const

export const timeOfDay = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day such as 22:00')

export const timeZone = z
  .string()
  .max(64)
  .refine(isTimeZone, 'expected a time zone such as Europe/Berlin')

/** Hours on days of the week. If `to` is not after `from`, they end on the next day. */
export const windowSchema = z.strictObject({
  days: z
    .array(z.enum(DAYS))
    .min(1)
    .max(7)
    .default([...DAYS])
    .describe('Days on which it begins.'),
  from: timeOfDay.describe('Begin, such as 22:00.'),
  to: timeOfDay.describe('End; on the next day when it is not after the begin.'),
})
export type WeekWindow = z.output<typeof windowSchema>

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    // The runtime does not know a zone of this name.
    return false
  }
}

const MINUTE_MS = 60_000
const DAY_MINUTES = 1440
const FORMATS_MAX = 200
const formats = new Map<string, Intl.DateTimeFormat>()

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known !== undefined) return known
  if (formats.size >= FORMATS_MAX) formats.clear()
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  formats.set(zone, made)
  return made
}

/** The day of the week, 0 for Monday, and the minute of the day. */
export function localTime(
  atMs: number,
  zone: string,
): { readonly day: number; readonly minute: number } {
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(atMs)
      .map((p) => [p.type, p.value]),
  )
  const weekday = (parts['weekday'] ?? '').toLowerCase()
  const day = DAYS.findIndex((d) => d === weekday)
  return { day, minute: Number(parts['hour']) * 60 + Number(parts['minute']) }
}

export const minuteOf = (time: string): number =>
  Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))

export function isInWindow(w: WeekWindow, atMs: number, zone: string): boolean {
  const { day, minute } = localTime(atMs, zone)
  const from = minuteOf(w.from)
  const to = minuteOf(w.to)
  const begins = (d: number): boolean => w.days.includes(DAYS[(d + 7) % 7] as (typeof DAYS)[number])
  if (from < to) return begins(day) && minute >= from && minute < to
  return (begins(day) && minute >= from) || (begins(day - 1) && minute < to)
}

/** The next moment at which the clock of the zone shows `time`; a day with a change of the clock may have it an hour early or late. */
export function nextAt(time: string, atMs: number, zone: string): number {
  const wanted = minuteOf(time)
  const { minute } = localTime(atMs, zone)
  const away = (wanted - minute + DAY_MINUTES) % DAY_MINUTES || DAY_MINUTES
  const guess = Math.floor(atMs / MINUTE_MS) * MINUTE_MS + away * MINUTE_MS
  // The zone may have changed its clocks between the two moments.
  const off = wanted - localTime(guess, zone).minute
  const shift =
    off > DAY_MINUTES / 2 ? off - DAY_MINUTES : off < -DAY_MINUTES / 2 ? off + DAY_MINUTES : off
  return guess + shift * MINUTE_MS
}
