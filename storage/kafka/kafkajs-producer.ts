// The producer of the kafkajs driver, which is the default. kafkajs makes few retries of its own. If they fail, the sender sends the
// messages again from the durable log.

import type { Producer } from 'kafkajs'
import type { Logger } from 'pino'
import { type Ack, type KafkaProducer, type ProducerSettings, settled } from './driver.ts'
import { kafkajsClient, toDriverError } from './kafkajs-client.ts'
import { kafkajs, patchKafkajs } from './kafkajs-faults.ts'
import type { KafkaMessage } from './message.ts'
import { partitionHash } from './partition.ts'

const ACKS_ALL = -1
/** The delays make at most one attempt per second, so that a missing topic or a wrong password does not cause a busy loop. */
const RETRY = { initialRetryTime: 1500, maxRetryTime: 10_000, factor: 0, retries: 2 }

export async function createKafkajsProducer(
  settings: ProducerSettings,
  log: Logger,
): Promise<KafkaProducer> {
  patchKafkajs()
  return new KafkajsProducer(settings, log)
}

class KafkajsProducer implements KafkaProducer {
  readonly #settings: ProducerSettings
  readonly #log: Logger
  #producer: Producer | null = null
  #connecting: Promise<Producer> | null = null
  readonly #running = new Set<Promise<unknown>>()

  constructor(settings: ProducerSettings, log: Logger) {
    this.#settings = settings
    this.#log = log
  }

  async send(topic: string, messages: readonly KafkaMessage[]): Promise<readonly Ack[]> {
    const sending = this.#send(topic, messages)
    this.#running.add(sending)
    try {
      return await sending
    } catch (error) {
      const known = toDriverError(error)
      if (known.kind === 'fenced') this.#drop()
      throw known
    } finally {
      this.#running.delete(sending)
    }
  }

  /** Waits for running sends and disconnects. Otherwise the retries of a running send would make kafkajs connect again. */
  async close(): Promise<void> {
    await settled(this.#running)
    const producer = this.#producer
    this.#producer = null
    await producer?.disconnect()
  }

  async #send(topic: string, messages: readonly KafkaMessage[]): Promise<readonly Ack[]> {
    const producer = await this.#connected()
    const { CompressionTypes } = kafkajs
    const types = {
      none: CompressionTypes.None,
      gzip: CompressionTypes.GZIP,
      zstd: CompressionTypes.ZSTD,
    }
    const stored = await producer.send({
      topic,
      acks: ACKS_ALL,
      timeout: this.#settings.requestTimeoutMs,
      compression: types[this.#settings.compression],
      messages: messages.map((m) => ({
        key: m.key,
        value: m.value,
        headers: Object.fromEntries(m.headers),
      })),
    })
    return stored.map((s) => ({ partition: s.partition, offset: BigInt(s.baseOffset ?? -1) }))
  }

  #connected(): Promise<Producer> {
    if (this.#producer !== null) return Promise.resolve(this.#producer)
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null
    })
    return this.#connecting
  }

  async #connect(): Promise<Producer> {
    const { idempotent, maxInFlight } = this.#settings
    const producer = kafkajsClient(this.#settings, this.#log, RETRY).producer({
      allowAutoTopicCreation: false,
      idempotent,
      maxInFlightRequests: idempotent ? 1 : maxInFlight,
      retry: RETRY,
      // Set explicitly, because the library's default changed between versions.
      createPartitioner:
        () =>
        ({ message, partitionMetadata }) =>
          partitionHash(message.key as Buffer) % partitionMetadata.length,
    })
    try {
      await producer.connect()
    } catch (error) {
      // A partly connected client would keep its sockets open. The next attempt creates a new client.
      this.#retire(producer)
      throw error
    }
    this.#producer = producer
    return producer
  }

  /** Discards the producer, because only a new one can continue after a fatal sequence error. */
  #drop(): void {
    const producer = this.#producer
    this.#producer = null
    if (producer !== null) this.#retire(producer)
  }

  #retire(producer: Producer): void {
    producer.disconnect().catch((error: unknown) => {
      this.#log.debug({ reason: String(error) }, 'the old producer did not disconnect cleanly')
    })
  }
}
