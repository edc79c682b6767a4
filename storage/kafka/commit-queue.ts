// Offsets on their way to the group's coordinator: one commit request at a time, with the newest durable offset of each
// partition, so that handling messages never waits for a commit.

import { setTimeout as sleep } from 'node:timers/promises'
import type { ConsumerEvents, TopicPartition } from './consumer.ts'
import { placeOf } from './consumer.ts'
import type { DriverError } from './driver.ts'

export interface Offset extends TopicPartition {
  readonly offset: bigint
}

/** After a commit that failed. The offsets stay, and newer ones replace them. */
const RETRY_MS = 500
/** Attempts to commit what is left when the session is closed. */
const FLUSHES_MAX = 3

export class CommitQueue {
  /** The newest offset of each partition that is not committed; bounded by the number of partitions. */
  readonly #waiting = new Map<string, Offset>()
  readonly #commit: (offsets: readonly Offset[]) => Promise<void>
  readonly #errorOf: (thrown: unknown) => DriverError
  readonly #events: Pick<ConsumerEvents, 'committed'>
  #running: Promise<boolean> | null = null
  #isClosed = false

  constructor(
    commit: (offsets: readonly Offset[]) => Promise<void>,
    errorOf: (thrown: unknown) => DriverError,
    events: Pick<ConsumerEvents, 'committed'>,
  ) {
    this.#commit = commit
    this.#errorOf = errorOf
    this.#events = events
  }

  add(offset: Offset): void {
    const known = this.#waiting.get(placeOf(offset))
    if (known !== undefined && known.offset >= offset.offset) return
    this.#waiting.set(placeOf(offset), offset)
    if (this.#running === null) void this.#work()
  }

  /** Forgets what belongs to partitions of others: their new owner commits from here on. */
  keep(places: ReadonlySet<string>): void {
    for (const place of this.#waiting.keys()) if (!places.has(place)) this.#waiting.delete(place)
  }

  /** Commits what waits, if the coordinator answers, and takes no more. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#running
    for (let i = 0; i < FLUSHES_MAX && this.#waiting.size > 0; i++) await this.#once()
  }

  async #work(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#isClosed) {
      this.#running = this.#once()
      const isDone = await this.#running
      this.#running = null
      if (!isDone) await sleep(RETRY_MS)
    }
  }

  async #once(): Promise<boolean> {
    const offsets = [...this.#waiting.values()]
    let error: DriverError | null = null
    try {
      await this.#commit(offsets)
    } catch (thrown) {
      error = this.#errorOf(thrown)
    }
    for (const offset of offsets) {
      if (error === null && this.#waiting.get(placeOf(offset)) === offset)
        this.#waiting.delete(placeOf(offset))
      this.#events.committed(offset, offset.offset, error)
    }
    return error === null
  }
}
