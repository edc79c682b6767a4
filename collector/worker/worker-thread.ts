// The piscina worker: one chain for each pipeline, built at start from cloned settings.
// Answers with one transferred buffer (`handover.ts`).

import { getPriority, setPriority } from 'node:os'
import { parentPort, threadId, workerData } from 'node:worker_threads'
import { move, transferableSymbol, valueSymbol } from 'piscina'
import { TombstoneSet } from '../../core/deletion/tombstone-set.ts'
import type { Task, TaskResult } from '../../core/task.ts'
import { buildChain, buildMetricsChain, isMetrics, type PipelineSpec } from './build-chain.ts'
import type { Chain } from './chain.ts'
import { DeletedEvents } from './deleted-events.ts'
import { ResultWriter } from './handover.ts'
import type { MetricsChain } from './metrics-chain.ts'
import type { ThreadStarted } from './thread-starts.ts'

export interface WorkerData {
  readonly pipelines: readonly PipelineSpec[]
  /** The digests of what was deleted (`core/deletion/tombstone-set.ts`). */
  readonly tombstones?: SharedArrayBuffer
}

/** What main posts: the pipeline's index and the task; `warm` answers at once, to start a thread early. */
export type WorkerMessage =
  | { readonly kind: 'task'; readonly pipeline: number; readonly task: Task }
  | { readonly kind: 'warm' }

/** How much less a worker counts than the main thread where both want the same processor; 19 is the end of the scale. */
const NICE = 5

/**
 * Workers leave a processor that is too small for all to the main thread and the disk: what those do is short, and every request
 * waits for it. On Linux 0 is the thread that asks; elsewhere it is the whole process, which must not be slowed down.
 */
function stepBack(): void {
  if (process.platform !== 'linux') return
  try {
    setPriority(0, Math.min(19, getPriority(0) + NICE))
  } catch {
    // A sandbox may forbid it, and all works without.
  }
}
stepBack()

// Given to the Worker by the pool, which is the only one to start this file.
const { pipelines, tombstones } = workerData as WorkerData
const deleted =
  tombstones === undefined ? undefined : new DeletedEvents(new TombstoneSet(tombstones))
const chains = pipelines.map((spec): Chain => buildChain(spec, deleted))
const metricsChains = pipelines.map((): MetricsChain | null => null)
const results = new ResultWriter(threadId)
parentPort?.postMessage({ startedThread: threadId } satisfies ThreadStarted)

/** The exported function piscina calls for each task. */
export default function run(message: WorkerMessage): unknown {
  if (message.kind === 'warm') return null
  const answer = results.write(runTask(message.pipeline, message.task))
  const transferable = { [transferableSymbol]: [answer.memory], [valueSymbol]: answer }
  return move(transferable as unknown as Parameters<typeof move>[0])
}

function runTask(pipeline: number, task: Task): TaskResult {
  if (task.requests.some(isMetrics)) {
    metricsChains[pipeline] ??= buildMetricsChain(pipelines[pipeline] as PipelineSpec, deleted)
    return metricsChains[pipeline].run(task)
  }
  return (chains[pipeline] as Chain).run(task)
}
