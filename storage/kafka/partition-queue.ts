// Messages of one partition that were fetched and are not yet handled, in order. Used with libraries that deliver the messages
// of all partitions in one stream.

import type { TopicPartition } from './consumer.ts'
import type { ReceivedMessage } from './message.ts'

export class PartitionQueue {
  readonly at: TopicPartition
  readonly #messages: ReceivedMessage[] = []
  #bytes = 0
  /** The offset after the last message that was ever added; a message below it comes a second time. */
  #end = -1n
  /** False when the partition belongs to another member of the group. */
  isOurs = true
  isWorking = false
  /** Runs out when a pause ends. */
  pause: NodeJS.Timeout | null = null

  constructor(at: TopicPartition) {
    this.at = at
  }

  get bytes(): number {
    return this.#bytes
  }

  get isReady(): boolean {
    return this.isOurs && !this.isWorking && this.pause === null && this.#messages.length > 0
  }

  /** Adds a message at the end; false for one that is here already, as after a rebalance that left the partition here. */
  add(message: ReceivedMessage): boolean {
    if (message.offset < this.#end) return false
    this.#end = message.offset + 1n
    this.#messages.push(message)
    this.#bytes += sizeOf(message)
    return true
  }

  /** The first messages, as many as fit; they stay here until `forget`. */
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

  /** Removes the messages before `next`. */
  forget(next: bigint): void {
    let count = 0
    for (const message of this.#messages) {
      if (message.offset >= next) break
      this.#bytes -= sizeOf(message)
      count++
    }
    this.#messages.splice(0, count)
  }

  /** Drops everything, because the partition was given to another member or the session ends. */
  drop(): void {
    this.isOurs = false
    this.#messages.length = 0
    this.#bytes = 0
    if (this.pause !== null) clearTimeout(this.pause)
    this.pause = null
  }
}

/** What a message takes in memory, roughly: headers are small, but each message has some objects. */
const MESSAGE_BYTES = 400
const sizeOf = (m: ReceivedMessage): number => m.value.length + m.key.length + MESSAGE_BYTES
