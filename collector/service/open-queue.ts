// Opens the durable log with the settings of a configuration.

import { join } from 'node:path'
import type { ObservaConfig } from '../../config/root.ts'
import { DurableLog } from '../log/log.ts'
import type { LogOptions } from '../log/settings.ts'

export function openQueue(
  { queue, durability }: ObservaConfig,
  dataDir: string,
  { clock, metrics, log }: Pick<LogOptions, 'clock' | 'metrics' | 'log'>,
): Promise<DurableLog> {
  return DurableLog.open({
    dir: queue.dir ?? join(dataDir, 'queue'),
    durability,
    segmentBytes: queue.segment_bytes,
    bytesMax: queue.max_bytes,
    freeBytesMin: queue.min_free_bytes,
    clock,
    metrics,
    log,
  })
}
