// Runs a target for a number of executions and watches it: an execution that takes too long is a hang, and is reported like any
// other failure, by seed and number.

import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { dice } from '../../bench/traffic/random.ts'
import type { Target } from './target.ts'
import type { FuzzFailure, FuzzWork } from './thread.ts'

/** Of one execution, with a wide margin for a machine that does other things. */
const HANG_MS = 60_000
const WATCH_MS = 500

export interface FuzzOptions {
  readonly seed: number
  /** Number of the first execution; the input depends on seed and number alone. */
  readonly first: number
  readonly executions: number
  /** Called now and then with the number of the execution that runs. */
  readonly progress?: (execution: number) => void
}

/** The first failure, or null. */
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

/** The same input again, as the thread made it. */
export async function inputOf(target: Target, seed: number, execution: number): Promise<Buffer> {
  const opened = await target.open()
  return opened.input(dice(seed, execution))
}
