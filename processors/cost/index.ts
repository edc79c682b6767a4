// Cost of each call in USD: what the source gave wins, else computed from the price table. No price known
// means null and a counter, never 0. Containers and second reports are never priced.

import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { Literal } from '../../core/arena.ts'
import type { SpanBatch } from '../../core/batch.ts'
import type {
  ChainContext,
  PrepareContext,
  Processor,
  ProcessorFactory,
} from '../../core/component.ts'
import { ObservaError } from '../../core/errors.ts'
import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { counter, labelValue } from '../../core/metrics.ts'
import { type CostUsd, costOf, flatRates, priceOf, pricesAt, type Rates } from './price.ts'
import { PriceMemo } from './price-memo.ts'
import { overridesSchema, type PriceTable } from './price-table.ts'
import builtin from './prices.generated.json' with { type: 'json' }
import { PriceResolver, type ResolvedPrice } from './resolve.ts'

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
  summary: 'Prices every model call in USD: cached, reasoning, tiered and dated prices.',
  schema: costSchema as z.ZodType<CostConfig>,
  metrics: [
    counter('observa_cost_unknown_total', 'Model calls without a price.', ['provider', 'model']),
  ],
  prepare: async (config, ctx) => ({ overrides: await readOverrides(config, ctx) }),
  create: (settings) => new CostProcessor(settings),
}

async function readOverrides(config: CostConfig, ctx: PrepareContext): Promise<PriceTable | null> {
  if (config.overrides === undefined) return null
  return parseOverrides(config.overrides, await ctx.readFile(config.overrides))
}

function parseOverrides(file: string, text: string): PriceTable {
  const parsed = overridesSchema.safeParse(parse(text))
  if (parsed.success) return parsed.data
  throw new ObservaError(
    'OBS_COST_OVERRIDES',
    `${file} is no price table: ${z.prettifyError(parsed.error)}`,
    'See processors/cost/README.md for the form.',
  )
}

// The generated table was checked against the schema when it was made.
const BUILTIN = builtin as unknown as PriceTable

/** A price as `observa prices` tells it. */
export interface PriceAnswer {
  readonly price_ref: string
  readonly prices: unknown
}

/** Looks prices up as the processor does: overrides first, then the built-in table. */
export function priceLookup(
  overrides: { readonly file: string; readonly text: string } | null,
): (provider: string | null, model: string, atMs: number) => PriceAnswer | null {
  const own = overrides === null ? [] : [parseOverrides(overrides.file, overrides.text)]
  const resolver = new PriceResolver([...own, BUILTIN])
  return (provider, model, atMs) => {
    const found = resolver.resolve(provider, model)
    return found === null ? null : { price_ref: found.ref, prices: pricesAt(found.model, atMs) }
  }
}

/** What the genai-prices package of that version, the installed one, says otherwise than the built-in table. */
export async function priceNews(version: string): Promise<{
  readonly from: string
  readonly to: string
  readonly lines: readonly string[]
  /** An override file with all of it. */
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

/** A given cost this far from the computed one is kept, and the computed one put beside it. */
const DIFFERENCE_SHOWN = 0.01

/** A price with what is worked out once for all calls of its model. */
interface KnownPrice extends ResolvedPrice {
  readonly rates: Rates | null
  readonly refLiteral: Literal
}

class CostProcessor implements Processor {
  readonly #resolver: PriceResolver
  readonly #memo = new PriceMemo<KnownPrice>()

  constructor(settings: CostSettings) {
    this.#resolver = new PriceResolver(
      settings.overrides === null ? [BUILTIN] : [settings.overrides, BUILTIN],
    )
  }

  process(_batch: SpanBatch, events: EventTable, ctx: ChainContext): void {
    for (let e = 0; e < events.count; e++) this.#one(events, e, ctx)
  }

  #one(events: EventTable, e: number, ctx: ChainContext): void {
    const given = givenCost(events, e)
    const hasUsage = events.num(e, N.input_tokens) > 0 || events.num(e, N.output_tokens) > 0
    if (!hasUsage || events.num(e, N.usage_aggregate) === 1) {
      setSource(events, e, given === null ? 'none' : 'given')
      return
    }
    const price = this.#priceFor(events, e)
    if (price === null) {
      setSource(events, e, given === null ? 'none' : 'given')
      if (given === null) countUnknown(events, e, ctx)
      return
    }
    const usage = usageOf(events, e)
    const computed =
      price.rates === null
        ? priceOf(price.model, usage, events.timeMs(e, R.start_time))
        : costOf(price.rates, usage)
    if (given === null) setComputed(events, e, computed, price)
    else compare(events, e, given, computed, price)
    if (ctx.explain) explain(events, e, given === null, price)
  }

  #priceFor(events: EventTable, e: number): KnownPrice | null {
    const answered = this.#priceOfModel(events, e, R.response_model)
    return answered ?? this.#priceOfModel(events, e, R.request_model)
  }

  #priceOfModel(events: EventTable, e: number, field: number): KnownPrice | null {
    const len = events.len(e, field)
    if (len < 0) return null
    const off = events.off(e, field)
    const providerOff = events.off(e, R.provider)
    const providerLen = events.len(e, R.provider)
    const { bytes } = events.arena
    const known = this.#memo.find(bytes, providerOff, providerLen, off, len)
    if (known !== undefined) return known
    const price = this.#resolver.resolve(
      events.text(e, R.provider),
      events.text(e, field) as string,
    )
    const found =
      price === null
        ? null
        : { ...price, rates: flatRates(price.model), refLiteral: new Literal(price.ref) }
    this.#memo.add(bytes, providerOff, providerLen, off, len, found)
    return found
  }
}

/** Total as the source gave it, or the sum of the given parts. */
function givenCost(events: EventTable, e: number): number | null {
  const total = events.num(e, N.cost_usd)
  if (!Number.isNaN(total)) return total
  const input = events.num(e, N.cost_input_usd)
  const output = events.num(e, N.cost_output_usd)
  if (Number.isNaN(input) && Number.isNaN(output)) return null
  const sum = (Number.isNaN(input) ? 0 : input) + (Number.isNaN(output) ? 0 : output)
  events.setNum(e, N.cost_usd, sum)
  return sum
}

function usageOf(events: EventTable, e: number): Parameters<typeof priceOf>[1] {
  const details = events.has(e, R.usage_details)
    ? (JSON.parse(events.text(e, R.usage_details) ?? '{}') as Record<string, number>)
    : {}
  return {
    input: events.num(e, N.input_tokens),
    output: events.num(e, N.output_tokens),
    cacheRead: events.num(e, N.cache_read_tokens),
    cacheWrite: events.num(e, N.cache_write_tokens),
    cacheWrite1h: details['cache_write_1h'] ?? 0,
    reasoning: events.num(e, N.reasoning_tokens),
    inputAudio: details['input_audio'] ?? 0,
    outputAudio: details['output_audio'] ?? 0,
  }
}

function setComputed(events: EventTable, e: number, usd: CostUsd, price: KnownPrice): void {
  events.setNum(e, N.cost_usd, usd.input + usd.output)
  events.setNum(e, N.cost_input_usd, usd.input)
  events.setNum(e, N.cost_output_usd, usd.output)
  setSource(events, e, 'computed')
  setLiteral(events, e, R.price_ref, price.refLiteral)
}

function compare(
  events: EventTable,
  e: number,
  given: number,
  computed: CostUsd,
  price: ResolvedPrice,
): void {
  setSource(events, e, 'given')
  const total = computed.input + computed.output
  if (Math.abs(given - total) <= DIFFERENCE_SHOWN * Math.max(given, total)) return
  events.addMetadataText(e, 'computed_cost_usd', String(total))
  events.addMetadataText(e, 'computed_price_ref', price.ref)
}

const SOURCES = {
  given: new Literal('given'),
  computed: new Literal('computed'),
  none: new Literal('none'),
} as const

function setSource(events: EventTable, e: number, source: keyof typeof SOURCES): void {
  setLiteral(events, e, R.cost_source, SOURCES[source])
}

function setLiteral(events: EventTable, e: number, r: number, literal: Literal): void {
  const id = literal.id(events.arena)
  if (id >= 0) events.setLiteral(e, r, id)
  else events.setText(e, r, literal.text)
}

function countUnknown(events: EventTable, e: number, ctx: ChainContext): void {
  const model = events.text(e, R.response_model) ?? events.text(e, R.request_model)
  if (model === null) return
  const provider = labelValue(events.text(e, R.provider) ?? '')
  const labels = `provider="${provider}",model="${labelValue(model.slice(0, 100))}"`
  ctx.count('observa_cost_unknown_total', labels, 1)
}

function explain(events: EventTable, e: number, isComputed: boolean, price: ResolvedPrice): void {
  if (!isComputed) return
  events.explain?.[e]?.push({
    field: 'cost_usd',
    source: 'input_tokens, output_tokens, cache_read_tokens, cache_write_tokens',
    rule: `cost: ${price.ref}`,
  })
}
