// Zod types for the values that configurations share: durations, sizes, secrets. Every component uses
// these, so that `5s` and `64MiB` mean the same everywhere and a secret is marked as one.

import { z } from 'zod'
import { parseDurationMs, parseSizeBytes } from './units.ts'

/** `250ms`, `1h30m`; parses to milliseconds. A bare number is refused: its unit would be a guess. */
export const durationMs = z
  .string()
  .transform((text, ctx) => {
    const ms = parseDurationMs(text)
    if (ms !== null) return ms
    ctx.addIssue({ code: 'custom', message: `"${text}" is no duration; write 250ms, 5s or 1h30m` })
    return z.NEVER
  })
  .meta({ format: 'duration' })

/** `64MiB`, `10MB` or a number of bytes; parses to bytes. */
export const sizeBytes = z
  .union([z.string(), z.number().int().nonnegative()])
  .transform((value, ctx) => {
    const bytes = typeof value === 'number' ? value : parseSizeBytes(value)
    if (bytes !== null) return bytes
    ctx.addIssue({ code: 'custom', message: `"${value}" is no size; write 64MiB, 10MB or 4096` })
    return z.NEVER
  })
  .meta({ format: 'size' })

/** A value that is never printed: `meta.secret` tells every printer of a configuration to show `***`. */
export const secret = z.string().min(1).meta({ secret: true })
