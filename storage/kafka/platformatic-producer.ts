// The producer of the @platformatic/kafka driver, which is faster than kafkajs. It needs version 2.12.1 or later, because idempotent
// producers of 1.x lost acknowledged messages. It uses no transactions and, like the other driver, few retries of its own.

import type { Producer } from '@platformatic/kafka'
import type { Logger } from 'pino'
import {
  type Ack,
  driverError,
  type KafkaProducer,
  type ProducerSettings,
  settled,
} from './driver.ts'
import type { KafkaMessage } from './message.ts'
import { partitionHash } from './partition.ts'
import { codeOf, connectionOptions, loadPlatformatic } from './platformatic-library.ts'

const ACKS_ALL = -1
const RETRIES = 2
const RETRY_DELAY_MS = 1500

type BytesProducer = Producer<Buffer, Buffer, Buffer, Buffer>

export async function createPlatformaticProducer(
  settings: ProducerSettings,
  log: Logger,
): Promise<KafkaProducer> {
  const library = await loadPlatformatic()
  return new PlatformaticProducer(settings, log, (options) => new library.Producer(options))
}

type Options = ConstructorParameters<typeof Producer<Buffer, Buffer, Buffer, Buffer>>[0]

class PlatformaticProducer implements KafkaProducer {
  readonly #settings: ProducerSettings
  readonly #log: Logger
  readonly #make: (options: Options) => BytesProducer
  #producer: BytesProducer | null = null
  readonly #running = new Set<Promise<unknown>>()
  /** Header names as bytes, cached because there are only a few. */
  readonly #names = new Map<string, Buffer>()

  constructor(settings: ProducerSettings, log: Logger, make: (options: Options) => BytesProducer) {
    this.#settings = settings
    this.#log = log
    this.#make = make
  }

  async send(topic: string, messages: readonly KafkaMessage[]): Promise<readonly Ack[]> {
    const sending = this.#send(topic, messages)
    this.#running.add(sending)
    try {
      return await sending
    } catch (error) {
      const known = driverError(error, codeOf)
      if (known.kind === 'fenced') this.#drop()
      throw known
    } finally {
      this.#running.delete(sending)
    }
  }

  async close(): Promise<void> {
    await settled(this.#running)
    const producer = this.#producer
    this.#producer = null
    await producer?.close()
  }

  async #send(topic: string, messages: readonly KafkaMessage[]): Promise<readonly Ack[]> {
    this.#producer ??= this.#make(this.#options())
    const stored = await this.#producer.send({
      acks: ACKS_ALL,
      messages: messages.map((m) => ({
        topic,
        key: m.key,
        value: m.value,
        headers: new Map(m.headers.map(([name, text]) => [this.#name(name), text])),
        // The library takes this number modulo the number of partitions.
        partition: partitionHash(m.key),
      })),
    })
    return (stored.offsets ?? []).map(({ partition, offset }) => ({ partition, offset }))
  }

  #options(): Options {
    const s = this.#settings
    return {
      ...connectionOptions(s),
      autocreateTopics: false,
      acks: ACKS_ALL,
      compression: s.compression,
      idempotent: s.idempotent,
      retries: RETRIES,
      retryDelay: RETRY_DELAY_MS,
      timeout: s.requestTimeoutMs,
      maxInflights: s.idempotent ? 1 : s.maxInFlight,
    }
  }

  #name(text: string): Buffer {
    let bytes = this.#names.get(text)
    if (bytes === undefined) {
      bytes = Buffer.from(text)
      this.#names.set(text, bytes)
    }
    return bytes
  }

  #drop(): void {
    const producer = this.#producer
    this.#producer = null
    producer?.close(true).catch((error: unknown) => {
      this.#log.debug({ reason: String(error) }, 'the old producer did not close cleanly')
    })
  }
}
