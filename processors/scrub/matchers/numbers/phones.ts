// Phone numbers: behind a plus sign by the plan of the country, national ones behind a word such as phone.

import { ALNUM, isAlnum, isDigit, isFreeLeft, lowerText } from '../../value/bytes.ts'
import { FIELD_HINT } from '../../value/key-meaning.ts'
import { isNationalPhone, isPhoneNumber } from '../../value/phone-plans.ts'
import type { NumberRule } from '../policy.ts'
import type { ScannedValue } from '../scanned-value.ts'
import { type DigitGroups, isNumberTail, separatorAt } from './digit-groups.ts'

const PHONE_CONTEXT =
  /phone|\btel\b|\bcall(?:ed|ing|s|back)?\b|mobile|\bcell\b|\bfax\b|whatsapp|\bsms\b|\bhandy\b|telef|t[\xc3\xe3]\xa9l|m[\xc3\xe3]\xb3vil|celular|\bmobil|telefone|numero|cellulare|\x94\xb5\xe8\xaf\x9d|\x89\x8b\xe6\x9c\xba|\x9b\xbb\xe8\xa9\xb1|\x9c\xb4\xeb\x8c\x80|\xa0\x84\xed\x99\x94|\bcontact\b|\breach\b|\bdial/

/** Digits of a number that is read by itself. */
const digits = new Uint8Array(64)

const NOT_PHONE = /isbn|version|build|\bid\b|order|sku|part/

/** `(212) 555-0119`, or 10 digits after a word such as phone. Numbers with `+` have their own anchor. */
export function matchPhoneGroups(
  s: ScannedValue,
  d: DigitGroups,
  start: number,
  rule: NumberRule,
): void {
  const open = openBracket(s, start)
  if (open >= 0 && bracketPhone(s, open + 1, rule)) return
  const total = d.firstDigit[d.count] as number
  if (total < 9 || total > 15 || d.count > 7) return
  const end = d.ends[d.count - 1] as number
  const left = start > s.from ? (s.b[start - 1] as number) : 0x20
  if (left === 0x2b) {
    matchPlus(s, start - 1, rule)
    return
  }
  if (!isFreeLeft(s.b, start, s.from, ALNUM) || isNumberTail(s.b, end, s.to)) return
  const before = lowerText(s.b, Math.max(s.from, start - 32), start)
  // `phone_number_id` is the id of a number, no number.
  if (start === s.from && end === s.to && (s.hints & FIELD_HINT.IDENTIFIER) !== 0) return
  const context =
    (s.hints & FIELD_HINT.PHONE) !== 0 || (PHONE_CONTEXT.test(before) && !NOT_PHONE.test(before))
  if (context && isNationalPhone(d.digits, total)) s.found(rule.type, start, end, rule.rank)
}

/** The bracket of `(ddd) ` left of `start`, or -1. */
function openBracket(s: ScannedValue, start: number): number {
  let i = start - 1
  if (s.at(i) === 0x20 || s.at(i) === 0x2d) i--
  if (s.at(i) !== 0x29) return -1
  return s.at(i - 4) === 0x28 ? i - 4 : -1
}

/** `(ddd) ddd-dddd`: the group sequence stops at the bracket, so the rest is read again. */
function bracketPhone(s: ScannedValue, start: number, rule: NumberRule): boolean {
  const open = start - 1
  let n = 0
  let i = start
  for (; i < Math.min(s.to, start + 24) && n < 15; i++) {
    const c = s.b[i] as number
    if (isDigit(c)) digits[n++] = c - 48
    else if (c !== 0x29 && separatorAt(s.b, i, s.to) !== 1) break
  }
  let end = i
  while (end > start && !isDigit(s.b[end - 1])) end--
  const isNational = n === 10 || (n === 11 && digits[0] === 0)
  if (!isNational || isAlnum(s.at(end)) || !isNationalPhone(digits, n)) return false
  s.found(rule.type, open, end, rule.rank)
  return true
}

/** `+` and a country code: the number plan of the country decides. */
export function matchPlus(s: ScannedValue, p: number, rule: NumberRule): void {
  if (!isFreeLeft(s.b, p, s.from, ALNUM)) return
  if (p > s.from && (s.b[p - 1] === 0x2b || s.b[p - 1] === 0x2f)) return
  let { count, end } = readDigits(s, p + 1)
  // What follows may be another number ("+44 20 7946 0537 14:05"): the longest that fits the plan counts.
  while (isNumberTail(s.b, end, s.to) || !isPhoneNumber(digits, count)) {
    while (count > 0 && isDigit(s.b[end - 1])) {
      count--
      end--
    }
    while (end > p + 1 && !isDigit(s.b[end - 1])) end--
    if (count < PHONE_DIGITS_MIN) return
  }
  // +35236450.6 is a number, not a phone.
  if (count < PHONE_DIGITS_MIN || s.b[end - 2] === 0x2e) return
  s.found(rule.type, p, end, rule.rank)
}

const PHONE_DIGITS_MIN = 8

/** Reads the digits behind a plus sign, over brackets, slashes and single separators; says how many and where the last ends. */
function readDigits(s: ScannedValue, from: number): { count: number; end: number } {
  const max = Math.min(s.to, from + 31)
  let count = 0
  let end = from
  for (let i = from; i < max && count < 16; i++) {
    const c = s.b[i] as number
    if (isDigit(c)) {
      digits[count++] = c - 48
      end = i + 1
    } else if (c !== 0x28 && c !== 0x29 && c !== 0x2f) {
      const separator = separatorAt(s.b, i, s.to)
      if (separator === 0 || i > end + 1) break
      i += separator - 1
    }
  }
  return { count, end }
}
