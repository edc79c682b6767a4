// Converts a JSON array of strings to RowBinary Array(String). The text comes from `canonicalize`, so it is valid JSON;
// anything but an array of strings becomes an empty array.

import type { ByteWriter } from '../../proto/byte-writer.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN = 0x5b

/** A negative length means null, which an Array column cannot hold; it becomes an empty array. */
export function writeStringArray(
  out: ByteWriter,
  bytes: Uint8Array,
  off: number,
  len: number,
): void {
  if (len <= 2 || bytes[off] !== OPEN) {
    out.varint(0)
    return
  }
  const end = off + len
  const at = out.pos
  // Most arrays have fewer than 128 strings, so that the count takes one byte, which is filled in at the end.
  out.u8(0)
  let count = 0
  for (let i = off + 1; i < end; i++) {
    if (bytes[i] !== QUOTE) continue
    let j = i + 1
    let isEscaped = false
    while (j < end && bytes[j] !== QUOTE) {
      if (bytes[j] === BACKSLASH) {
        isEscaped = true
        j++
      }
      j++
    }
    if (isEscaped || count === 127) {
      out.pos = at
      return writeParsed(out, bytes, off, len)
    }
    out.string(bytes, i + 1, j - i - 1)
    count++
    i = j
  }
  out.bytes[at] = count
}

/** The slow, simple conversion, for texts with escapes and for long arrays. */
export function writeParsed(out: ByteWriter, bytes: Uint8Array, off: number, len: number): void {
  const strings = parseStrings(
    Buffer.from(bytes.buffer, bytes.byteOffset + off, len).toString('utf8'),
  )
  out.varint(strings.length)
  for (const s of strings) out.stringText(s)
}

function parseStrings(text: string): string[] {
  try {
    const value: unknown = JSON.parse(text)
    return Array.isArray(value) ? value.filter((v) => typeof v === 'string') : []
  } catch {
    // `canonicalize` writes only valid JSON. Should it not be, a row without its tags is better than a lost row.
    return []
  }
}
