// The format of an API key: `sk_live_` + public id (8) + random (28) + checksum (6), all base62.
// Makes keys, takes them apart and hashes them; who may do what is decided elsewhere.
//
//     sk_live_ 4fZ0aQ1b 3kV9...28 characters... x7Qp2A
//     └ kind   └ id     └ 166 random bits       └ CRC-32 of everything before it
//
// The checksum catches typing mistakes and other people's keys before any look-up; it is no protection.

import { createHmac, hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Secret } from '../core/config/config-types.ts'

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const ID_CHARS = 8
/** 28 base62 characters have 166 bits. */
const RANDOM_CHARS = 28
const CHECK_CHARS = 6

/**
 * `sk` keys are secret and for servers. `pk` keys are publishable and for browsers: they may only send, from listed
 * origins.
 */
export type KeyKind = 'sk' | 'pk'
export type KeyMode = 'live' | 'test'

export interface ParsedKey {
  /** The part that may be shown and stored in clear: `sk_live_4fZ0aQ1b`. */
  readonly id: string
  readonly kind: KeyKind
  readonly mode: KeyMode
}

export const KEY_ID = /^(sk|pk)_(live|test)_[0-9A-Za-z]{8}$/
const KEY = /^(sk|pk)_(live|test)_[0-9A-Za-z]{42}$/

/** Makes a key from the randomness of the operating system. */
export function makeKey(kind: KeyKind, mode: KeyMode): string {
  const body = `${kind}_${mode}_${randomText(ID_CHARS + RANDOM_CHARS)}`
  return body + checkText(body)
}

/** Splits a well-formed key with a right checksum. Returns null for any other text. */
export function parseKey(text: string): ParsedKey | null {
  if (!KEY.test(text)) return null
  const body = text.slice(0, -CHECK_CHARS)
  if (checkText(body) !== text.slice(-CHECK_CHARS)) return null
  const [kind, mode] = text.split('_') as [KeyKind, KeyMode]
  return { id: keyIdOf(text), kind, mode }
}

/** The public part of a well-formed key. */
export function keyIdOf(key: string): string {
  return key.slice(0, 'sk_live_'.length + ID_CHARS)
}

/**
 * The digest of a key that is stored, 32 bytes: HMAC-SHA-256 with the pepper, or SHA-256 without one. A slow password
 * hash would not protect it better, because nobody can guess 166 random bits.
 */
export function keyDigest(key: string, pepper: Secret | null): Buffer {
  return pepper === null
    ? hash('sha256', key, 'buffer')
    : createHmac('sha256', pepper.reveal()).update(key).digest()
}

function randomText(chars: number): string {
  let text = ''
  while (text.length < chars)
    // 248 is the largest multiple of 62 that fits a byte. Larger values are skipped, because they would favour the
    // first letters.
    for (const byte of randomBytes(chars))
      if (byte < 248 && text.length < chars) text += BASE62[byte % 62]
  return text
}

function checkText(body: string): string {
  let rest = crc32(body)
  let text = ''
  for (let i = 0; i < CHECK_CHARS; i++) {
    text = BASE62[rest % 62] + text
    rest = Math.floor(rest / 62)
  }
  return text
}
