// Converts ids and times of the legacy client to those of OTLP: UUIDs become 16 or 8 bytes, other strings their
// SHA-256, and a timestamp becomes nanoseconds.

import { hash } from 'node:crypto'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** The first eight bytes of a version 4 UUID have 60 random bits. Those of other versions are mostly a clock. */
const UUID4_HEX = /^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/i
const HEX_32 = /^[0-9a-f]{32}$/i
const HEX_16 = /^[0-9a-f]{16}$/i

/** 16 bytes: a UUID or 32 hex digits exactly, or the beginning of the SHA-256 of any other string. */
export function legacyTraceId(text: string): Buffer {
  const hex = plainHex(text)
  return HEX_32.test(hex) ? Buffer.from(hex, 'hex') : digest(text).subarray(0, 16)
}

/** 8 bytes: 16 hex digits exactly, the first half of a random UUID, or the beginning of the SHA-256. */
export function legacySpanId(text: string): Buffer {
  if (HEX_16.test(text)) return Buffer.from(text, 'hex')
  const hex = plainHex(text)
  if (UUID4_HEX.test(hex)) return Buffer.from(hex.slice(0, 16), 'hex')
  return digest(text).subarray(0, 8)
}

function plainHex(text: string): string {
  return UUID.test(text) ? text.replaceAll('-', '') : text
}

function digest(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

const ISO =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,9})\d*)?)?\s*(Z|[+-]\d\d:?\d\d)?$/i
/** 2^63 ns are in the year 2262. Later times are invalid. */
const NS_MAX = 0x7fff_ffff_ffff_ffffn

/** ISO 8601 (UTC if no zone is given) in ns since the epoch, or null if the text is no time. */
export function parseTimeNs(text: string): bigint | null {
  const m = ISO.exec(text.trim())
  if (m === null) return null
  const [, day = '', time = '00:00', fraction = '', zone = 'Z'] = m
  const ms = Date.parse(`${day}T${time}${zone.toUpperCase()}`)
  if (Number.isNaN(ms)) return null
  return inRange(BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')))
}

/** A number as a time in ns since the epoch. Its size shows whether it has seconds, ms, µs or ns. */
export function epochNs(value: number): bigint | null {
  if (!Number.isFinite(value) || value <= 0) return null
  if (value < 1e11) return inRange(BigInt(Math.round(value * 1e6)) * 1000n)
  if (value < 1e14) return inRange(BigInt(Math.round(value * 1e3)) * 1000n)
  if (value < 1e17) return inRange(BigInt(Math.round(value)) * 1000n)
  return inRange(BigInt(Math.round(value)))
}

function inRange(ns: bigint): bigint | null {
  return ns > 0n && ns <= NS_MAX ? ns : null
}
