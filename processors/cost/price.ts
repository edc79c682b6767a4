// Arithmetic only: usage times prices. Input tokens contain cache reads and writes, output tokens contain
// reasoning; a tier is chosen by the size of the whole input and applies to the whole request. What the table has no rate
// for is charged at the rate of the whole it is a part of, and named.

import type { ConditionalPrices, Price, PriceModel, Prices } from './price-table.ts'
import { COUNTS, DETAILS, FIRST_COUNT, PARTS, REQUEST_KEY } from './units.ts'

/** Token counts of one call; NaN = not reported. */
export interface Usage {
  input: number
  output: number
  cacheRead: number
  cacheWrite: number
  reasoning: number
  /** Parts and counts by the numbers of `units.ts`, 0 = not reported. */
  readonly details: Float64Array
  /** False: all of them are 0. */
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

/** USD. The total is the sum of the three. */
export interface CostUsd {
  readonly input: number
  readonly output: number
  /** Searches, requests, seconds, pages: what is no token. */
  readonly fees: number
}

const or0 = (n: number): number => (n > 0 ? n : 0)
const orElse = (n: number, otherwise: number): number => (Number.isNaN(n) ? otherwise : n)

/** What a token of each kind costs, in USD per million; NaN = the table does not say. */
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
  /** USD a call. */
  readonly request: number
  /** USD for one, by the numbers of `COUNTS`. */
  readonly counts: Float64Array
  /** The plain rate of the input holds for every medium that has none of its own. */
  readonly isInputSame: boolean
  readonly isOutputSame: boolean
  /** No price at all: the table says that the model costs nothing. */
  readonly isFree: boolean
}

const MEDIA = /audio_mtok|image_mtok|video_mtok/

/**
 * `isMediaListed`: the provider lists a medium wherever it costs more than text. Of others only rows with a rate for some
 * medium are known to tell media apart.
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

/** The rates of a model whose prices depend neither on time nor on the size of the input, as nearly all do; null of others. */
export function flatRates({ prices }: PriceModel, isMediaListed: boolean): Rates | null {
  if (Array.isArray(prices)) return null
  const isFlat = Object.values(prices).every((p) => typeof p === 'number')
  return isFlat ? ratesOf(prices, 0, isMediaListed) : null
}

/** USD of one call. `atMs`: when it started, for dated prices. `unpriced` gets what the table has no price for. */
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

/** What a part costs; without a rate of its own what the whole costs, and then it is named unless `isSame` says that this is its price. */
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

/** Input tokens that no cache had, by medium. */
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
  // Of the audio, what was read from the cache is paid for above.
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
  // Without a price for reads they cost what the same tokens cost anew.
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
  // Who has a price for reads and none for writes takes nothing extra for them.
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
  // Citations are said among the output tokens or beside them; more of them than of all can only be beside.
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

/** The prices that hold at a time. */
export function pricesAt(model: PriceModel, atMs: number): Prices {
  if (!Array.isArray(model.prices)) return model.prices
  const list: readonly ConditionalPrices[] = model.prices
  const found = list.findLast((c) => holds(c, atMs))
  return found?.prices ?? list[0]?.prices ?? {}
}

function holds({ constraint }: ConditionalPrices, atMs: number): boolean {
  if (constraint === undefined) return true
  // When the call was is not known: what holds now, at no special time of day.
  if (!Number.isFinite(atMs)) return constraint.type === 'start_date'
  const at = new Date(atMs)
  if (constraint.type === 'start_date')
    return at.toISOString().slice(0, 10) >= constraint.start_date
  const time = at.toISOString().slice(11, 19)
  const from = constraint.start_time.slice(0, 8)
  const to = constraint.end_time.slice(0, 8)
  return from <= to ? time >= from && time < to : time >= from || time < to
}
