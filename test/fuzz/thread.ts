// The thread that runs the executions. It records the number of an execution before it starts it, so that an execution that
// never ends, or crashes the thread, is known by its number.

import { parentPort, workerData } from 'node:worker_threads'
import { dice } from '../../bench/traffic/random.ts'
import { targetNamed } from './targets.ts'

/** The parameters of the thread. `at[0]` is the number of the current execution. */
export interface FuzzWork {
  readonly target: string
  readonly seed: number
  readonly first: number
  readonly executions: number
  readonly at: Int32Array
}

export interface FuzzFailure {
  readonly execution: number
  readonly error: string
  readonly input: Uint8Array
}

const { target, seed, first, executions, at } = workerData as FuzzWork

async function work(): Promise<FuzzFailure | null> {
  const opened = await targetNamed(target).open()
  for (let n = first; n < first + executions; n++) {
    Atomics.store(at, 0, n)
    const ours = dice(seed, n)
    const input = opened.input(ours)
    try {
      await opened.execute(input, ours)
    } catch (error) {
      return { execution: n, error: String((error as Error).stack ?? error), input }
    }
  }
  return null
}

const failure = await work()
parentPort?.postMessage(failure)
