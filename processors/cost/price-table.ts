// The shape of the price table and of overrides: that of genai-prices (MIT), reduced to what a price needs.
// Prices are USD per million tokens (`_mtok`) or per thousand (`_kcount`); usage is inclusive, as ours.

import { z } from 'zod'

/** How a model or provider id is recognised. */
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

/** A flat price, or one that rises for the whole request once its input passes `start` tokens. */
const priceSchema = z.union([
  z.number().min(0),
  z.strictObject({
    base: z.number().min(0),
    tiers: z.array(z.strictObject({ start: z.number().min(0), price: z.number().min(0) })),
  }),
])
const pricesSchema = z.record(z.string(), priceSchema)

/** The last entry whose constraint holds at the time of the call counts. Times of day are UTC. */
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

/** By tier of service: prices of its own, or its share of the prices of the model. */
const tiersSchema = z.record(z.string(), z.union([z.number().min(0), pricesSchema]))

const modelSchema = z.strictObject({
  id: z.string(),
  match: matchSchema.optional(),
  prices: z.union([z.array(conditionalSchema), pricesSchema]),
  service_tiers: tiersSchema.optional(),
})

/** A model of an override file: with prices, or with the prices of another (`aws/us.anthropic.claude-...`), by provider and name. */
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

/** An override file: providers in the order they are tried, before those of the built-in table. */
export const overridesSchema = z.strictObject({
  version: z.string().default('overrides'),
  providers: z.array(z.strictObject({ ...providerFields, models: z.array(overrideSchema) })),
})

export type Price = z.output<typeof priceSchema>
export type Prices = z.output<typeof pricesSchema>
export type ConditionalPrices = z.output<typeof conditionalSchema>
export type PriceModel = z.output<typeof modelSchema>
export type Overrides = z.output<typeof overridesSchema>
export type PriceTable = z.output<typeof tableSchema>
export type PriceProvider = PriceTable['providers'][number]

/** Does the id match? Ids are compared in lower case. */
export function matches(match: Match, id: string): boolean {
  if ('equals' in match) return id === match.equals.toLowerCase()
  if ('starts_with' in match) return id.startsWith(match.starts_with.toLowerCase())
  if ('ends_with' in match) return id.endsWith(match.ends_with.toLowerCase())
  if ('contains' in match) return id.includes(match.contains.toLowerCase())
  if ('regex' in match) return new RegExp(match.regex, 'i').test(id)
  if ('or' in match) return match.or.some((m) => matches(m, id))
  return match.and.every((m) => matches(m, id))
}
