// Numbers: cards, social security numbers, IBANs, phone numbers. One look at the group of digits around a
// candidate decides which of them can be meant, so a timestamp or an id costs a few comparisons.

import { isItin, isSsn, issuerOf, passesLuhn } from '../../value/checksums.ts'
import { FIELD_HINT } from '../../value/key-meaning.ts'
import { isNationalPhone } from '../../value/phone-plans.ts'
import type { NumberRule, NumberRules } from '../policy.ts'
import { Progress, type ScannedValue } from '../scanned-value.ts'
import { matchCard } from './cards.ts'
import { DigitGroups } from './digit-groups.ts'
import { matchIban } from './ibans.ts'
import { matchPhoneGroups } from './phones.ts'
import { matchNineDigits } from './social-security.ts'

/** Groups of digits before this were judged. */
const JUDGED = new Progress()

/** Read anew for each candidate. */
const groups = new DigitGroups()

/** A digit run of four or more at `p`. */
export function matchNumber(s: ScannedValue, p: number, rules: NumberRules): void {
  if (p < s.reached(JUDGED)) return
  const start = groups.read(s.b, p, s.from, s.to)
  if (groups.count === 0) return
  s.advance(JUDGED, groups.readTo)
  if (rules.iban !== null && matchIban(s, start, rules.iban)) return
  if (rules.card !== null && matchCard(s, groups, rules.card)) return
  if (matchNineDigits(s, groups, rules)) return
  if (rules.phone !== null) matchPhoneGroups(s, groups, start, rules.phone)
}

/** A number that came as an integer: a card, or with a field name that says so a social security number. */
export function isPrivateInteger(
  text: string,
  hints: number,
  rules: NumberRules,
): NumberRule | null {
  if (text.length > 19 || text.startsWith('-')) return null
  const digits = Uint8Array.from(text, Number)
  const issuer = issuerOf(digits, text.length)
  const usual = issuer === 2 || (issuer === 1 && (hints & FIELD_HINT.CARD) !== 0)
  const isIdentifier = (hints & FIELD_HINT.IDENTIFIER) !== 0
  const namesSomething = (hints & (FIELD_HINT.IDENTIFIER | FIELD_HINT.IDENTITY)) !== 0
  if (rules.card !== null && usual && !namesSomething && passesLuhn(digits, text.length))
    return rules.card
  if (text.length === 9 && (hints & FIELD_HINT.SSN) !== 0 && isSsn(digits)) return rules.ssn
  if (text.length === 9 && (hints & FIELD_HINT.ITIN) !== 0 && isItin(digits)) return rules.itin
  if (isIdentifier) return null
  if ((hints & FIELD_HINT.PHONE) !== 0 && isNationalPhone(digits, text.length)) return rules.phone
  return null
}
