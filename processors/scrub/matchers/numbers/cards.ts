// Payment cards: issuer, length and Luhn, over the ways in which their digits are grouped.

import { keyMeaning } from '../../detectors/key-names.ts'
import { ALNUM, isDigit, isFreeLeft, latinText, lowerText } from '../../value/bytes.ts'
import { issuerOf, passesLuhn } from '../../value/checksums.ts'
import { FIELD_HINT } from '../../value/key-meaning.ts'
import type { NumberRule } from '../policy.ts'
import type { ScannedValue } from '../scanned-value.ts'
import { type DigitGroups, isNumberTail } from './digit-groups.ts'
import { namesOtherNumber } from './other-numbers.ts'

const CARD_CONTEXT =
  /card|visa|master|amex|maestro|discover|payment|\bpan\b|\bcc\b|carte|karte|tarjeta|cartão|carta/

/** Of those words the ones that mean nothing but a card. */
const CARD_WORD = /card|visa|amex|maestro|karte|carte|tarjeta|cart\xe3\xa3o/

const NOT_CARD =
  /(?:imei|iccid|ean|gtin|upc|isbn|barcode|trace|span|trace_?id|span_?id|tracking|timestamp|ts|ts_us|offset|seq|sequence)(?:[ _-]?(?:id|no|number|code))?[\\"']{0,3}[ \t]{0,2}[:=#]?[ \t]{0,2}[\\"']{0,3}$/

/** `4111 1111 1111 1111`: issuer, length and Luhn over 4-4-4-4, 4-6-5, 4-6-4, one run, or all groups together. */
export function matchCard(s: ScannedValue, d: DigitGroups, rule: NumberRule): boolean {
  const b = s.b
  for (let g = 0; g < d.count; g++) {
    for (let last = Math.min(d.count - 1, g + 4); last >= g; last--) {
      const from = d.firstDigit[g] as number
      const n = (d.firstDigit[last + 1] as number) - from
      if (n < 13 || n > 19) continue
      if (!isCardGrouping(d, g, last, n)) continue
      const issuer = issuerOf(d.digits.subarray(from), n)
      if (issuer === 0 || !passesLuhn(d.digits.subarray(from, from + n), n)) continue
      const start = d.starts[g] as number
      const end = d.ends[last] as number
      if (g === 0 && !isCardLeft(s, start)) continue
      if (last === d.count - 1 && isNumberTail(b, end, s.to)) continue
      if (!isCardContext(s, start, issuer)) continue
      if (g === last && isUnderIdentifier(s, start, end)) continue
      if (isPartOfTable(s, start, end)) continue
      s.found(rule.type, start, end, rule.rank)
      return true
    }
  }
  return false
}

function isCardLeft(s: ScannedValue, start: number): boolean {
  if (!isFreeLeft(s.b, start, s.from, ALNUM)) return false
  const left = start > s.from ? s.b[start - 1] : 0x20
  // 0.4111.. is a float; #, $ and the like are fine.
  return !(left === 0x2e && isDigit(s.at(start - 2)))
}

function isCardGrouping(d: DigitGroups, g: number, last: number, n: number): boolean {
  if (g === last) return true
  const size = (i: number): number => (d.ends[i] as number) - (d.starts[i] as number)
  const sizes = []
  for (let i = g; i <= last; i++) sizes.push(size(i))
  const shape = sizes.join('-')
  if (/^4-4-4-4(?:-[123])?$|^4-6-[45]$|^4-4-4-[123]$|^4-4-5$|^6-13$|^6-10$|^8-8$/.test(shape))
    return true
  // Any other split, also one digit at a time, when it is the whole sequence.
  return g === 0 && last === d.count - 1 && n >= 14
}

function isCardContext(s: ScannedValue, start: number, issuer: number): boolean {
  if ((s.hints & FIELD_HINT.CARD) !== 0) return true
  const before = lowerText(s.b, Math.max(s.from, start - 40), start)
  if (NOT_CARD.test(before)) return false
  // `CMD-4539148803436467`
  if (/[a-z]{2}-$/.test(before) && !CARD_CONTEXT.test(before)) return false
  if (namesOtherNumber(before) && !CARD_WORD.test(labelIn(before))) return false
  return issuer === 2 || CARD_CONTEXT.test(before)
}

/** What stands behind the last number, its marker, comma or line end: of two labels the nearer one counts. */
function labelIn(before: string): string {
  return before.slice(BEFORE_LABEL.exec(before)?.[0].length ?? 0)
}

const BEFORE_LABEL = /^.*[\d\],;\n\x8c\x8b]/s

const NAME = /([A-Za-z][\w.-]*(?: [A-Za-z][\w.-]*)?)\\*["']?[ \t]?[:=][ \t]?\\*["']?$/

/** Digits in one run under a name such as `order_id`, in the text or as the key of the whole value. */
function isUnderIdentifier(s: ScannedValue, start: number, end: number): boolean {
  if ((s.hints & FIELD_HINT.CARD) !== 0) return false
  if (start === s.from && end === s.to)
    return (s.hints & (FIELD_HINT.IDENTIFIER | FIELD_HINT.IDENTITY)) !== 0
  const name = NAME.exec(latinText(s.b, Math.max(s.from, start - 48), start))?.[1]
  return name !== undefined && (keyMeaning(name).hints & FIELD_HINT.IDENTIFIER) !== 0
}

/** Four more hex digits on a side, as code tables and hex dumps have them: `541E 5426 5446 5443 5433 5448`. */
function isPartOfTable(s: ScannedValue, start: number, end: number): boolean {
  if (
    (s.hints & FIELD_HINT.CARD) !== 0 ||
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
