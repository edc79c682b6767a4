// Decides when to retry: exponential backoff with jitter and a circuit breaker for one destination.

import type { Random } from '../../core/clock.ts'

export interface RetrySettings {
  /** The shortest wait after a failure, ms. */
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  /** The longest wait that a destination may ask for with Retry-After, ms. */
  readonly afterMaxMs: number
  /** How many failures in a row open the breaker. */
  readonly openAfter: number
}

export const DEFAULT_RETRY: RetrySettings = {
  backoffMinMs: 1000,
  // The same limit as in the OpenTelemetry Collector, so that a destination that has recovered gets its data soon.
  backoffMaxMs: 30_000,
  afterMaxMs: 300_000,
  openAfter: 5,
}

/** `open`: the backoff is running. `half-open`: one attempt decides. */
export type BreakerState = 'closed' | 'half-open' | 'open'
/** The values of the gauge. */
export const BREAKER_LEVEL: Readonly<Record<BreakerState, number>> = {
  closed: 0,
  'half-open': 1,
  open: 2,
}

export class RetryPolicy {
  readonly #s: RetrySettings
  readonly #random: Random
  #failures = 0
  #state: BreakerState = 'closed'

  constructor(settings: RetrySettings, random: Random) {
    this.#s = settings
    this.#random = random
  }

  get state(): BreakerState {
    return this.#state
  }

  get failures(): number {
    return this.#failures
  }

  succeeded(): void {
    this.#failures = 0
    this.#state = 'closed'
  }

  /** Counts a failure. Returns how long to wait before the next attempt, in ms. */
  failed(afterMs: number | undefined): number {
    this.#failures++
    if (this.#failures >= this.#s.openAfter) this.#state = 'open'
    const { backoffMinMs, backoffMaxMs, afterMaxMs } = this.#s
    // Full jitter between the shortest wait and a cap that doubles, so that the clients of a recovering store spread
    // out.
    const cap = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.#failures, 30))
    const jittered = backoffMinMs + this.#random() * (cap - backoffMinMs)
    return Math.max(jittered, Math.min(afterMs ?? 0, afterMaxMs))
  }

  /** The wait has ended and an attempt begins. */
  attempting(): void {
    if (this.#state === 'open') this.#state = 'half-open'
  }
}
