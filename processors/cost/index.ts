// The cost of each call in USD. `cost-processor.ts` computes the cost of an event. This file has the configuration,
// and the look-ups for commands.

import { stringify } from 'yaml'
import { z } from 'zod'
import type { PrepareContext, ProcessorFactory } from '../../core/component.ts'
import { counter } from '../../core/metrics.ts'
import { BUILTIN } from './builtin-table.ts'
import { CostProcessor } from './cost-processor.ts'
import { parseOverrides } from './overrides.ts'
import { pricesAt } from './price.ts'
import { PriceResolver } from './price-lookup.ts'
import type { PriceTable } from './price-table.ts'

export const costSchema = z.strictObject({
  overrides: z
    .string()
    .optional()
    .describe(
      'YAML file with prices of your own, tried before the built-in table; same form as the table.',
    )
    .meta({ examples: ['prices.yaml'] }),
})

export type CostConfig = z.output<typeof costSchema>
export interface CostSettings {
  readonly overrides: PriceTable | null
}

export const cost: ProcessorFactory<CostConfig, CostSettings> = {
  kind: 'processor',
  type: 'cost',
  stability: 'beta',
  summary:
    'Prices every model call in USD: tokens of every kind, searches, audio, pages, tiers and dates.',
  schema: costSchema as z.ZodType<CostConfig>,
  metrics: [
    counter('observa_cost_unknown_total', 'Model calls without a price.', ['provider', 'model']),
    counter('observa_cost_partial_total', 'Units of calls that the price table has no price for.', [
      'unit',
    ]),
  ],
  prepare: async (config, ctx) => ({ overrides: await readOverrides(config, ctx) }),
  create: ({ overrides }) =>
    new CostProcessor(overrides === null ? [BUILTIN] : [overrides, BUILTIN]),
}

async function readOverrides(config: CostConfig, ctx: PrepareContext): Promise<PriceTable | null> {
  if (config.overrides === undefined) return null
  return parseOverrides(config.overrides, await ctx.readFile(config.overrides), BUILTIN)
}

/** A price as `observa prices` prints it. */
export interface PriceAnswer {
  readonly price_ref: string
  readonly prices: unknown
}

/** Looks prices up as the processor does: overrides first, then the built-in table. */
export function priceLookup(
  overrides: { readonly file: string; readonly text: string } | null,
): (provider: string | null, model: string, atMs: number) => PriceAnswer | null {
  const own = overrides === null ? [] : [parseOverrides(overrides.file, overrides.text, BUILTIN)]
  const resolver = new PriceResolver([...own, BUILTIN])
  return (provider, model, atMs) => {
    const found = resolver.resolve(provider, model)
    return found === null ? null : { price_ref: found.ref, prices: pricesAt(found.model, atMs) }
  }
}

/** The difference between the installed genai-prices package of this version and the built-in table. */
export async function priceNews(version: string): Promise<{
  readonly from: string
  readonly to: string
  readonly lines: readonly string[]
  /** The difference in the form of an override file. */
  readonly overrides: string
}> {
  const { difference, news, packageTable } = await import('./package-table.ts')
  const table = await packageTable(version)
  return {
    from: BUILTIN.version,
    to: table.version,
    lines: difference(BUILTIN, table),
    overrides: stringify(news(BUILTIN, table)),
  }
}
