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
      const producer = await this.#connected()
      await producer.send(this.#settings.topic, messages).catch((error: unknown) => {
        if (!isTooLarge(error)) throw error
        return producer.send(this.#settings.topic, messages.map(emptied))
      })
      return true
    } catch (thrown) {
      const { topic } = this.#settings
      this.#log.warn({ topic, reason: messageOf(thrown) }, 'the dead-letter topic takes nothing')
      return false
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
    const own = [...message.headers].filter(([name]) => about[name] === undefined)
    return { key: message.key, value: message.value, headers: [...own, ...added] }
  }
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof DriverError && (error.kind === 'too_large' || error.kind === 'rejected')

/** Returns the headers, which name topic, partition and offset of the original message. The topic may still contain it. */
function emptied(message: KafkaMessage): KafkaMessage {
  const size = ['dead_letter_value_bytes', Buffer.from(String(message.value.length))] as const
  return { ...message, value: Buffer.alloc(0), headers: [...message.headers, size] }
}
