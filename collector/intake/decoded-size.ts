// How large a body will be once it is unpacked, as far as it says so itself: memory and work are bounded by decoded bytes,
// for 60 kB of gzip can be 31 MB. A body that does not say, or that may lie, counts as large as it can possibly be.

import type { ContentEncoding } from '../../core/task.ts'

/** Deflate, which gzip uses too, cannot do better than this. */
const DEFLATE_RATIO_MAX = 1032
const GZIP_BYTES_MIN = 18

/** Decoded bytes of a whole body, at most `bytesMax`: what is larger is refused by the decoder. */
export function decodedSize(body: Uint8Array, encoding: ContentEncoding, bytesMax: number): number {
  if (encoding === 'identity') return body.length
  const stated = statedSize(body, encoding)
  return Math.max(body.length, Math.min(stated ?? body.length * DEFLATE_RATIO_MAX, bytesMax))
}

/** Null for a body that does not say; `deflate` never does. */
function statedSize(body: Uint8Array, encoding: 'gzip' | 'deflate' | 'zstd'): number | null {
  switch (encoding) {
    case 'gzip':
      return gzipSize(body)
    case 'zstd':
      return zstdSize(body)
    case 'deflate':
      return null
  }
}

/**
 * The trailer's size is checked by the decoder, so it is true of the last member. Several members are legal, and each but the
 * last is unknown: the bytes with which one begins are looked for, and a chance hit errs on the safe side.
 */
function gzipSize(body: Uint8Array): number | null {
  const n = body.length
  if (n < GZIP_BYTES_MIN) return 0
  const bytes = Buffer.from(body.buffer, body.byteOffset, n)
  if (bytes.indexOf(MEMBER_START, 1) >= 0) return null
  return bytes.readUInt32LE(n - 4)
}

/** Magic number of gzip and the only method there is. */
const MEMBER_START = Buffer.from([0x1f, 0x8b, 0x08])

/** Frame_Content_Size of RFC 8878, 3.1.1.1; null when the frame does not state it. The decoder takes one frame only. */
function zstdSize(body: Uint8Array): number | null {
  const at = Buffer.from(body.buffer, body.byteOffset, body.length)
  const descriptor = at[4]
  if (descriptor === undefined) return 0
  const isSingleSegment = (descriptor & 0x20) !== 0
  const sizeFlag = descriptor >> 6
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number
  const from = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag
  if (sizeBytes === 0 || at.length < from + sizeBytes) return null
  if (sizeBytes === 8) return Number(at.readBigUInt64LE(from))
  return at.readUIntLE(from, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
}
