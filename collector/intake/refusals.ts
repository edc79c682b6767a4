// The answers of the intake that tell a client to send again later: status, Retry-After and message, in one table. Each row
// names the code that decides it. Receivers write the answer in the form of their protocol. One more 503 comes before the
// intake: `extensions/keys/authenticator.ts` cannot check a key while the control plane does not respond.

import type { Admission, IntakeVerdict } from '../../core/component.ts'
import type { LimitDetails, QuotaRefusal } from '../../core/quota.ts'

export interface RetryLater {
  /** Which limit it was, for the body and the headers of the answer. */
  readonly details?: LimitDetails
  readonly status: 429 | 503
  readonly retryAfterS: number
  readonly message: string
}

/** 429 asks the client itself to slow down; 503 says that the instance cannot take the request now, whoever sends it. */
export const RETRY_LATER = {
  /** `admission.ts`: the instance drains before it ends. */
  shuttingDown: { status: 503, retryAfterS: 5, message: 'shutting down' },
  /** `intake.ts`: the log on disk has reached its limit. */
  queueFull: { status: 503, retryAfterS: 10, message: 'the queue on disk is full' },
  /** `intake.ts`: the disk of the log has less free space than `queue.min_free_bytes`. */
  diskFull: { status: 503, retryAfterS: 10, message: 'the disk of the queue is nearly full' },
  /** `intake.ts`: writing the log failed, and the process must be started again. */
  queueReadOnly: { status: 503, retryAfterS: 10, message: 'the queue on disk is read-only' },
  /** `intake.ts`: the log will reach its limit soon. */
  queueNearlyFull: { status: 429, retryAfterS: 5, message: 'the queue on disk is nearly full' },
  /** `intake.ts`: an exporter is further behind than its `max_lag`, with `action: refuse`. */
  exporterBehind: { status: 503, retryAfterS: 10, message: 'an exporter is too far behind' },
  /** `admission.ts` before the body, `intake.ts` when its size is known, receivers while one of undeclared length grows. */
  bytesInFlight: { status: 503, retryAfterS: 1, message: 'too many bytes in flight' },
  /** `admission.ts`: one key holds most of the memory. */
  bytesOfKey: { status: 429, retryAfterS: 1, message: 'too many bytes of this key in flight' },
  /** `admission.ts`: the request would wait too long for a worker; Retry-After is the expected wait. */
  tooMuchWork: { status: 503, retryAfterS: 1, message: 'too much work is waiting' },
  /** `admission.ts`: the same, and it is this key that has most waiting; Retry-After is the expected wait. */
  workOfKey: {
    status: 429,
    retryAfterS: 1,
    message: 'more requests of this key are waiting than its share; slow down',
  },
  /** `admission.ts`, by `key-rates.ts`: Retry-After is when the next request may come. */
  requestsOfKey: {
    status: 429,
    retryAfterS: 1,
    message: 'too many requests of this key in a second',
  },
  /** `intake.ts`, by `accounts/quota-keeper.ts`: a limit of the project; Retry-After is when it ends, an hour at most. */
  quotaUsedUp: { status: 429, retryAfterS: 60, message: 'a quota of the project is used up' },
  /** The same: no lease is left, and Postgres does not answer. */
  quotaUnknown: {
    status: 503,
    retryAfterS: 2,
    message: 'the quota of the project cannot be checked',
  },
  /** `pipeline.ts`: the worker died, hung or ran out of memory. */
  workerLost: { status: 503, retryAfterS: 1, message: 'the worker was lost; try again' },
  /** `pipeline.ts`: the worker said nothing about this request. */
  noVerdict: { status: 503, retryAfterS: 1, message: 'no verdict; try again' },
  /** `pipeline.ts`: the log refused to append; the message is the log's own. */
  notDurable: { status: 503, retryAfterS: 1, message: 'the request could not be written' },
} as const satisfies Readonly<Record<string, RetryLater>>

export type RetryReason = keyof typeof RETRY_LATER

export type Refusal = Extract<Admission, { ok: false }>

/** A request that may not come in. */
export function refusal(
  reason: RetryReason,
  retryAfterS: number = RETRY_LATER[reason].retryAfterS,
): Refusal {
  return { ok: false, ...RETRY_LATER[reason], retryAfterS }
}

/** A request that came in and did not become durable. */
export function retryVerdict(
  reason: RetryReason,
  message: string = RETRY_LATER[reason].message,
): IntakeVerdict {
  return { kind: 'retry', ...RETRY_LATER[reason], message }
}

/** A request of a project that has reached a limit of its own. */
export function quotaVerdict(refused: QuotaRefusal): IntakeVerdict {
  if (refused.kind === 'unknown') return retryVerdict('quotaUnknown')
  const { details, retryAfterS } = refused
  const { quota, used, limit, resets_at } = details
  const message = `the quota ${quota} of the project is used up: ${used} of ${limit}; it resets at ${resets_at}`
  return { kind: 'retry', ...RETRY_LATER.quotaUsedUp, retryAfterS, message, details }
}
