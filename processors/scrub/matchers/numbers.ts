// Numbers: cards, social security numbers, IBANs, phone numbers. One look at the group of digits around a
// candidate decides which of them can be meant, so a timestamp or an id costs a few comparisons.

import {
  ALNUM,
  isAlnum,
  isDigit,
  isFreeLeft,
  latinText,
  lowerText,
  skipEscape,
} from '../value/bytes.ts'
import { IBAN_LENGTH, isIban, isItin, isSsn, issuerOf, passesLuhn } from '../value/checksums.ts'
import { HINT } from '../value/key-meaning.ts'
import { isNationalPhone, isPhoneNumber } from '../value/phone-plans.ts'
import type { NumberRule, NumberRules } from './policy.ts'
import type { Rule } from './rule.ts'
import { Progress, type Subject } from './subject.ts'

/** Groups of digits before this were judged. */
const JUDGED = new Progress()

const GROUPS_MAX = 12
/** The digits of the group sequence being looked at, and where each group starts and ends. */
const digits = new Uint8Array(64)
const starts = new Int32Array(GROUPS_MAX)
const ends = new Int32Array(GROUPS_MAX)
const firstDigit = new Int32Array(GROUPS_MAX + 1)
let groups = 0
let endOfLook = 0

/** Length of a separator inside numbers at `p`: space, dash, dot, NBSP, thin and zero-width spaces, Unicode dashes; 0 = none. */
function separatorAt(b: Uint8Array, p: number, to: number): number {
  if (p >= to) return 0
  const c = b[p] as number
  if (c === 0x20 || c === 0x2d || c === 0x2e || c === 0x2b || c === 0x5f) return 1
  if (c === 0xc2 && p + 1 < to && (b[p + 1] === 0xa0 || b[p + 1] === 0xad)) return 2
  if (c === 0xe2 && p + 2 < to) {
    const d = b[p + 1] as number
    const e = b[p + 2] as number
    if (d === 0x80 && (e <= 0x95 || e === 0xaf)) return 3
    if (d === 0x81 && e === 0xa0) return 3
    return d === 0x88 && e === 0x92 ? 3 : 0
  }
  if (c === 0xe3 && p + 2 < to && b[p + 1] === 0x80 && b[p + 2] === 0x80) return 3
  return 0
}

/** Length of a separator that ends before `p`; 0 = none. */
function separatorBefore(b: Uint8Array, p: number, from: number): number {
  for (const len of [1, 2, 3]) if (p - len >= from && separatorAt(b, p - len, p) === len) return len
  return 0
}

/** Reads groups of digits from `p` on, joined by at most `gap` separators. */
function readGroups(s: Subject, p: number): void {
  const b = s.b
  groups = 0
  let n = 0
  let i = p
  while (groups < GROUPS_MAX) {
    starts[groups] = i
    firstDigit[groups] = n
    while (i < s.to && isDigit(b[i]) && n < 40) digits[n++] = (b[i++] as number) - 48
    if (i === starts[groups]) break
    ends[groups++] = i
    if (n >= 40) break
    let sep = separatorAt(b, i, s.to)
    // "4111 - 1111" and "4111  1111" are one number; a dot or dash twice is not.
    if (sep > 0 && !isDigit(s.at(i + sep))) {
      const more = separatorAt(b, i + sep, s.to)
      const third =
        more > 0 && !isDigit(s.at(i + sep + more)) ? separatorAt(b, i + sep + more, s.to) : 0
      sep = more > 0 ? sep + more + third : 0
    }
    if (sep === 0 || !isDigit(s.at(i + sep))) break
    i += sep
  }
  firstDigit[groups] = n
  endOfLook = groups > 0 ? (ends[groups - 1] as number) : p
}

/** First digit of the group sequence that `p` belongs to: at most 40 bytes to the left. */
function sequenceStart(s: Subject, p: number): number {
  const b = s.b
  const low = Math.max(s.from, p - 40)
  let i = p
  for (;;) {
    while (i > low && isDigit(b[i - 1])) i--
    const sep = separatorBefore(b, i, low)
    if (sep === 0 || i - sep <= low || !isDigit(b[i - sep - 1])) break
    i -= sep
  }
  return skipEscape(b, i, s.from)
}

/** A digit run of four or more at `p`. */
export function matchNumber(s: Subject, p: number, rules: NumberRules): void {
  if (p < s.reached(JUDGED)) return
  const start = sequenceStart(s, p)
  readGroups(s, start)
  if (groups === 0) return
  // All windows that begin before the eighth group were read whole.
  s.advance(JUDGED, groups < GROUPS_MAX ? endOfLook : (starts[7] as number))
  if (rules.iban !== null && matchIban(s, start, rules.iban)) return
  if (rules.card !== null && matchCard(s, rules.card)) return
  if (matchNineDigits(s, rules)) return
  if (rules.phone !== null) matchPhoneGroups(s, start, rules.phone)
}

const CARD_CONTEXT =
  /card|visa|master|amex|maestro|discover|payment|\bpan\b|\bcc\b|carte|karte|tarjeta|cartão|carta/
const NOT_CARD =
  /(?:imei|iccid|ean|gtin|upc|isbn|barcode|trace|span|trace_?id|span_?id|tracking|timestamp|ts|ts_us|offset|seq|sequence)(?:[ _-]?(?:id|no|number|code))?[\\"']{0,3}[ \t]{0,2}[:=#]?[ \t]{0,2}[\\"']{0,3}$/

/** `4111 1111 1111 1111`: issuer, length and Luhn over 4-4-4-4, 4-6-5, 4-6-4, one run, or all groups together. */
function matchCard(s: Subject, rule: NumberRule): boolean {
  const b = s.b
  for (let g = 0; g < groups; g++) {
    for (let last = Math.min(groups - 1, g + 4); last >= g; last--) {
      const from = firstDigit[g] as number
      const n = (firstDigit[last + 1] as number) - from
      if (n < 13 || n > 19) continue
      if (!isCardGrouping(g, last, n)) continue
      const issuer = issuerOf(digits.subarray(from), n)
      if (issuer === 0 || !passesLuhn(digits.subarray(from, from + n), n)) continue
      const start = starts[g] as number
      const end = ends[last] as number
      if (g === 0 && !isCardLeft(s, start)) continue
      if (last === groups - 1 && isNumberTail(b, end, s.to)) continue
      if (!isCardContext(s, start, issuer)) continue
      if (isPartOfTable(s, start, end)) continue
      s.found(rule.type, start, end, rule.rank)
      return true
    }
  }
  return false
}

function isCardLeft(s: Subject, start: number): boolean {
  if (!isFreeLeft(s.b, start, s.from, ALNUM)) return false
  const left = start > s.from ? s.b[start - 1] : 0x20
  // 0.4111.. is a float; #, $ and the like are fine.
  return !(left === 0x2e && isDigit(s.at(start - 2)))
}

function isNumberTail(b: Uint8Array, end: number, to: number): boolean {
  if (end >= to) return false
  if (isAlnum(b[end])) return true
  return b[end] === 0x2e && end + 1 < to && isDigit(b[end + 1])
}

function isCardGrouping(g: number, last: number, n: number): boolean {
  if (g === last) return true
  const size = (i: number): number => (ends[i] as number) - (starts[i] as number)
  const sizes = []
  for (let i = g; i <= last; i++) sizes.push(size(i))
  const shape = sizes.join('-')
  if (/^4-4-4-4(?:-[123])?$|^4-6-[45]$|^4-4-4-[123]$|^4-4-5$|^6-13$|^6-10$|^8-8$/.test(shape))
    return true
  // Any other split, also one digit at a time, when it is the whole sequence.
  return g === 0 && last === groups - 1 && n >= 14
}

function isCardContext(s: Subject, start: number, issuer: number): boolean {
  if ((s.hints & HINT.CARD) !== 0) return true
  const before = lowerText(s.b, Math.max(s.from, start - 40), start)
  if (NOT_CARD.test(before)) return false
  return issuer === 2 || CARD_CONTEXT.test(before)
}

/** Four more hex digits on a side, as code tables and hex dumps have them: `541E 5426 5446 5443 5433 5448`. */
function isPartOfTable(s: Subject, start: number, end: number): boolean {
  if (
    (s.hints & HINT.CARD) !== 0 ||
    CARD_CONTEXT.test(lowerText(s.b, Math.max(s.from, start - 40), start))
  )
    return false
  const before = latinText(s.b, Math.max(s.from, start - 6), start)
  const behind = latinText(s.b, end, Math.min(s.to, end + 12))
  if (/(?:^|[^0-9A-Za-z])[0-9A-Fa-f]{4}[ \n]$/.test(before)) return true
  return /^[ \n](?=[0-9A-Fa-f]{0,3}[A-Fa-f])[0-9A-Fa-f]{4}(?![0-9A-Za-z])|^[ \n][0-9A-Fa-f]{4}[ \n][0-9A-Fa-f]{4}(?![0-9A-Za-z])/.test(
    behind,
  )
}

const SSN_CONTEXT = /ssn|social|soc\.? ?sec|taxpayer|tax.?id|\btin\b|\bw-?[249]\b|seguro|steuer/
const ITIN_CONTEXT = /itin|taxpayer/
const NOT_SSN =
  /(?:\bparts?|\bsku|\bmodel|\bp\/n|\bpn|\bitems?|\bcatalog(?:ue)?|\bcat|\blot|\basset|\bserial|\bs\/n|\bproduct|\bref(?:erence)?|\bversion|\bbuild|\bdrawing|\bdwg|\bspec|\bbin|\binvoice|\border|\bticket|\btracking|\bcomponent|\bmaterial|\bstock|\barticle|\bart|\bpo|\bupc|\bisbn)(?:[ _-]?(?:no|nr|num|number|code|id))?\.?[\\"']{0,3}[ \t]{0,2}(?:is |[:=#])?[ \t]{0,2}[\\"'#]{0,3}$/

/** `123-45-6789` (3-2-4) by its form; nine bare digits or spaces only with a word such as ssn or taxpayer near. */
function matchNineDigits(s: Subject, rules: NumberRules): boolean {
  for (let g = 0; g < groups; g++) {
    const single = (ends[g] as number) - (starts[g] as number) === 9
    const triple =
      g + 2 < groups &&
      (ends[g] as number) - (starts[g] as number) === 3 &&
      (ends[g + 1] as number) - (starts[g + 1] as number) === 2 &&
      (ends[g + 2] as number) - (starts[g + 2] as number) === 4
    if (!single && !triple) continue
    const last = single ? g : g + 2
    const start = starts[g] as number
    const end = ends[last] as number
    const d = digits.subarray(firstDigit[g] as number, (firstDigit[g] as number) + 9)
    const ssn = isSsn(d)
    if (!ssn && !isItin(d)) continue
    if (!isFreeLeft(s.b, start, s.from, ALNUM) || isNumberTail(s.b, end, s.to)) continue
    if (matchSsnAt(s, start, end, g, last, ssn, triple, rules)) return true
  }
  return false
}

function matchSsnAt(
  s: Subject,
  start: number,
  end: number,
  g: number,
  last: number,
  ssn: boolean,
  triple: boolean,
  rules: NumberRules,
): boolean {
  const before = lowerText(s.b, Math.max(s.from, start - 48), start)
  const rule = ssn ? rules.ssn : rules.itin
  if (rule === null) return false
  const hinted = (s.hints & (ssn ? HINT.SSN : HINT.ITIN)) !== 0
  const words = ssn ? SSN_CONTEXT : ITIN_CONTEXT
  const context = hinted || words.test(before) || isNamedBehind(s, end, words)
  const dashed = triple && s.b[ends[g] as number] !== 0x20 && s.b[ends[g] as number] !== 0x2e
  const alone = g === 0 && last === groups - 1
  if (!context && (!ssn || !dashed || !alone || NOT_SSN.test(before))) return false
  if (!context && isPrecededByNumber(s, start)) return false
  s.found(rule.type, start, end, rule.rank)
  return true
}

/** "536 22 8145 is her SSN", "536228145 (SSN)": what comes behind says what the number was, and has none of its own. */
function isNamedBehind(s: Subject, end: number, words: RegExp): boolean {
  const after = lowerText(s.b, end, Math.min(s.to, end + 64))
  const m = BEHIND.exec(after)
  if (m === null || !words.test(m[0])) return false
  return !/^\W{0,6}\d/.test(after.slice(m[0].length))
}

const BEHIND =
  /^[\\"'`)\]*]{0,4}(?: ?[([]| ?[,;:=-] ?| (?=is|was|as|ist|es|est|are|war|fue|e |\xe3\xa8))(?:[\w'\u0080-\u00ff]{1,20} ){0,6}[^\d\n]{0,24}?(?:ssn|social(?: security)?(?: number)?|taxpayer|tax.?id|itin)/

function isPrecededByNumber(s: Subject, start: number): boolean {
  const c = start > s.from ? s.b[start - 1] : 0x20
  return c === 0x2d || c === 0x2e || c === 0x2f || c === 0x2b
}

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
function matchIban(s: Subject, digitAt: number, rule: NumberRule): boolean {
  const low = Math.max(s.from, digitAt - 16)
  for (let i = digitAt; i >= low + 2; i--) {
    const c = s.b[i - 1] as number
    const upper = (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
    if (!(upper || isDigit(c) || c === 0x20 || c === 0x2d)) return false
    if (!upper || !isDigit(s.at(i)) || !isDigit(s.at(i + 1))) continue
    const length = ibanLength(s.b, i - 2)
    if (length === 0 || !isFreeLeft(s.b, i - 2, s.from, ALNUM)) continue
    const end = readIban(s, i - 2, length)
    if (end > 0 && isIban(ibanText.slice(0, length).join(''))) {
      s.found(rule.type, i - 2, end, rule.rank)
      return true
    }
  }
  return false
}

/** Fills `ibanText` with `length` characters from `p` on; returns the end, or 0. */
function readIban(s: Subject, p: number, length: number): number {
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
export function matchIbanStart(s: Subject, p: number, _len: number, rule: Rule): void {
  const length = ibanLength(s.b, p)
  if (length === 0 || !isDigit(s.at(p + 2)) || !isDigit(s.at(p + 3))) return
  const end = readIban(s, p, length)
  if (end > 0 && isIban(ibanText.slice(0, length).join(''))) s.found(rule.type, p, end, rule.rank)
}

/** The word iban: what follows may hold letters, so no run of digits need lead to it. */
export function matchIbanWord(s: Subject, p: number, len: number, rule: Rule): void {
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

const PHONE_CONTEXT =
  /phone|\btel\b|\bcall(?:ed|ing|s|back)?\b|mobile|\bcell\b|\bfax\b|whatsapp|\bsms\b|\bhandy\b|telef|t[\xc3\xe3]\xa9l|m[\xc3\xe3]\xb3vil|celular|\bmobil|telefone|numero|cellulare|\x94\xb5\xe8\xaf\x9d|\x89\x8b\xe6\x9c\xba|\x9b\xbb\xe8\xa9\xb1|\x9c\xb4\xeb\x8c\x80|\xa0\x84\xed\x99\x94|\bcontact\b|\breach\b|\bdial/
const NOT_PHONE = /isbn|version|build|\bid\b|order|sku|part/

/** `(212) 555-0119`, or 10 digits after a word such as phone. Numbers with `+` have their own anchor. */
function matchPhoneGroups(s: Subject, start: number, rule: NumberRule): void {
  const open = openBracket(s, start)
  if (open >= 0 && bracketPhone(s, open + 1, rule)) return
  const total = firstDigit[groups] as number
  if (total < 9 || total > 15 || groups > 7) return
  const end = ends[groups - 1] as number
  const left = start > s.from ? (s.b[start - 1] as number) : 0x20
  if (left === 0x2b) {
    matchPlus(s, start - 1, rule)
    return
  }
  if (!isFreeLeft(s.b, start, s.from, ALNUM) || isNumberTail(s.b, end, s.to)) return
  const before = lowerText(s.b, Math.max(s.from, start - 32), start)
  const context =
    (s.hints & HINT.PHONE) !== 0 || (PHONE_CONTEXT.test(before) && !NOT_PHONE.test(before))
  if (context && isNationalPhone(digits, total)) s.found(rule.type, start, end, rule.rank)
}

/** The bracket of `(ddd) ` left of `start`, or -1. */
function openBracket(s: Subject, start: number): number {
  let i = start - 1
  if (s.at(i) === 0x20 || s.at(i) === 0x2d) i--
  if (s.at(i) !== 0x29) return -1
  return s.at(i - 4) === 0x28 ? i - 4 : -1
}

/** `(ddd) ddd-dddd`: the group sequence stops at the bracket, so the rest is read again. */
function bracketPhone(s: Subject, start: number, rule: NumberRule): boolean {
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
export function matchPlus(s: Subject, p: number, rule: NumberRule): void {
  if (!isFreeLeft(s.b, p, s.from, ALNUM)) return
  if (p > s.from && (s.b[p - 1] === 0x2b || s.b[p - 1] === 0x2f)) return
  let n = 0
  let i = p + 1
  let end = i
  for (; i < Math.min(s.to, p + 32) && n < 16; i++) {
    const c = s.b[i] as number
    if (isDigit(c)) {
      digits[n++] = c - 48
      end = i + 1
    } else if (c === 0x28 || c === 0x29 || c === 0x2f) continue
    else {
      const sep = separatorAt(s.b, i, s.to)
      if (sep === 0 || i > end + 1) break
      i += sep - 1
    }
  }
  // What follows may be another number ("+44 20 7946 0537 14:05"): the longest that fits the plan counts.
  for (;;) {
    if (n < 8) return
    if (!isNumberTail(s.b, end, s.to) && isPhoneNumber(digits, n)) break
    while (n > 0 && isDigit(s.b[end - 1])) {
      n--
      end--
    }
    while (end > p + 1 && !isDigit(s.b[end - 1])) end--
  }
  // +35236450.6 is a number, not a phone.
  if (s.b[end - 2] === 0x2e) return
  s.found(rule.type, p, end, rule.rank)
}

/** A number that came as an integer: a card, or with a field name that says so a social security number. */
export function isPrivateInteger(
  text: string,
  hints: number,
  rules: NumberRules,
): NumberRule | null {
  if (text.length > 19 || text.startsWith('-')) return null
  for (let i = 0; i < text.length; i++) digits[i] = text.charCodeAt(i) - 48
  const issuer = issuerOf(digits, text.length)
  const usual = issuer === 2 || (issuer === 1 && (hints & HINT.CARD) !== 0)
  if (rules.card !== null && usual && passesLuhn(digits, text.length)) return rules.card
  if (text.length === 9 && (hints & HINT.SSN) !== 0 && isSsn(digits)) return rules.ssn
  if (text.length === 9 && (hints & HINT.ITIN) !== 0 && isItin(digits)) return rules.itin
  if ((hints & HINT.PHONE) !== 0 && isNationalPhone(digits, text.length)) return rules.phone
  return null
}
