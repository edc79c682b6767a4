// The piscina worker: one chain for each pipeline, built at start from cloned settings.
// Answers with one transferred buffer that all parts are views of.

import { getPriority, setPriority } from 'node:os'
import { parentPort, threadId, workerData } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import { move, transferableSymbol, valueSymbol } from 'piscina'
import { TombstoneSet } from '../../core/deletion/tombstone-set.ts'
import type { EncodedPart, EventFacts, Task, TaskResult } from '../../core/task.ts'
import { storeCompiledModules } from '../compiled-modules.ts'
import { buildChain, buildMetricsChain, isMetrics, type PipelineSpec } from './build-chain.ts'
import type { Chain } from './chain.ts'
import { DeletedEvents } from './deleted-events.ts'
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
parentPort?.postMessage({ startedThread: threadId } satisfies ThreadStarted)
storeCompiledModules()

/** The exported function piscina calls for each task. */
export default function run(message: WorkerMessage): unknown {
  if (message.kind === 'warm') return null
  return packed(runTask(message.pipeline, message.task))
}

function runTask(pipeline: number, task: Task): TaskResult {
  if (task.requests.some(isMetrics)) {
    metricsChains[pipeline] ??= buildMetricsChain(pipelines[pipeline] as PipelineSpec, deleted)
    return metricsChains[pipeline].run(task)
  }
  return (chains[pipeline] as Chain).run(task)
}

/** Copies parts and facts into one buffer that the main thread then owns: one transfer however many exporters. */
function packed(result: TaskResult): unknown {
  const { facts } = result
  let size = factBytes(facts)
  for (const p of result.parts) size += p.bytes.length
  const all = new Uint8Array(size)
  const moved = movedFacts(facts, all)
  let top = factBytes(facts)
  const parts: EncodedPart[] = []
  for (const p of result.parts) {
    all.set(p.bytes, top)
    const bytes = all.subarray(top, top + p.bytes.length)
    // Summed here, so that main does not have to: the log checks a sample.
    parts.push({ ...p, bytes, crc32: crc32(bytes) })
    top += p.bytes.length
  }
  const value = { ...result, parts, facts: moved, memory: all.buffer }
  const transferable = { [transferableSymbol]: [all.buffer], [valueSymbol]: value }
  return move(transferable as unknown as Parameters<typeof move>[0])
}

function factBytes({ claims, reports, outcomes, packed, eventIds, entries }: EventFacts): number {
  const ints = claims.length + reports.length + (outcomes?.length ?? 0) + (packed?.length ?? 0)
  return ints * 4 + eventIds.length + entries.length
}

/** Integers first, because they must be aligned. */
function movedFacts(facts: EventFacts, to: Uint8Array<ArrayBuffer>): EventFacts {
  let top = 0
  const ints = (from: Int32Array): Int32Array => {
    const view = new Int32Array(to.buffer, top, from.length)
    view.set(from)
    top += from.byteLength
    return view
  }
  const bytes = (from: Uint8Array): Uint8Array => {
    const view = to.subarray(top, top + from.length)
    view.set(from)
    top += from.length
    return view
  }
  const { count, claims, reports, outcomes, packed, eventIds, entries } = facts
  return {
    count,
    claims: ints(claims),
    reports: ints(reports),
    ...(outcomes === undefined ? {} : { outcomes: ints(outcomes) }),
    ...(packed === undefined ? {} : { packed: ints(packed) }),
    eventIds: bytes(eventIds),
    entries: bytes(entries),
  }
}
