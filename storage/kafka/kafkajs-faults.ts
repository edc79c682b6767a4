// Fixes faults of kafkajs 2.2.4: a prototype is patched, the zstd codec, which it lacks, is added, and record batches are bounded.

import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { gzip, zstdCompress } from 'node:zlib'
import {
  BATCH_RECORDS_MAX,
  BatchTooLargeError,
  bounded,
  standInText,
  UNREADABLE,
} from './bounded-batches.ts'

const require = createRequire(import.meta.url)
const compress = promisify(zstdCompress)
const compressGzip = promisify(gzip)

/** The module kafkajs. It is loaded with `require`, because a static import does not see all exports of this CommonJS module. */
export const kafkajs = require('kafkajs') as typeof import('kafkajs')

interface RequestQueue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests: (this: RequestQueue) => void
}

let patched = false

/** Applies the fixes. Calls after the first one have no effect. */
export function patchKafkajs(): void {
  if (patched) return
  patched = true
  stopIdlePolling()
  boundBatches()
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.GZIP] = () => ({
    compress: (encoder: { readonly buffer: Buffer }) => compressGzip(encoder.buffer),
    decompress: (buffer: Buffer) => Promise.resolve(bounded.gzip(buffer)),
  })
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: (encoder: { readonly buffer: Buffer }) => compress(encoder.buffer),
    decompress: (buffer: Buffer) => Promise.resolve(bounded.zstd(buffer)),
  })
}

/**
 * An idle connection of kafkajs checks every millisecond whether a request is pending, because its timer has a negative delay. This uses
 * about 6 % of a core and makes Node 24 warn (tulios/kafkajs#1751). With this patch the check is scheduled only while requests are
 * pending. The next request that becomes pending schedules it.
 */
function stopIdlePolling(): void {
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this)
  }
}

/** The decoder of a fetch response, which stands at the beginning of a batch. */
interface BatchDecoder {
  readonly buffer: Buffer
  readonly offset: number
  forward(bytes: number): unknown
}
type DecodeBatch = (decoder: BatchDecoder) => Promise<object>

/** Places in the head of a record batch. Its length counts what follows the length itself. */
const BATCH = { length: 8, attributes: 21, lastOffsetDelta: 23, count: 57, head: 61 } as const
const BATCH_LENGTH_FROM = 12
const COMPRESSION = 0b111

/**
 * Replaces the function that decodes a batch, before the module that uses it is loaded, which is when the first response of a fetch comes.
 * A batch above the limits becomes one record without a value.
 */
function boundBatches(): void {
  const path = require.resolve('kafkajs/src/protocol/recordBatch/v0/decoder')
  const decode = require(path) as DecodeBatch
  const module = require.cache[path]
  if (module === undefined) return
  module.exports = async (decoder: BatchDecoder): Promise<object> => {
    const head = decoder.buffer.subarray(decoder.offset)
    const isWhole =
      head.length >= BATCH.head && head.length >= BATCH_LENGTH_FROM + head.readInt32BE(BATCH.length)
    const isCompressed = isWhole && (head.readInt16BE(BATCH.attributes) & COMPRESSION) !== 0
    if (isCompressed && head.readInt32BE(BATCH.count) > BATCH_RECORDS_MAX) {
      decoder.forward(BATCH_LENGTH_FROM + head.readInt32BE(BATCH.length))
      return standInBatch(head)
    }
    try {
      return await decode(decoder)
    } catch (thrown) {
      // The decoder stands behind the batch by now.
      if (thrown instanceof BatchTooLargeError) return standInBatch(head)
      throw thrown
    }
  }
}

function standInBatch(head: Buffer): object {
  const first = head.readBigInt64BE(0)
  const last = first + BigInt(head.readInt32BE(BATCH.lastOffsetDelta))
  const context = {
    firstOffset: String(first),
    firstTimestamp: '0',
    partitionLeaderEpoch: -1,
    inTransaction: false,
    isControlBatch: false,
    lastOffsetDelta: Number(last - first),
    producerId: '-1',
    producerEpoch: 0,
    firstSequence: 0,
    maxTimestamp: '0',
  }
  const record = {
    magicByte: 2,
    attributes: 0,
    timestamp: '0',
    offset: String(last),
    key: null,
    value: null,
    headers: { [UNREADABLE]: standInText(first, last + 1n) },
    isControlRecord: false,
    batchContext: context,
  }
  return { ...context, records: [record] }
}
