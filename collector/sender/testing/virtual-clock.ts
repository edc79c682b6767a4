// A clock for tests: when nothing else is left to do, time moves to the next deadline and that sleep ends.

import type { Clock } from '../../../core/clock.ts'

interface Sleeper {
  readonly atMs: number
  wake(): void
}

/** How many rounds of the event loop without progress let time move. File operations take several rounds. */
const QUIET_TURNS = 20
const TURNS_MAX = 2_000_000

export class VirtualClock implements Clock {
  #nowMs = 1_000_000
  readonly #sleepers = new Set<Sleeper>()

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason)
        return
      }
      const stop = (): void => {
        this.#sleepers.delete(sleeper)
        reject(signal?.reason)
      }
      const wake = (): void => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }
      const sleeper: Sleeper = { atMs: this.#nowMs + ms, wake }
      this.#sleepers.add(sleeper)
      signal?.addEventListener('abort', stop, { once: true })
    })
  }

  /**
   * Runs the event loop until the condition holds, and moves time to the next deadline whenever nothing is left to
   * do.
   */
  async until(condition: () => boolean): Promise<void> {
    let quiet = 0
    for (let turn = 0; turn < TURNS_MAX; turn++) {
      if (condition()) return
      await new Promise((resolve) => setImmediate(resolve))
      if (hasPendingIo()) quiet = 0
      else quiet++
      if (quiet >= QUIET_TURNS) {
        quiet = 0
        this.#wakeNext()
      }
    }
    throw new Error('the condition never held')
  }

  async untilSettled(promise: Promise<unknown>): Promise<void> {
    let isDone = false
    const done = (): void => {
      isDone = true
    }
    promise.then(done, done)
    await this.until(() => isDone)
    await promise
  }

  #wakeNext(): void {
    let next: Sleeper | null = null
    for (const s of this.#sleepers) if (next === null || s.atMs < next.atMs) next = s
    if (next === null) return
    this.#sleepers.delete(next)
    this.#nowMs = Math.max(this.#nowMs, next.atMs)
    next.wake()
  }
}

/** True while a file operation runs in the thread pool, because time must not move then. */
function hasPendingIo(): boolean {
  return process.getActiveResourcesInfo().some((r) => r.startsWith('FS'))
}
