// The questions that admission asks about quotas, and the limits that a refused client is told.

import type { TenantContext } from './tenant.ts'

/** The limit for which a request was refused, for the body and the headers of the response. */
export interface LimitDetails {
  readonly quota:
    | 'events_per_month'
    | 'bytes_per_month'
    | 'usd_per_month'
    | 'events_per_second'
    | 'requests_per_second'
  readonly used: number
  readonly limit: number
  /** When the limit is lifted, RFC 3339. */
  readonly resets_at: string
}

export type QuotaRefusal =
  | { readonly kind: 'used_up'; readonly details: LimitDetails; readonly retryAfterS: number }
  | { readonly kind: 'unknown' }

/** The part of a quota that a request may spend. It is given back when the request has been answered. */
export interface QuotaHold {
  readonly kind: 'hold'
  /**
   * Takes the number of items that may have been written, and whether the request was accepted: only then its bytes count.
   * Called once.
   */
  settle(events: number, isAccepted: boolean): void
}

export interface QuotaQuestion {
  readonly tenant: TenantContext
  /** Size of the decoded body, bytes. */
  readonly bytes: number
  /** Upper bound of the number of events in the request. */
  readonly eventsMax: number
  /** Counts the items in the request. Called near a limit only, because it may have to decompress the body. */
  readonly count: () => number
}

export interface QuotaGate {
  /** Returns null when the project has no quota, which costs one look-up in a map. */
  enter(
    question: QuotaQuestion,
  ): null | QuotaHold | QuotaRefusal | Promise<QuotaHold | QuotaRefusal>
}

/**
 * The headers `RateLimit` and `RateLimit-Policy` of the IETF draft, and the `x-ratelimit` headers that most clients read
 * today.
 */
export function limitHeaders(
  { quota, used, limit, resets_at }: LimitDetails,
  nowMs: number,
): Readonly<Record<string, string>> {
  const remaining = Math.max(0, Math.floor(limit - used))
  const resetS = Math.max(1, Math.ceil((Date.parse(resets_at) - nowMs) / 1000))
  const windowS = quota.endsWith('_per_month') ? 30 * 86_400 : 1
  return {
    'ratelimit-policy': `"${quota}";q=${Math.floor(limit)};w=${windowS}`,
    ratelimit: `"${quota}";r=${remaining};t=${resetS}`,
    'x-ratelimit-limit': String(Math.floor(limit)),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(resetS),
  }
}
