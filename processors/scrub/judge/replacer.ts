// What stands in the place of a secret: a marker, a keyed pseudonym, or its last characters. Normalised first,
// so that one mailbox has one pseudonym however it was written; guessable types get none unless asked for.

import { createHmac } from 'node:crypto'
import { latinText } from '../value/bytes.ts'
import type { Finding } from '../value/finding.ts'
import type { ValueRange } from '../value/value-range.ts'
import type { Action } from './judge.ts'

export interface PseudonymSettings {
  /** Secret of the instance; each tenant's key is derived from it. */
  readonly key: string
  readonly keyId: string
  /** Also for types with few possible values. */
  readonly guessable: boolean
}

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'
/** 80 bits. */
const PSEUDONYM_CHARS = 16
const TENANT_KEYS_MAX = 1024

/** Replacement bytes by type; one for a processor. */
export class Replacer {
  readonly #types: readonly string[]
  readonly #isGuessable: readonly boolean[]
  readonly #actions: readonly Action[]
  readonly #pseudonym: PseudonymSettings | null
  readonly #markers: readonly Uint8Array[]
  readonly #tenantKeys = new Map<string, Buffer>()

  /** All three lists go by type number; few values are possible of a guessable type. */
  constructor(
    types: readonly string[],
    isGuessable: readonly boolean[],
    actions: readonly Action[],
    pseudonym: PseudonymSettings | null,
  ) {
    this.#types = types
    this.#isGuessable = isGuessable
    this.#actions = actions
    this.#pseudonym = pseudonym
    this.#markers = types.map((t) => Buffer.from(`[REDACTED:${t}]`, 'utf8'))
  }

  actionOf(type: number): Action {
    return this.#actions[type] as Action
  }

  /** The plain marker of a type. */
  marker(type: number): Uint8Array {
    return this.#markers[type] as Uint8Array
  }

  /** What replaces `b[from, to)` of this type for this tenant. */
  bytesFor(type: number, b: Uint8Array, from: number, to: number, tenant: string): Uint8Array {
    const action = this.#actions[type] as Action
    if (action === 'pseudonym') return this.#pseudonymOf(type, b, from, to, tenant)
    if (action === 'partial') return this.#partialOf(type, b, from, to)
    return this.#markers[type] as Uint8Array
  }

  #pseudonymOf(type: number, b: Uint8Array, from: number, to: number, tenant: string): Uint8Array {
    const settings = this.#pseudonym
    const guessable = this.#isGuessable[type] === true
    if (settings === null || (guessable && !settings.guessable))
      return this.#markers[type] as Uint8Array
    const name = this.#types[type] as string
    const digest = createHmac('sha256', this.#tenantKey(settings.key, tenant))
      .update(`${name}\0`)
      .update(normalised(name, b, from, to), 'latin1')
      .digest()
    return Buffer.from(`[REDACTED:${name}:${settings.keyId}:${base32(digest)}]`, 'utf8')
  }

  #tenantKey(key: string, tenant: string): Buffer {
    let k = this.#tenantKeys.get(tenant)
    if (k === undefined) {
      if (this.#tenantKeys.size >= TENANT_KEYS_MAX) this.#tenantKeys.clear()
      k = createHmac('sha256', key).update(`observa-scrub\0${tenant}`).digest()
      this.#tenantKeys.set(tenant, k)
    }
    return k
  }

  /** The last four characters, of values that are long enough to keep the rest a secret. */
  #partialOf(type: number, b: Uint8Array, from: number, to: number): Uint8Array {
    const text = latinText(b, Math.max(from, to - 4), to)
    if (to - from < 12 || !/^[A-Za-z0-9]{4}$/.test(text)) return this.#markers[type] as Uint8Array
    return Buffer.from(`[REDACTED:${this.#types[type]}:*${text}]`, 'latin1')
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
  const now = replacer.bytesFor(f.type, b, f.start, f.end, tenant)
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
  if (named !== null) return named[1] as string
  if (!/[[,](?:\s|\\+[nrt]){0,16}$/.test(before)) return ''
  const head = latinText(b, from, Math.min(to, from + 8)).trimStart()
  return head.startsWith('{') || head.startsWith('[') ? '"' : ''
}

/** Mail lower-cased, numbers as digits only, everything else as it is. */
function normalised(type: string, b: Uint8Array, from: number, to: number): string {
  const text = latinText(b, from, to)
  if (type === 'email') return text.toLowerCase().replace(/%40|\\+u0040/, '@')
  if (type === 'credit_card' || type === 'ssn' || type === 'itin' || type === 'phone')
    return text.replace(/[^0-9]/g, '')
  return type === 'iban' ? text.replace(/[^A-Za-z0-9]/g, '').toUpperCase() : text
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
