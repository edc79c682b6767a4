// Turns the section `workers` of a configuration into the settings of the worker pool.

import { availableParallelism } from 'node:os'
import type { ObservaConfig } from '../../config/root.ts'
import type { PoolSettings } from '../worker/pool.ts'

const TASK_REQUESTS_MAX = 256

export function poolSettings(workers: ObservaConfig['workers']): PoolSettings {
  return {
    workers: workers.count === 'auto' ? Math.max(1, availableParallelism()) : workers.count,
    taskBytesMax: workers.task_bytes,
    taskRequestsMax: TASK_REQUESTS_MAX,
    taskTimeoutMs: workers.task_timeout,
    heapMiB: Math.round(workers.heap_bytes / 1024 ** 2),
  }
}
