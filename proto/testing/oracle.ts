// A slow and simple decoder to compare the fast one with: protobufjs over `otlp.proto`. For tests and benchmarks.

import { fileURLToPath } from 'node:url'
import protobuf from 'protobufjs'

const root = protobuf.loadSync(fileURLToPath(new URL('../otlp/otlp.proto', import.meta.url)))

/** The protobufjs type of an OTLP message by its short name. */
export function oracleType(name: string): protobuf.Type {
  return root.lookupType(`otlp.${name}`)
}

/** Encodes a plain object (camelCase names; 64-bit integers as strings or Long). */
export function oracleEncode(name: string, message: object): Uint8Array<ArrayBuffer> {
  const type = oracleType(name)
  return Uint8Array.from(type.encode(type.fromObject(message)).finish())
}

/** Decodes to a plain object; 64-bit integers as decimal strings, bytes as arrays, absent scalars as their defaults. */
export function oracleDecode(name: string, bytes: Uint8Array): unknown {
  const type = oracleType(name)
  const plain: unknown = type.toObject(type.decode(bytes), {
    longs: String,
    bytes: Array,
    defaults: true,
  })
  return plain
}

/**
 * Like `oracleDecode`, but absent and empty values and statuses are the same, because rows do not distinguish them.
 */
export function oracleMeaning(name: string, bytes: Uint8Array): unknown {
  return JSON.parse(JSON.stringify(oracleDecode(name, bytes), spellOut)) as unknown
}

function spellOut(key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (value !== null) return value
  if (key === 'value') return {}
  return key === 'status' ? { message: '', code: 0 } : value
}
