// Check digits of fake values: Luhn, ISO 7064 mod 97 for IBANs, and the base62 CRC32 suffix of GitHub and npm tokens.

import { crc32 } from 'node:zlib'
import { ALNUM } from './random.ts'

export function luhnSum(digits: string): number {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits.charAt(digits.length - 1 - i))
    const doubled = i % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum
}

export const isLuhnValid = (digits: string): boolean => luhnSum(digits) % 10 === 0

/** The digit that makes `body` valid under the Luhn algorithm when appended. */
export const luhnDigit = (body: string): string => String((10 - (luhnSum(`${body}0`) % 10)) % 10)

export function mod97(iban: string): number {
  const moved = iban.slice(4) + iban.slice(0, 4)
  let rest = 0
  for (const character of moved) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest
}

export function ibanCheckDigits(country: string, bban: string): string {
  return String(98 - mod97(`${country}00${bban}`)).padStart(2, '0')
}

/** Six base62 digits (0-9A-Za-z) of the CRC32 of `body`, as GitHub and npm append them. */
export function crcTail(body: string): string {
  let value = crc32(body)
  let out = ''
  for (let i = 0; i < 6; i++) {
    out = ALNUM.charAt(value % 62) + out
    value = Math.floor(value / 62)
  }
  return out
}

/** Whether issuer prefix, length and Luhn digit are valid, as a payment page would check. */
export function isCardNumber(digits: string): boolean {
  if (!isLuhnValid(digits)) return false
  const rules: readonly [RegExp, readonly number[]][] = [
    [/^4/, [13, 16, 19]],
    [/^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
    [/^3[47]/, [15]],
    [/^(6011|64[4-9]|65)/, [16, 19]],
    [/^35(2[89]|[3-8])/, [16, 19]],
    [/^(30[0-5]|36|38|39)/, [14, 16, 19]],
    [/^62/, [16, 17, 18, 19]],
  ]
  return rules.some(([prefix, lengths]) => prefix.test(digits) && lengths.includes(digits.length))
}

export function ean13(body: string): string {
  let sum = 0
  for (let i = 0; i < 12; i++) sum += Number(body.charAt(i)) * (i % 2 === 0 ? 1 : 3)
  return body + String((10 - (sum % 10)) % 10)
}
