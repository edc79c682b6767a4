// The fetched but unhandled messages of one partition, in order. It is used with libraries that deliver the messages of all partitions in
// one stream.

import type { TopicPartition } from './consumer.ts'
import type { ReceivedMessage } from './message.ts'

export class PartitionQueue {
  readonly at: TopicPartition
  readonly #messages: ReceivedMessage[] = []
  #bytes = 0
  /** The offset after the last added message. A message with a lower offset was delivered before. */
  #end = -1n
  /** False after the partition was revoked from this member. */
  isOurs = true
  isWorking = false
  /** The timer that ends a pause; null if the partition is not paused. */
  pause: NodeJS.Timeout | null = null

  constructor(at: TopicPartition) {
    this.at = at
  }

  /** The offset after the last added message; -1 before the first. */
  get end(): bigint {
    return this.#end
  }

  get bytes(): number {
    return this.#bytes
  }

  get isReady(): boolean {
    return this.isOurs && !this.isWorking && this.pause === null && this.#messages.length > 0
  }

  /** Adds a message. Returns false if it was added before, which happens after a rebalance in which this member keeps the partition. */
  add(message: ReceivedMessage): boolean {
    if (message.offset < this.#end) return false
    this.#end = message.offset + 1n
    this.#messages.push(message)
    this.#bytes += sizeOf(message)
    return true
  }

  /** Returns the first messages up to the limits. They stay in the queue until `forget`. */
  first(messagesMax: number, bytesMax: number): ReceivedMessage[] {
    const out: ReceivedMessage[] = []
    let bytes = 0
    for (const message of this.#messages) {
      bytes += sizeOf(message)
      if (out.length > 0 && (out.length >= messagesMax || bytes > bytesMax)) break
      out.push(message)
    }
    return out
  }

  /** Removes the messages with offsets below `next`. */
  forget(next: bigint): void {
    let count = 0
    for (const message of this.#messages) {
      if (message.offset >= next) break
      this.#bytes -= sizeOf(message)
      count++
    }
    this.#messages.splice(0, count)
  }

  /** Empties the queue, because the partition was revoked or the session ends. */
  drop(): void {
    this.isOurs = false
    this.#messages.length = 0
    this.#bytes = 0
    if (this.pause !== null) clearTimeout(this.pause)
    this.pause = null
  }
}

/** Estimates the memory of a message: its bytes and a fixed amount for its objects. */
const MESSAGE_BYTES = 400
const sizeOf = (m: ReceivedMessage): number => m.value.length + m.key.length + MESSAGE_BYTES
