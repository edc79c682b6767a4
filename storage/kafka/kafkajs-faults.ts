// Fixes a bug of kafkajs 2.2.4 by patching a prototype, and adds the zstd codec, which kafkajs lacks.

import { createRequire } from 'node:module'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'

const require = createRequire(import.meta.url)
const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

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
  kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
    compress: (encoder: { readonly buffer: Buffer }) => compress(encoder.buffer),
    decompress: (buffer: Buffer) => decompress(buffer),
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
