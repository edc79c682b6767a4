// Reads the usage of an event: token counts, the parts and counts of `usage_details`, and the service tier. It reads
// bytes, because most events can be priced without creating a JS string.

import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import type { Usage } from './price.ts'
import { DETAIL_NUMBERS } from './units.ts'

const QUOTE = 34
const COMMA = 44
const COLON = 58
const MINUS = 45
const BACKSLASH = 92

/** The names of details by their length, so that they are found without creating a string. */
const NAMES = DETAIL_NUMBERS.map(([name, number]) => ({ bytes: Buffer.from(name), number }))

/** Fills `usage` from the event. Returns false if the event has nothing that costs. */
export function readUsage(events: EventTable, e: number, usage: Usage): boolean {
  const input = events.num(e, N.input_tokens)
  const output = events.num(e, N.output_tokens)
  const len = events.len(e, R.usage_details)
  const hasTokens = input > 0 || output > 0
  if (!hasTokens && len <= 2) return false
  usage.input = input
  usage.output = output
  usage.cacheRead = events.num(e, N.cache_read_tokens)
  usage.cacheWrite = events.num(e, N.cache_write_tokens)
  usage.reasoning = events.num(e, N.reasoning_tokens)
  if (usage.hasDetails) usage.details.fill(0)
  usage.hasDetails = false
  if (len > 2) readDetails(events.arena.bytes, events.off(e, R.usage_details), len, usage)
  return hasTokens || usage.hasDetails
}

/**
 * Reads the members of a flat JSON object of numbers. Other values, and names that nothing is charged for, are
 * skipped.
 */
export function readDetails(b: Uint8Array, off: number, len: number, usage: Usage): void {
  const end = off + len
  let at = off + 1
  while (at < end) {
    if (b[at] !== QUOTE) return
    const from = ++at
    while (at < end && b[at] !== QUOTE) at += b[at] === BACKSLASH ? 2 : 1
    const number = detailOf(b, from, at - from)
    at++
    if (b[at] !== COLON) return
    const valueAt = at + 1
    at = valueAt
    while (at < end && b[at] !== COMMA && b[at] !== 125) at++
    if (number >= 0) {
      const n = numberAt(b, valueAt, at)
      if (n > 0) {
        usage.details[number] = n
        usage.hasDetails = true
      }
    }
    at++
  }
}

function detailOf(b: Uint8Array, off: number, len: number): number {
  next: for (const { bytes, number } of NAMES) {
    if (bytes.length !== len) continue
    for (let i = 0; i < len; i++) if (bytes[i] !== b[off + i]) continue next
    return number
  }
  return -1
}

/** A number as JSON writes it. 0 for anything else and for negative numbers. */
function numberAt(b: Uint8Array, from: number, to: number): number {
  if (b[from] === MINUS) return 0
  let n = 0
  for (let i = from; i < to; i++) {
    const c = b[i] ?? 0
    if (c < 48 || c > 57) return or0(Number(Buffer.from(b.subarray(from, to)).toString('latin1')))
    n = n * 10 + c - 48
  }
  return n
}

const or0 = (n: number): number => (n > 0 ? n : 0)

const TIER_KEY = Buffer.from('"service_tier":"')
/**
 * Call parameters up to this many bytes are searched here. Larger ones, which may contain the schema of a response,
 * are searched by the JS engine.
 */
const SMALL = 512

/** The service tier that the call named, or null. */
export function serviceTier(events: EventTable, e: number): string | null {
  const len = events.len(e, R.request_params)
  if (len < TIER_KEY.length) return null
  const off = events.off(e, R.request_params)
  const b = events.arena.bytes
  const at = len <= SMALL ? tierIn(b, off, off + len) : foundIn(b, off, len)
  if (at < 0) return null
  let to = at
  while (to < off + len && b[to] !== QUOTE) to++
  return to - at > 64 ? null : events.arena.text(at, to - at)
}

const GEO_KEY = Buffer.from('"inference_geo":"')

/** Where the provider computed the answer, if the call names it, or null. */
export function inferenceGeo(events: EventTable, e: number): string | null {
  const len = events.len(e, R.request_params)
  if (len < GEO_KEY.length) return null
  const off = events.off(e, R.request_params)
  const params = events.arena.buf.subarray(off, off + len)
  const at = params.indexOf(GEO_KEY)
  if (at < 0) return null
  const from = at + GEO_KEY.length
  const to = params.indexOf(QUOTE, from)
  return to < 0 || to - from > 64 ? null : params.toString('latin1', from, to)
}

/** For each byte: how far the search can move when the byte is under the last one of the key. */
const SKIPS = new Uint8Array(256).fill(TIER_KEY.length)
for (let i = 0; i < TIER_KEY.length - 1; i++) SKIPS[TIER_KEY[i] ?? 0] = TIER_KEY.length - 1 - i

/** The offset of the value, or -1. Most bytes need not be read. */
function tierIn(b: Uint8Array, from: number, to: number): number {
  const n = TIER_KEY.length
  for (let end = from + n - 1; end < to; ) {
    const last = b[end] ?? 0
    if (last === QUOTE) {
      let i = 0
      while (i < n - 1 && b[end - n + 1 + i] === TIER_KEY[i]) i++
      if (i === n - 1) return end + 1
    }
    end += SKIPS[last] ?? 1
  }
  return -1
}

function foundIn(b: Uint8Array, off: number, len: number): number {
  const at = Buffer.from(b.buffer, b.byteOffset + off, len).indexOf(TIER_KEY)
  return at < 0 ? -1 : off + at + TIER_KEY.length
}
