// `observa queue` and `observa dlq`: into the log and the dead letters of a data directory.

import { join } from 'node:path'
import type { ObservaConfig } from '../../config/root.ts'
import { ObservaError } from '../../core/errors.ts'
import type { Io } from './io.ts'

/** Directory of the queue of a configuration. */
export function queueDir(config: ObservaConfig): string {
  return config.queue.dir ?? join(config.data_dir, 'queue')
}

export function queue(_args: readonly string[], _io: Io): Promise<number> {
  return Promise.reject(new ObservaError('OBS_CLI_ARGS', 'queue needs a verb.'))
}

export const dlq = queue
