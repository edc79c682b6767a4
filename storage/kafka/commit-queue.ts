// Commits offsets to the group coordinator. There is one commit request at a time, with the newest durable offset of each partition, so
// that the handling of messages never waits for a commit.

import { setTimeout as sleep } from 'node:timers/promises'
import type { ConsumerEvents, TopicPartition } from './consumer.ts'
import { partitionKeyOf } from './consumer.ts'
import type { DriverError } from './driver.ts'

export interface Offset extends TopicPartition {
  readonly offset: bigint
}

/** The delay after a failed commit. The offsets stay in the queue until newer ones replace them. */
const RETRY_MS = 500
/** The number of attempts to commit the remaining offsets when the session is closed. */
const FLUSHES_MAX = 3

export class CommitQueue {
  /** The newest uncommitted offset of each partition. Its size is bounded by the number of partitions. */
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
    const known = this.#waiting.get(partitionKeyOf(offset))
    if (known !== undefined && known.offset >= offset.offset) return
    this.#waiting.set(partitionKeyOf(offset), offset)
    if (this.#running === null) void this.#work()
  }

  /** Drops the offsets of partitions that were revoked, because only their new owner may commit. */
  keep(partitionKeys: ReadonlySet<string>): void {
    for (const partitionKey of this.#waiting.keys())
      if (!partitionKeys.has(partitionKey)) this.#waiting.delete(partitionKey)
  }

  /** Commits the queued offsets if the coordinator answers, and accepts no more. */
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
      if (error === null && this.#waiting.get(partitionKeyOf(offset)) === offset)
        this.#waiting.delete(partitionKeyOf(offset))
      this.#events.committed(offset, offset.offset, error)
    }
    return error === null
  }
}
