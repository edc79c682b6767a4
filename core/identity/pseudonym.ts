// Keyed pseudonyms replace values that must not be stored but must stay distinguishable. One value of a tenant always has the
// same pseudonym, and without the key nobody can find the value. `collector/service/pseudonym-keys.ts` decides where the key
// comes from.

import { createHmac, hash } from 'node:crypto'

/** The secret of the instance, from which the key of each tenant is derived. */
export interface PseudonymKey {
  readonly id: string
  readonly key: string
}

/** New pseudonyms are made with the current key. Pseudonyms that were stored under a retired key can still be looked up. */
export interface PseudonymKeyRing {
  readonly current: PseudonymKey
  readonly retired: readonly PseudonymKey[]
}

/** The secrets of the instance that components receive. */
export interface InstanceSecrets {
  readonly pseudonymKeys: PseudonymKeyRing | null
}

export const NO_SECRETS: InstanceSecrets = { pseudonymKeys: null }

/**
 * Digits of a pseudonym such as `[email:4f1c...]`: four that identify the key, and twenty (80 bits) that identify the value.
 */
const DIGITS = 20
const KEY_DIGITS = 4
const FORM = new RegExp(`^\\[([a-z0-9_]{1,64}):([0-9a-f]{${KEY_DIGITS}})[0-9a-f]{${DIGITS}}\\]?$`)

const TENANT_KEYS_MAX = 1024
/** Number of remembered pseudonyms. They save time because every span of a conversation has the same user id. */
const KNOWN_MAX = 4096

/** The id of a key, from which the key cannot be found. */
export function keyId(key: string): string {
  return hash('sha256', `observa-pseudonym-key\0${key}`, 'hex').slice(0, 16)
}

/** The first digits of every pseudonym that was made with the key. */
export function keyFingerprint(key: string): string {
  return keyId(key).slice(0, KEY_DIGITS)
}

/**
 * Reads type and key digits of a pseudonym, also when its closing bracket was cut off as punctuation; null when `text` is no
 * pseudonym.
 */
export function readPseudonym(text: string): { type: string; fingerprint: string } | null {
  const m = FORM.exec(text)
  return m === null ? null : { type: m[1] ?? '', fingerprint: m[2] ?? '' }
}

/** Makes the pseudonyms of one key. */
export class Pseudonyms {
  readonly #key: string
  readonly #fingerprint: string
  readonly #tenantKeys = new Map<string, HmacKey>()
  readonly #known = new Map<string, Uint8Array>()
  /** How many pseudonyms were asked for, and how many of them had to be computed. */
  asked = 0
  made = 0

  constructor(key: string) {
    this.#key = key
    this.#fingerprint = keyFingerprint(key)
  }

  /** The pseudonym of a value of a type. `value` is normalised and has one character a byte. */
  of(tenant: string, type: string, value: string): Uint8Array {
    const name = `${tenant}\0${type}\0${value}`
    this.asked++
    let text = this.#known.get(name)
    if (text === undefined) {
      this.made++
      const digits = this.digest(tenant, type, value).toString('hex').slice(0, DIGITS)
      text = Buffer.from(`[${type}:${this.#fingerprint}${digits}]`, 'latin1')
      if (this.#known.size >= KNOWN_MAX) this.#known.clear()
      this.#known.set(name, text)
    }
    return text
  }

  /** HMAC-SHA-256 under the tenant's key. */
  digest(tenant: string, type: string, value: string): Buffer {
    const { inner, outer } = this.#tenantKey(tenant)
    const typeBytes = Buffer.byteLength(type)
    const message = Buffer.allocUnsafe(BLOCK_BYTES + typeBytes + 1 + value.length)
    message.set(inner)
    message.write(type, BLOCK_BYTES)
    message[BLOCK_BYTES + typeBytes] = 0
    message.latin1Write(value, BLOCK_BYTES + typeBytes + 1, value.length)
    outer.set(hash('sha256', message, 'buffer'), BLOCK_BYTES)
    return hash('sha256', outer, 'buffer')
  }

  #tenantKey(tenant: string): HmacKey {
    let key = this.#tenantKeys.get(tenant)
    if (key === undefined) {
      if (this.#tenantKeys.size >= TENANT_KEYS_MAX) this.#tenantKeys.clear()
      key = hmacKey(createHmac('sha256', this.#key).update(`observa-scrub\0${tenant}`).digest())
      this.#tenantKeys.set(tenant, key)
    }
    return key
  }
}

/** Size of the blocks that SHA-256 processes, bytes. */
const BLOCK_BYTES = 64
const DIGEST_BYTES = 32

/**
 * A key of HMAC (RFC 2104) as the blocks that its two hashes begin with. Two calls of `hash` take half the time of `createHmac`, which
 * imports the key again for each value.
 */
interface HmacKey {
  readonly inner: Uint8Array
  /** With room behind it for the inner hash. */
  readonly outer: Buffer
}

/** `key` is no longer than a block. */
function hmacKey(key: Uint8Array): HmacKey {
  const inner = new Uint8Array(BLOCK_BYTES).fill(0x36)
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES, 0x5c)
  for (const [i, byte] of key.entries()) {
    inner[i] = byte ^ 0x36
    outer[i] = byte ^ 0x5c
  }
  return { inner, outer }
}
