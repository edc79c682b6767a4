// A price that was found for a model, with values that are computed once for all its calls: the rates that depend on
// nothing, and the prices of service tiers.

import { Literal } from '../../core/arena.ts'
import { modelName } from './model-names.ts'
import {
  type CostUsd,
  costOf,
  flatRates,
  pricesAt,
  type Rates,
  ratesOf,
  type Usage,
} from './price.ts'
import type { PriceResolver, ResolvedPrice } from './price-lookup.ts'
import type { Prices } from './price-table.ts'
import { canonicalProvider, MEDIA_LISTED } from './provider-names.ts'
import { GEO_SHARES, type TierPrice, tierPrice } from './service-tiers.ts'

/** How many tiers of one model are remembered. */
const TIERS_MAX = 16

export class KnownPrice {
  readonly found: ResolvedPrice
  readonly refLiteral: Literal
  readonly providerLiteral: Literal
  readonly #resolver: PriceResolver
  readonly #isMediaListed: boolean
  readonly #rates: Rates | null
  readonly #tiers = new Map<string, TierPrice>()

  constructor(found: ResolvedPrice, resolver: PriceResolver) {
    this.found = found
    this.#resolver = resolver
    this.#isMediaListed = MEDIA_LISTED.has(found.provider)
    this.#rates = flatRates(found.model, this.#isMediaListed)
    this.refLiteral = new Literal(found.ref)
    this.providerLiteral = new Literal(canonicalProvider(found.provider))
  }

  /** True if the prices change with the date or the time of day. */
  get isDated(): boolean {
    return Array.isArray(this.found.model.prices)
  }

  /** True if the price depends on where the answer was computed. */
  get isByGeo(): boolean {
    return this.found.provider in GEO_SHARES
  }

  /** The cost of a call whose answer was computed in `geo`, by its cost anywhere. */
  costIn(geo: string, anywhere: CostUsd, unpriced: string[]): CostUsd {
    const share = GEO_SHARES[this.found.provider]?.[geo.toLowerCase()]
    if (share === undefined) unpriced.push(`inference_geo:${geo.toLowerCase()}`)
    return shareOf(anywhere, share ?? 1)
  }

  /** The cost of one call in USD. Adds to `unpriced` the units for which the table has no price. */
  cost(usage: Usage, atMs: number, tier: string | null, unpriced: string[]): CostUsd {
    if (tier === null) return this.#listPrice(usage, atMs, unpriced)
    const price = this.#inTier(tier)
    if (price.kind === 'prices') {
      const rates = ratesOf(price.prices, usage.input, this.#isMediaListed)
      return costOf(rates, usage, unpriced)
    }
    const list = this.#listPrice(usage, atMs, unpriced)
    if (price.kind === 'share') return shareOf(list, price.share)
    unpriced.push(`service_tier:${tier.toLowerCase()}`)
    return list
  }

  #listPrice(usage: Usage, atMs: number, unpriced: string[]): CostUsd {
    const rates =
      this.#rates ?? ratesOf(pricesAt(this.found.model, atMs), usage.input, this.#isMediaListed)
    return costOf(rates, usage, unpriced)
  }

  #inTier(tier: string): TierPrice {
    const known = this.#tiers.get(tier)
    if (known !== undefined) return known
    const { provider, model } = this.found
    const own = this.#rowOfTier(tier)
    const price: TierPrice =
      own === null ? tierPrice(tier, provider, model) : { kind: 'prices', prices: own }
    if (this.#tiers.size < TIERS_MAX) this.#tiers.set(tier, price)
    return price
  }

  /** The prices of a tier that a gateway lists as its own model: `openai/gpt-6-luna:batch`. */
  #rowOfTier(tier: string): Prices | null {
    const { provider, model } = this.found
    const name = `${modelName(model.id).whole}:${tier}`.toLowerCase()
    const row = this.#resolver.exactly(provider, name)
    // A row that matches the beginning of a name would find the model itself again.
    if (row === null || row.model.id.toLowerCase() !== name) return null
    return Array.isArray(row.model.prices) ? null : row.model.prices
  }
}

/** Fees for pieces, such as searches, are the same in all tiers. */
function shareOf(list: CostUsd, share: number): CostUsd {
  if (share === 1) return list
  return { input: list.input * share, output: list.output * share, fees: list.fees }
}
