// The piscina worker: one chain for each pipeline, built at start from cloned settings.
// Answers with one transferred buffer that all parts are views of.

import { parentPort, threadId, workerData } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import { move, transferableSymbol, valueSymbol } from 'piscina'
import type { EncodedPart, Task, TaskResult } from '../../core/task.ts'
import { buildChain, buildMetricsChain, isMetrics, type PipelineSpec } from './build-chain.ts'
import type { Chain } from './chain.ts'
import type { MetricsChain } from './metrics-chain.ts'
import type { ThreadStarted } from './thread-starts.ts'

export interface WorkerData {
  readonly pipelines: readonly PipelineSpec[]
}

/** What main posts: the pipeline's index and the task; `warm` answers at once, to start a thread early. */
export type WorkerMessage =
  | { readonly kind: 'task'; readonly pipeline: number; readonly task: Task }
  | { readonly kind: 'warm' }

// Given to the Worker by the pool, which is the only one to start this file.
const { pipelines } = workerData as WorkerData
const chains = pipelines.map((spec): Chain => buildChain(spec))
const metricsChains = pipelines.map((): MetricsChain | null => null)
parentPort?.postMessage({ startedThread: threadId } satisfies ThreadStarted)

/** The exported function piscina calls for each task. */
export default function run(message: WorkerMessage): unknown {
  if (message.kind === 'warm') return null
  return packed(runTask(message.pipeline, message.task))
}

function runTask(pipeline: number, task: Task): TaskResult {
  if (task.requests.some(isMetrics)) {
    metricsChains[pipeline] ??= buildMetricsChain(pipelines[pipeline] as PipelineSpec)
    return metricsChains[pipeline].run(task)
  }
  return (chains[pipeline] as Chain).run(task)
}

/** Copies all parts into one buffer that the main thread then owns: one transfer however many exporters. */
function packed(result: TaskResult): unknown {
  let size = 0
  for (const p of result.parts) size += p.bytes.length
  const all = new Uint8Array(size)
  const parts: EncodedPart[] = []
  let top = 0
  for (const p of result.parts) {
    all.set(p.bytes, top)
    const bytes = all.subarray(top, top + p.bytes.length)
    // Summed here, so that main does not have to: the log checks a sample.
    parts.push({ ...p, bytes, crc32: crc32(bytes) })
    top += p.bytes.length
  }
  const transferable = { [transferableSymbol]: [all.buffer], [valueSymbol]: { ...result, parts } }
  return move(transferable as unknown as Parameters<typeof move>[0])
}
