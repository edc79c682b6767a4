// The form of the price table and of overrides: that of genai-prices (MIT), reduced to what a price needs. Prices are
// in USD per million tokens (`_mtok`) or per thousand (`_kcount`). Token counts include their parts, as in events.

import { z } from 'zod'

/** How the id of a model or provider is recognised. */
export type Match =
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string }
  | { readonly or: readonly Match[] }
  | { readonly and: readonly Match[] }

const matchSchema: z.ZodType<Match> = z.lazy(() =>
  z.union([
    z.strictObject({ equals: z.string() }),
    z.strictObject({ starts_with: z.string() }),
    z.strictObject({ ends_with: z.string() }),
    z.strictObject({ contains: z.string() }),
    z.strictObject({ regex: z.string().max(200) }),
    z.strictObject({ or: z.array(matchSchema) }),
    z.strictObject({ and: z.array(matchSchema) }),
  ]),
)

/** A flat price, or one that rises for the whole request when its input exceeds `start` tokens. */
const priceSchema = z.union([
  z.number().min(0),
  z.strictObject({
    base: z.number().min(0),
    tiers: z.array(z.strictObject({ start: z.number().min(0), price: z.number().min(0) })),
  }),
])
const pricesSchema = z.record(z.string(), priceSchema)

/** The last entry whose condition holds at the time of the call applies. Times of day are UTC. */
const conditionalSchema = z.strictObject({
  constraint: z
    .union([
      z.strictObject({ type: z.literal('start_date'), start_date: z.string() }),
      z.strictObject({
        type: z.literal('time_of_date'),
        start_time: z.string(),
        end_time: z.string(),
      }),
    ])
    .optional(),
  prices: pricesSchema,
})

/** Prices by service tier: separate prices, or a share of the model's prices. */
const tiersSchema = z.record(z.string(), z.union([z.number().min(0), pricesSchema]))

const modelSchema = z.strictObject({
  id: z.string(),
  match: matchSchema.optional(),
  prices: z.union([z.array(conditionalSchema), pricesSchema]),
  service_tiers: tiersSchema.optional(),
})

/**
 * A model in an override file: with prices, or with the prices of another model, given by provider and name
 * (`aws/us.anthropic.claude-...`).
 */
const overrideSchema = z.union([
  modelSchema,
  modelSchema.omit({ prices: true }).extend({ prices_of: z.string().regex(/^[^/]+\/./) }),
])

const providerFields = {
  id: z.string(),
  model_match: matchSchema.optional(),
  fallback_model_providers: z.array(z.string()).optional(),
}

/** The form of the built-in table. */
export const tableSchema = z.strictObject({
  version: z.string(),
  providers: z.array(z.strictObject({ ...providerFields, models: z.array(modelSchema) })),
})

/**
 * The form of an override file: providers in the order in which they are tried, before those of the built-in table.
 */
export const overridesSchema = z.strictObject({
  version: z.string().default('overrides'),
  providers: z.array(z.strictObject({ ...providerFields, models: z.array(overrideSchema) })),
})

export type Price = z.output<typeof priceSchema>
export type Prices = z.output<typeof pricesSchema>
export type ConditionalPrices = z.output<typeof conditionalSchema>
export type PriceModel = z.output<typeof modelSchema>
export type PriceTable = z.output<typeof tableSchema>
export type PriceProvider = PriceTable['providers'][number]

/** True if the id matches. Ids are compared in lower case. */
export function matches(match: Match, id: string): boolean {
  if ('equals' in match) return id === match.equals.toLowerCase()
  if ('starts_with' in match) return id.startsWith(match.starts_with.toLowerCase())
  if ('ends_with' in match) return id.endsWith(match.ends_with.toLowerCase())
  if ('contains' in match) return id.includes(match.contains.toLowerCase())
  if ('regex' in match) return new RegExp(match.regex, 'i').test(id)
  if ('or' in match) return match.or.some((m) => matches(m, id))
  return match.and.every((m) => matches(m, id))
}
