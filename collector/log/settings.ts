// The settings of a log, with their defaults.

import type { Logger } from 'pino'
import type { Clock } from '../../core/clock.ts'
import type { Metrics } from '../../core/metrics.ts'
import { lockDirectory, type Unlock } from './lock.ts'
import { nodeQueueFs, type QueueFs } from './queue-fs.ts'

const MiB = 1024 * 1024
const GiB = 1024 * MiB
/** The limit of `memory` mode if none is set. */
const MEMORY_BYTES_MAX = 256 * MiB
/** At least this many segments fit below `bytesMax`, so that the active segment alone stays below the soft limit. */
const SEGMENTS_MIN = 8
const SEGMENT_BYTES_MIN = 64 * 1024

/** What an acknowledgement means: synced to the disk, written (synced within 100 ms), or held by the process. */
export type Durability = 'durable' | 'buffered' | 'memory'

export interface LogOptions {
  readonly dir: string
  readonly clock: Clock
  readonly metrics: Metrics
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly fs?: QueueFs
  readonly durability?: Durability
  readonly segmentBytes?: number
  /** The most bytes that some consumer still needs. Above it appends are refused. */
  readonly bytesMax?: number
  /** Appends are refused when less disk space is free. The default is the larger of 1 GiB and 5 % of the disk. */
  readonly freeBytesMin?: number
  /** How many bytes of the newest records are kept in memory for senders. */
  readonly cacheBytes?: number
  /** How many bytes of consumed segments are kept, because the usage ledger is rebuilt from them. */
  readonly retainBytes?: number
  readonly recordBytesMax?: number
  /** The most bytes of appends that may wait. Further appends are refused. */
  readonly pendingBytesMax?: number
  /** The longest time between a write and its sync in `buffered` mode, ms. */
  readonly syncEveryMs?: number
  /** Tests on a model file system replace it. */
  readonly lock?: (dir: string) => Promise<Unlock>
}

const DEFAULTS = {
  fs: nodeQueueFs,
  durability: 'durable' as Durability,
  segmentBytes: 64 * MiB,
  bytesMax: 10 * GiB,
  freeBytesMin: -1,
  cacheBytes: 24 * MiB,
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
