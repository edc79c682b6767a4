// Social security and taxpayer numbers of the United States: nine digits, by their form or by a word beside them.

import { ALNUM, isFreeLeft, latinText, lowerText } from '../../value/bytes.ts'
import { isItin, isSsn } from '../../value/checksums.ts'
import { FIELD_HINT } from '../../value/key-meaning.ts'
import type { NumberRules } from '../policy.ts'
import type { ScannedValue } from '../scanned-value.ts'
import { type DigitGroups, isNumberTail } from './digit-groups.ts'
import { isNamedInOtherScript, namesCount } from './other-numbers.ts'

const SSN_CONTEXT = /ssn|social|soc\.? ?sec|taxpayer|tax.?id|\btin\b|\bw-?[249]\b|seguro|steuer/

const ITIN_CONTEXT = /itin|taxpayer/

/** Nine digits in one group or in three. */
interface NineDigits {
  readonly start: number
  readonly end: number
  readonly isSsn: boolean
  /** In the form 3-2-4 with dashes. */
  readonly isDashed: boolean
  /** No other group of digits stands beside them. */
  readonly isAlone: boolean
}

/** `123-45-6789` (3-2-4) by its form; nine bare digits or spaces only with a word such as ssn or taxpayer near. */
export function matchNineDigits(s: ScannedValue, d: DigitGroups, rules: NumberRules): boolean {
  for (let g = 0; g < d.count; g++) {
    const nine = nineDigitsAt(s, d, g)
    if (nine !== null && report(s, nine, rules)) return true
  }
  return false
}

function nineDigitsAt(s: ScannedValue, d: DigitGroups, g: number): NineDigits | null {
  const size = (i: number): number => (d.ends[i] as number) - (d.starts[i] as number)
  const isSingle = size(g) === 9
  const isTriple = g + 2 < d.count && size(g) === 3 && size(g + 1) === 2 && size(g + 2) === 4
  if (!isSingle && !isTriple) return null
  const last = isSingle ? g : g + 2
  const start = d.starts[g] as number
  const end = d.ends[last] as number
  const first = d.firstDigit[g] as number
  const digits = d.digits.subarray(first, first + 9)
  const ssn = isSsn(digits)
  if (!ssn && !isItin(digits)) return null
  if (!isFreeLeft(s.b, start, s.from, ALNUM) || isNumberTail(s.b, end, s.to)) return null
  const joint = s.b[d.ends[g] as number]
  return {
    start,
    end,
    isSsn: ssn,
    isDashed: isTriple && joint !== 0x20 && joint !== 0x2e,
    isAlone: g === 0 && last === d.count - 1,
  }
}

function report(s: ScannedValue, nine: NineDigits, rules: NumberRules): boolean {
  const { start, end } = nine
  const rule = nine.isSsn ? rules.ssn : rules.itin
  if (rule === null) return false
  const before = lowerText(s.b, Math.max(s.from, start - 48), start)
  const words = nine.isSsn ? SSN_CONTEXT : ITIN_CONTEXT
  const isHinted = (s.hints & (nine.isSsn ? FIELD_HINT.SSN : FIELD_HINT.ITIN)) !== 0
  if (!isHinted && !isNamedBefore(before, words) && !isNamedBehind(s, end, words)) {
    if (!nine.isSsn || !nine.isDashed || !nine.isAlone || namesCount(before)) return false
    if (isPrecededByNumber(s, start) || isMeasured(s, end)) return false
    if (isNamedInOtherScript(latinText(s.b, Math.max(s.from, start - 40), start))) return false
  }
  s.found(rule.type, start, end, rule.rank)
  return true
}

/** The word stands before the number, and not before another number, or its marker, in between that this one is told apart from. */
function isNamedBefore(before: string, words: RegExp): boolean {
  if (!words.test(before)) return false
  const other = /^.*[\d\]]/s.exec(before)?.[0].length ?? 0
  return other === 0 || words.test(before.slice(other)) || !namesCount(before)
}

/** "536 22 8145 is her SSN", "536228145 (SSN)": what comes behind says what the number was, and has none of its own. */
function isNamedBehind(s: ScannedValue, end: number, words: RegExp): boolean {
  const after = lowerText(s.b, end, Math.min(s.to, end + 64))
  const m = BEHIND.exec(after)
  if (m === null || !words.test(m[0])) return false
  return !/^\W{0,6}\d/.test(after.slice(m[0].length))
}

const BEHIND =
  /^[\\"'`)\]*]{0,4}(?: ?[([]| ?[,;:=-] ?| (?=is|was|as|ist|es|est|are|war|fue|e |\xe3\xa8))(?:[\w'\u0080-\u00ff]{1,20} ){0,6}[^\d\n]{0,24}?(?:ssn|social(?: security)?(?: number)?|taxpayer|tax.?id|itin)/

const UNIT =
  /^ ?(?:mm|cm|dm|km|kg|mg|lbs?|oz|ml|units?|pcs|pieces|psi|[kmg]?hz|rpm|px|inch(?:es)?|feet|ft)\b/

/** `220-14-1500 mm` measures something. */
function isMeasured(s: ScannedValue, end: number): boolean {
  return UNIT.test(lowerText(s.b, end, Math.min(s.to, end + 10)))
}

function isPrecededByNumber(s: ScannedValue, start: number): boolean {
  const c = start > s.from ? s.b[start - 1] : 0x20
  return c === 0x2d || c === 0x2e || c === 0x2f || c === 0x2b
}
