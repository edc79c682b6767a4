// Bounds what a compressed record batch may become. A batch of a megabyte can be gigabytes when it is decompressed, or millions of records,
// and both libraries would hold all of it at once. Such a batch is never decompressed to its end: one message stands for it, with
// a header that says so, and consumption goes on behind it.

import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import type { ReceivedMessage } from './message.ts'

/** The most bytes of a batch when it is decompressed. Brokers take a batch of a megabyte by default, before it is decompressed. */
export const BATCH_BYTES_MAX = 128 * 1024 * 1024
/** The most records of a batch. Each takes about a kilobyte of memory in the libraries. */
export const BATCH_RECORDS_MAX = 65_536

/** The name of the header of a message that stands for a batch. */
export const UNREADABLE = 'observa_unreadable'
export const BATCH_TOO_LARGE = 'batch_too_large'

export class BatchTooLargeError extends Error {
  readonly code = BATCH_TOO_LARGE
  /** Read by @platformatic/kafka: the same bytes would fail again. */
  readonly canRetry = false

  constructor() {
    super(
      `a compressed record batch is more than ${BATCH_BYTES_MAX} bytes or ${BATCH_RECORDS_MAX} records`,
    )
  }
}

/** Decompresses with a limit; throws a BatchTooLargeError. */
export const bounded = {
  gzip: (data: Buffer): Buffer => limited(() => gunzipSync(data, LIMIT)),
  zstd: (data: Buffer): Buffer => limited(() => zstdDecompressSync(data, LIMIT)),
}

const LIMIT = { maxOutputLength: BATCH_BYTES_MAX }

function limited(decompress: () => Buffer): Buffer {
  try {
    return decompress()
  } catch (thrown) {
    const isTooLarge =
      thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_BUFFER_TOO_LARGE'
    throw isTooLarge ? new BatchTooLargeError() : thrown
  }
}

/** Throws a BatchTooLargeError if there are too many bytes or records, each of which begins with its length as a zigzag varint. */
export function checkRecords(bytes: Buffer): Buffer {
  if (bytes.length > BATCH_BYTES_MAX) throw new BatchTooLargeError()
  let count = 0
  for (let at = 0; at < bytes.length; count++) {
    if (count > BATCH_RECORDS_MAX) throw new BatchTooLargeError()
    let length = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++] ?? 0
      length += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    at += Math.floor(length / 2)
  }
  return bytes
}

/** The message that stands for the batch from `first` to the one before `end`. */
export const standIn = (first: bigint, end: bigint): ReceivedMessage => ({
  offset: end - 1n,
  key: Buffer.alloc(0),
  value: Buffer.alloc(0),
  headers: new Map([[UNREADABLE, standInText(first, end)]]),
})

export const standInText = (first: bigint, end: bigint): Buffer =>
  Buffer.from(
    `the messages from offset ${first} to ${end - 1n} are a compressed batch of more than ${BATCH_BYTES_MAX} bytes or ${BATCH_RECORDS_MAX} records`,
  )

/**
 * The first offset behind the unreadable batch that holds `first`. `isReadable` says whether a fetch that begins at an offset succeeds. It
 * does not anywhere in the batch, because a broker always sends the whole batch.
 */
export async function endOfBatch(
  first: bigint,
  isReadable: (offset: bigint) => Promise<boolean>,
): Promise<bigint> {
  let low = first
  let step = 1n
  while (!(await isReadable(low + step))) {
    low += step
    step *= 2n
  }
  let high = low + step
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (await isReadable(middle)) high = middle
    else low = middle
  }
  return high
}
