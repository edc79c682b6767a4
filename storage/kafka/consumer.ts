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
  /** Bytes that are held for partitions that wait; above it nothing more is fetched. */
  readonly bufferedBytesMax: number
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Consecutive messages of one partition, in order; never empty. */
export interface MessageBatch extends TopicPartition {
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

export const placeOf = ({ topic, partition }: TopicPartition): string => `${topic}:${partition}`
