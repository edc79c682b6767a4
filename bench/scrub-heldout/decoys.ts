// Makes decoys, values that look like secrets but are not: hashes, ids, counters, numbers with a wrong check digit.

import { createHash } from 'node:crypto'
import { ean13, isCardNumber, isLuhnValid, luhnDigit } from './checksums.ts'
import { cardDigits, groupCard, ssnParts, type Vocabulary } from './personal.ts'
import { ALNUM, BASE64, BASE64URL, DIGITS, HEX, LOWER, type Random, UPPER } from './random.ts'
import { uuid } from './values.ts'

type Decoy = (random: Random, argument: string, vocabulary: Vocabulary) => string

const pad = (value: number, width: number): string => String(value).padStart(width, '0')

/** A hash of random bytes, because real ones are hashes too. */
const digest =
  (algorithm: string, encoding: 'hex' | 'base64'): Decoy =>
  (random) =>
    createHash(algorithm).update(random.chars(ALNUM, 24)).digest(encoding)

/** Digits that cannot be taken for a card, SSN or phone number. */
function plainDigits(random: Random, length: number): string {
  for (;;) {
    const value = random.pick('123456789'.split('')) + random.chars(DIGITS, length - 1)
    if (!isCardNumber(value)) return value
  }
}

function nearCard(random: Random, argument: string): string {
  const card = cardDigits(random)
  const last = (Number(card.at(-1)) + random.int(1, 9)) % 10
  const broken = card.slice(0, -1) + String(last)
  return argument === '' ? broken : groupCard(broken, argument === 'dash' ? '-' : ' ')
}

function imei(random: Random): string {
  for (;;) {
    const body = random.pick(['35', '86', '01', '99']) + random.chars(DIGITS, 12)
    const value = body + luhnDigit(body)
    if (isLuhnValid(value) && !isCardNumber(value)) return value
  }
}

/** A number in the form of an SSN whose area, group or serial was never issued. Groups used for ITINs are left out. */
function impossibleSsn(random: Random): string {
  const [area, group, serial] = ssnParts(random)
  return random.pick([
    `000-${group}-${serial}`,
    `666-${group}-${serial}`,
    `9${random.chars(DIGITS, 2)}-${pad(random.int(10, 49), 2)}-${serial}`,
    `${area}-00-${serial}`,
    `${area}-${group}-0000`,
  ])
}

function isoTime(random: Random): string {
  const ms = Date.UTC(2024, 0, 1) + random.int(0, 90_000_000) * 1000 + random.int(0, 999)
  return new Date(ms).toISOString()
}

function base32Time(random: Random, length: number): string {
  return `01${random.chars('ABCDEFGHJKMNPQRSTVWXYZ0123456789', length - 2)}`
}

function version(random: Random): string {
  return `${random.int(0, 12)}.${random.int(0, 30)}.${random.int(0, 19)}`
}

const bounds = (argument: string): readonly [number, number] => {
  const [low, high] = argument.split(':')
  return [Number(low ?? 1), Number(high ?? 1)]
}

const LLM_IDS: Readonly<Record<string, (random: Random) => string>> = {
  chatcmpl: (r) => `chatcmpl-${r.chars(ALNUM, 29)}`,
  msg: (r) => `msg_01${r.chars(ALNUM, 22)}`,
  toolu: (r) => `toolu_01${r.chars(ALNUM, 22)}`,
  call: (r) => `call_${r.chars(ALNUM, 24)}`,
  resp: (r) => `resp_${r.chars(HEX, 48)}`,
  run: (r) => `run_${r.chars(ALNUM, 24)}`,
  thread: (r) => `thread_${r.chars(ALNUM, 24)}`,
  asst: (r) => `asst_${r.chars(ALNUM, 24)}`,
  file: (r) => `file-${r.chars(ALNUM, 24)}`,
  fp: (r) => `fp_${r.chars(HEX, 10)}`,
  req: (r) => `req_${r.chars(HEX, 32)}`,
  gen: (r) => `gen-${r.int(1_700_000_000, 1_790_000_000)}-${r.chars(ALNUM, 20)}`,
}

const ID_DECOYS: Readonly<Record<string, Decoy>> = {
  sha1: digest('sha1', 'hex'),
  sha256: digest('sha256', 'hex'),
  sha512: digest('sha512', 'base64'),
  md5: digest('md5', 'hex'),
  short: (r) => r.chars(HEX, 8),
  uuid: (r) => uuid(r),
  hex: (r, size) => r.chars(HEX, Number(size)),
  upper: (r, size) => r.chars(UPPER + DIGITS, Number(size)),
  alnum: (r, size) => r.chars(ALNUM, Number(size)),
  b64: (r, size) => r.chars(BASE64, Number(size)),
  nanoid: (r) => r.chars(BASE64URL, 21),
  ulid: (r) => base32Time(r, 26),
  llm: (r, kind) => (LLM_IDS[kind] as (random: Random) => string)(r), // an unknown kind fails the tests
  png: (r) => `iVBORw0KGgoAAAANSUhEUg${r.chars(BASE64, r.int(180, 420))}`,
  jpeg: (r) => `/9j/4AAQSkZJRgABAQ${r.chars(BASE64, r.int(180, 420))}`,
  sshpub: (r) => `AAAAC3NzaC1lZDI1NTE5AAAAI${r.chars(BASE64, 43)}`,
  pemlines: (r) => `MII${r.chars(BASE64, r.int(300, 600))}`.match(/.{1,64}/g)?.join('\n') ?? 'MII',
  accountid: (r) => r.pick('12345678'.split('')) + r.chars(DIGITS, 11),
  roleid: (r) => `${r.pick(['AROA', 'AIDA'])}${r.chars(`${UPPER}234567`, 17)}`,
  css: (r) => r.pick(['sk-folding-cube', 'sk-chasing-dot', 'sk-circle-fade', 'sk-three-bounce']),
}

const NUMBER_DECOYS: Readonly<Record<string, Decoy>> = {
  digits: (r, size) => plainDigits(r, Number(size)),
  int: (r, range) => String(r.int(...bounds(range))),
  float: (r, size) => `${r.int(0, 99)}.${r.chars(DIGITS, Number(size) || 3)}`,
  unit: (r, size) => `0.${r.chars(DIGITS, Number(size) || 16)}`,
  minus: (r) => `-0.${r.chars(DIGITS, 16)}`,
  money: (r) => `${r.int(1, 999)}.${r.chars(DIGITS, 2)}`,
  nearcard: (r, separator) => nearCard(r, separator),
  badssn: (r) => impossibleSsn(r),
  partssn: (r) => ssnParts(r).join('-'),
  imei: (r) => imei(r),
  ean: (r) => ean13(r.pick(['50', '76', '90', '20']) + r.chars(DIGITS, 10)),
  isbn: (r) => {
    const value = ean13(`9780${r.chars(DIGITS, 8)}`)
    return `${value.slice(0, 3)}-${value.slice(3, 4)}-${value.slice(4, 8)}-${value.slice(8, 12)}-${value.slice(12)}`
  },
  ups: (r) => `1Z${r.chars(UPPER + DIGITS, 6)}${r.chars(DIGITS, 10)}`,
  snowflake: (r) => {
    const value = `1${r.chars(DIGITS, 18)}`
    return value
  },
  maskedcard: (r) =>
    r.pick([
      `**** **** **** ${r.chars(DIGITS, 4)}`,
      `xxxx-xxxx-xxxx-${r.chars(DIGITS, 4)}`,
      `4${r.chars(DIGITS, 5)}******${r.chars(DIGITS, 4)}`,
    ]),
}

const PLACE_DECOYS: Readonly<Record<string, Decoy>> = {
  time: (r) => isoTime(r),
  date: (r) => isoTime(r).slice(0, 10),
  clock: (r) => isoTime(r).slice(11, 19),
  unix: (r) => String(r.int(1_690_000_000, 1_799_999_999)),
  unixms: (r) => {
    for (;;) {
      const value = String(r.int(1_690_000_000, 1_799_999_999)) + r.chars(DIGITS, 3)
      if (!isCardNumber(value)) return value
    }
  },
  version: (r) => version(r),
  ip: (r) =>
    r.pick([
      `192.0.2.${r.int(1, 254)}`,
      `198.51.100.${r.int(1, 254)}`,
      `203.0.113.${r.int(1, 254)}`,
      `10.${r.int(0, 255)}.${r.int(0, 255)}.${r.int(1, 254)}`,
    ]),
  ip6: (r) => `2001:db8:${r.chars(HEX, 4)}::${r.chars(HEX, 3)}`,
  lat: (r) => `${r.int(-60, 60)}.${r.chars(DIGITS, 6)}`,
  lon: (r) => `${r.int(-170, 170)}.${r.chars(DIGITS, 7)}`,
  reserved: (r, _argument, vocabulary) => {
    const local = r.pick(vocabulary.words('mailbox'))
    const host = r.pick([
      'example.com',
      'example.org',
      'example.net',
      'mail.example.com',
      'corp.example',
      'host.invalid',
      'app.test',
      'localhost',
    ])
    return `${local}@${host}`
  },
  esc: () => '\u001b',
  lower: (r, size) => r.chars(LOWER, Number(size)),
}

const DECOYS: Readonly<Record<string, Decoy>> = { ...ID_DECOYS, ...NUMBER_DECOYS, ...PLACE_DECOYS }

/** The decoy with this name, or else a word from the family's list of that name. */
export function makeDecoy(
  name: string,
  argument: string,
  random: Random,
  vocabulary: Vocabulary,
): string {
  const decoy = DECOYS[name]
  return decoy ? decoy(random, argument, vocabulary) : random.pick(vocabulary.words(name))
}
