// Query parameters that several routes share.

import { z } from 'zod'
import { isCursorOf, type SortKind } from '../../storage/queries/page.ts'

/** The latest time that both stores can represent: ClickHouse keeps hours in 32 bits of seconds. */
const TIME_MS_MAX = Date.UTC(2106, 0)

/** Ms since the epoch, or a date with or without a time; a time without an offset is UTC. */
const TIME_PATTERN =
  '^(\\d{1,13}|\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d+)?)?(Z|[+-]\\d{2}:\\d{2})?)?)$'
const TIME = new RegExp(TIME_PATTERN)

const time = z
  .string()
  .transform((text, ctx) => {
    const ms = timeOf(text)
    if (ms >= 0 && ms < TIME_MS_MAX) return ms
    const message =
      'expected RFC 3339 or milliseconds since the epoch, from 1970 and before the year 2106'
    ctx.addIssue({ code: 'custom', message })
    return z.NEVER
  })
  .meta({
    type: 'string',
    pattern: TIME_PATTERN,
    examples: ['2026-09-21T12:00:00Z'],
  })

/** NaN for what is no time. Dates that no calendar has, such as 31 February, are none, though JS takes them. */
function timeOf(text: string): number {
  if (!TIME.test(text)) return Number.NaN
  if (/^\d+$/.test(text)) return Number(text)
  const date = text.slice(0, 10)
  const midnight = new Date(`${date}T00:00:00Z`)
  const isDate = !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date)
  const clock = text.slice(11)
  if (!isDate || clock.startsWith('24')) return Number.NaN
  if (clock === '') return midnight.getTime()
  return Date.parse(`${date}T${clock}${/[Z+-]/.test(clock) ? '' : 'Z'}`)
}

/** As people write numbers: neither an empty text nor `0x10`, which JS takes as well. */
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/
const asNumber = (text: unknown): unknown =>
  typeof text === 'string' && NUMBER.test(text) ? Number(text) : text

export const decimal = (min: number, max: number) =>
  z.preprocess(asNumber, z.number().min(min).max(max))
export const whole = (min: number, max: number) =>
  z.preprocess(asNumber, z.number().int().min(min).max(max))

export const timeRange = {
  from: time.optional().describe('From this time, inclusive: RFC 3339 or ms since the epoch.'),
  to: time.optional().describe('To this time, exclusive.'),
}

/** A cursor has what its row is sorted by. A name or address has up to 255 characters, of up to 6 bytes each in JSON. */
const cursorMax = (kinds: readonly SortKind[]): number => (kinds.includes('text') ? 4000 : 500)

/** For lists that are sorted in one of these ways. A cursor of a list with another order is refused. */
const pagingOf = (...kinds: readonly SortKind[]) => ({
  limit: whole(1, 1000).default(50).describe('Rows of a page.'),
  cursor: z
    .string()
    .max(cursorMax(kinds))
    .refine((text) => isCursorOf(kinds, text), { message: 'is no cursor of this list' })
    .meta({ type: 'string', maxLength: cursorMax(kinds), pattern: '^[A-Za-z0-9_-]+$' })
    .optional()
    .describe('`next_cursor` of the page before.'),
})

export const paging = pagingOf('timestamp')
/** For lists that can also be sorted by figures. */
export const sortedPaging = pagingOf('timestamp', 'number')
/** For lists that can also be sorted by names. */
export const namedPaging = pagingOf('timestamp', 'text')
export const eventPaging = pagingOf('ns')
export const sortedEventPaging = pagingOf('ns', 'number')
/** For lists that are complete in memory. */
export const placePaging = pagingOf('number')

/** A lower bound of a figure. */
export const figure = decimal(0, 1e15).optional()

export const eventId = z.string().regex(/^[0-9a-f]{32}$/, 'expected 32 hex digits')

/** Zeros stand for no trace (W3C), so nothing can belong to them. */
export const isSomething = (id: string): boolean => /[1-9a-f]/i.test(id)

export const traceId = z
  .string()
  .transform((text) => text.replaceAll('-', '').toLowerCase())
  .refine((text) => /^[0-9a-f]{32}$/.test(text), {
    message: 'expected 32 hex digits, or a UUID of the legacy SDK',
  })
  .meta({
    type: 'string',
    pattern: '^[0-9a-fA-F-]{32,36}$',
    examples: ['5b8efff798038103d269b633813fc60c'],
  })

/** The stores cut a longer id to this length, with a hash at its end: what a list shows can be filtered by and opened. */
export const ID_CHARS_MAX = 256

/** The id of a user, session or conversation in a path. */
export const groupId = z.string().min(1).max(ID_CHARS_MAX)

export const word = groupId.optional()

/** A time in a response. */
export const instant = z.string().describe('RFC 3339 with nanoseconds.')

export const nextCursor = z.string().nullable().describe('For the next page; null on the last.')

/** `true` or `false` in a query string. */
export const flag = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .optional()
