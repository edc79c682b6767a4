// The thread that executes: it writes down which execution it begins before it begins it, so that one that never ends, or takes
// the thread with it, is known by its number.

import { parentPort, workerData } from 'node:worker_threads'
import { dice } from '../../bench/traffic/random.ts'
import { targetNamed } from './targets.ts'

/** What the thread is given. `at[0]` is the execution it is at. */
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
