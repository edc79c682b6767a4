// A call that costs money: reserves its worst case within the day's cap, makes it, settles what it cost, and tries again where that helps.
// Each attempt has a reservation of its own. An attempt whose answer was not seen is settled at its worst case, since it may have been paid.

import type { Clock } from '../../core/clock.ts'
import { labelValue, type Metrics } from '../../core/metrics.ts'
import type { Statements } from '../../storage/postgres/connection.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { reserve, settle } from '../../storage/semantic/spend.ts'
import { MODEL_CALLS, MODEL_LOST, MODEL_SECONDS } from '../semantic-metrics.ts'
import { type EndpointClient, EndpointError } from './endpoint-client.ts'

export interface PaidCallDeps {
  readonly pool: PostgresPool
  readonly clock: Clock
  readonly metrics: Metrics
  readonly client: EndpointClient
  /** Billionths of a dollar, and calls, that a tenant may spend in a day. */
  readonly capNano: number
  readonly callsMax: number
}

export interface PaidCall {
  /** `judge` or `embed`. */
  readonly purpose: string
  readonly tenantId: string
  /** The same for every attempt at the same question, so that a call that nobody saw the end of is known. */
  readonly question: string
  readonly path: string
  readonly body: object
  /** Billionths of a dollar. */
  readonly worstNano: number
  readonly attemptsMax: number
  /** What an answer cost, in billionths of a dollar; more than the worst case counts as that. */
  costNano(answer: unknown): number
  /** Stores the answer in the transaction that settles the call. */
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

/** Rejects with an `EndpointError` when the last attempt failed. */
export async function paidCall(
  deps: PaidCallDeps,
  call: PaidCall,
  signal: AbortSignal,
): Promise<PaidAnswer> {
  for (let attempt = 1; ; attempt++) {
    const tried = await oneAttempt(deps, call, signal)
    if (!(tried instanceof EndpointError)) return tried
    const isLast = attempt >= call.attemptsMax || !tried.isRetryable
    count(
      deps,
      call,
      isLast ? (tried.kind === 'open_circuit' ? 'open_circuit' : 'failed') : 'retried',
    )
    if (isLast) throw tried
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
