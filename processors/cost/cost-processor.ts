// Sets the cost of each event. A cost that the source sent is kept, otherwise the cost is computed from the price
// table. Containers and duplicates are never priced. If some usage has no price, the event says which. If nothing has
// a price, the cost is null and counted, and never 0.

import { Literal } from '../../core/arena.ts'
import type { SpanBatch } from '../../core/batch.ts'
import type { ChainContext, Processor } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { labelValue } from '../../core/metrics.ts'
import { inferenceGeo, readUsage, serviceTier } from './event-usage.ts'
import { KnownPrice } from './known-price.ts'
import { type CostUsd, emptyUsage } from './price.ts'
import { PriceResolver } from './price-lookup.ts'
import { PriceMemo } from './price-memo.ts'
import type { PriceTable } from './price-table.ts'
import { providerOfHost } from './provider-names.ts'

/**
 * If a given cost differs from the computed one by more than this share, it is kept and the computed cost is stored
 * beside it.
 */
const DIFFERENCE_SHOWN = 0.01

/** The context for calls that are priced a second time, which were counted the first time. */
const UNHEARD: ChainContext = { count: () => {}, signal: () => {}, signals: [], explain: false }

export class CostProcessor implements Processor {
  readonly #resolver: PriceResolver
  readonly #memo = new PriceMemo<KnownPrice>()
  /** The same by host and model. */
  readonly #atHosts = new PriceMemo<KnownPrice>()
  readonly #usage = emptyUsage()
  readonly #unpriced: string[] = []

  /** `tables` are in order of precedence. */
  constructor(tables: readonly PriceTable[]) {
    this.#resolver = new PriceResolver(tables)
  }

  process(batch: SpanBatch, events: EventTable, ctx: ChainContext): void {
    const hasOthers = batch.canonical.size > 0
    for (let e = 0; e < events.count; e++)
      if (!hasOthers || !isPriced(batch, events, e)) this.#one(events, e, ctx)
  }

  reprice(events: EventTable): void {
    for (let e = 0; e < events.count; e++) this.#one(events, e, UNHEARD)
  }

  #one(events: EventTable, e: number, ctx: ChainContext): void {
    const given = givenCost(events, e)
    if (events.num(e, N.usage_aggregate) === 1 || !readUsage(events, e, this.#usage)) {
      if (!events.has(e, R.provider)) this.#nameSeller(events, e)
      return setSource(events, e, Number.isNaN(given) ? 'none' : 'given')
    }
    const isGiven = given > 0 || (given === 0 && events.has(e, R.price_ref))
    const price = this.#priceFor(events, e)
    if (price !== null) nameProvider(events, e, price)
    this.#unpriced.length = 0
    const computed = price === null ? null : this.#compute(events, e, price)
    if (isGiven) {
      setSource(events, e, 'given')
      if (computed !== null && price !== null && this.#unpriced.length === 0)
        compare(events, e, given, computed, price)
      return
    }
    if (computed === null || price === null) return this.#setNone(events, e, ctx)
    this.#setComputed(events, e, computed, price, ctx)
    if (ctx.explain) explain(events, e, price)
  }

  /** A call without usage is also one of a provider. */
  #nameSeller(events: EventTable, e: number): void {
    const price = this.#priceFor(events, e)
    if (price !== null) nameProvider(events, e, price)
  }

  #compute(events: EventTable, e: number, price: KnownPrice): CostUsd {
    const tier = serviceTier(events, e)
    const atMs = price.isDated ? events.timeMs(e, R.start_time) : 0
    const usd = price.cost(this.#usage, atMs, tier, this.#unpriced)
    const geo = price.isByGeo ? inferenceGeo(events, e) : null
    return geo === null ? usd : price.costIn(geo, usd, this.#unpriced)
  }

  #setComputed(
    events: EventTable,
    e: number,
    usd: CostUsd,
    price: KnownPrice,
    ctx: ChainContext,
  ): void {
    const unpriced = this.#unpriced
    const total = usd.input + usd.output + usd.fees
    // Nothing in the call has a price, which does not mean that it costs 0.
    if (unpriced.length > 0 && total === 0) return this.#setNone(events, e, ctx)
    events.setNum(e, N.cost_usd, total)
    events.setNum(e, N.cost_input_usd, usd.input)
    events.setNum(e, N.cost_output_usd, usd.output)
    setLiteral(events, e, R.price_ref, price.refLiteral)
    if (unpriced.length === 0) return setSource(events, e, 'computed')
    setSource(events, e, 'partial')
    nameUnpriced(events, e, unpriced)
    for (const unit of unpriced) ctx.count('observa_cost_partial_total', labelsOf(unit), 1)
  }

  /** Sets no cost. A given cost of 0 is removed too, because with tokens it is not a price. */
  #setNone(events: EventTable, e: number, ctx: ChainContext): void {
    events.setNum(e, N.cost_usd, Number.NaN)
    events.setNum(e, N.cost_input_usd, Number.NaN)
    events.setNum(e, N.cost_output_usd, Number.NaN)
    setSource(events, e, 'none')
    nameUnpriced(events, e, this.#unpriced)
    countUnknown(events, e, ctx)
  }

  /**
   * Finds the price of the model that answered, else of the requested one. Prices of the provider that served the
   * call take precedence over prices of the model's maker.
   */
  #priceFor(events: EventTable, e: number): KnownPrice | null {
    const answered = this.#priceOfModel(events, e, R.response_model)
    if (answered !== null && !answered.found.isMakers) return answered
    const asked = this.#priceOfModel(events, e, R.request_model)
    if (asked === null && answered === null) return this.#priceAtHost(events, e)
    return asked === null || (answered !== null && asked.found.isMakers) ? answered : asked
  }

  /** Clients of OpenAI call others, too. Their instrumentations say openai, and whom they have called. */
  #priceAtHost(events: EventTable, e: number): KnownPrice | null {
    const model = events.has(e, R.response_model) ? R.response_model : R.request_model
    if (!events.has(e, model) || !events.has(e, R.server_address)) return null
    const { arena } = events
    const hostOff = events.off(e, R.server_address)
    const hostLen = events.len(e, R.server_address)
    const off = events.off(e, model)
    const len = events.len(e, model)
    const known = this.#atHosts.find(arena, hostOff, hostLen, off, len)
    if (known !== undefined) return known
    const provider = providerOfHost(arena.text(hostOff, hostLen))
    const price = provider === null ? null : this.#resolve(provider, arena.text(off, len))
    this.#atHosts.add(arena, hostOff, hostLen, off, len, price)
    return price
  }

  #resolve(provider: string | null, model: string): KnownPrice | null {
    const found = this.#resolver.resolve(provider, model)
    return found === null ? null : new KnownPrice(found, this.#resolver)
  }

  #priceOfModel(events: EventTable, e: number, field: number): KnownPrice | null {
    const shown = events.len(e, field)
    if (shown < 0) return null
    // The name is looked up as it was sent, because gateways list models under that name.
    const prefix = events.modelPrefix(e, field)
    const off = events.off(e, field) - prefix
    const len = shown + prefix
    const providerOff = events.off(e, R.provider)
    const providerLen = events.len(e, R.provider)
    const { arena } = events
    const known = this.#memo.find(arena, providerOff, providerLen, off, len)
    if (known !== undefined) return known
    const price = this.#resolve(events.text(e, R.provider), arena.text(off, len))
    this.#memo.add(arena, providerOff, providerLen, off, len, price)
    return price
  }
}

/** Whether another instance has priced the event; where that instance prices nothing, this one does. */
const isPriced = (batch: SpanBatch, events: EventTable, e: number): boolean =>
  batch.canonical.has(events.spanRowOf(e)) && events.has(e, R.cost_source)

/** The total cost that the source sent, or the sum of the sent parts. NaN if the source sent none. */
function givenCost(events: EventTable, e: number): number {
  const total = events.num(e, N.cost_usd)
  if (!Number.isNaN(total)) return total
  const input = events.num(e, N.cost_input_usd)
  const output = events.num(e, N.cost_output_usd)
  if (Number.isNaN(input) && Number.isNaN(output)) return Number.NaN
  const sum = (Number.isNaN(input) ? 0 : input) + (Number.isNaN(output) ? 0 : output)
  events.setNum(e, N.cost_usd, sum)
  return sum
}

/** Sets the provider, if no source named it, to the one in whose prices the model was found. */
function nameProvider(events: EventTable, e: number, price: KnownPrice): void {
  if (events.has(e, R.provider)) return
  setLiteral(events, e, R.provider, price.providerLiteral)
}

function compare(
  events: EventTable,
  e: number,
  given: number,
  computed: CostUsd,
  price: KnownPrice,
): void {
  const total = computed.input + computed.output + computed.fees
  if (Math.abs(given - total) <= DIFFERENCE_SHOWN * Math.max(given, total)) return
  events.addMetadataText(e, 'computed_cost_usd', String(total))
  events.addMetadataText(e, 'computed_price_ref', price.found.ref)
}

const SOURCES = {
  given: new Literal('given'),
  computed: new Literal('computed'),
  partial: new Literal('partial'),
  none: new Literal('none'),
} as const

function setSource(events: EventTable, e: number, source: keyof typeof SOURCES): void {
  setLiteral(events, e, R.cost_source, SOURCES[source])
}

function nameUnpriced(events: EventTable, e: number, unpriced: readonly string[]): void {
  const [unit] = unpriced
  if (unit === undefined) return
  const known = unpriced.length === 1 ? knownUnit(unit) : null
  if (known !== null) setLiteral(events, e, R.cost_unpriced, known.list)
  else events.setText(e, R.cost_unpriced, JSON.stringify([...new Set(unpriced)]))
}

/** What is written again and again for a unit. There are few units, but clients choose the names of service tiers. */
interface KnownUnit {
  readonly list: Literal
  readonly labels: string
}
const UNITS_MAX = 64
const knownUnits = new Map<string, KnownUnit>()

function knownUnit(unit: string): KnownUnit | null {
  const known = knownUnits.get(unit)
  if (known !== undefined) return known
  if (knownUnits.size >= UNITS_MAX) return null
  const made = { list: new Literal(JSON.stringify([unit])), labels: labelText(unit) }
  knownUnits.set(unit, made)
  return made
}

const labelText = (unit: string): string => `unit="${labelValue(unit.slice(0, 64))}"`
const labelsOf = (unit: string): string => knownUnit(unit)?.labels ?? labelText(unit)

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

function explain(events: EventTable, e: number, price: KnownPrice): void {
  events.explain?.[e]?.push({
    field: 'cost_usd',
    source: 'input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, usage_details',
    rule: `cost: ${price.found.ref}`,
  })
}
