// Decompresses a request body, or refuses it. Decompression stops at the limit. A truncated stream, and bytes after
// its end, are malformed.

import {
  gunzipSync,
  inflateRawSync,
  inflateSync,
  constants as zlib,
  zstdDecompressSync,
} from 'node:zlib'
import type { ContentEncoding } from '../core/task.ts'
import { malformed, Refusal, tooLarge } from './refusal.ts'

/** The result of zlib with `info: true`. @types/node only declares the plain buffer. */
interface Decoded {
  readonly buffer: Buffer<ArrayBuffer>
  readonly engine: { readonly bytesWritten: number }
}

const CHUNK_MIN = 16 * 1024
const CHUNK_MAX = 1024 * 1024
/** The largest window of a zstd frame, 32 MiB, which is allocated before its first byte is produced. */
const ZSTD_WINDOW_LOG_MAX = 25

export function decompress(
  payload: Uint8Array,
  encoding: ContentEncoding,
  maxBytes: number,
): Uint8Array {
  if (encoding === 'identity') {
    if (payload.length > maxBytes) throw overLimit(maxBytes)
    return payload
  }
  const decoded = inflate(payload, encoding, maxBytes)
  if (decoded.engine.bytesWritten !== payload.length)
    throw malformed(`The body has bytes after the end of its ${encoding} stream.`)
  const plain = decoded.buffer
  if (isCompressed(plain)) throw malformed('The body is compressed twice.')
  return plain
}

function inflate(
  payload: Uint8Array,
  encoding: 'gzip' | 'deflate' | 'zstd',
  maxBytes: number,
): Decoded {
  const options = { info: true, maxOutputLength: maxBytes }
  try {
    // With `info` zlib returns more than its types declare.
    const decoded: unknown = decoderOf(payload, encoding)(payload, options)
    return decoded as Decoded
  } catch (thrown) {
    throw asRefusal(thrown, encoding, maxBytes)
  }
}

type Decoder = (
  payload: Uint8Array,
  options: { readonly info: boolean; readonly maxOutputLength: number },
) => Buffer

function decoderOf(payload: Uint8Array, encoding: 'gzip' | 'deflate' | 'zstd'): Decoder {
  switch (encoding) {
    case 'gzip':
      return (b, options) => gunzipSync(b, { ...options, chunkSize: chunkSize(b) })
    case 'deflate':
      return hasZlibHeader(payload) ? inflateSync : inflateRawSync
    case 'zstd':
      return (b, options) =>
        zstdDecompressSync(b, {
          ...options,
          params: { [zlib.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX },
        })
  }
}

/**
 * `deflate` means the zlib format (RFC 9110, 8.4.1.2), but some clients have always left out its header. A raw stream
 * is not mistaken for the zlib format: it would have to begin with a stored block whose padding is not zero, which no
 * encoder writes.
 */
function hasZlibHeader(b: Uint8Array): boolean {
  const [cmf = 0, flags = 0] = b
  return (cmf & 0x0f) === 8 && cmf >> 4 <= 7 && (cmf * 256 + flags) % 31 === 0
}

function asRefusal(thrown: unknown, encoding: string, maxBytes: number): Refusal {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE')
    return overLimit(maxBytes)
  return malformed(`The body is not a complete ${encoding} stream.`)
}

function overLimit(maxBytes: number): Refusal {
  return tooLarge(`The body is larger than ${maxBytes} bytes after decompression.`)
}

/** The gzip trailer has the plain size. One chunk of that size is three times as fast as many small ones. */
function chunkSize(payload: Uint8Array): number {
  const n = payload.length
  if (n < 18) return CHUNK_MIN
  const stated = new DataView(payload.buffer, payload.byteOffset).getUint32(n - 4, true)
  return Math.min(CHUNK_MAX, Math.max(CHUNK_MIN, stated + 1))
}

function isCompressed(b: Uint8Array): boolean {
  if (b[0] === 0x1f && b[1] === 0x8b) return true
  return b[0] === 0x28 && b[1] === 0xb5 && b[2] === 0x2f && b[3] === 0xfd
}
