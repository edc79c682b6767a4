// Writes refused messages unchanged to the dead-letter topic, with the reason in headers. The offset of a refused message is committed
// only after it was written there.

import type { Logger } from 'pino'
import { messageOf } from '../../../core/errors.ts'
import type { TopicPartition } from '../../../storage/kafka/consumer.ts'
import {
  DriverError,
  type KafkaProducer,
  type ProducerFactory,
  type ProducerSettings,
} from '../../../storage/kafka/driver.ts'
import type { KafkaMessage, ReceivedMessage } from '../../../storage/kafka/message.ts'

export interface Refused {
  readonly message: ReceivedMessage
  /** The reason as one word, for metrics and filters. */
  readonly reason: string
  /** The reason as a sentence, which contains nothing of the payload. */
  readonly text: string
}

export interface DeadLetterSettings {
  readonly topic: string
  readonly groupId: string
  readonly producer: () => Promise<ProducerSettings>
}

export class DeadLetterTopic {
  readonly #settings: DeadLetterSettings
  readonly #make: ProducerFactory
  readonly #log: Logger
  #producer: Promise<KafkaProducer> | null = null

  constructor(settings: DeadLetterSettings, make: ProducerFactory, log: Logger) {
    this.#settings = settings
    this.#make = make
    this.#log = log
  }

  /** Writes the messages. Resolves with true when all are in the topic, and with false if the attempt must be repeated. */
  async send(at: TopicPartition, refused: readonly Refused[]): Promise<boolean> {
    const messages = refused.map((r) => this.#letter(at, r))
    try {
      await this.#write(await this.#connected(), messages)
      return true
    } catch (thrown) {
      const { topic } = this.#settings
      this.#log.warn({ topic, reason: messageOf(thrown) }, 'the dead-letter topic takes nothing')
      return false
    }
  }

  /**
   * Letters that are too large together are sent in halves. A single one loses its value, and then its key and its own headers: what is
   * left names the place of the message, and always fits.
   */
  async #write(producer: KafkaProducer, messages: readonly KafkaMessage[]): Promise<void> {
    try {
      await producer.send(this.#settings.topic, messages)
    } catch (error) {
      if (!isTooLarge(error)) throw error
      const [only] = messages
      const half = messages.length >> 1
      if (only === undefined || (half === 0 && isBare(only))) throw error
      if (half === 0) return this.#write(producer, [smaller(only)])
      await this.#write(producer, messages.slice(0, half))
      await this.#write(producer, messages.slice(half))
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer
    this.#producer = null
    try {
      await (await producer)?.close()
    } catch (thrown) {
      this.#log.debug({ reason: messageOf(thrown) }, 'the producer did not disconnect cleanly')
    }
  }

  async #connected(): Promise<KafkaProducer> {
    this.#producer ??= this.#settings.producer().then((s) => this.#make(s, this.#log))
    try {
      return await this.#producer
    } catch (thrown) {
      this.#producer = null
      throw thrown
    }
  }

  #letter({ topic, partition }: TopicPartition, { message, reason, text }: Refused): KafkaMessage {
    const about: Readonly<Record<string, string>> = {
      dead_letter_reason: reason,
      dead_letter_message: text,
      dead_letter_topic: topic,
      dead_letter_partition: String(partition),
      dead_letter_offset: String(message.offset),
      dead_letter_group: this.#settings.groupId,
    }
    const added = Object.entries(about).map(([name, value]) => [name, Buffer.from(value)] as const)
    const own = [...message.headers].filter(([name]) => !OURS.has(name))
    return { key: message.key, value: message.value, headers: [...own, ...added] }
  }
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof DriverError && (error.kind === 'too_large' || error.kind === 'rejected')

const VALUE_BYTES = 'dead_letter_value_bytes'
const KEY_BYTES = 'dead_letter_key_bytes'
/** The headers that say why and where from. Those of a message with these names are left out. */
const OURS: ReadonlySet<string> = new Set([
  'dead_letter_reason',
  'dead_letter_message',
  'dead_letter_topic',
  'dead_letter_partition',
  'dead_letter_offset',
  'dead_letter_group',
  VALUE_BYTES,
  KEY_BYTES,
])

const isBare = ({ key, value, headers }: KafkaMessage): boolean =>
  key.length + value.length === 0 && headers.every(([name]) => OURS.has(name))

/** The headers name topic, partition and offset of the original message, which the topic may still contain. */
function smaller({ key, value, headers }: KafkaMessage): KafkaMessage {
  const size = (name: string, bytes: Buffer) => [name, Buffer.from(String(bytes.length))] as const
  const empty = Buffer.alloc(0)
  if (value.length > 0)
    return { key, value: empty, headers: [...headers, size(VALUE_BYTES, value)] }
  const ours = headers.filter(([name]) => OURS.has(name))
  return { key: empty, value, headers: [...ours, size(KEY_BYTES, key)] }
}
