// IBANs: the country says the length, and mod 97 proves them.

import { ALNUM, isAlnum, isDigit, isFreeLeft, latinText, lowerText } from '../../value/bytes.ts'
import { IBAN_LENGTH, isIban } from '../../value/checksums.ts'
import type { NumberRule } from '../policy.ts'
import type { ScannedValue } from '../scanned-value.ts'
import { separatorAt } from './digit-groups.ts'

const ibanText: string[] = []

/** Lengths by country, 26 times the first letter and the second. */
const IBAN_LENGTHS = new Uint8Array(26 * 26)
for (const [country, length] of Object.entries(IBAN_LENGTH))
  IBAN_LENGTHS[26 * (country.charCodeAt(0) - 65) + country.charCodeAt(1) - 65] = length

/** Length of an IBAN of the country at `p`, in either case; 0 = there is none. */
function ibanLength(b: Uint8Array, p: number): number {
  const first = ((b[p] as number) | 0x20) - 97
  const second = ((b[p + 1] as number) | 0x20) - 97
  if (first < 0 || first > 25 || second < 0 || second > 25) return 0
  return IBAN_LENGTHS[26 * first + second] as number
}

/** Two letters, two digits and the country's length, with single spaces or dashes; mod 97 proves it. */
export function matchIban(s: ScannedValue, digitAt: number, rule: NumberRule): boolean {
  const low = Math.max(s.from, digitAt - 16)
  for (let i = digitAt; i >= low + 2; i--) {
    const c = s.b[i - 1] as number
    const upper = (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
    if (!(upper || isDigit(c) || c === 0x20 || c === 0x2d)) return false
    if (!upper || !isDigit(s.at(i)) || !isDigit(s.at(i + 1))) continue
    const length = ibanLength(s.b, i - 2)
    if (length === 0 || !isFreeLeft(s.b, i - 2, s.from, ALNUM)) continue
    const end = readIban(s, i - 2, length)
    if (end > 0 && isIbanHere(s, i - 2, end, length)) {
      s.found(rule.type, i - 2, end, rule.rank)
      return true
    }
  }
  return false
}

const ACCOUNT = /iban|konto|account|bank|compte|cuenta|conto|rekening|conta/

/** The sum is right; and lower-case hex digits, of which an id is made too, stand near a word for an account. */
function isIbanHere(s: ScannedValue, start: number, end: number, length: number): boolean {
  if (!isIban(ibanText.slice(0, length).join(''))) return false
  if (!/^[0-9a-f]+$/.test(latinText(s.b, start, end))) return true
  return ACCOUNT.test(lowerText(s.b, Math.max(s.from, start - 40), start))
}

/** Fills `ibanText` with `length` characters from `p` on; returns the end, or 0. */
function readIban(s: ScannedValue, p: number, length: number): number {
  let n = 0
  let i = p
  while (i < s.to && n < length) {
    const c = s.b[i] as number
    if (isAlnum(c)) ibanText[n++] = String.fromCharCode(c).toUpperCase()
    else {
      const sep = separatorAt(s.b, i, s.to)
      if (sep === 0) return 0
      i += sep - 1
    }
    i++
  }
  return n === length && !isAlnum(s.at(i)) ? i : 0
}

/** A country and two digits: `CH30 7205 7EWN OTSI T63Q G` has too few digits in a row to be found by them. */
export function matchIbanStart(s: ScannedValue, p: number, _len: number, rule: NumberRule): void {
  const length = ibanLength(s.b, p)
  if (length === 0 || !isDigit(s.at(p + 2)) || !isDigit(s.at(p + 3))) return
  const end = readIban(s, p, length)
  if (end > 0 && isIbanHere(s, p, end, length)) s.found(rule.type, p, end, rule.rank)
}

/** The word iban: what follows may hold letters, so no run of digits need lead to it. */
export function matchIbanWord(s: ScannedValue, p: number, len: number, rule: NumberRule): void {
  const to = Math.min(s.to, p + len + 40)
  for (let i = p + len; i < to - 8; i++) {
    if (!isDigit(s.b[i + 2]) || !isDigit(s.b[i + 3])) continue
    const length = ibanLength(s.b, i)
    if (length === 0 || !isFreeLeft(s.b, i, s.from, ALNUM)) continue
    const end = readIban(s, i, length)
    if (end === 0 || !isIban(ibanText.slice(0, length).join(''))) continue
    s.found(rule.type, i, end, rule.rank)
    return
  }
}
