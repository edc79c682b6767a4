// Requests a second of one key, or of one project where there are no keys: a bucket of tokens each.

import type { Clock } from '../../core/clock.ts'
import type { LimitDetails } from '../../core/quota.ts'

interface Bucket {
  tokens: number
  atMs: number
}

/** A full bucket says nothing, so the oldest ones can be forgotten: their keys begin with a full one again. */
const BUCKETS_MAX = 50_000
/** So many seconds of requests may come at once. */
const BURST_S = 2

/** Null without a limit. */
export function keyRates(
  perSecond: number | undefined,
  clock: Pick<Clock, 'nowMs' | 'monotonicMs'>,
): KeyRates | null {
  return perSecond === undefined ? null : new KeyRates(perSecond, clock)
}

export class KeyRates {
  readonly #perSecond: number
  readonly #clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
  readonly #buckets = new Map<string, Bucket>()

  constructor(perSecond: number, clock: Pick<Clock, 'nowMs' | 'monotonicMs'>) {
    this.#perSecond = perSecond
    this.#clock = clock
  }

  get size(): number {
    return this.#buckets.size
  }

  /** Null when a request of the key may come now. */
  take(key: string): { readonly details: LimitDetails; readonly retryAfterS: number } | null {
    const perSecond = this.#perSecond
    const full = perSecond * BURST_S
    const nowMs = this.#clock.monotonicMs()
    let bucket = this.#buckets.get(key)
    if (bucket === undefined) {
      if (this.#buckets.size >= BUCKETS_MAX) this.#forgetOldest()
      bucket = { tokens: full, atMs: nowMs }
      this.#buckets.set(key, bucket)
    }
    bucket.tokens = Math.min(full, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * perSecond)
    bucket.atMs = nowMs
    if (bucket.tokens >= 1) {
      bucket.tokens--
      return null
    }
    const waitMs = ((1 - bucket.tokens) / perSecond) * 1000
    const resets_at = new Date(this.#clock.nowMs() + waitMs).toISOString()
    return {
      details: { quota: 'requests_per_second', used: perSecond, limit: perSecond, resets_at },
      retryAfterS: Math.max(1, Math.ceil(waitMs / 1000)),
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#buckets.keys()
    if (oldest !== undefined) this.#buckets.delete(oldest)
  }
}
