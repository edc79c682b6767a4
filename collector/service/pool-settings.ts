// Turns the section `workers` of a configuration into the settings of the worker pool, and reports how much waits for it.

import { availableParallelism } from 'node:os'
import type { ObservaConfig } from '../../config/root.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { PoolSettings, WorkerPool } from '../worker/pool.ts'

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

/** Reports the requests that wait for a worker, of all pools together. */
export function watchPools(pools: ReadonlySet<WorkerPool>, metrics: Metrics): void {
  metrics.onCollect(() => {
    const waiting = [...pools].reduce((n, pool) => n + pool.waiting, 0)
    metrics.set('observa_worker_queue_requests', '', waiting)
  })
}
