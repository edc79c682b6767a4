// What admission asks of quotas, and what a refused client is told.

import type { TenantContext } from './tenant.ts'

/** Which limit refused a request, for the body of the answer and its headers. */
export interface LimitDetails {
  readonly quota:
    | 'events_per_month'
    | 'bytes_per_month'
    | 'usd_per_month'
    | 'events_per_second'
    | 'requests_per_second'
  readonly used: number
  readonly limit: number
  /** RFC 3339. */
  readonly resets_at: string
}

export type QuotaRefusal =
  | { readonly kind: 'used_up'; readonly details: LimitDetails; readonly retryAfterS: number }
  | { readonly kind: 'unknown' }

/** What a request may spend; given back when it is answered. */
export interface QuotaHold {
  readonly kind: 'hold'
  /** How many items may have been written, and whether the request was accepted, so that its bytes count. Called once. */
  settle(events: number, isAccepted: boolean): void
}

export interface QuotaQuestion {
  readonly tenant: TenantContext
  /** Decoded. */
  readonly bytes: number
  /** No more events than this are in the request. */
  readonly eventsMax: number
  /** How many items are in it; asked for near a limit alone, for it may have to unpack the body. */
  readonly count: () => number
}

export interface QuotaGate {
  /** Null where the project has no quota, which costs a look into a map. */
  enter(
    question: QuotaQuestion,
  ): null | QuotaHold | QuotaRefusal | Promise<QuotaHold | QuotaRefusal>
}

/** `RateLimit` of the IETF draft, and what today's clients read. */
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
