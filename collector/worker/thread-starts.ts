// Which threads have started. Node 24 can end the whole process when a thread is terminated while it still loads its
// modules ("Check failed: (location_) != nullptr", nodejs/node#60755), so nobody may end one before it has started.

import type { EventEmitter } from 'node:events'

/** What a thread posts once, when its chains are built. */
export interface ThreadStarted {
  readonly startedThread: number
}

/** A thread that has not started by then is stuck, and is ended all the same. */
const START_MS_MAX = 10_000

/** The part of piscina that is needed: its threads, and what they post beside results. */
export interface Threads extends Pick<EventEmitter, 'on' | 'off'> {
  readonly threads: readonly { readonly threadId: number }[]
}

export class ThreadStarts {
  readonly #pool: Threads
  /** Ids of living threads that have started. */
  readonly #started = new Set<number>()

  constructor(pool: Threads) {
    this.#pool = pool
    pool.on('message', (message: ThreadStarted) => {
      const living = new Set(pool.threads.map((t) => t.threadId))
      for (const id of this.#started) if (!living.has(id)) this.#started.delete(id)
      this.#started.add(message.startedThread)
    })
  }

  areSettled(): boolean {
    return this.#pool.threads.every((t) => this.#started.has(t.threadId))
  }

  /** Resolves when every thread that lives has started, or cannot be waited for any longer. */
  settled(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const check = (): void => {
      if (this.areSettled()) resolve()
    }
    const timer = setTimeout(resolve, START_MS_MAX)
    this.#pool.on('message', check)
    // A thread that fails in its start is gone from the list, and never says that it has started.
    this.#pool.on('error', check)
    check()
    return promise.finally(() => {
      clearTimeout(timer)
      this.#pool.off('message', check)
      this.#pool.off('error', check)
    })
  }
}
