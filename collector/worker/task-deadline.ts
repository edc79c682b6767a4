// How long a task may take. The start of a thread is no part of it: after a loss the next task waits for a thread that
// loads its modules, and on a busy machine that alone can take seconds.

import { EventEmitter } from 'node:events'
import type { ThreadStarts } from './thread-starts.ts'

/** What piscina listens to. An `AbortSignal` would do too, and costs several times as much to make. */
class Late extends EventEmitter {
  aborted = false

  abort(): void {
    this.aborted = true
    this.emit('abort')
  }
}

export class TaskDeadline {
  readonly #late = new Late()
  readonly #timeoutMs: number
  readonly #starts: Pick<ThreadStarts, 'areSettled' | 'settled'>
  // A timer of our own: AbortSignal.timeout would fire for every finished task as well.
  #timer: NodeJS.Timeout
  #isOver = false

  constructor(timeoutMs: number, starts: Pick<ThreadStarts, 'areSettled' | 'settled'>) {
    this.#timeoutMs = timeoutMs
    this.#starts = starts
    this.#timer = this.#arm(starts.areSettled())
  }

  /** Aborted when the task has had its time. */
  get signal(): Late {
    return this.#late
  }

  /** The task has ended, whichever way. */
  end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  /** `hasThread`: when it began to count, every thread could have taken the task. */
  #arm(hasThread: boolean): NodeJS.Timeout {
    return setTimeout(() => {
      if (hasThread) this.#late.abort()
      else void this.#again()
    }, this.#timeoutMs)
  }

  /** Once more from the moment when there was a thread for it. */
  async #again(): Promise<void> {
    await this.#starts.settled()
    if (!this.#isOver) this.#timer = this.#arm(true)
  }
}
