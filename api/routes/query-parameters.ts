// Query parameters that several routes share, and their meaning.

import { z } from 'zod'
import { decodeCursor } from '../../storage/queries/page.ts'

const time = z
  .string()
  .transform((text, ctx) => {
    const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text)
    if (Number.isFinite(ms)) return ms
    ctx.addIssue({ code: 'custom', message: 'expected RFC 3339 or milliseconds since the epoch' })
    return z.NEVER
  })
  .meta({ type: 'string', examples: ['2026-09-21T12:00:00Z'] })

export const timeRange = {
  from: time.optional().describe('From this time, inclusive: RFC 3339 or ms since the epoch.'),
  to: time.optional().describe('To this time, exclusive.'),
}

export const paging = {
  limit: z.coerce.number().int().min(1).max(1000).default(50).describe('Rows of a page.'),
  cursor: z
    .string()
    .max(500)
    .refine((text) => decodeCursor(text) !== null, { message: 'is no cursor of this API' })
    .optional()
    .describe('`next_cursor` of the page before.'),
}

export const traceId = z
  .string()
  .transform((text) => text.replaceAll('-', '').toLowerCase())
  .refine((text) => /^[0-9a-f]{32}$/.test(text), {
    message: 'expected 32 hex digits, or a UUID of the legacy SDK',
  })
  .meta({ type: 'string', examples: ['5b8efff798038103d269b633813fc60c'] })

export const word = z.string().min(1).max(255).optional()

export const nextCursor = z.string().nullable().describe('For the next page; null on the last.')

/** `true` and `false` as they stand in a query string. */
export const flag = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .optional()
