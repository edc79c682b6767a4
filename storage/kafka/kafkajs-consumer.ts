// The consumer of the kafkajs driver. kafkajs delivers the messages of each partition in batches. While a batch is processed, it sends
// heartbeats only on request, so this file sends them for long batches. The rest of a batch that must wait is dropped, the partition is
// paused, and kafkajs fetches the rest again after that.

import type { Admin, Consumer, EachBatchPayload } from 'kafkajs'
import type { Logger } from 'pino'
import { CommitQueue, type Offset } from './commit-queue.ts'
import {
  type ConsumerEvents,
  type ConsumerSession,
  type ConsumerSettings,
  newPartitions,
  PartitionCounts,
  partitionKeyOf,
  ReplayEnds,
  replayStart,
  type TopicPartition,
} from './consumer.ts'
import type { DriverError } from './driver.ts'
import { kafkajsClient, toDriverError } from './kafkajs-client.ts'
import { patchKafkajs } from './kafkajs-faults.ts'
import type { ReceivedMessage } from './message.ts'

const RETRY = { initialRetryTime: 300, maxRetryTime: 3000, retries: 3 }
const FETCH_WAIT_MS = 250
const PARTITIONS_AT_ONCE = 16
/** The longest time that `close` waits for the library to leave the group. It is needed if the brokers do not answer. */
const CLOSE_MS = 5000

export async function openKafkajsSession(
  settings: ConsumerSettings,
  events: ConsumerEvents,
  log: Logger,
): Promise<ConsumerSession> {
  patchKafkajs()
  const session = new KafkajsSession(settings, events, log)
  try {
    await session.open()
  } catch (thrown) {
    await session.close()
    throw toDriverError(thrown)
  }
  return session
}

class KafkajsSession implements ConsumerSession {
  readonly #settings: ConsumerSettings
  readonly #events: ConsumerEvents
  readonly #log: Logger
  readonly #consumer: Consumer
  readonly #client: ReturnType<typeof kafkajsClient>
  readonly #commits: CommitQueue
  readonly #end = Promise.withResolvers<DriverError | null>()
  /** The paused partitions, each with the timer that resumes it. */
  readonly #paused = new Map<
    string,
    { readonly at: TopicPartition; readonly timer: NodeJS.Timeout }
  >()
  readonly #working = new Set<Promise<void>>()
  readonly #replayEnds = new ReplayEnds()
  #assigned: readonly TopicPartition[] = []
  #admin: Admin | null = null
  #isClosing = false
  readonly #counts = new PartitionCounts()

  constructor(settings: ConsumerSettings, events: ConsumerEvents, log: Logger) {
    this.#settings = settings
    this.#events = events
    this.#log = log
    this.#client = kafkajsClient(settings, log, RETRY)
    this.#consumer = this.#client.consumer({
      groupId: settings.groupId,
      sessionTimeout: settings.sessionTimeoutMs,
      rebalanceTimeout: Math.max(settings.sessionTimeoutMs, 30_000),
      heartbeatInterval: settings.heartbeatMs,
      // A fetch brings one batch of each partition. Otherwise the first partition with a backlog fills it, and the others wait behind it.
      maxBytes: settings.bufferedBytesMax,
      maxBytesPerPartition: Math.min(settings.batchBytes, settings.bufferedBytesMax),
      maxWaitTimeInMs: FETCH_WAIT_MS,
      allowAutoTopicCreation: false,
      // The library must not restart the consumer, because the owner of the session opens another one after a delay.
      retry: { ...RETRY, restartOnFailure: () => Promise.resolve(false) },
    })
    this.#commits = new CommitQueue((offsets) => this.#commit(offsets), toDriverError, events)
  }

  get ended(): Promise<DriverError | null> {
    return this.#end.promise
  }

  async open(): Promise<void> {
    const consumer = this.#consumer
    consumer.on(consumer.events.CRASH, ({ payload }) => this.#fail(payload.error))
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const assignment = Object.entries(payload.memberAssignment)
      this.#assign(
        assignment.flatMap(([topic, partitions]) =>
          partitions.map((partition) => ({ topic, partition })),
        ),
      )
    })
    await consumer.connect()
    const fromBeginning = this.#settings.initialOffset === 'earliest'
    await consumer.subscribe({ topics: [...this.#settings.topics], fromBeginning })
    const joined = new Promise<void>((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, () => resolve())
    })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachBatch: (payload) => this.#batch(payload),
    })
    const failed = this.ended.then((error) => {
      if (error !== null) throw error
    })
    await Promise.race([joined, failed])
  }

  async #connectedAdmin(): Promise<Admin> {
    if (this.#admin === null) {
      this.#admin = this.#client.admin()
      await this.#admin.connect()
    }
    return this.#admin
  }

  /**
   * Starts the replay of newly assigned partitions by seeking to an earlier offset. The library may already have fetched from the
   * committed offset; it then fetches again from the earlier one.
   */
  async #rewind(newlyAssigned: readonly TopicPartition[]): Promise<void> {
    const admin = await this.#connectedAdmin()
    const { groupId, topics, replayMs } = this.#settings
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics] })
    for (const { topic, partitions } of committed) {
      const byTime = await admin.fetchTopicOffsetsByTimestamp(topic, Date.now() - replayMs)
      for (const { partition, offset } of partitions) {
        const at = { topic, partition }
        const found = byTime.find((p) => p.partition === partition)?.offset
        const from = replayStart(BigInt(found ?? offset), this.#events, partitionKeyOf(at)) ?? -1n
        const isNewlyAssigned = newlyAssigned.some((p) => partitionKeyOf(p) === partitionKeyOf(at))
        if (!isNewlyAssigned || from < 0n || from >= BigInt(offset)) continue
        this.#replayEnds.set(partitionKeyOf(at), BigInt(offset))
        this.#consumer.seek({ ...at, offset: String(from) })
      }
    }
  }

  async lag(): Promise<ReadonlyMap<string, bigint>> {
    const admin = await this.#connectedAdmin()
    const { groupId, topics } = this.#settings
    const ours = new Set(this.#assigned.map(partitionKeyOf))
    const committed = await admin.fetchOffsets({ groupId, topics: [...topics] })
    const out = new Map<string, bigint>()
    // The metadata behind offsets are minutes old.
    for (const { name, partitions } of (await admin.fetchTopicMetadata({ topics: [...topics] }))
      .topics)
      if (this.#counts.isHigher(name, partitions.length)) this.#fail(newPartitions(name))
    for (const { topic, partitions } of committed) {
      const known = new Map(partitions.map((p) => [p.partition, BigInt(p.offset)]))
      let lag = 0n
      for (const { partition, high, low } of await admin.fetchTopicOffsets(topic)) {
        if (!ours.has(partitionKeyOf({ topic, partition }))) continue
        const at = known.get(partition) ?? -1n
        lag += BigInt(high) - (at < 0n ? BigInt(low) : at)
      }
      out.set(topic, lag)
    }
    return out
  }

  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    for (const partitionKey of this.#paused.keys()) this.#unpause(partitionKey)
    await Promise.all(this.#working)
    await this.#commits.close()
    const timeout = new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref())
    const leaving = Promise.all([this.#consumer.disconnect(), this.#admin?.disconnect()])
    try {
      await Promise.race([leaving, timeout])
    } catch (thrown) {
      this.#log.debug({ reason: String(thrown) }, 'the consumer did not leave cleanly')
    }
    this.#end.resolve(null)
  }

  #fail(error: unknown): void {
    if (!this.#isClosing) this.#end.resolve(toDriverError(error))
  }

  #assign(partitions: readonly TopicPartition[]): void {
    const before = new Set(this.#assigned.map(partitionKeyOf))
    this.#assigned = partitions
    const partitionKeys = new Set(partitions.map(partitionKeyOf))
    for (const partitionKey of before)
      if (!partitionKeys.has(partitionKey)) this.#replayEnds.delete(partitionKey)
    const newlyAssigned = partitions.filter((p) => !before.has(partitionKeyOf(p)))
    if (this.#settings.replayMs > 0 && newlyAssigned.length > 0)
      this.#rewind(newlyAssigned).catch((thrown: unknown) => {
        this.#log.warn({ reason: String(thrown) }, 'what came before cannot be read again')
      })
    for (const partitionKey of this.#paused.keys())
      if (!partitionKeys.has(partitionKey)) this.#unpause(partitionKey)
    this.#commits.keep(partitionKeys)
    this.#events.assigned(partitions)
  }

  #unpause(partitionKey: string): void {
    const paused = this.#paused.get(partitionKey)
    if (paused === undefined) return
    clearTimeout(paused.timer)
    this.#paused.delete(partitionKey)
    this.#events.paused(paused.at, false)
  }

  async #batch(payload: EachBatchPayload): Promise<void> {
    const working = this.#handleAll(payload)
    const settled = working.catch(() => undefined)
    this.#working.add(settled)
    try {
      await working
    } finally {
      this.#working.delete(settled)
    }
  }

  /** Handles all messages of a batch. Rejects only if a heartbeat failed; the library then rejoins the group. */
  async #handleAll(payload: EachBatchPayload): Promise<void> {
    const { topic, partition } = payload.batch
    const at = { topic, partition }
    const messages = payload.batch.messages.map(received)
    let lost: unknown = null
    const alive = setInterval(() => {
      payload.heartbeat().catch((thrown: unknown) => {
        lost = thrown
      })
    }, this.#settings.heartbeatMs)
    try {
      for (let from = 0; from < messages.length; ) {
        if (!payload.isRunning() || payload.isStale() || this.#isClosing || lost !== null) break
        const partitionKey = partitionKeyOf(at)
        const given = this.#replayEnds.uniformPrefix(
          partitionKey,
          slice(messages, from, this.#settings),
        )
        const start = given[0]?.offset ?? 0n
        const isReplay = this.#replayEnds.isReplay(partitionKey, start)
        const batch = { ...at, isReplay, messages: given }
        const { next, durable, pauseMs } = await this.#events.handle(batch)
        if (durable > start && !isReplay) this.#commits.add({ ...at, offset: durable })
        if (next > 0n) payload.resolveOffset(String(next - 1n))
        while (from < messages.length && (messages[from]?.offset ?? next) < next) from++
        if (pauseMs > 0 && !this.#isClosing) {
          this.#pause(payload, at, pauseMs)
          break
        }
        await payload.heartbeat()
      }
    } finally {
      clearInterval(alive)
    }
    if (lost !== null) throw lost
  }

  #pause(payload: EachBatchPayload, at: TopicPartition, ms: number): void {
    const resume = payload.pause()
    const partitionKey = partitionKeyOf(at)
    const timer = setTimeout(() => {
      this.#unpause(partitionKey)
      resume()
    }, ms)
    this.#paused.set(partitionKey, { at, timer })
    this.#events.paused(at, true)
  }

  async #commit(offsets: readonly Offset[]): Promise<void> {
    await this.#consumer.commitOffsets(
      offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) })),
    )
  }
}

/** Returns the messages from an index on, as many as one call of `handle` may get. */
function slice(
  messages: readonly ReceivedMessage[],
  from: number,
  { batchMessages, batchBytes }: ConsumerSettings,
): ReceivedMessage[] {
  const out: ReceivedMessage[] = []
  let bytes = 0
  for (const message of messages.slice(from, from + batchMessages)) {
    bytes += message.value.length
    if (out.length > 0 && bytes > batchBytes) break
    out.push(message)
  }
  return out
}

type FetchedMessage = EachBatchPayload['batch']['messages'][number]

function received({ offset, key, value, headers }: FetchedMessage): ReceivedMessage {
  const named = new Map<string, Buffer>()
  for (const [name, text] of Object.entries(headers ?? {})) {
    const last = Array.isArray(text) ? text.at(-1) : text
    // A header without a value is null, of which the types of the library know nothing.
    named.set(name, last ? Buffer.from(last) : Buffer.alloc(0))
  }
  return {
    offset: BigInt(offset),
    key: key ?? Buffer.alloc(0),
    value: value ?? Buffer.alloc(0),
    headers: named,
  }
}
