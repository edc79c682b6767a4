// The form of all error responses, and the same content as RFC 9457 for clients that accept `application/problem+json`.

import { ClickHouseError } from '@clickhouse/client'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sqlStateOf } from '../storage/postgres/connection.ts'

export interface ErrorAnswer {
  readonly status: number
  readonly code: string
  readonly message: string
  /** Which field is wrong, and why. */
  readonly details?: unknown
}

export function sendError(reply: FastifyReply, req: FastifyRequest, answer: ErrorAnswer): void {
  const { status, code, message, details } = answer
  const more = details === undefined ? {} : { details }
  const isProblem = /\bapplication\/problem\+json\b/i.test(req.headers.accept ?? '')
  const body = isProblem
    ? {
        type: 'about:blank',
        title: code,
        status,
        detail: message,
        code,
        request_id: req.id,
        ...more,
      }
    : { error: { code, message, request_id: req.id, ...more } }
  void reply
    .status(status)
    .type(isProblem ? 'application/problem+json' : 'application/json')
    .serializer(JSON.stringify)
    .send(body)
}

/**
 * Error codes of ClickHouse for a query that exceeds its limits: TOO_MANY_ROWS, TIMEOUT_EXCEEDED, TOO_SLOW,
 * MEMORY_LIMIT_EXCEEDED, TOO_MANY_BYTES, TOO_MANY_ROWS_OR_BYTES.
 */
const LIMITS: ReadonlySet<string> = new Set(['158', '159', '160', '241', '307', '396'])
/** SQLSTATE of a statement that Postgres ended at its time limit. */
const STATEMENT_TIMEOUT = '57014'

/** True when the store responded and the query exceeded its limits. A smaller query may succeed; the same one will not. */
export function isTooExpensive(error: unknown): boolean {
  if (error instanceof ClickHouseError) {
    // A shortage of memory in the whole store is temporary, so a retry may succeed.
    const isOfAll = error.code === '241' && /\(total\)/.test(error.message)
    return LIMITS.has(error.code) && !isOfAll
  }
  return sqlStateOf(error) === STATEMENT_TIMEOUT
}

/** SQLSTATE codes: the row that a new row refers to does not exist (any more); an equal row exists already. */
const GONE = '23503'
const THERE_ALREADY = '23505'
/** SQLSTATE codes: two changes conflicted, and Postgres ended this one. */
const IN_THE_WAY: ReadonlySet<string> = new Set(['40001', '40P01', '55P03'])

/**
 * The response to a change that conflicts with another one: the row that it refers to was deleted meanwhile, or the same
 * thing was created twice. Null for any other error.
 */
export function collisionOf(error: unknown): ErrorAnswer | null {
  const state = sqlStateOf(error)
  if (state === GONE)
    return {
      status: 409,
      code: 'CONFLICT',
      message: 'what this belongs to is not there, or was deleted meanwhile',
    }
  if (state === THERE_ALREADY)
    return { status: 409, code: 'CONFLICT', message: 'there is one like it already' }
  if (state !== null && IN_THE_WAY.has(state))
    return {
      status: 503,
      code: 'STORE_UNAVAILABLE',
      message: 'another change was in the way: try again',
    }
  return null
}

export const TOO_EXPENSIVE: ErrorAnswer = {
  status: 422,
  code: 'QUERY_TOO_EXPENSIVE',
  message:
    'the question needs more rows, memory or time than one may take: narrow the time range, add filters, or ask for fewer groups',
}
