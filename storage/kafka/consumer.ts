// The interface of a Kafka consumer, which both drivers implement. A session is one membership in a consumer group. It ends at the first
// failure from which the library does not recover; its owner then opens another session.

import type { Logger } from 'pino'
import { type ConnectionSettings, DriverError } from './driver.ts'
import type { ReceivedMessage } from './message.ts'

export interface ConsumerSettings extends ConnectionSettings {
  readonly groupId: string
  readonly topics: readonly string[]
  /** Where consumption starts in a partition without a committed offset. */
  readonly initialOffset: 'earliest' | 'latest'
  readonly sessionTimeoutMs: number
  readonly heartbeatMs: number
  /** The most messages and bytes of one call of `handle`. A single message may be larger. */
  readonly batchMessages: number
  readonly batchBytes: number
  /**
   * How far before the committed offset consumption starts in a newly assigned partition, in ms; 0 turns this replay off. Other
   * instances have already processed the replayed messages. This instance learns from them which reports of running traces count.
   */
  readonly replayMs: number
  /**
   * Fetch one record batch at a time, because the last session met one that cannot be read: then it is known where it is. A driver that
   * can tell from one fetch ignores this.
   */
  readonly isCareful: boolean
  /** The most bytes that are buffered for paused partitions. Above this limit nothing more is fetched. */
  readonly bufferedBytesMax: number
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Consecutive messages of one partition, in order; never empty. */
export interface MessageBatch extends TopicPartition {
  /** True if the group has already committed these messages and they are replayed. It applies to all messages of a batch. */
  readonly isReplay: boolean
  readonly messages: readonly ReceivedMessage[]
}

export interface Handled {
  /** The offset at which consumption continues. Messages before it need not be delivered again. */
  readonly next: bigint
  /** The offset that may be committed, because all messages before it are durable. It is never above `next`. */
  readonly durable: bigint
  /** How long the partition is paused, in ms; 0 for not at all. */
  readonly pauseMs: number
}

export interface ConsumerEvents {
  /** Handles a batch. Calls for one partition never overlap; calls for several partitions run concurrently. Must not reject. */
  handle(batch: MessageBatch): Promise<Handled>
  /**
   * The offset after the last message of a partition that this process has handled, in whatever session; null before the first. A replay
   * need not go back behind it.
   */
  handledTo(partitionKey: string): bigint | null
  /** Called after a rebalance with all assigned partitions. Partitions that are missing from the list were revoked. */
  assigned(partitions: readonly TopicPartition[]): void
  /** Called when an offset was committed, or when the commit failed with `error`. */
  committed(at: TopicPartition, offset: bigint, error: DriverError | null): void
  /** Called when a partition is paused or resumed. */
  paused(at: TopicPartition, isPaused: boolean): void
}

export interface ConsumerSession {
  /** Resolves when the session has ended, with the failure or, after `close`, with null. Never rejects. */
  readonly ended: Promise<DriverError | null>
  /** Resolves with the consumer lag by topic: the number of uncommitted messages in the assigned partitions. */
  lag(): Promise<ReadonlyMap<string, bigint>>
  /** Stops consuming, waits for running calls of `handle`, commits their offsets and leaves the group. Never rejects. */
  close(): Promise<void>
}

/** Connects to the brokers and joins the group. Rejects with a DriverError if that fails. */
export type OpenSession = (
  settings: ConsumerSettings,
  events: ConsumerEvents,
  log: Logger,
) => Promise<ConsumerSession>

/** Where the replay of a partition starts: `byTime`, or behind what this process has handled itself. Null when the time is not known. */
export function replayStart(
  byTime: bigint | undefined,
  events: Pick<ConsumerEvents, 'handledTo'>,
  partitionKey: string,
): bigint | null {
  const handled = events.handledTo(partitionKey)
  if (byTime === undefined) return null
  return handled !== null && handled > byTime ? handled : byTime
}

/** For each replayed partition, the offset at which the replay ends. Nothing below this offset is committed. */
export class ReplayEnds {
  readonly #ends = new Map<string, bigint>()

  set(partitionKey: string, committed: bigint): void {
    this.#ends.set(partitionKey, committed)
  }

  delete(partitionKey: string): void {
    this.#ends.delete(partitionKey)
  }

  isReplay(partitionKey: string, offset: bigint): boolean {
    return offset < (this.#ends.get(partitionKey) ?? 0n)
  }

  /** Returns the longest prefix of messages that are either all replayed or all new. */
  uniformPrefix<M extends { readonly offset: bigint }>(
    partitionKey: string,
    messages: readonly M[],
  ): M[] {
    const first = messages[0]
    if (first === undefined) return []
    const isReplay = this.isReplay(partitionKey, first.offset)
    const end = messages.findIndex((m) => this.isReplay(partitionKey, m.offset) !== isReplay)
    return end < 0 ? [...messages] : messages.slice(0, end)
  }
}

/**
 * The number of partitions of each topic, as a session saw them first. The leader of a group assigns those that it knew when the members
 * joined, so a session whose topic has grown must end: when its members join again, the new partitions are assigned too.
 */
export class PartitionCounts {
  readonly #counts = new Map<string, number>()

  isHigher(topic: string, count: number): boolean {
    const known = this.#counts.get(topic)
    if (known === undefined) this.#counts.set(topic, count)
    return known !== undefined && count > known
  }
}

export const newPartitions = (topic: string): DriverError =>
  new DriverError('new_partitions', `the topic ${topic} has more partitions than before`, null)

export function partitionOf(partitionKey: string): TopicPartition {
  const colon = partitionKey.lastIndexOf(':')
  return { topic: partitionKey.slice(0, colon), partition: Number(partitionKey.slice(colon + 1)) }
}

export const partitionKeyOf = ({ topic, partition }: TopicPartition): string =>
  `${topic}:${partition}`
