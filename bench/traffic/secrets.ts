// Fake secrets of the eight classes that every release must find, in the issuer's real form with valid checksums, and near
// misses that must be kept. All are made at run time and were never issued.

import { crc32 } from 'node:zlib'
import { ALPHABET, type Dice } from './random.ts'

export type SecretClass =
  | 'openai_key'
  | 'aws_access_key_id'
  | 'aws_secret_key'
  | 'github_token'
  | 'bearer_token'
  | 'email'
  | 'credit_card'
  | 'ssn'

/** `value` must not remain in the output. `sentence` is how a user would paste it. */
export interface PlantedText {
  readonly type: string
  readonly value: string
  readonly sentence: string
}

type Maker = (d: Dice) => { value: string; sentence: string }

// The prefixes are assembled from parts, so that secret scanners do not report this file.
const OPENAI = ['sk', 'proj', ''].join('-')
const OPENAI_MARK = ['T3Bl', 'bkFJ'].join('')
const AWS_IDS = [`AK${'IA'}`, `AS${'IA'}`]
const GITHUB = ['p', 'o', 's'].map((kind) => `gh${kind}_`)

const SECRETS: Readonly<Record<SecretClass, Maker>> = {
  openai_key: (d) => {
    const half = (): string => d.chars(74, `${ALPHABET.alnum}_`)
    const value = OPENAI + half() + OPENAI_MARK + half()
    return { value, sentence: `I set the key ${value} but it still answers 401` }
  },
  aws_access_key_id: (d) => {
    const value = d.pick(AWS_IDS) + d.chars(16, ALPHABET.base32)
    return { value, sentence: `the access key id is ${value} in this account` }
  },
  aws_secret_key: (d) => {
    const value = `${d.chars(38, `${ALPHABET.alnum}/+`)}a7`
    return { value, sentence: `aws_secret_access_key = ${value} from the credentials file` }
  },
  github_token: (d) => {
    const body = d.chars(30, ALPHABET.alnum)
    const value = d.pick(GITHUB) + body + base62(crc32(body), 6)
    return { value, sentence: `clone it with ${value} as the password` }
  },
  bearer_token: (d) => {
    const value = `${d.chars(40, `${ALPHABET.alnum}-_`)}9x`
    return { value, sentence: `curl -H Authorization: Bearer ${value} works here` }
  },
  email: (d) => {
    const value = `${d.chars(6, 'abcdefghijklmnop')}.${d.chars(7, 'abcdefghijklmnop')}@${d.chars(8, 'bcdfglmnorstu')}.io`
    return { value, sentence: `write to ${value} when it is ready` }
  },
  credit_card: (d) => {
    const value = luhnComplete(`4${d.chars(14, ALPHABET.digits)}`)
    return { value, sentence: `charge card ${value} for the renewal` }
  },
  ssn: (d) => {
    const value = `${d.int(100, 599)}-${d.int(10, 99)}-${d.int(1000, 9999)}`
    return { value, sentence: `her SSN is ${value} on the form` }
  },
}
export const SECRET_CLASSES = Object.keys(SECRETS) as readonly SecretClass[]

const NEAR_MISSES: Readonly<Record<string, Maker>> = {
  order_number: (d) => {
    const luhn = luhnComplete(`9${d.chars(14, ALPHABET.digits)}`)
    const value = luhn.slice(0, 15) + ((Number(luhn[15]) + 1) % 10)
    return { value, sentence: `order ${value} has not arrived` }
  },
  git_commit: (d) => {
    const value = d.hex(40)
    return { value, sentence: `it broke in commit ${value} last week` }
  },
  uuid: (d) => {
    const value = `${d.hex(8)}-${d.hex(4)}-4${d.hex(3)}-a${d.hex(3)}-${d.hex(12)}`
    return { value, sentence: `the request id was ${value} I think` }
  },
  part_number: (d) => {
    const value = `${d.int(100, 599)}-${d.int(10, 99)}-${d.int(1000, 9999)}`
    return { value, sentence: `replace part number ${value} in the pump` }
  },
  sk_word: (d) => {
    const value = `sk-${d.pick(['skeleton', 'sidebar', 'fading', 'cube', 'folding'])}-${d.pick(['loading', 'wrapper', 'animation', 'container'])}`
    return { value, sentence: `the css class ${value} flickers` }
  },
  bearer_prose: () => ({
    value: 'bearer of good news',
    sentence: 'be the bearer of good news and say so',
  }),
}

export function makeSecret(type: SecretClass, dice: Dice): PlantedText {
  return { type, ...SECRETS[type](dice) }
}

export function makeNearMiss(dice: Dice): PlantedText {
  const type = dice.pick(Object.keys(NEAR_MISSES))
  const maker = NEAR_MISSES[type]
  if (maker === undefined) throw new Error(`no near miss ${type}`)
  return { type, ...maker(dice) }
}

/** Appends the Luhn check digit. */
export function luhnComplete(digits: string): string {
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    const doubled = digit * 2
    sum += i % 2 === 1 ? digit : doubled > 9 ? doubled - 9 : doubled
  }
  return digits + ((10 - (sum % 10)) % 10)
}

function base62(value: number, length: number): string {
  let out = ''
  for (let rest = value, i = 0; i < length; i++) {
    out = (ALPHABET.alnum[rest % 62] ?? '') + out
    rest = Math.floor(rest / 62)
  }
  return out
}
