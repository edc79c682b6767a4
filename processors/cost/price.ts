// Computes cost from usage and prices, and does nothing else. Input tokens include cache reads and writes, output
// tokens include reasoning. A price tier is chosen by the size of the whole input and applies to the whole request. A
// part without its own rate is charged at the rate of the whole and reported by name.

import type { ConditionalPrices, Price, PriceModel, Prices } from './price-table.ts'
import { COUNTS, DETAILS, FIRST_COUNT, PARTS, REQUEST_KEY } from './units.ts'

/** The token counts of one call. NaN means not reported. */
export interface Usage {
  input: number
  output: number
  cacheRead: number
  cacheWrite: number
  reasoning: number
  /** Parts and counts by the numbers in `units.ts`. 0 means not reported. */
  readonly details: Float64Array
  /** False when all details are 0. */
  hasDetails: boolean
}

export function emptyUsage(): Usage {
  return {
    input: Number.NaN,
    output: Number.NaN,
    cacheRead: Number.NaN,
    cacheWrite: Number.NaN,
    reasoning: Number.NaN,
    details: new Float64Array(DETAILS),
    hasDetails: false,
  }
}

/** A cost in USD. The total is the sum of the three parts. */
export interface CostUsd {
  readonly input: number
  readonly output: number
  /** The cost of everything except tokens: searches, requests, seconds, pages. */
  readonly fees: number
}

const or0 = (n: number): number => (n > 0 ? n : 0)
const orElse = (n: number, otherwise: number): number => (Number.isNaN(n) ? otherwise : n)

/** The price of each kind of token, in USD per million. NaN means that the table has none. */
export interface Rates {
  readonly input: number
  readonly output: number
  readonly cacheRead: number
  readonly cacheWrite: number
  readonly cacheWrite1h: number
  readonly cacheReadAudio: number
  readonly cacheReadImage: number
  readonly inputAudio: number
  readonly inputImage: number
  readonly inputVideo: number
  readonly outputAudio: number
  readonly outputImage: number
  readonly outputVideo: number
  readonly reasoning: number
  readonly citation: number
  /** USD for each call. */
  readonly request: number
  /** USD for one unit, by the numbers of `COUNTS`. */
  readonly counts: Float64Array
  /** True if the plain input rate applies to every medium that has no rate of its own. */
  readonly isInputSame: boolean
  readonly isOutputSame: boolean
  /** True if the table says that the model costs nothing. */
  readonly isFree: boolean
}

const MEDIA = /audio_mtok|image_mtok|video_mtok/

/**
 * Computes the rates of a model. `isMediaListed` means that the provider lists every medium that costs more than
 * text. For other providers only rows with a rate for some medium are known to distinguish media.
 */
export function ratesOf(prices: Prices, inputTokens: number, isMediaListed: boolean): Rates {
  const rate = (name: string): number => {
    const p = prices[name]
    return p === undefined ? Number.NaN : rateOf(p, inputTokens)
  }
  const keys = Object.keys(prices)
  const tellsMedia = keys.some((key) => MEDIA.test(key))
  return {
    input: rate('input_mtok'),
    output: rate('output_mtok'),
    cacheRead: rate('cache_read_mtok'),
    cacheWrite: rate('cache_write_mtok'),
    cacheWrite1h: rate('cache_write_1h_mtok'),
    cacheReadAudio: rate('cache_audio_read_mtok'),
    cacheReadImage: rate('cache_image_read_mtok'),
    inputAudio: rate('input_audio_mtok'),
    inputImage: rate('input_image_mtok'),
    inputVideo: rate('input_video_mtok'),
    outputAudio: rate('output_audio_mtok'),
    outputImage: rate('output_image_mtok'),
    outputVideo: rate('output_video_mtok'),
    reasoning: rate('output_reasoning_mtok'),
    citation: rate('output_citation_mtok'),
    request: or0(rate(REQUEST_KEY)) / 1000,
    counts: Float64Array.from(COUNTS, (c) => {
      const key = c.keys.find((k) => prices[k] !== undefined)
      return key === undefined ? Number.NaN : rate(key) / c.per
    }),
    isInputSame: isMediaListed || tellsMedia,
    isOutputSame: tellsMedia,
    isFree: keys.length === 0,
  }
}

/**
 * The rates of a model whose prices depend neither on time nor on the size of the input, which are nearly all models.
 * Null for others.
 */
export function flatRates({ prices }: PriceModel, isMediaListed: boolean): Rates | null {
  if (Array.isArray(prices)) return null
  const isFlat = Object.values(prices).every((p) => typeof p === 'number')
  return isFlat ? ratesOf(prices, 0, isMediaListed) : null
}

/**
 * The cost of one call in USD. `atMs` is when it started, for prices that change. Adds to `unpriced` what the table
 * has no price for.
 */
export function priceOf(
  model: PriceModel,
  usage: Usage,
  atMs: number,
  isMediaListed = false,
  unpriced: string[] = [],
): CostUsd {
  const rates = ratesOf(pricesAt(model, atMs), or0(usage.input), isMediaListed)
  return costOf(rates, usage, unpriced)
}

export function costOf(rates: Rates, usage: Usage, unpriced: string[] = []): CostUsd {
  if (rates.isFree) return FREE
  return {
    input: inputUsd(rates, usage, unpriced),
    output: outputUsd(rates, usage, unpriced),
    fees: rates.request + (usage.hasDetails ? countsUsd(rates, usage, unpriced) : 0),
  }
}

const FREE: CostUsd = { input: 0, output: 0, fees: 0 }

/**
 * The cost of a part. Without its own rate it costs the rate of the whole, and is reported as unpriced unless
 * `isSame` says that this is its price.
 */
function part(
  tokens: number,
  rate: number,
  whole: number,
  isSame: boolean,
  name: string,
  unpriced: string[],
): number {
  if (tokens <= 0) return 0
  if (!Number.isNaN(rate)) return tokens * rate
  if (!isSame) unpriced.push(name)
  return tokens * whole
}

function inputUsd(rates: Rates, usage: Usage, unpriced: string[]): number {
  const total = or0(usage.input)
  if (total === 0) return 0
  if (Number.isNaN(rates.input)) unpriced.push('input_tokens')
  const { details: d } = usage
  const plain = or0(rates.input)
  const lifetimes = (d[PARTS.cache_write_5m] ?? 0) + (d[PARTS.cache_write_1h] ?? 0)
  const read = Math.min(or0(usage.cacheRead), total)
  const write = Math.min(Math.max(or0(usage.cacheWrite), lifetimes), total - read)
  let usd = 0
  if (read > 0) usd += readUsd(rates, usage, read, unpriced)
  if (write > 0) usd += writeUsd(rates, d[PARTS.cache_write_1h] ?? 0, write, unpriced)
  const fresh = total - read - write
  usd += usage.hasDetails ? freshMediaUsd(rates, usage, fresh, unpriced) : fresh * plain
  return usd / 1e6
}

/** The cost of input tokens that were not in a cache, by medium. */
function freshMediaUsd(
  rates: Rates,
  { details: d }: Usage,
  fresh: number,
  unpriced: string[],
): number {
  const plain = or0(rates.input)
  const isSame = rates.isInputSame
  let rest = fresh
  const take = (tokens: number): number => {
    const taken = Math.min(or0(tokens), rest)
    rest -= taken
    return taken
  }
  // Audio tokens that were read from the cache are charged above.
  const audio = take((d[PARTS.input_audio] ?? 0) - (d[PARTS.cache_read_audio] ?? 0))
  const pictures = (d[PARTS.input_image] ?? 0) + (d[PARTS.input_document] ?? 0)
  const image = take(pictures - (d[PARTS.cache_read_image] ?? 0))
  const video = take(d[PARTS.input_video] ?? 0)
  return (
    part(audio, rates.inputAudio, plain, isSame, 'input_audio', unpriced) +
    part(image, rates.inputImage, plain, isSame, 'input_image', unpriced) +
    part(video, rates.inputVideo, plain, isSame, 'input_video', unpriced) +
    rest * plain
  )
}

function readUsd(rates: Rates, { details: d }: Usage, read: number, unpriced: string[]): number {
  const audio = Math.min(d[PARTS.cache_read_audio] ?? 0, read)
  const image = Math.min(d[PARTS.cache_read_image] ?? 0, read - audio)
  const plain = or0(rates.input)
  // Without a price for cache reads, these tokens cost as much as uncached ones.
  const whole = (fresh: number): number => orElse(rates.cacheRead, orElse(fresh, plain))
  const { cacheRead, cacheReadAudio, cacheReadImage, inputAudio, inputImage } = rates
  return (
    part(read - audio - image, cacheRead, plain, false, 'cache_read_tokens', unpriced) +
    part(audio, cacheReadAudio, whole(inputAudio), false, 'cache_read_audio', unpriced) +
    part(image, cacheReadImage, whole(inputImage), false, 'cache_read_image', unpriced)
  )
}

function writeUsd(rates: Rates, for1h: number, write: number, unpriced: string[]): number {
  const hour = Math.min(for1h, write)
  // A provider with a price for cache reads and none for writes does not charge extra for writes.
  const isSame = !Number.isNaN(rates.cacheRead)
  const plain = or0(rates.input)
  return (
    part(write - hour, rates.cacheWrite, plain, isSame, 'cache_write_tokens', unpriced) +
    part(
      hour,
      rates.cacheWrite1h,
      orElse(rates.cacheWrite, plain),
      isSame && Number.isNaN(rates.cacheWrite),
      'cache_write_1h',
      unpriced,
    )
  )
}

function outputUsd(rates: Rates, usage: Usage, unpriced: string[]): number {
  const citation = usage.details[PARTS.output_citation] ?? 0
  const reported = or0(usage.output)
  const thought = or0(usage.reasoning)
  // Citation tokens are among the output tokens or in addition to them. If they are more than all output tokens, they
  // must be in addition.
  const total = citation > 0 && citation + thought > reported ? reported + citation : reported
  if (total === 0) return 0
  if (Number.isNaN(rates.output)) unpriced.push('output_tokens')
  if (!usage.hasDetails && Number.isNaN(rates.reasoning)) return (total * or0(rates.output)) / 1e6
  return outputPartsUsd(rates, usage, total, unpriced) / 1e6
}

function outputPartsUsd(rates: Rates, usage: Usage, total: number, unpriced: string[]): number {
  const { details: d } = usage
  const plain = or0(rates.output)
  const isSame = rates.isOutputSame
  let rest = total
  const take = (tokens: number): number => {
    const taken = Math.min(or0(tokens), rest)
    rest -= taken
    return taken
  }
  const audio = take(d[PARTS.output_audio] ?? 0)
  const image = take(d[PARTS.output_image] ?? 0)
  const video = take(d[PARTS.output_video] ?? 0)
  const cited = take(d[PARTS.output_citation] ?? 0)
  const thought = take(usage.reasoning)
  return (
    part(audio, rates.outputAudio, plain, isSame, 'output_audio', unpriced) +
    part(image, rates.outputImage, plain, isSame, 'output_image', unpriced) +
    part(video, rates.outputVideo, plain, isSame, 'output_video', unpriced) +
    part(cited, rates.citation, plain, false, 'output_citation', unpriced) +
    part(thought, rates.reasoning, plain, true, 'reasoning_tokens', unpriced) +
    rest * plain
  )
}

function countsUsd(rates: Rates, usage: Usage, unpriced: string[]): number {
  let usd = 0
  const hasTokenPrice =
    !Number.isNaN(rates.input) && (or0(usage.input) > 0 || or0(usage.output) > 0)
  for (const [i, { name, kind }] of COUNTS.entries()) {
    const n = usage.details[FIRST_COUNT + i] ?? 0
    if (n <= 0) continue
    const rate = rates.counts[i] ?? Number.NaN
    if (!Number.isNaN(rate)) usd += n * rate
    else if (kind === 'fee' || !hasTokenPrice) unpriced.push(name)
  }
  return usd
}

function rateOf(price: Price, inputTokens: number): number {
  if (typeof price === 'number') return price
  let rate = price.base
  for (const tier of price.tiers) if (inputTokens > tier.start) rate = tier.price
  return rate
}

/** The prices that apply at a time. */
export function pricesAt(model: PriceModel, atMs: number): Prices {
  if (!Array.isArray(model.prices)) return model.prices
  const list: readonly ConditionalPrices[] = model.prices
  const found = list.findLast((c) => holds(c, atMs))
  return found?.prices ?? list[0]?.prices ?? {}
}

function holds({ constraint }: ConditionalPrices, atMs: number): boolean {
  if (constraint === undefined) return true
  // The time of the call is unknown, so the current price applies, without special times of day.
  if (!Number.isFinite(atMs)) return constraint.type === 'start_date'
  const at = new Date(atMs)
  if (constraint.type === 'start_date')
    return at.toISOString().slice(0, 10) >= constraint.start_date
  const time = at.toISOString().slice(11, 19)
  const from = constraint.start_time.slice(0, 8)
  const to = constraint.end_time.slice(0, 8)
  return from <= to ? time >= from && time < to : time >= from || time < to
}
