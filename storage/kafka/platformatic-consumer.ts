// The consumer of @platformatic/kafka. The library fetches, keeps the membership alive and delivers the messages of all
// partitions in one stream; here they are put into a queue for each partition, because a partition that must wait should not
// hold up the others.

import type { Consumer, Message, MessagesStream } from '@platformatic/kafka'
import type { Logger } from 'pino'
import { CommitQueue, type Offset } from './commit-queue.ts'
import {
  type ConsumerEvents,
  type ConsumerSession,
  type ConsumerSettings,
  placeOf,
  ReplayEnds,
  type TopicPartition,
} from './consumer.ts'
import { DriverError, driverError } from './driver.ts'
import { PartitionQueue } from './partition-queue.ts'
import { codeOf, connectionOptions, loadPlatformatic } from './platformatic-library.ts'

type BytesConsumer = Consumer<Buffer, Buffer, Buffer, Buffer>
type BytesMessage = Message<Buffer, Buffer, Buffer, Buffer>
type BytesStream = MessagesStream<Buffer, Buffer, Buffer, Buffer>

/** A new partition waits for the fetch that is under way, so a fetch that finds nothing must not take long. */
const FETCH_WAIT_MS = 250
const FETCH_BYTES_MAX = 8 * 1024 * 1024
/** A failure that outlasts these ends the session, and its owner opens another one. */
const RETRIES = 3
const RETRY_DELAY_MS = 300
/** How old the knowledge may be where a replay begins: it only makes replays longer. */
const REPLAY_PLACES_MS = 10_000
/** Longest wait for the library to leave the group when the brokers do not answer. */
const CLOSE_MS = 5000

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
    maxBytes: FETCH_BYTES_MAX,
    maxWaitTime: FETCH_WAIT_MS,
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
  })
  const session = new PlatformaticSession(consumer, settings, events, log)
  try {
    await session.open()
  } catch (thrown) {
    await session.close()
    throw knownError(thrown)
  }
  return session
}

const knownError = (thrown: unknown): DriverError => driverError(thrown, codeOf)

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
  /** By partition, the first offset that is young enough to be read again; asked for before it is needed. */
  #replayFrom: ReadonlyMap<string, bigint> = new Map()
  #replayTimer: NodeJS.Timeout | null = null
  /** Partitions that came with the last rebalance and have no offset to begin at yet. */
  readonly #fresh = new Set<string>()
  #stream: BytesStream | null = null
  #assigned: ReadonlySet<string> = new Set()
  #isClosing = false
  #isHeldUp = false

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
    this.#commits = new CommitQueue((offsets) => this.#commit(offsets), knownError, events)
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
      this.#assign(list)
    })
    // The library stops its heartbeats after a failed rejoin, and says only so.
    consumer.on('error', (error: unknown) => this.#fail(error))
    consumer.on('consumer:heartbeat:stalled', ({ lastError }) =>
      this.#fail(lastError ?? new DriverError('heartbeat_stalled', 'no heartbeat succeeds', null)),
    )
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
    // Emitted between the committed offsets and the first fetch from them.
    stream.on('offsets', () => this.#rewind(stream))
    stream.on('data', (message) => this.#take(message))
  }

  async lag(): Promise<ReadonlyMap<string, bigint>> {
    const byTopic = await this.#consumer.getLag({ topics: [...this.#settings.topics] })
    const out = new Map<string, bigint>()
    for (const [topic, partitions] of byTopic) {
      // Partitions of other members are negative.
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
    for (const queue of this.#queues.values()) this.#drop(queue)
    await Promise.all(this.#working)
    await this.#commits.close()
    const patience = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref())
    try {
      await Promise.race([this.#consumer.close(true), patience])
    } catch (thrown) {
      this.#log.debug({ reason: String(thrown) }, 'the consumer did not leave cleanly')
    }
    this.#end.resolve(null)
  }

  #fail(thrown: unknown): void {
    if (!this.#isClosing) this.#end.resolve(knownError(thrown))
  }

  /**
   * After a rebalance. What is queued of a partition that stays is kept: the library may fetch it again, and the queue knows
   * it. Of a partition that went away nothing may be left, also not the place up to which the library had fetched: another
   * member goes on from the committed offset, and so does this one if the partition returns.
   */
  #assign(partitions: readonly TopicPartition[]): void {
    const places = new Set(partitions.map(placeOf))
    for (const [place, queue] of this.#queues) {
      if (places.has(place)) continue
      this.#drop(queue)
      this.#queues.delete(place)
      this.#stream?.offsetsToFetch.delete(place)
    }
    for (const place of this.#assigned) if (!places.has(place)) this.#replayEnds.delete(place)
    this.#fresh.clear()
    for (const place of places) if (!this.#assigned.has(place)) this.#fresh.add(place)
    this.#assigned = places
    this.#commits.keep(places)
    this.#events.assigned(partitions)
    this.#resumeIfRoom()
  }

  /** Asks again and again where replays begin, so that a rebalance need not wait for the answer. */
  async #followReplay(): Promise<void> {
    const ask = async (): Promise<void> => {
      const timestamp = BigInt(Date.now() - this.#settings.replayMs)
      const topics = [...this.#settings.topics]
      const found = await this.#consumer.listOffsetsWithTimestamps({ topics, timestamp })
      const from = new Map<string, bigint>()
      for (const [topic, partitions] of found)
        for (const [partition, { offset }] of partitions)
          if (offset >= 0n) from.set(placeOf({ topic, partition }), offset)
      this.#replayFrom = from
    }
    await ask()
    this.#replayTimer = setInterval(() => {
      ask().catch((thrown: unknown) => {
        this.#log.debug({ reason: String(thrown) }, 'offsets by time could not be asked for')
      })
    }, REPLAY_PLACES_MS)
  }

  /** Partitions that came anew are read from further back than the group has committed. */
  #rewind(stream: BytesStream): void {
    for (const place of this.#fresh) {
      const committed = stream.offsetsToFetch.get(place)
      if (committed === undefined) continue
      this.#fresh.delete(place)
      const from = this.#replayFrom.get(place)
      if (from === undefined || from >= committed) continue
      stream.offsetsToFetch.set(place, from)
      this.#replayEnds.set(place, committed)
    }
  }

  #drop(queue: PartitionQueue): void {
    if (queue.pause !== null) this.#events.paused(queue.at, false)
    queue.drop()
  }

  #take(message: BytesMessage): void {
    const { topic, partition, offset, key, value } = message
    const place = placeOf(message)
    // A fetch that was under way during a rebalance.
    if (this.#isClosing || !this.#assigned.has(place)) return
    let queue = this.#queues.get(place)
    if (queue === undefined) {
      queue = new PartitionQueue({ topic, partition })
      this.#queues.set(place, queue)
    }
    const headers = new Map<string, Buffer>()
    for (const [name, text] of message.headers) headers.set(String(name), text)
    const received = { offset, key: key ?? EMPTY, value: value ?? EMPTY, headers }
    if (!queue.add(received)) return
    if (!this.#isHeldUp && this.#buffered() > this.#settings.bufferedBytesMax) {
      this.#isHeldUp = true
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
    // What arrives together is delivered one by one; a turn later all of it is here.
    await new Promise<void>((resolve) => setImmediate(resolve))
    const place = placeOf(queue.at)
    const fitting = queue.first(this.#settings.batchMessages, this.#settings.batchBytes)
    const messages = this.#replayEnds.alike(place, fitting)
    const [first] = messages
    if (first === undefined) return
    const isReplay = this.#replayEnds.isReplay(place, first.offset)
    const { next, durable, pauseMs } = await this.#events.handle({
      ...queue.at,
      isReplay,
      messages,
    })
    // It is durable here even if the partition has gone, but its new owner may have committed more.
    if (!queue.isOurs && !this.#isClosing) return
    queue.forget(next)
    if (durable > (messages[0]?.offset ?? durable))
      this.#commits.add({ ...queue.at, offset: durable })
    this.#resumeIfRoom()
    if (pauseMs > 0 && queue.isOurs) this.#pause(queue, pauseMs)
  }

  #pause(queue: PartitionQueue, ms: number): void {
    this.#events.paused(queue.at, true)
    queue.pause = setTimeout(() => {
      queue.pause = null
      this.#events.paused(queue.at, false)
      this.#workOn(queue)
    }, ms)
  }

  #buffered(): number {
    let bytes = 0
    for (const queue of this.#queues.values()) bytes += queue.bytes
    return bytes
  }

  #resumeIfRoom(): void {
    if (!this.#isHeldUp || this.#buffered() > this.#settings.bufferedBytesMax / 2) return
    this.#isHeldUp = false
    this.#stream?.resume()
  }

  async #commit(offsets: readonly Offset[]): Promise<void> {
    await this.#consumer.commit({ offsets: offsets.map((o) => ({ ...o, leaderEpoch: -1 })) })
  }
}

const EMPTY = Buffer.alloc(0)
