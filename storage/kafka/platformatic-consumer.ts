// The consumer of the @platformatic/kafka driver. The library fetches messages, keeps the membership alive and delivers the messages of
// all partitions in one stream. This file distributes them to one queue per partition, so that a paused partition does not block others.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Consumer, Message, MessagesStream } from '@platformatic/kafka'
import type { Logger } from 'pino'
import { BATCH_TOO_LARGE, endOfBatch, standIn } from './bounded-batches.ts'
import { CommitQueue, type Offset } from './commit-queue.ts'
import {
  type ConsumerEvents,
  type ConsumerSession,
  type ConsumerSettings,
  newPartitions,
  PartitionCounts,
  partitionKeyOf,
  partitionOf,
  ReplayEnds,
  replayStart,
  type TopicPartition,
} from './consumer.ts'
import { DriverError, driverError } from './driver.ts'
import { PartitionQueue } from './partition-queue.ts'
import { codeOf, connectionOptions, fetchesOf, loadPlatformatic } from './platformatic-library.ts'

type BytesConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>
type BytesMessage = Message<Buffer, Buffer, Buffer, Buffer>
type BytesStream = MessagesStream<Buffer, Buffer, Buffer, Buffer>

/** The longest wait of a fetch without messages. It is short, because a newly assigned partition waits for the running fetch. */
const FETCH_WAIT_MS = 250
/** A partition with more batches than this in its queue is not fetched. */
const QUEUED_BATCHES = 2
/** After this time partitions that were added to a topic are known, and its messages are fetched from them. */
const METADATA_AGE_MS = 15_000
/** The retries of the library. If they fail, the session ends and its owner opens another one. */
const RETRIES = 3
const RETRY_DELAY_MS = 300
/** How often the start offsets of replays are refreshed. Older offsets only make a replay longer. */
const REPLAY_OFFSETS_MS = 10_000
/** The longest time that `close` waits for the library to leave the group. It is needed if the brokers do not answer. */
const CLOSE_MS = 5000
/** The part of that time in which the brokers must confirm that the member left. Brokers that are up answer within milliseconds. */
const LEAVE_MS = 500
/** How long a session fetches one batch at a time, which is slow. The unreadable one may have gone to another member. */
const CAREFUL_MS = 60_000
/** How long what was fetched before an unreadable batch may take until it is handled. Otherwise the next session meets the batch again. */
const DRAIN_MS = 30_000
const DRAIN_LOOK_MS = 20

export async function openPlatformaticSession(
  settings: ConsumerSettings,
  events: ConsumerEvents,
  log: Logger,
): Promise<ConsumerSession> {
  const library = await loadPlatformatic()
  const consumer = new library.Consumer<Buffer, Buffer, Buffer, Buffer>({
    ...connectionOptions(settings),
    groupId: settings.groupId,
    autocommit: false,
    sessionTimeout: settings.sessionTimeoutMs,
    rebalanceTimeout: Math.max(settings.sessionTimeoutMs, 30_000),
    heartbeatInterval: settings.heartbeatMs,
    heartbeatStallTimeout: settings.sessionTimeoutMs,
    minBytes: 1,
    // A fetch brings one batch of each partition. Otherwise the first partition with a backlog fills it, and the others wait behind it.
    maxBytes: settings.bufferedBytesMax,
    maxBytesPerPartition: settings.isCareful
      ? 1
      : Math.min(settings.batchBytes, settings.bufferedBytesMax),
    maxWaitTime: FETCH_WAIT_MS,
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
    metadataMaxAge: METADATA_AGE_MS,
  })
  const session = new PlatformaticSession(consumer, settings, events, log)
  try {
    await session.open()
  } catch (thrown) {
    await session.close()
    throw toDriverError(thrown)
  }
  return session
}

const toDriverError = (thrown: unknown): DriverError => driverError(thrown, codeOf)

class PlatformaticSession implements ConsumerSession {
  readonly #consumer: BytesConsumer
  readonly #settings: ConsumerSettings
  readonly #events: ConsumerEvents
  readonly #log: Logger
  readonly #commits: CommitQueue
  readonly #queues = new Map<string, PartitionQueue>()
  readonly #working = new Set<Promise<void>>()
  readonly #end = Promise.withResolvers<DriverError | null>()
  readonly #replayEnds = new ReplayEnds()
  /** Where replays started that have not been fetched to their end. */
  readonly #replayStarts = new Map<string, bigint>()
  /** For each partition, the offset at which a replay would start. It is refreshed regularly, so that it is known when it is needed. */
  #replayFrom: ReadonlyMap<string, bigint> = new Map()
  #replayTimer: NodeJS.Timeout | null = null
  /** Partitions that the last rebalance assigned and that have no start offset yet. */
  readonly #newlyAssigned = new Set<string>()
  #stream: BytesStream | null = null
  #assigned: ReadonlySet<string> = new Set()
  /** Partitions of which nothing is fetched at the moment. */
  readonly #unfetched = new Set<string>()
  /** What the library was assigned, with those partitions. */
  #assignments: Consumer['assignments'] = null
  #isClosing = false
  readonly #counts = new PartitionCounts()
  #isPaused = false
  #hasFailed = false
  #carefulTimer: NodeJS.Timeout | null = null

  constructor(
    consumer: BytesConsumer,
    settings: ConsumerSettings,
    events: ConsumerEvents,
    log: Logger,
  ) {
    this.#consumer = consumer
    this.#settings = settings
    this.#events = events
    this.#log = log
    this.#commits = new CommitQueue((offsets) => this.#commit(offsets), toDriverError, events)
  }

  get ended(): Promise<DriverError | null> {
    return this.#end.promise
  }

  async open(): Promise<void> {
    const consumer = this.#consumer
    consumer.on('consumer:group:join', ({ assignments }) => {
      const list = (assignments ?? []).flatMap(({ topic, partitions }) =>
        partitions.map((partition) => ({ topic, partition })),
      )
      this.#assignments = consumer.assignments
      this.#assign(list)
    })
    // After a failed rejoin the library stops its heartbeats, and this event is the only notice.
    consumer.on('error', (error: unknown) => this.#fail(error))
    consumer.on('consumer:heartbeat:stalled', ({ lastError }) =>
      this.#fail(lastError ?? new DriverError('heartbeat_stalled', 'no heartbeat succeeds', null)),
    )
    if (this.#settings.isCareful)
      this.#carefulTimer = setTimeout(() => {
        this.#fail(
          new DriverError('careful', 'no unreadable batch came, others are read at once', null),
        )
      }, CAREFUL_MS)
    if (this.#settings.replayMs > 0) await this.#followReplay()
    const stream = await consumer.consume({
      topics: [...this.#settings.topics],
      mode: 'committed',
      fallbackMode: this.#settings.initialOffset,
    })
    this.#stream = stream
    stream.on('error', (error) => this.#fail(error))
    stream.on('close', () => {
      if (!this.#isClosing) this.#fail(new DriverError('closed', 'the stream has ended', null))
    })
    // The library emits this event after it has read the committed offsets and before the first fetch.
    stream.on('offsets', () => this.#rewind(stream))
    stream.on('data', (message) => this.#enqueue(message))
  }

  async lag(): Promise<ReadonlyMap<string, bigint>> {
    const byTopic = await this.#consumer.getLag({ topics: [...this.#settings.topics] })
    const out = new Map<string, bigint>()
    for (const [topic, partitions] of byTopic) {
      if (this.#counts.isHigher(topic, partitions.length)) this.#fail(newPartitions(topic))
      // The lag of partitions of other members is negative.
      const ours = partitions.filter((lag) => lag !== undefined && lag > 0n)
      out.set(
        topic,
        ours.reduce((sum, lag) => sum + lag, 0n),
      )
    }
    return out
  }

  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    if (this.#replayTimer !== null) clearInterval(this.#replayTimer)
    if (this.#carefulTimer !== null) clearTimeout(this.#carefulTimer)
    for (const queue of this.#queues.values()) this.#drop(queue)
    await Promise.all(this.#working)
    await this.#commits.close()
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref())
    await Promise.race([this.#leave(), timeout])
    this.#end.resolve(null)
  }

  /**
   * Leaves the group and closes the connections. `close` of the library (2.12.1) also leaves the group, but does not cancel a rejoin that
   * is under way. If the rejoin then succeeds, it starts heartbeats that fail on the closed connections and are rescheduled for ever, and
   * their timer keeps the process alive. `leaveGroup` cancels the rejoin. If no broker answers, its retries are not waited for.
   */
  async #leave(): Promise<void> {
    // Types of the library declare `leaveGroup(force)` as void, although it returns a promise like `leaveGroup()`.
    const left = (async () => this.#consumer.leaveGroup(true))()
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, LEAVE_MS).unref())
    for (const step of [() => Promise.race([left, timeout]), () => this.#consumer.close(true)])
      try {
        await step()
      } catch (thrown) {
        this.#log.debug({ reason: String(thrown) }, 'the consumer did not leave cleanly')
      }
  }

  #fail(thrown: unknown): void {
    if (this.#isClosing || this.#hasFailed) return
    this.#hasFailed = true
    const error = toDriverError(thrown)
    const end = (): void => this.#end.resolve(error)
    if (error.code !== BATCH_TOO_LARGE || !this.#settings.isCareful) end()
    else this.#passUnreadable().then(end, end)
  }

  /**
   * Finds the batches that ended a careful session because they are too large, and hands a message in place of each to its owner. The next
   * session begins behind them, because their offsets are committed.
   */
  async #passUnreadable(): Promise<void> {
    const fetchable = fetchesOf(this.#consumer, this.#settings.topics)
    for (const partitionKey of this.#assigned) {
      const start = this.#stream?.offsetsToFetch.get(partitionKey)
      const at = partitionOf(partitionKey)
      if (start === undefined || (await fetchable(at, start))) continue
      const end = await endOfBatch(start, (offset) => fetchable(at, offset))
      // What was fetched before it is not handled yet.
      const queue = this.#queues.get(partitionKey)
      const deadline = performance.now() + DRAIN_MS
      while (queue !== undefined && (queue.isWorking || queue.bytes > 0)) {
        if (!queue.isOurs || performance.now() > deadline) return
        await sleep(DRAIN_LOOK_MS)
      }
      const isReplay = this.#replayEnds.isReplay(partitionKey, start)
      const messages = [standIn(start, end)]
      const { durable } = await this.#events.handle({ ...at, isReplay, messages })
      if (durable === end && !isReplay) this.#commits.add({ ...at, offset: end })
    }
  }

  /**
   * Applies the assignment after a rebalance. Queues of partitions that stay assigned are kept; if the library fetches their messages
   * again, the queue ignores them. Of a revoked partition everything is removed, including the fetch position of the library, because
   * its next owner, which may be this member again, continues at the committed offset.
   */
  #assign(partitions: readonly TopicPartition[]): void {
    const partitionKeys = new Set(partitions.map(partitionKeyOf))
    for (const [partitionKey, queue] of this.#queues) {
      if (partitionKeys.has(partitionKey)) continue
      this.#drop(queue)
      this.#queues.delete(partitionKey)
      this.#stream?.offsetsToFetch.delete(partitionKey)
    }
    for (const partitionKey of this.#assigned) {
      if (partitionKeys.has(partitionKey)) continue
      this.#replayEnds.delete(partitionKey)
      this.#replayStarts.delete(partitionKey)
      this.#newlyAssigned.delete(partitionKey)
    }
    // One that another rebalance assigned before its offset was known still waits for it.
    for (const partitionKey of partitionKeys)
      if (!this.#assigned.has(partitionKey)) this.#newlyAssigned.add(partitionKey)
    this.#assigned = partitionKeys
    this.#commits.keep(partitionKeys)
    this.#events.assigned(partitions)
    this.#fetchTheRest()
    this.#resumeIfRoom()
  }

  /** Reads the start offsets of replays now and at regular intervals, so that a rebalance need not wait for them. */
  async #followReplay(): Promise<void> {
    const ask = async (): Promise<void> => {
      const timestamp = BigInt(Date.now() - this.#settings.replayMs)
      const topics = [...this.#settings.topics]
      const found = await this.#consumer.listOffsetsWithTimestamps({ topics, timestamp })
      const from = new Map<string, bigint>()
      for (const [topic, partitions] of found)
        for (const [partition, { offset }] of partitions)
          if (offset >= 0n) from.set(partitionKeyOf({ topic, partition }), offset)
      this.#replayFrom = from
    }
    await ask()
    this.#replayTimer = setInterval(() => {
      ask().catch((thrown: unknown) => {
        this.#log.debug({ reason: String(thrown) }, 'offsets by time could not be asked for')
      })
    }, REPLAY_OFFSETS_MS)
  }

  /**
   * Starts the replay of newly assigned partitions by moving their fetch position to an earlier offset. After each rebalance the library
   * (2.12.1) sets the fetch positions of all partitions to the committed offsets, so a replay that goes on is taken up where it was.
   */
  #rewind(stream: BytesStream): void {
    for (const [partitionKey, start] of this.#replayStarts) {
      const end = this.#queues.get(partitionKey)?.end ?? -1n
      const position = end < 0n ? start : end
      if (this.#replayEnds.isReplay(partitionKey, position))
        stream.offsetsToFetch.set(partitionKey, position)
      else this.#replayStarts.delete(partitionKey)
    }
    for (const partitionKey of this.#newlyAssigned) {
      const committed = stream.offsetsToFetch.get(partitionKey)
      if (committed === undefined) continue
      this.#newlyAssigned.delete(partitionKey)
      const from = replayStart(this.#replayFrom.get(partitionKey), this.#events, partitionKey)
      if (from === null || from >= committed) continue
      stream.offsetsToFetch.set(partitionKey, from)
      this.#replayEnds.set(partitionKey, committed)
      this.#replayStarts.set(partitionKey, from)
    }
  }

  #drop(queue: PartitionQueue): void {
    if (queue.pause !== null) this.#events.paused(queue.at, false)
    queue.drop()
    this.#unfetched.delete(partitionKeyOf(queue.at))
  }

  #enqueue(message: BytesMessage): void {
    const { topic, partition, offset, key, value } = message
    const partitionKey = partitionKeyOf(message)
    // A fetch that was running during a rebalance may deliver messages of revoked partitions.
    if (this.#isClosing || !this.#assigned.has(partitionKey)) return
    let queue = this.#queues.get(partitionKey)
    if (queue === undefined) {
      queue = new PartitionQueue({ topic, partition })
      this.#queues.set(partitionKey, queue)
    }
    const headers = new Map<string, Buffer>()
    for (const [name, text] of message.headers) headers.set(String(name), text ?? EMPTY)
    const received = { offset, key: key ?? EMPTY, value: value ?? EMPTY, headers }
    if (!queue.add(received)) return
    this.#follow(queue)
    if (!this.#isPaused && this.#buffered() > this.#settings.bufferedBytesMax) {
      this.#isPaused = true
      this.#stream?.pause()
    }
    this.#workOn(queue)
  }

  #workOn(queue: PartitionQueue): void {
    if (!queue.isReady || this.#isClosing) return
    queue.isWorking = true
    const work = this.#handle(queue).finally(() => {
      queue.isWorking = false
      this.#working.delete(work)
      this.#workOn(queue)
    })
    this.#working.add(work)
  }

  async #handle(queue: PartitionQueue): Promise<void> {
    // The library delivers the messages of one fetch one by one. After one turn of the event loop all of them are in the queue.
    await new Promise<void>((resolve) => setImmediate(resolve))
    const partitionKey = partitionKeyOf(queue.at)
    const fitting = queue.first(this.#settings.batchMessages, this.#settings.batchBytes)
    const messages = this.#replayEnds.uniformPrefix(partitionKey, fitting)
    const [first] = messages
    if (first === undefined) return
    const isReplay = this.#replayEnds.isReplay(partitionKey, first.offset)
    const { next, durable, pauseMs } = await this.#events.handle({
      ...queue.at,
      isReplay,
      messages,
    })
    // The messages are durable even if the partition was revoked, but its new owner may already have committed a higher offset.
    if (!queue.isOurs && !this.#isClosing) return
    queue.forget(next)
    // The group has committed more than what is replayed.
    if (durable > first.offset && !isReplay) this.#commits.add({ ...queue.at, offset: durable })
    this.#follow(queue)
    this.#resumeIfRoom()
    if (pauseMs > 0 && queue.isOurs) this.#pause(queue, pauseMs)
  }

  #pause(queue: PartitionQueue, ms: number): void {
    this.#events.paused(queue.at, true)
    queue.pause = setTimeout(() => {
      queue.pause = null
      this.#events.paused(queue.at, false)
      this.#follow(queue)
      this.#workOn(queue)
    }, ms)
    this.#follow(queue)
  }

  /**
   * Nothing is fetched of a partition that is paused or has enough to do, because it would fill the buffer for all. The library (2.12.1)
   * cannot leave out a partition, but asks only for those of its assignment.
   */
  #follow(queue: PartitionQueue): void {
    const partitionKey = partitionKeyOf(queue.at)
    const isUnfetched =
      queue.isOurs &&
      (queue.pause !== null || queue.bytes > QUEUED_BATCHES * this.#settings.batchBytes)
    if (this.#unfetched.has(partitionKey) === isUnfetched) return
    if (isUnfetched) this.#unfetched.add(partitionKey)
    else this.#unfetched.delete(partitionKey)
    this.#fetchTheRest()
    if (!isUnfetched) this.#fetchAgain()
  }

  #fetchTheRest(): void {
    if (this.#assignments === null) return
    const isFetched = (topic: string, partition: number): boolean =>
      !this.#unfetched.has(partitionKeyOf({ topic, partition }))
    this.#consumer.assignments = this.#assignments
      .map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.filter((partition) => isFetched(topic, partition)),
      }))
      .filter(({ partitions }) => partitions.length > 0)
  }

  /** The library does not ask again by itself after there was no partition to ask for. */
  #fetchAgain(): void {
    if (this.#isPaused || this.#isClosing) return
    this.#stream?.pause()
    this.#stream?.resume()
  }

  #buffered(): number {
    let bytes = 0
    for (const queue of this.#queues.values()) if (queue.pause === null) bytes += queue.bytes
    return bytes
  }

  #resumeIfRoom(): void {
    if (!this.#isPaused || this.#buffered() > this.#settings.bufferedBytesMax / 2) return
    this.#isPaused = false
    this.#stream?.resume()
  }

  async #commit(offsets: readonly Offset[]): Promise<void> {
    await this.#consumer.commit({ offsets: offsets.map((o) => ({ ...o, leaderEpoch: -1 })) })
  }
}

const EMPTY = Buffer.alloc(0)
