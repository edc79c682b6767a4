// Makes a call that costs money: reserves the highest possible cost within the daily cap, makes the call, settles the actual cost, and
// retries where a retry can help. Each attempt has its own reservation. An attempt without a response is settled at the highest possible
// cost, because the provider may have charged for it.

import type { Clock } from '../../core/clock.ts'
import { labelValue, type Metrics } from '../../core/metrics.ts'
import type { Statements } from '../../storage/postgres/connection.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { reserve, settle } from '../../storage/semantic/daily-cap.ts'
import { MODEL_CALLS, MODEL_LOST, MODEL_SECONDS } from '../semantic-metrics.ts'
import { type EndpointClient, EndpointError } from './endpoint-client.ts'

export interface PaidCallDeps {
  readonly pool: PostgresPool
  readonly clock: Clock
  readonly metrics: Metrics
  readonly client: EndpointClient
  /** The daily cap of a tenant: cost in billionths of a dollar, and number of calls. */
  readonly capNano: number
  readonly callsMax: number
}

export interface PaidCall {
  /** What the call is for: `judge` or `embed`. */
  readonly purpose: string
  readonly tenantId: string
  /** Identifies the question. All attempts at one question share it, so that a call whose end was not seen is recognised. */
  readonly question: string
  readonly path: string
  readonly body: object
  /** The highest cost that the call can have, in billionths of a dollar. */
  readonly worstNano: number
  readonly attemptsMax: number
  /** Returns the cost of a response in billionths of a dollar. A higher value than the worst case is counted as the worst case. */
  costNano(answer: unknown): number
  /** Stores the response in the same transaction that settles the cost of the call. */
  keep(client: Statements, answer: unknown): Promise<void>
}

export type PaidAnswer =
  | {
      readonly kind: 'answered'
      readonly answer: unknown
      readonly costNano: number
      readonly ms: number
    }
  | { readonly kind: 'over_budget' }

const PAUSE_MS = 500

/**
 * Makes the call. Rejects with the `EndpointError` of the last attempt, or of the one before when the last one was not made because too
 * many had failed.
 */
export async function paidCall(
  deps: PaidCallDeps,
  call: PaidCall,
  signal: AbortSignal,
): Promise<PaidAnswer> {
  let made: EndpointError | null = null
  for (let attempt = 1; ; attempt++) {
    const tried = await oneAttempt(deps, call, signal)
    if (!(tried instanceof EndpointError)) return tried
    const isLast = attempt >= call.attemptsMax || !tried.isRetryable
    count(
      deps,
      call,
      isLast ? (tried.kind === 'open_circuit' ? 'open_circuit' : 'failed') : 'retried',
    )
    if (tried.kind !== 'open_circuit') made = tried
    if (isLast) throw made ?? tried
    await deps.clock.sleep(tried.retryAfterMs ?? PAUSE_MS * 2 ** (attempt - 1), signal)
  }
}

async function oneAttempt(
  deps: PaidCallDeps,
  call: PaidCall,
  signal: AbortSignal,
): Promise<PaidAnswer | EndpointError> {
  const { pool, clock, metrics, client, capNano, callsMax } = deps
  const day = new Date(clock.nowMs()).toISOString().slice(0, 10)
  const amount = Math.max(0, Math.ceil(call.worstNano))
  const { tenantId, question: purpose } = call
  const cap = { cap: capNano, callsMax, budget: call.purpose }
  const reserved = await reserve(pool, { tenantId, purpose, amount, day, ...cap })
  if (reserved.lost > 0) metrics.add(MODEL_LOST, '', reserved.lost)
  const { reservation } = reserved
  if (reservation === null) {
    count(deps, call, 'over_budget')
    return { kind: 'over_budget' }
  }
  const startedAt = clock.monotonicMs()
  try {
    const answer = await client.post(call.path, call.body, signal)
    const ms = clock.monotonicMs() - startedAt
    const costNano = Math.min(amount, Math.max(0, Math.ceil(call.costNano(answer))))
    await settle(pool, reservation, costNano, (c) => call.keep(c, answer))
    metrics.observe(MODEL_SECONDS, `purpose="${labelValue(call.purpose)}"`, ms / 1000)
    count(deps, call, 'ok')
    return { kind: 'answered', answer, costNano, ms }
  } catch (thrown) {
    if (!(thrown instanceof EndpointError)) throw thrown
    await settle(pool, reservation, thrown.kind === 'no_answer' ? amount : 0)
    return thrown
  }
}

function count({ metrics }: PaidCallDeps, call: PaidCall, outcome: string): void {
  metrics.add(MODEL_CALLS, `purpose="${call.purpose}",outcome="${outcome}"`)
}
