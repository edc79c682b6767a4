// Decides by SQLSTATE what a Postgres error means for a batch: to be retried, or refused for good. The error text may quote
// rows and is not passed on. Unknown errors are retried: better a late batch than a lost one.

import { codeOf, ObservaError } from '../../core/errors.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import { sqlStateOf } from '../../storage/postgres/connection.ts'

/** Data errors and violated constraints: the same rows would fail again. */
const PERMANENT = /^(21|22|23|54|428|P0001)/
/** Permissions, missing tables or columns, a wrong password: an operator must act, and the rows wait in the log. */
const OPERATOR = /^(28|3D|3F|42|25006|0A)/
const OPERATOR_RETRY_MS = 15_000
/** Tables or columns are missing; running the migrations may create them. */
export const isSchemaError = (code: string): boolean => /^(42P01|42703|3F000)/.test(code)

export function verdictOf(error: unknown): SendVerdict {
  if (error instanceof ObservaError)
    return { kind: 'retry', code: error.code, message: error.message, afterMs: OPERATOR_RETRY_MS }
  const code = sqlStateOf(error)
  if (code === null) {
    const system = codeOf(error) ?? 'CONNECTION'
    return { kind: 'retry', code: system, message: `Postgres cannot be reached (${system}).` }
  }
  const message = `Postgres answered with error ${code}.`
  if (PERMANENT.test(code)) return { kind: 'rejected', code, message }
  if (OPERATOR.test(code)) return { kind: 'retry', code, message, afterMs: OPERATOR_RETRY_MS }
  return { kind: 'retry', code, message }
}
