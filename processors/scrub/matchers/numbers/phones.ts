// Phone numbers: behind a plus sign by the plan of the country, national ones behind a word such as phone.

import { ALNUM, isAlnum, isDigit, isFreeLeft, lowerText } from '../../value/bytes.ts'
import { FIELD_HINT } from '../../value/key-meaning.ts'
import { isNationalPhone, isPhoneNumber } from '../../value/phone-plans.ts'
import type { NumberRule } from '../policy.ts'
import type { ScannedValue } from '../scanned-value.ts'
import { type DigitGroups, isNumberTail, separatorAt } from './digit-groups.ts'
import { asLatin } from './other-numbers.ts'

const PHONE_CONTEXT =
  /phone|\btel\b|\bcall(?:ed|ing|s|back)?\b|mobile|\bcell\b|\bfax\b|whatsapp|\bsms\b|\bhandy\b|telef|t[\xc3\xe3]\xa9l|m[\xc3\xe3]\xb3vil|celular|\bmobil|telefone|numero|cellulare|\x94\xb5\xe8\xaf\x9d|\x89\x8b\xe6\x9c\xba|\x9b\xbb\xe8\xa9\xb1|\x9c\xb4\xeb\x8c\x80|\xa0\x84\xed\x99\x94|\bcontact\b|\breach\b|\bdial/

/** Digits of a number that is read by itself. */
const digits = new Uint8Array(64)

/** Says a number of a telephone and little else, or asks to be called, in other languages. */
const PHONE_WORDS = new RegExp(
  asLatin(
    [
      String.raw`tel(?:é|e)f|telem(?:ó|o)v|t(?:é|e)l\.|m(?:ó|o)vil|\bmobiel|\bnatel\b|\bgsm\b|\btlf\b|\bfon\b|\bfone\b|durchwahl|rufnummer|(?:handy|telefon|mobil)nummer|telepon|\bponsel\b|kom(?:ó|o)rk|matkapuhelin|puhelin|điện thoại|sđt`,
      String.raw`erreich(?:en|bar|st|t)|\bruf(?:e|en|t)? (?:sie |mich |uns |bitte )|r(?:ü|ue)ckruf|\bbel(?:len)? (?:me|mij|ons|naar|op)\b|bereikbaar|\bappel(?:ez|er|le)|joindre|joignable|ll(?:á|a)m(?:a|e|en)|marca(?:r|me)|chiam(?:a|ami|are|ate)|\bligu(?:e|em)\b|\bligar\b|\bliga\b|zadzwo|dzwoni|\bring(?:e)? (?:mig|meg|me|p(?:å|a))|\barayın|\bara\b`,
      'телефон|мобильн|звон|сотов|الهاتف|هاتف|جوال|موبايل|טלפון|נייד|फ़ोन|फोन|मोबाइल|โทร|เบอร์|携帯|电话|電話|手机|手機|联系方式|전화|휴대폰|연락처',
    ].join('|'),
  ),
)
/** How far before a number its label may begin. */
const LABEL_BACK = 48

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
  // Most numbers have no form of a phone number, which is asked first.
  const isPlain = isNationalPhone(d.digits, total)
  if (!isPlain && !isWithoutZero(d, total)) return
  if (!isFreeLeft(s.b, start, s.from, ALNUM) || isNumberTail(s.b, end, s.to)) return
  const before = lowerText(s.b, Math.max(s.from, start - LABEL_BACK), start)
  // `phone_number_id` is the id of a number, no number.
  if (start === s.from && end === s.to && (s.hints & FIELD_HINT.IDENTIFIER) !== 0) return
  const isNamed = (s.hints & FIELD_HINT.PHONE) !== 0 || isSaid(before)
  if (isNamed && (isPlain || PHONE_WORDS.test(before) || SURE_WORD.test(before)))
    s.found(rule.type, start, end, rule.rank)
}

/** A word for a telephone or a call stands before a number; `before` is what `lowerText` returns. */
function isSaid(before: string): boolean {
  const near = before.slice(-32)
  return (PHONE_CONTEXT.test(near) || PHONE_WORDS.test(before)) && !NOT_PHONE.test(near)
}

/** Spain, Portugal, Poland: nine digits without a zero before them, in groups, right behind the word. */
function isWithoutZero(d: DigitGroups, total: number): boolean {
  return total === 9 && d.count >= 3 && (d.digits[0] ?? 0) >= 5
}

const SURE_WORD = /phone|\btel\b|mobil/

/** The bracket of `(ddd) ` left of `start`, with two to five digits in it, or -1. */
function openBracket(s: ScannedValue, start: number): number {
  let i = start - 1
  if (s.at(i) === 0x20 || s.at(i) === 0x2d) i--
  if (s.at(i) !== 0x29) return -1
  let open = i - 1
  while (i - open < 7 && isDigit(s.at(open))) open--
  return s.at(open) === 0x28 && i - open > 2 ? open : -1
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
  if (isAlnum(s.at(end))) return false
  const inside = s.at(start + 3) === 0x29
  const isNational = inside && (n === 10 || (n === 11 && digits[0] === 0))
  if (!(isNational && isNationalPhone(digits, n)) && !isOtherBracket(s, open, n)) return false
  s.found(rule.type, open, end, rule.rank)
  return true
}

/** `(11) 94229-5147` of Brazil by its form; `(0221) 5632331` and `(11) 3229-5147` behind a word. */
function isOtherBracket(s: ScannedValue, open: number, n: number): boolean {
  const isTwo = s.at(open + 3) === 0x29
  if (isTwo && n === 11 && digits[0] !== 0 && digits[2] === 9) return true
  const fits = isTwo ? n === 10 && digits[0] !== 0 : digits[0] === 0 && n >= 9 && n <= 12
  return fits && isSaid(lowerText(s.b, Math.max(s.from, open - LABEL_BACK), open))
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
