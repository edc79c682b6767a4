// The arithmetic of detectors: checksums, entropy, base64. Pure functions over byte ranges.

import { isUtf8 } from 'node:buffer'
import { latinText } from './bytes.ts'

/** Luhn over the digits given (values 0..9). */
export function passesLuhn(digits: Uint8Array, count: number): boolean {
  let sum = 0
  for (let i = 0; i < count; i++) {
    let d = digits[count - 1 - i] as number
    if ((i & 1) === 1) {
      d *= 2
      if (d > 9) d -= 9
    }
    sum += d
  }
  return sum % 10 === 0
}

/** Card issuers: first digits (inclusive range, as given length) and the lengths they issue. `rare` needs a context word. */
interface Issuer {
  readonly low: number
  readonly high: number
  readonly digits: number
  readonly lengths: readonly number[]
  readonly rare: readonly number[]
}
// biome-ignore format: one row an issuer
const ISSUERS: readonly Issuer[] = [
  { low: 4, high: 4, digits: 1, lengths: [16], rare: [13, 19] },                // Visa
  { low: 51, high: 55, digits: 2, lengths: [16], rare: [] },                    // Mastercard
  { low: 2221, high: 2720, digits: 4, lengths: [16], rare: [] },
  { low: 34, high: 34, digits: 2, lengths: [15], rare: [] },                    // American Express
  { low: 37, high: 37, digits: 2, lengths: [15], rare: [] },
  { low: 6011, high: 6011, digits: 4, lengths: [16], rare: [19] },              // Discover
  { low: 644, high: 649, digits: 3, lengths: [16], rare: [19] },
  { low: 65, high: 65, digits: 2, lengths: [16], rare: [19] },
  { low: 3528, high: 3589, digits: 4, lengths: [16], rare: [17, 18, 19] },      // JCB
  { low: 300, high: 305, digits: 3, lengths: [14], rare: [16, 19] },            // Diners Club
  { low: 36, high: 36, digits: 2, lengths: [14], rare: [16, 19] },
  { low: 38, high: 39, digits: 2, lengths: [14], rare: [16, 19] },
  { low: 62, high: 62, digits: 2, lengths: [16, 17, 18, 19], rare: [] },        // UnionPay
]

/** 2 = an issuer's usual length, 1 = a rare one, 0 = no card. */
export function issuerOf(digits: Uint8Array, count: number): 0 | 1 | 2 {
  for (const row of ISSUERS) {
    let head = 0
    for (let i = 0; i < row.digits; i++) head = head * 10 + (digits[i] as number)
    if (head < row.low || head > row.high) continue
    if (row.lengths.includes(count)) return 2
    if (row.rare.includes(count)) return 1
  }
  return 0
}

/** SSA rules: area, group and serial that were never given out, and numbers that became public. */
export function isSsn(d: Uint8Array): boolean {
  const area = n(d, 0, 3)
  const group = n(d, 3, 2)
  const serial = n(d, 5, 4)
  if (area === 0 || area === 666 || area >= 900 || group === 0 || serial === 0) return false
  const all = area * 1_000_000 + group * 10_000 + serial
  if (all === 78_051_120 || all === 219_099_999 || all === 123_456_789) return false
  return !d.subarray(0, 9).every((x) => x === d[0])
}

/** Individual taxpayer numbers: 9xx with a group from the ranges the IRS uses. */
export function isItin(d: Uint8Array): boolean {
  const group = n(d, 3, 2)
  if (d[0] !== 9) return false
  return (
    (group >= 50 && group <= 65) ||
    (group >= 70 && group <= 88) ||
    (group >= 90 && group <= 92) ||
    (group >= 94 && group <= 99)
  )
}

function n(d: Uint8Array, from: number, count: number): number {
  let v = 0
  for (let i = from; i < from + count; i++) v = v * 10 + (d[i] as number)
  return v
}

/** IBAN length by country (SWIFT registry). */
// biome-ignore format: a table
export const IBAN_LENGTH: Readonly<Record<string, number>> = {
  AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BI: 27, BR: 29, BY: 28, CH: 21, CR: 22, CY: 28,
  CZ: 24, DE: 22, DJ: 27, DK: 18, DO: 28, EE: 20, EG: 29, ES: 24, FI: 18, FK: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23,
  GL: 18, GR: 27, GT: 28, HN: 28, HR: 21, HU: 28, IE: 22, IL: 23, IQ: 23, IS: 26, IT: 27, JO: 30, KW: 30, KZ: 20, LB: 28,
  LC: 32, LI: 21, LT: 20, LU: 20, LV: 21, LY: 25, MC: 27, MD: 24, ME: 22, MK: 19, MN: 20, MR: 27, MT: 31, MU: 30, NI: 28,
  NL: 18, NO: 15, OM: 23, PK: 24, PL: 28, PS: 29, PT: 25, QA: 29, RO: 24, RS: 22, RU: 33, SA: 24, SC: 31, SD: 18, SE: 24,
  SI: 19, SK: 24, SM: 27, SO: 23, ST: 25, SV: 28, TL: 23, TN: 24, TR: 26, UA: 29, VA: 22, VG: 24, XK: 20, YE: 30,
}

/** ISO 13616: country length and mod 97 = 1, over an IBAN without spaces. */
export function isIban(text: string): boolean {
  if (IBAN_LENGTH[text.slice(0, 2)] !== text.length) return false
  let rest = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt((i + 4) % text.length)
    rest = c >= 65 ? (rest * 100 + (c - 55)) % 97 : (rest * 10 + (c - 48)) % 97
  }
  return rest === 1
}

const CRC = new Uint32Array(256).map((_, i) => {
  let c = i
  for (let k = 0; k < 8; k++) c = (c & 1) === 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  return c >>> 0
})

export function crc32(b: Uint8Array, from: number, to: number): number {
  let c = 0xffffffff
  for (let i = from; i < to; i++)
    c = ((c >>> 8) ^ (CRC[(c ^ (b[i] as number)) & 255] as number)) >>> 0
  return (c ^ 0xffffffff) >>> 0
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** GitHub and npm tokens: the last six characters are the CRC32 of the 30 before, in base 62. */
export function hasCrcTail(b: Uint8Array, bodyFrom: number, bodyTo: number): boolean {
  if (bodyTo - bodyFrom !== 36) return false
  let c = crc32(b, bodyFrom, bodyTo - 6)
  for (let i = bodyTo - 1; i >= bodyTo - 6; i--) {
    if (b[i] !== BASE62.charCodeAt(c % 62)) return false
    c = Math.floor(c / 62)
  }
  return true
}

const SEXTET = new Int16Array(256).fill(-1)
for (let i = 0; i < 64; i++)
  SEXTET['ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'.charCodeAt(i)] = i
SEXTET[0x2d] = 62
SEXTET[0x5f] = 63

/** Decodes base64 or base64url from `p` on until something else or `max` bytes; returns the bytes written to `out`. */
export function decodeBase64(
  b: Uint8Array,
  p: number,
  to: number,
  out: Uint8Array,
  max: number,
): number {
  let bits = 0
  let have = 0
  let n = 0
  for (let i = p; i < to && n < max; i++) {
    const v = SEXTET[b[i] as number] as number
    if (v < 0) break
    bits = ((bits << 6) | v) & 0xffffff
    have += 6
    if (have >= 8) {
      have -= 8
      out[n++] = (bits >>> have) & 255
    }
  }
  return n
}

const scratch = new Uint8Array(4096)

/** A JOSE header: base64url of a JSON object with `alg` or `enc`. */
export function isJoseHeader(b: Uint8Array, from: number, to: number): boolean {
  // The first bytes rule most out: `{"` and a letter, or white space before.
  decodeBase64(b, from, Math.min(to, from + 8), scratch, 4)
  const third = scratch[2] as number
  if (scratch[1] === 0x22 && ((third | 0x20) < 97 || (third | 0x20) > 122)) return false
  const n = decodeBase64(b, from, Math.min(to, from + 1400), scratch, 1024)
  const text = latinText(scratch, 0, n)
  return /^\s{0,16}\{/.test(text) && /"(alg|enc|typ)"/.test(text)
}

/** Base64 of JSON with at least one name: `{"cty":..`. */
export function isObject(b: Uint8Array, from: number, to: number): boolean {
  const n = decodeBase64(b, from, Math.min(to, from + 64), scratch, 48)
  return /^\{"[\w#.-]{1,24}"\s?:/.test(latinText(scratch, 0, n))
}

/** HTTP basic credentials: base64 of printable `user:password`. Length of what was decoded, 0 when it is not. */
export function isBasicCredentials(
  b: Uint8Array,
  from: number,
  to: number,
  isStrict = false,
): boolean {
  const n = decodeBase64(b, from, to, scratch, 512)
  if (n < 3) return false
  let colon = -1
  for (let i = 0; i < n; i++) {
    const c = scratch[i] as number
    if (c < 0x20 || c === 0x7f) return false
    if (c === 0x3a && colon < 0) colon = i
  }
  if (colon < 0 || n <= 3 || !isUtf8(scratch.subarray(0, n))) return false
  // Without a scheme before it the user must be a name and the password no path or number of a time.
  return !isStrict || /^[\w.@+$-]{1,64}:[^\s:][^\s]{3,}$/.test(latinText(scratch, 0, n))
}
