// The life cycle of the `kafka` receiver: it keeps a membership in the consumer group, opens a new one after a failure, and maintains the
// metrics.

import type { Component, Host, ReceiverContext } from '../../../core/component.ts'
import { ObservaError } from '../../../core/errors.ts'
import { counter, gauge, labelValue } from '../../../core/metrics.ts'
import { BATCH_TOO_LARGE } from '../../../storage/kafka/bounded-batches.ts'
import { connectionSettings } from '../../../storage/kafka/connection-config.ts'
import {
  type ConsumerEvents,
  type ConsumerSession,
  type ConsumerSettings,
  partitionKeyOf,
} from '../../../storage/kafka/consumer.ts'
import { CONSUMERS } from '../../../storage/kafka/consumers.ts'
import { DriverError } from '../../../storage/kafka/driver.ts'
import { PRODUCERS } from '../../../storage/kafka/producers.ts'
import { RECEIVER_METRICS, ReceiverCounts } from '../../http/receiver-counts.ts'
import type { Config } from './config.ts'
import { DeadLetterTopic } from './dead-letter-topic.ts'
import { Delivery, type DeliveryReport } from './deliver.ts'

export const METRICS = [
  ...RECEIVER_METRICS,
  counter(
    'observa_kafka_receiver_messages_total',
    'Messages by outcome: accepted (durable), replayed (read again after a rebalance), ignored, dead_lettered, refused, retried.',
    ['receiver', 'topic', 'outcome'],
  ),
  gauge(
    'observa_kafka_receiver_lag',
    'Consumer lag: uncommitted messages in the assigned partitions.',
    ['receiver', 'topic'],
  ),
  gauge('observa_kafka_receiver_partitions', 'Partitions that are assigned to this instance.', [
    'receiver',
  ]),
  gauge(
    'observa_kafka_receiver_paused_partitions',
    'Partitions that are paused, because the pipeline or the dead-letter topic accepts nothing at the moment.',
    ['receiver'],
  ),
  gauge(
    'observa_kafka_receiver_connected',
    '1 while the instance is a member of the group, else 0.',
    ['receiver'],
  ),
  gauge(
    'observa_kafka_receiver_incomplete_bytes',
    'Bytes of chunks that wait for the missing chunks of their message.',
    ['receiver'],
  ),
  counter('observa_kafka_receiver_rebalances_total', 'Rebalances of the consumer group.', [
    'receiver',
  ]),
  counter('observa_kafka_receiver_commits_total', 'Commits of offsets, by outcome.', [
    'receiver',
    'outcome',
  ]),
  counter(
    'observa_kafka_receiver_failures_total',
    'Consumer sessions that ended or could not be opened, by code.',
    ['receiver', 'code'],
  ),
]

const RETRY_FIRST_MS = 500
const RETRY_MAX_MS = 10_000
/** The delay after a failure that a person must fix, such as a missing topic or a wrong password. */
const BLOCKED_RETRY_MS = 10_000
const LAG_EVERY_MS = 5000
/** A partition that is paused repeatedly is logged at most once in this time. */
const WAITING_LOG_MS = 10_000

export class KafkaReceiver implements Component {
  readonly #config: Config
  readonly #host: Host
  readonly #delivery: Delivery
  readonly #deadLetters: DeadLetterTopic | null
  readonly #labels: string
  readonly #stopped = new AbortController()
  /** For each partition the offset up to which this process has handled messages, in all its sessions. */
  readonly #handledTo = new Map<string, bigint>()
  #session: ConsumerSession | null = null
  #running: Promise<void> | null = null
  #waitingSaidAt = Number.NEGATIVE_INFINITY
  #paused = 0

  constructor(config: Config, host: Host, ctx: ReceiverContext) {
    this.#config = config
    this.#host = host
    this.#labels = `receiver="${host.id}"`
    this.#deadLetters = deadLettersOf(config, host)
    const report = this.#reporting()
    this.#delivery = new Delivery(config, ctx.intake, this.#deadLetters, report, host.clock)
  }

  /** Starts without waiting for the brokers. If they cannot be reached, the instance starts anyway and logs a warning. */
  async start(): Promise<void> {
    const connection = await connectionSettings(this.#config)
    const settings: ConsumerSettings = {
      ...connection,
      groupId: this.#config.group_id,
      topics: this.#config.topics,
      initialOffset: this.#config.initial_offset,
      sessionTimeoutMs: this.#config.session_timeout,
      heartbeatMs: this.#config.heartbeat_interval,
      batchMessages: this.#config.batch.messages,
      batchBytes: this.#config.batch.bytes,
      replayMs: this.#config.replay,
      bufferedBytesMax: this.#config.buffer_bytes,
      isCareful: false,
    }
    const { metrics } = this.#host
    metrics.onCollect(() =>
      metrics.set(
        'observa_kafka_receiver_incomplete_bytes',
        this.#labels,
        this.#delivery.chunks.bytes,
      ),
    )
    this.#set('connected', 0)
    this.#set('paused_partitions', 0)
    this.#running = this.#run(settings)
  }

  /** Stops consuming. Resolves when all messages that were being delivered are durable and committed, or were given up for redelivery. */
  async stop(): Promise<void> {
    this.#delivery.isStopping = true
    this.#stopped.abort()
    await this.#session?.close()
    await this.#running
    await this.#deadLetters?.close()
  }

  async #run(settings: ConsumerSettings): Promise<void> {
    let failures = 0
    let isCareful = false
    while (!this.#stopped.signal.aborted) {
      const startedAt = this.#host.clock.monotonicMs()
      const error = await this.#once({ ...settings, isCareful })
      if (error === null) return
      const { code, kind } = error
      // A careful session passes what it meets.
      isCareful = code === BATCH_TOO_LARGE && !isCareful
      const labels = `${this.#labels},code="${labelValue(code)}"`
      this.#host.metrics.add('observa_kafka_receiver_failures_total', labels)
      // After a long membership the backoff starts again at its shortest delay. If joining fails repeatedly, the delay grows.
      failures = this.#host.clock.monotonicMs() - startedAt > RETRY_MAX_MS ? 1 : failures + 1
      const waitMs = kind === 'blocked' ? BLOCKED_RETRY_MS : this.#backoff(failures)
      this.#host.log.warn(
        { code, reason: error.message, retry_ms: waitMs },
        'not a member of the consumer group; trying again',
      )
      await this.#host.clock.sleep(waitMs, this.#stopped.signal).catch(() => undefined)
    }
  }

  #backoff(failures: number): number {
    const most = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** (failures - 1))
    return Math.round(most * (0.5 + this.#host.random() / 2))
  }

  /** Runs one membership from joining the group to its end. Resolves with the failure, or with null after a stop. */
  async #once(settings: ConsumerSettings): Promise<DriverError | null> {
    const { log } = this.#host
    let session: ConsumerSession
    try {
      session = await CONSUMERS[this.#config.driver](settings, this.#events(), log)
    } catch (thrown) {
      if (thrown instanceof DriverError) return thrown
      if (thrown instanceof ObservaError) log.error({ code: thrown.code }, thrown.message)
      return new DriverError('kafka_error', String(thrown), thrown)
    }
    this.#session = session
    const timer = setInterval(() => void this.#measureLag(session), LAG_EVERY_MS)
    if (this.#stopped.signal.aborted) await session.close()
    this.#set('connected', 1)
    log.info({ group: settings.groupId, topics: settings.topics }, 'member of the consumer group')
    try {
      return await session.ended
    } finally {
      clearInterval(timer)
      this.#set('connected', 0)
      this.#set('partitions', 0)
      await session.close()
      this.#session = null
    }
  }

  #events(): ConsumerEvents {
    const { metrics } = this.#host
    return {
      handle: async (batch) => {
        const handled = await this.#delivery.handle(batch)
        this.#handledTo.set(partitionKeyOf(batch), handled.next)
        return handled
      },
      handledTo: (partitionKey) => this.#handledTo.get(partitionKey) ?? null,
      assigned: (partitions) => {
        metrics.add('observa_kafka_receiver_rebalances_total', this.#labels)
        this.#set('partitions', partitions.length)
        this.#delivery.chunks.keep(new Set(partitions.map(partitionKeyOf)))
        this.#host.log.info(
          { partitions: partitions.map(partitionKeyOf) },
          'partitions of this instance',
        )
      },
      committed: (_at, _offset, error) => {
        const labels = `${this.#labels},outcome="${error === null ? 'ok' : 'failed'}"`
        metrics.add('observa_kafka_receiver_commits_total', labels)
      },
      paused: (_at, isPaused) => {
        this.#paused += isPaused ? 1 : -1
        this.#set('paused_partitions', this.#paused)
      },
    }
  }

  #reporting(): DeliveryReport {
    const { metrics, log, clock } = this.#host
    const counts = {
      traces: new ReceiverCounts(this.#host, 'traces', 'kafka'),
      logs: new ReceiverCounts(this.#host, 'logs', 'kafka'),
      metrics: new ReceiverCounts(this.#host, 'metrics', 'kafka'),
    }
    return {
      count: (topic, outcome, messages) => {
        const labels = `${this.#labels},topic="${labelValue(topic)}",outcome="${outcome}"`
        metrics.add('observa_kafka_receiver_messages_total', labels, messages)
      },
      accepted: (telemetry, verdict) => counts[telemetry].accepted(verdict),
      // What is handed over is a batch, whose messages are not for the log.
      lost: ({ topic, partition }, { message, reason, text }) =>
        log.error(
          { topic, partition, offset: String(message.offset), reason, detail: text },
          'a message is refused, and there is no dead_letter_topic for it',
        ),
      waiting: ({ topic, partition }, message, retryAfterS) => {
        const now = clock.monotonicMs()
        if (now - this.#waitingSaidAt < WAITING_LOG_MS) return
        this.#waitingSaidAt = now
        log.warn(
          { topic, partition, reason: message, retry_after_s: retryAfterS },
          'a partition waits',
        )
      },
    }
  }

  async #measureLag(session: ConsumerSession): Promise<void> {
    try {
      for (const [topic, lag] of await session.lag())
        this.#set('lag', Number(lag), `,topic="${labelValue(topic)}"`)
    } catch (thrown) {
      this.#host.log.debug({ reason: String(thrown) }, 'the lag could not be asked for')
    }
  }

  #set(name: string, value: number, labels = ''): void {
    this.#host.metrics.set(`observa_kafka_receiver_${name}`, `${this.#labels}${labels}`, value)
  }
}

function deadLettersOf(config: Config, host: Host): DeadLetterTopic | null {
  if (config.dead_letter_topic === undefined) return null
  const settings = {
    topic: config.dead_letter_topic,
    groupId: config.group_id,
    producer: async () => ({
      ...(await connectionSettings(config)),
      compression: 'none' as const,
      idempotent: false,
      maxInFlight: 1,
    }),
  }
  return new DeadLetterTopic(settings, PRODUCERS[config.driver], host.log)
}
