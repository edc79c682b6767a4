// Runs a fuzz target for a number of executions. An execution that takes too long counts as a hang and is reported like any
// other failure, with its seed and number.

import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { dice } from '../../bench/traffic/random.ts'
import type { Target } from './target.ts'
import type { FuzzFailure, FuzzWork } from './thread.ts'

/** Time limit for one execution, generous for a busy machine. */
const HANG_MS = 60_000
const WATCH_MS = 500

export interface FuzzOptions {
  readonly seed: number
  /** Number of the first execution. The input depends only on the seed and this number. */
  readonly first: number
  readonly executions: number
  /** Called from time to time with the number of the current execution. */
  readonly progress?: (execution: number) => void
}

/** Returns the first failure, or null. */
export async function fuzz(target: Target, options: FuzzOptions): Promise<FuzzFailure | null> {
  const at = new Int32Array(new SharedArrayBuffer(4))
  const { seed, first, executions } = options
  const workerData: FuzzWork = { target: target.name, seed, first, executions, at }
  const worker = new Worker(join(import.meta.dirname, 'thread.ts'), { workerData })
  const { promise, resolve } = Promise.withResolvers<FuzzFailure | null>()
  const fail = async (error: string): Promise<void> => {
    const execution = Atomics.load(at, 0)
    resolve({ execution, error, input: await inputOf(target, seed, execution) })
  }
  worker.on('message', (failure: FuzzFailure | null) => resolve(failure))
  worker.on('error', (error) => void fail(String(error.stack ?? error)))
  let seen = -1
  let seenAtMs = performance.now()
  const watch = setInterval(() => {
    const execution = Atomics.load(at, 0)
    options.progress?.(execution)
    if (execution !== seen) {
      seen = execution
      seenAtMs = performance.now()
    } else if (performance.now() - seenAtMs > HANG_MS)
      void fail(`it has not ended after ${HANG_MS / 1000} s`)
  }, WATCH_MS)
  const failure = await promise
  clearInterval(watch)
  await worker.terminate()
  return failure
}

/** The input of an execution, the same that the thread made. */
export async function inputOf(target: Target, seed: number, execution: number): Promise<Buffer> {
  const opened = await target.open()
  return opened.input(dice(seed, execution))
}
