// Service tiers as `request_params.service_tier` names them: those at the list price, and those at a fixed share of
// it. A tier in neither list is unknown, and the cost reports it.

import type { PriceModel, Prices } from './price-table.ts'

/** Tiers at the list price: no tier was requested, or the default one. */
const LIST_PRICE: ReadonlySet<string> = new Set([
  'default',
  'standard',
  'standard_only',
  'auto',
  'none',
  'on_demand',
  'on-demand',
  'ondemand',
  'unspecified',
  'service_tier_default',
  'service_tier_unspecified',
])

/**
 * By provider of the price table: the share of the list price that a tier costs, where the provider's documentation gives one
 * for all its models (read 2026-11). Other tiers have prices that differ by model.
 */
export const SHARES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  openai: { flex: 0.5, batch: 0.5 },
  azure: { flex: 0.5, batch: 0.5 },
  anthropic: { batch: 0.5 },
  google: { batch: 0.5, flex: 0.5 },
  aws: { batch: 0.5 },
  mistral: { batch: 0.5 },
  groq: { batch: 0.5, flex: 1 },
  moonshotai: { batch: 0.6 },
}

/**
 * By provider of the price table: what tokens cost where they are computed in one country only, as a share of the price anywhere
 * (Anthropic, 2026-11: models that can be told so, Opus 4.6 and later).
 */
export const GEO_SHARES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  anthropic: { us: 1.1 },
}

/** How a tier changes the list price: other prices, a share of it, or unknown. */
export type TierPrice =
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'prices'; readonly prices: Prices }
  | { readonly kind: 'unknown' }

const LIST: TierPrice = { kind: 'share', share: 1 }

/** `tier` is the name in the call, or null when it named none. */
export function tierPrice(tier: string | null, provider: string, model: PriceModel): TierPrice {
  if (tier === null) return LIST
  const word = normalized(tier)
  const own = model.service_tiers?.[word]
  if (typeof own === 'number') return { kind: 'share', share: own }
  if (own !== undefined) return { kind: 'prices', prices: own }
  if (LIST_PRICE.has(word)) return LIST
  const share = SHARES[provider]?.[word]
  return share === undefined ? { kind: 'unknown' } : { kind: 'share', share }
}

/** Makes `ON_DEMAND_FLEX`, `SERVICE_TIER_FLEX` and `flex` one tier. */
function normalized(tier: string): string {
  const word = tier.trim().toLowerCase()
  return /^(?:service_tier_|on_demand_|traffic_type_)(?:flex|batch|priority)$/.test(word)
    ? word.slice(word.lastIndexOf('_') + 1)
    : word
}
