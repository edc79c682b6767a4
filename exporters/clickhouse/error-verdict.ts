// Decides what a ClickHouse error means for the rows of an insert: to be retried, or refused for good. The error code
// decides, because the HTTP status alone is ambiguous. Unknown errors are retried: better a late row than a lost one.

import { codeOf } from '../../core/errors.ts'
import type { SendVerdict } from '../../core/verdict.ts'

/** The data cannot be parsed as rows, so a retry would fail again. */
// biome-ignore format: a table
const PERMANENT: ReadonlySet<number> = new Set([
  6, 7, 20, 25, 26, 27, 32, 33, 36, 38, 41, 43, 44, 53, 62, 69, 70, 72, 117, 128, 130, 131, 135, 190, 307, 349, 407, 469, 691,
])
/** An operator must fix something on the server: tables, columns, permissions. The rows wait in the log until then. */
// biome-ignore format: a table
const OPERATOR: ReadonlySet<number> = new Set([16, 46, 47, 50, 56, 60, 81, 115, 164, 192, 193, 194, 242, 291, 497, 516])
const OPERATOR_RETRY_MS = 15_000
/** The server is overloaded, so the next attempt waits a little. */
const OVERLOAD: ReadonlySet<number> = new Set([159, 202, 203, 241, 243, 252, 439, 745])
const OVERLOAD_RETRY_MS = 2000

/** MEMORY_LIMIT_EXCEEDED: smaller inserts may succeed. */
export const MEMORY_LIMIT = 241
/** The table or database is missing or has an old schema; running the migrations may fix that. */
export const SCHEMA_CODES: ReadonlySet<number> = new Set([16, 47, 60, 81])

export interface Failure {
  readonly status: number
  /** ClickHouse error code; 0 when the response has none. */
  readonly code: number
  /** Error name such as `UNKNOWN_TABLE`; '' when the response has none. */
  readonly name: string
}

/** Reads a response that is not a success. Its text may quote rows, so only code and name are kept. */
export function failureOf(status: number, header: string | undefined, body: string): Failure {
  const inText = /Code: (\d+)/.exec(body)
  const code = Number(header ?? inText?.[1] ?? 0)
  const names = [...body.matchAll(/\(([A-Z][A-Z0-9_]{2,60})\)/g)]
  return { status, code: Number.isInteger(code) ? code : 0, name: names.at(-1)?.[1] ?? '' }
}

export function verdictOf(failure: Failure): SendVerdict {
  const { status, code, name } = failure
  const label = code === 0 ? `HTTP_${status}` : name === '' ? `CODE_${code}` : name
  const message =
    code === 0
      ? `ClickHouse answered with HTTP status ${status}.`
      : `ClickHouse answered with error ${code}${name === '' ? '' : ` ${name}`}.`
  if (PERMANENT.has(code)) return { kind: 'rejected', code: label, message }
  if (OPERATOR.has(code)) return { kind: 'retry', code: label, message, afterMs: OPERATOR_RETRY_MS }
  if (OVERLOAD.has(code)) return { kind: 'retry', code: label, message, afterMs: OVERLOAD_RETRY_MS }
  // A response without an error code comes from a proxy in front of ClickHouse.
  if (code === 0 && (status === 400 || status === 413))
    return { kind: 'rejected', code: label, message }
  if (code === 0 && (status === 401 || status === 403 || status === 404))
    return { kind: 'retry', code: label, message, afterMs: OPERATOR_RETRY_MS }
  return { kind: 'retry', code: label, message }
}

/**
 * The verdict for a failed connection. Whether the rows arrived is unknown; the insert's deduplication token makes a retry
 * safe.
 */
export function networkVerdict(error: unknown): SendVerdict {
  const code = codeOf(error) ?? 'NETWORK'
  return { kind: 'retry', code, message: `ClickHouse cannot be reached (${code}).` }
}
