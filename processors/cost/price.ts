// Arithmetic only: usage times prices. Input tokens contain cache reads and writes, output tokens contain
// reasoning; a tier is chosen by the size of the whole input and applies to the whole request.

import type { ConditionalPrices, Price, PriceModel, Prices } from './price-table.ts'

/** Token counts of one call; NaN = not reported. */
export interface Usage {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  /** Part of cacheWrite kept for an hour, where the provider prices it apart. */
  readonly cacheWrite1h: number
  readonly reasoning: number
  readonly inputAudio: number
  readonly outputAudio: number
}

export interface CostUsd {
  readonly input: number
  readonly output: number
}

const or0 = (n: number): number => (n > 0 ? n : 0)

/** What a token of each kind costs, in USD per million; `request`: in USD per call. */
export interface Rates {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly cacheWrite1h: number
  readonly inputAudio: number
  readonly reasoning: number
  readonly outputAudio: number
  readonly request: number
}

function ratesOf(prices: Prices, inputTokens: number): Rates {
  const rate = (name: string, fallback: number): number => {
    const p = prices[name]
    return p === undefined ? fallback : rateOf(p, inputTokens)
  }
  const input = rate('input_mtok', 0)
  const output = rate('output_mtok', 0)
  const cacheWrite = rate('cache_write_mtok', input)
  return {
    input,
    output,
    cacheRead: rate('cache_read_mtok', input),
    cacheWrite,
    cacheWrite1h: rate('cache_write_1h_mtok', cacheWrite),
    inputAudio: rate('input_audio_mtok', input),
    reasoning: rate('output_reasoning_mtok', output),
    outputAudio: rate('output_audio_mtok', output),
    request: rate('requests_kcount', 0) / 1000,
  }
}

/** The rates of a model whose prices depend neither on time nor on the size of the input, as nearly all do; null of others. */
export function flatRates({ prices }: PriceModel): Rates | null {
  if (Array.isArray(prices)) return null
  return Object.values(prices).every((p) => typeof p === 'number') ? ratesOf(prices, 0) : null
}

/** USD of one call. `atMs`: when it started, for dated prices. */
export function priceOf(model: PriceModel, usage: Usage, atMs: number): CostUsd {
  return costOf(ratesOf(pricesAt(model, atMs), or0(usage.input)), usage)
}

export function costOf(rates: Rates, usage: Usage): CostUsd {
  const inputTotal = or0(usage.input)
  const read = Math.min(or0(usage.cacheRead), inputTotal)
  const write = Math.min(or0(usage.cacheWrite), inputTotal - read)
  const write1h = Math.min(or0(usage.cacheWrite1h), write)
  const audioIn = Math.min(or0(usage.inputAudio), inputTotal - read - write)
  const input =
    (inputTotal - read - write - audioIn) * rates.input +
    read * rates.cacheRead +
    (write - write1h) * rates.cacheWrite +
    write1h * rates.cacheWrite1h +
    audioIn * rates.inputAudio
  const outputTotal = or0(usage.output)
  const audioOut = Math.min(or0(usage.outputAudio), outputTotal)
  const thought = Math.min(or0(usage.reasoning), outputTotal - audioOut)
  const output =
    (outputTotal - audioOut - thought) * rates.output +
    thought * rates.reasoning +
    audioOut * rates.outputAudio
  return { input: input / 1e6 + rates.request, output: output / 1e6 }
}

function rateOf(price: Price, inputTokens: number): number {
  if (typeof price === 'number') return price
  let rate = price.base
  for (const tier of price.tiers) if (inputTokens > tier.start) rate = tier.price
  return rate
}

/** The prices that hold at a time. */
export function pricesAt(model: PriceModel, atMs: number): Prices {
  if (!Array.isArray(model.prices)) return model.prices
  const list: readonly ConditionalPrices[] = model.prices
  const found = list.findLast((c) => holds(c, atMs))
  return found?.prices ?? list[0]?.prices ?? {}
}

function holds({ constraint }: ConditionalPrices, atMs: number): boolean {
  if (constraint === undefined) return true
  const at = new Date(atMs)
  if (constraint.type === 'start_date')
    return at.toISOString().slice(0, 10) >= constraint.start_date
  const time = at.toISOString().slice(11, 19)
  const from = constraint.start_time.slice(0, 8)
  const to = constraint.end_time.slice(0, 8)
  return from <= to ? time >= from && time < to : time >= from || time < to
}
