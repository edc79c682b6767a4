// Fixes two bugs of kafkajs 2.2.4 by patching its prototypes, and adds a compression codec that it lacks. The rest of the
// integration is in `kafkajs-driver.ts`.

import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'

const require = createRequire(import.meta.url)
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** Loaded with `require`, because a static import does not see all exports of this CommonJS module. */
export const kafkajs = require('kafkajs') as typeof import('kafkajs')

interface RequestQueue {
  readonly pending: readonly unknown[]
  scheduleCheckPendingRequests: (this: RequestQueue) => void
}

let mended = false

/** Applies the fixes, once for each process. */
export function mendKafkajs(): void {
  if (mended) return
  mended = true
  stopIdlePolling()
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: (encoder: { readonly buffer: Buffer }) => compress(encoder.buffer),
    decompress: (buffer: Buffer) => decompress(buffer),
  })
}

/**
 * An idle connection checks every millisecond whether a request waits (a timer with a negative delay). That costs 6 % of a
 * core and makes Node 24 warn (tulios/kafkajs#1751). With nothing pending there is nothing to check: the next request that
 * has to wait sets the timer itself.
 */
function stopIdlePolling(): void {
  const { prototype } = require('kafkajs/src/network/requestQueue') as { prototype: RequestQueue }
  const schedule = prototype.scheduleCheckPendingRequests
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this)
  }
}
