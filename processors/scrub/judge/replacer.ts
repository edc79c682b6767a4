// What stands in the place of a secret: a marker, a keyed pseudonym, or its last characters. Normalised first,
// so that one mailbox has one pseudonym however it was written; guessable types get none unless asked for. In fields that
// name somebody or something every type gets one: markers would make all users one user.

import { Pseudonyms } from '../../../core/identity/pseudonym.ts'
import { latinText } from '../value/bytes.ts'
import type { Finding } from '../value/finding.ts'
import type { ValueRange } from '../value/value-range.ts'
import { isInIdField } from './id-field.ts'
import type { Action } from './judge.ts'

export interface PseudonymSettings {
  /** Secret of the instance; each tenant's key is derived from it. */
  readonly key: string
  readonly keyId: string
  /** Also for types with few possible values. */
  readonly guessable: boolean
  /** Keys of before: what was stored under them can still be looked up. */
  readonly retired: readonly string[]
}

/** What makes pseudonyms of ids and what takes the place of everything else. */
export interface Replacing {
  /** By type number. */
  readonly types: readonly string[]
  /** Few values are possible of the type. */
  readonly isGuessable: readonly boolean[]
  readonly actions: readonly Action[]
  /** For the action `pseudonym`. */
  readonly pseudonym: PseudonymSettings | null
  /** For fields that name somebody or something; null where they are treated like all others. */
  readonly ids: Pseudonyms | null
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
/** 80 bits. */
const PSEUDONYM_CHARS = 16

/** Replacement bytes by type; one for a processor. */
export class Replacer {
  readonly #of: Replacing
  readonly #pseudonyms: Pseudonyms | null
  readonly #markers: readonly Uint8Array[]

  constructor(replacing: Replacing) {
    this.#of = replacing
    const { pseudonym, types } = replacing
    this.#pseudonyms = pseudonym === null ? null : new Pseudonyms(pseudonym.key)
    this.#markers = types.map((t) => Buffer.from(`[REDACTED:${t}]`, 'utf8'))
  }

  actionOf(type: number): Action {
    return this.#of.actions[type] as Action
  }

  /** The plain marker of a type. */
  marker(type: number): Uint8Array {
    return this.#markers[type] as Uint8Array
  }

  /** What replaces the finding for this tenant. */
  bytesFor(value: ValueRange, f: Finding, tenant: string): Uint8Array {
    const { bytes: b } = value
    const action = this.actionOf(f.type)
    const { ids } = this.#of
    if (ids !== null && (action === 'mask' || action === 'pseudonym') && isInIdField(value, f)) {
      const type = this.#of.types[f.type] as string
      return ids.of(tenant, type, normalised(type, b, f.start, f.end))
    }
    if (action === 'pseudonym') return this.#pseudonymOf(f.type, b, f.start, f.end, tenant)
    if (action === 'partial') return this.#partialOf(f.type, b, f.start, f.end)
    return this.marker(f.type)
  }

  #pseudonymOf(type: number, b: Uint8Array, from: number, to: number, tenant: string): Uint8Array {
    const { pseudonym, isGuessable, types } = this.#of
    const isRefused = isGuessable[type] === true && pseudonym?.guessable !== true
    if (pseudonym === null || this.#pseudonyms === null || isRefused) return this.marker(type)
    const name = types[type] as string
    const digest = this.#pseudonyms.digest(tenant, name, normalised(name, b, from, to))
    return Buffer.from(`[REDACTED:${name}:${pseudonym.keyId}:${base32(digest)}]`, 'utf8')
  }

  /** The last four characters, of values that are long enough to keep the rest a secret. */
  #partialOf(type: number, b: Uint8Array, from: number, to: number): Uint8Array {
    const text = latinText(b, Math.max(from, to - 4), to)
    if (to - from < 12 || !/^[A-Za-z0-9]{4}$/.test(text)) return this.marker(type)
    return Buffer.from(`[REDACTED:${this.#of.types[type]}:*${text}]`, 'latin1')
  }
}

/** What replaces the finding in a value: a number of JSON becomes a string, so that JSON stays JSON. */
export function replacementIn(
  replacer: Replacer,
  value: ValueRange,
  f: Finding,
  tenant: string,
): Uint8Array {
  const { bytes: b, from, to } = value
  const now = replacer.bytesFor(value, f, tenant)
  const quote = jsonQuote(b, from, to, f)
  if (quote === '') return now
  const q = Buffer.from(quote, 'latin1')
  return Buffer.concat([q, now, q])
}

/** The quote that JSON needs around the marker of `"pan":4111111111111111` or `[4111111111111111]`; '' for all else. */
function jsonQuote(b: Uint8Array, from: number, to: number, f: Finding): string {
  if (f.end - f.start > 24 || !/^\d+$/.test(latinText(b, f.start, f.end))) return ''
  const after = latinText(b, f.end, Math.min(to, f.end + 8))
  if (!/^(?:\s|\\+[nrt]){0,4}(?:[,}\]]|$)/.test(after)) return ''
  const before = latinText(b, Math.max(from, f.start - 64), f.start)
  const named = /(\\*")\s{0,4}:(?:\s|\\+[nrt]){0,8}$/.exec(before)
  if (named !== null) return named[1] ?? ''
  if (!/[[,](?:\s|\\+[nrt]){0,16}$/.test(before)) return ''
  const head = latinText(b, from, Math.min(to, from + 8)).trimStart()
  return head.startsWith('{') || head.startsWith('[') ? '"' : ''
}

/** Mail lower-cased, numbers as digits (and letters, where they have some) only, everything else as it is. */
export function normalised(type: string, b: Uint8Array, from: number, to: number): string {
  const text = latinText(b, from, to)
  if (type === 'email') return text.toLowerCase().replace(/%40|\\+u0040/, '@')
  if (type === 'credit_card' || type === 'ssn' || type === 'itin' || type === 'phone')
    return text.replace(/[^0-9]/g, '')
  return type === 'iban' || type === 'national_id'
    ? text.replace(/[^A-Za-z0-9]/g, '').toUpperCase()
    : text
}

function base32(digest: Uint8Array): string {
  let out = ''
  let bits = 0
  let have = 0
  for (const byte of digest) {
    bits = ((bits << 8) | byte) & 0xfff
    have += 8
    while (have >= 5) {
      have -= 5
      out += BASE32[(bits >>> have) & 31]
      if (out.length === PSEUDONYM_CHARS) return out
    }
  }
  return out
}
