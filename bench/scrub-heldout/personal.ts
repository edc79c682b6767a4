// Makes fake personal data: mail addresses, cards, US social security numbers, IBANs and phone numbers.

import { ibanCheckDigits, isCardNumber, luhnDigit } from './checksums.ts'
import { DIGITS, type Random, UPPER } from './random.ts'

/** Names and domains of one family. The two families have none in common. */
export interface Vocabulary {
  readonly words: (list: string) => readonly string[]
}

/** `variant` is the part of a template slot after the colon; '' when there is none. */
export type Maker = (random: Random, vocabulary: Vocabulary, variant: string) => string

export const fold = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/[^a-zA-Z0-9]/g, '')
    .toLowerCase()

export function email(random: Random, vocabulary: Vocabulary, variant: string): string {
  const first = fold(random.pick(vocabulary.words('first')))
  const last = fold(random.pick(vocabulary.words('last')))
  const local = random.pick([
    `${first}.${last}`,
    `${first}${random.int(1, 99)}`,
    `${first.charAt(0)}${last}`,
    `${first}_${last}`,
    `${first}+${random.pick(vocabulary.words('tag'))}`,
    `${last}-${first}`,
    `${random.pick(vocabulary.words('mailbox'))}`,
  ])
  const domain = `${random.pick(vocabulary.words('domain'))}.${random.pick(vocabulary.words('tld'))}`
  const host = random.chance(0.15) ? `${random.pick(['mail', 'eu', 'corp'])}.${domain}` : domain
  switch (variant) {
    case 'u':
      return `${local}\\u0040${host}`
    case 'pct':
      return `${encodeURIComponent(local)}%40${host}`
    case 'upper':
      return `${local}@${host}`.toUpperCase()
    case 'plain':
      return `${first}.${last}@${domain}`
    default:
      return `${local}@${host}`
  }
}

const CARD_FORMS: readonly (readonly [string, number])[] = [
  ['4', 16],
  ['4', 16],
  ['4', 16],
  ['51', 16],
  ['53', 16],
  ['55', 16],
  ['2235', 16],
  ['2719', 16],
  ['34', 15],
  ['37', 15],
  ['6011', 16],
  ['645', 16],
  ['65', 16],
  ['3530', 16],
  ['36', 14],
  ['62', 16],
]

export function cardDigits(random: Random): string {
  for (;;) {
    const [prefix, length] = random.pick(CARD_FORMS)
    const body = prefix + random.chars(DIGITS, length - prefix.length - 1)
    const card = body + luhnDigit(body)
    if (isCardNumber(card) && !/(\d)\1{5}/.test(card)) return card
  }
}

export function groupCard(digits: string, separator: string): string {
  const sizes = digits.length === 15 ? [4, 6, 5] : digits.length === 14 ? [4, 6, 4] : [4, 4, 4, 4]
  let at = 0
  return sizes.map((size) => digits.slice(at, (at += size))).join(separator)
}

const toFullWidth = (text: string): string =>
  text.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))

const CARD_SEPARATORS: Readonly<Record<string, string>> = {
  space: ' ',
  dash: '-',
  nbsp: '\u00a0',
  nnbsp: '\u202f',
  zw: '\u200b',
}

export function creditCard(random: Random, _: Vocabulary, variant: string): string {
  const digits = cardDigits(random)
  if (variant === 'wide') return toFullWidth(digits)
  if (variant === 'plain') return digits
  const separator = CARD_SEPARATORS[variant]
  if (separator !== undefined) return groupCard(digits, separator)
  return groupCard(digits, random.pick(['', '', ' ', ' ', '-']))
}

export function ssnParts(random: Random): readonly [string, string, string] {
  const area = random.pick([random.int(1, 665), random.int(667, 772)])
  const group = random.int(1, 99)
  const serial = random.int(101, 9899)
  const parts = [
    String(area).padStart(3, '0'),
    String(group).padStart(2, '0'),
    String(serial).padStart(4, '0'),
  ] as const
  const documented = ['078-05-1120', '219-09-9999', '123-45-6789'].includes(parts.join('-'))
  return documented ? ssnParts(random) : parts
}

export function ssn(random: Random, _: Vocabulary, variant: string): string {
  const parts = ssnParts(random)
  switch (variant) {
    case 'bare':
      return parts.join('')
    case 'space':
      return parts.join(' ')
    case 'nbhyphen':
      return parts.join('\u2011')
    case 'wide':
      return toFullWidth(parts.join('-'))
    default:
      return parts.join('-')
  }
}

/** Country and the form of its BBAN: n = digit, c = letter or digit, a = capital letter. */
const IBAN_FORMS: readonly (readonly [string, string])[] = [
  ['DE', 'n18'],
  ['FR', 'n10c11n2'],
  ['GB', 'a4n14'],
  ['ES', 'n20'],
  ['IT', 'a1n10c12'],
  ['NL', 'a4n10'],
  ['PL', 'n24'],
  ['AT', 'n16'],
  ['CH', 'n5c12'],
  ['BE', 'n12'],
  ['SE', 'n20'],
  ['NO', 'n11'],
  ['DK', 'n14'],
  ['PT', 'n21'],
  ['IE', 'a4n14'],
]

export function iban(random: Random, _: Vocabulary, variant: string): string {
  const [country, form] = random.pick(IBAN_FORMS)
  const bban = form.replace(/([nca])(\d+)/g, (_all, kind: string, size: string) =>
    random.chars(kind === 'n' ? DIGITS : kind === 'a' ? UPPER : DIGITS + UPPER, Number(size)),
  )
  const compact = country + ibanCheckDigits(country, bban) + bban
  const spaced = variant ? variant === 'space' : random.chance(0.5)
  return spaced ? compact.replace(/(.{4})(?=.)/g, '$1 ') : compact
}

/** Uses only number ranges that regulators have reserved for fiction and documentation. */
export function phone(random: Random, _: Vocabulary, variant: string): string {
  const n = (length: number): string => random.chars(DIGITS, length)
  const us = String(random.pick([212, 312, 415, 503, 617, 702, 805, 917]))
  switch (variant) {
    case 'us':
      return random.pick([`(${us}) 555-01${n(2)}`, `${us}-555-01${n(2)}`, `${us}.555.01${n(2)}`])
    case 'uk':
      return random.pick([`07700 900${n(3)}`, `020 7946 0${n(3)}`])
    case 'fr':
      return random.pick([`06 39 98 ${n(2)} ${n(2)}`, `01 99 00 ${n(2)} ${n(2)}`])
    case 'de':
      return random.pick([`030 23125 ${n(3)}`, `0171 39200 ${n(2)}`])
    case 'compact':
      return random.pick([`+1${us}55501${n(2)}`, `+447700900${n(3)}`, `+336399${n(5)}`])
    default:
      return random.pick([
        `+1 ${us} 555 01${n(2)}`,
        `+1-${us}-555-01${n(2)}`,
        `+1 (${us}) 555-01${n(2)}`,
        `+44 7700 900${n(3)}`,
        `+44 20 7946 0${n(3)}`,
        `+33 6 39 98 ${n(2)} ${n(2)}`,
        `+49 30 23125 ${n(3)}`,
        `+61 491 570 1${n(2)}`,
        `+46 70 174 06 ${n(2)}`,
      ])
  }
}
