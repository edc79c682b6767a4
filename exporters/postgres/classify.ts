// What a Postgres error means for a batch: try again, or never. By SQLSTATE; its text can quote rows and is
// not passed on. Unknown errors are tried again: a batch may be delayed, not lost.

import { ObservaError } from '../../core/errors.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import { sqlStateOf } from '../../storage/postgres/connection.ts'

/** Data errors and broken constraints: the same rows will fail the same way. */
const PERMANENT = /^(21|22|23|54|428|P0001)/
/** Rights, missing tables or columns, a wrong password: somebody has to act; the rows wait. */
const OPERATOR = /^(28|3D|3F|42|25006|0A)/
const OPERATOR_RETRY_MS = 15_000
/** Tables or columns are missing: the migrations may bring them. */
export const isSchemaError = (code: string): boolean => /^(42P01|42703|3F000)/.test(code)

export function verdictOf(error: unknown): SendVerdict {
  if (error instanceof ObservaError)
    return { kind: 'retry', code: error.code, message: error.message, afterMs: OPERATOR_RETRY_MS }
  const code = sqlStateOf(error)
  if (code === null) {
    const { code: given } = error as { code?: unknown }
    const system = typeof given === 'string' ? given : 'CONNECTION'
    return { kind: 'retry', code: system, message: `Postgres cannot be reached (${system}).` }
  }
  const message = `Postgres answered with error ${code}.`
  if (PERMANENT.test(code)) return { kind: 'rejected', code, message }
  if (OPERATOR.test(code)) return { kind: 'retry', code, message, afterMs: OPERATOR_RETRY_MS }
  return { kind: 'retry', code, message }
}
