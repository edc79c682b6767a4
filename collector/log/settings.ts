// What can be set about a log, with the defaults.

import type { Logger } from 'pino'
import type { Clock } from '../../core/clock.ts'
import type { Metrics } from '../../core/metrics.ts'
import { lockDirectory, type Unlock } from './lock.ts'
import { nodeQueueFs, type QueueFs } from './queue-fs.ts'

const MiB = 1024 * 1024
const GiB = 1024 * MiB
/** `memory` mode without a limit of its own. */
const MEMORY_BYTES_MAX = 256 * MiB
/** The active segment alone must not pass the soft limit. */
const SEGMENTS_MIN = 8
const SEGMENT_BYTES_MIN = 64 * 1024

/** What an acknowledgement means: synced to the disk, written (synced within 100 ms), or accepted by the process. */
export type Durability = 'durable' | 'buffered' | 'memory'

export interface LogOptions {
  readonly dir: string
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly fs?: QueueFs
  readonly durability?: Durability
  readonly segmentBytes?: number
  /** Bytes that some consumer still needs; beyond it appends are refused. */
  readonly bytesMax?: number
  /** Free disk below this refuses appends; default the larger of 1 GiB and 5 % of the disk. */
  readonly freeBytesMin?: number
  /** Newest records kept in memory for senders. */
  readonly cacheBytes?: number
  /** Consumed segments kept all the same: from them the usage ledger is rebuilt. */
  readonly retainBytes?: number
  readonly recordBytesMax?: number
  /** Appends waiting for their turn; beyond it they are refused. */
  readonly pendingBytesMax?: number
  /** `buffered` only. */
  readonly syncEveryMs?: number
  /** Replaced in tests on a model file system. */
  readonly lock?: (dir: string) => Promise<Unlock>
}

const DEFAULTS = {
  fs: nodeQueueFs,
  durability: 'durable' as Durability,
  segmentBytes: 64 * MiB,
  bytesMax: 10 * GiB,
  freeBytesMin: -1,
  cacheBytes: 64 * MiB,
  retainBytes: 128 * MiB,
  recordBytesMax: 256 * MiB,
  pendingBytesMax: 256 * MiB,
  syncEveryMs: 100,
  lock: lockDirectory,
}
export type LogSettings = Omit<LogOptions, keyof typeof DEFAULTS> & typeof DEFAULTS

export function withDefaults(options: LogOptions): LogSettings {
  const s: LogSettings = { ...DEFAULTS, ...options }
  const segmentBytes = Math.max(
    SEGMENT_BYTES_MIN,
    Math.min(s.segmentBytes, Math.floor(s.bytesMax / SEGMENTS_MIN)),
  )
  const bytesMax = options.bytesMax ?? (s.durability === 'memory' ? MEMORY_BYTES_MAX : s.bytesMax)
  return { ...s, segmentBytes, bytesMax }
}
