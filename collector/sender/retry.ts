// When to try again: jittered exponential backoff and a circuit breaker around one destination.

import type { Random } from '../../core/clock.ts'

export interface RetrySettings {
  /** Shortest wait; no destination is ever asked more often than that after a failure. */
  readonly backoffMinMs: number
  readonly backoffMaxMs: number
  /** A destination's own wish (Retry-After) is followed up to this. */
  readonly afterMaxMs: number
  /** Failures in a row that open the breaker. */
  readonly openAfter: number
}

export const DEFAULT_RETRY: RetrySettings = {
  backoffMinMs: 1000,
  // As long as the OpenTelemetry Collector waits at most: what has recovered gets its data soon.
  backoffMaxMs: 30_000,
  afterMaxMs: 300_000,
  openAfter: 5,
}

/** `open`: waiting out the backoff; `half-open`: one attempt decides. */
export type BreakerState = 'closed' | 'half-open' | 'open'
/** Value of the gauge. */
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

  /** How long to wait before the next attempt. */
  failed(afterMs: number | undefined): number {
    this.#failures++
    if (this.#failures >= this.#s.openAfter) this.#state = 'open'
    const { backoffMinMs, backoffMaxMs, afterMaxMs } = this.#s
    // Full jitter between the floor and a cap that doubles: clients of a recovering store spread out.
    const cap = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(this.#failures, 30))
    const jittered = backoffMinMs + this.#random() * (cap - backoffMinMs)
    return Math.max(jittered, Math.min(afterMs ?? 0, afterMaxMs))
  }

  /** The wait is over. */
  attempting(): void {
    if (this.#state === 'open') this.#state = 'half-open'
  }
}
