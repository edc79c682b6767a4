// What a receiver needs of a Kafka consumer, whichever library does the work. A session is one membership in a consumer group:
// it ends with the first failure that the library does not survive, and its owner opens another one.

import type { Logger } from 'pino'
import type { ConnectionSettings, DriverError } from './driver.ts'
import type { ReceivedMessage } from './message.ts'

export interface ConsumerSettings extends ConnectionSettings {
  readonly groupId: string
  readonly topics: readonly string[]
  /** Where a partition is begun for which the group has no offset. */
  readonly initialOffset: 'earliest' | 'latest'
  readonly sessionTimeoutMs: number
  readonly heartbeatMs: number
  /** Messages and bytes given to `handle` at once; a single message may be larger. */
  readonly batchMessages: number
  readonly batchBytes: number
  /**
   * How far back a partition is read again when it comes to this session, ms; 0 for not at all. What is read again was committed
   * by others: it tells this instance what was decided about traces that go on.
   */
  readonly replayMs: number
  /** Bytes that are held for partitions that wait; above it nothing more is fetched. */
  readonly bufferedBytesMax: number
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Consecutive messages of one partition, in order; never empty. */
export interface MessageBatch extends TopicPartition {
  /** Whether the group has committed them before: they are read again. All of a batch are, or none. */
  readonly isReplay: boolean
  readonly messages: readonly ReceivedMessage[]
}

export interface Handled {
  /** The offset to go on from: messages before it need not be given again. */
  readonly next: bigint
  /** The offset that may be committed: everything before it is durable. Never above `next`. */
  readonly durable: bigint
  /** How long nothing of the partition should be given, ms; 0 goes on at once. */
  readonly pauseMs: number
}

export interface ConsumerEvents {
  /** Called with one batch of a partition at a time, of several partitions at once. Must not reject. */
  handle(batch: MessageBatch): Promise<Handled>
  /** The partitions after a rebalance; those that are not in the list any more belong to others now. */
  assigned(partitions: readonly TopicPartition[]): void
  /** An offset was committed, or (`error`) could not be. */
  committed(at: TopicPartition, offset: bigint, error: DriverError | null): void
  /** A partition is given nothing until it is resumed. */
  paused(at: TopicPartition, isPaused: boolean): void
}

export interface ConsumerSession {
  /** Resolves when the session is over: with why, or with null after `close`. Never rejects. */
  readonly ended: Promise<DriverError | null>
  /** By topic: how many messages of the assigned partitions are not yet committed. */
  lag(): Promise<ReadonlyMap<string, bigint>>
  /** Takes nothing more, waits for what is being handled, commits it and leaves the group. Never rejects. */
  close(): Promise<void>
}

/** Connects and joins the group; rejects with a DriverError when that fails. */
export type OpenSession = (
  settings: ConsumerSettings,
  events: ConsumerEvents,
  log: Logger,
) => Promise<ConsumerSession>

/** Where the messages end that are read again; below it nothing is committed. */
export class ReplayEnds {
  readonly #ends = new Map<string, bigint>()

  set(place: string, committed: bigint): void {
    this.#ends.set(place, committed)
  }

  delete(place: string): void {
    this.#ends.delete(place)
  }

  isReplay(place: string, offset: bigint): boolean {
    return offset < (this.#ends.get(place) ?? 0n)
  }

  /** The first messages that are all read again, or all new. */
  alike<M extends { readonly offset: bigint }>(place: string, messages: readonly M[]): M[] {
    const first = messages[0]
    if (first === undefined) return []
    const isReplay = this.isReplay(place, first.offset)
    const end = messages.findIndex((m) => this.isReplay(place, m.offset) !== isReplay)
    return end < 0 ? [...messages] : messages.slice(0, end)
  }
}

export const placeOf = ({ topic, partition }: TopicPartition): string => `${topic}:${partition}`
