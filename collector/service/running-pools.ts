// The worker pools of an instance: the one in use, one that is starting after a reload, and those that still finish their tasks.

import type { Logger } from 'pino'
import type { ObservaConfig } from '../../config/root.ts'
import type { Metrics } from '../../core/metrics.ts'
import { Pipeline, type PipelineParts } from '../intake/pipeline.ts'
import type { PipelineSpec } from '../worker/build-chain.ts'
import { WorkerPool } from '../worker/pool.ts'
import { poolSettings } from './pool-settings.ts'

export interface RunningPoolsOptions {
  /** Of the running pipelines, in their order. They are added before the first start. */
  readonly parts: readonly PipelineParts[]
  readonly tombstones: SharedArrayBuffer
  readonly metrics: Metrics
  readonly log: Logger
  /** What `WorkerPool.tapRequest` of each pool returns. */
  readonly tapRequest: WorkerPool['tapRequest']
}

export class RunningPools {
  readonly all = new Set<WorkerPool>()
  readonly #options: RunningPoolsOptions
  #current: WorkerPool | null = null

  constructor(options: RunningPoolsOptions) {
    this.#options = options
  }

  /**
   * Starts workers with these settings. A task must be settled by the pool that ran it: the ledger's corrections name
   * events by number, and other settings may make other events of the same requests.
   */
  async start(config: ObservaConfig, specs: readonly PipelineSpec[]): Promise<WorkerPool> {
    const { parts, tombstones, metrics, log, tapRequest } = this.#options
    const settling = parts.map((p) => new Pipeline(p))
    const pool = new WorkerPool(
      poolSettings(config.workers),
      { pipelines: specs, tombstones },
      (pipeline, task) => (settling[pipeline] as Pipeline).finish(task),
      metrics,
      log,
    )
    for (const p of settling) p.pool = pool
    pool.tapRequest = tapRequest
    this.all.add(pool)
    try {
      await pool.warm()
      return pool
    } catch (thrown) {
      await this.#close(pool)
      throw thrown
    }
  }

  /** New tasks of these pipelines go to this pool. The previous pool finishes its tasks and is closed. */
  use(pool: WorkerPool, pipelines: readonly Pipeline[]): void {
    const old = this.#current
    this.#current = pool
    for (const p of pipelines) p.pool = pool
    if (old !== null) void old.drain().then(() => this.#close(old))
  }

  async close(): Promise<void> {
    await Promise.all([...this.all].map((pool) => pool.close()))
  }

  async #close(pool: WorkerPool): Promise<void> {
    await pool.close()
    this.all.delete(pool)
  }
}
