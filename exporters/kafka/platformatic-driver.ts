// The faster driver: @platformatic/kafka 2.12.1 or later (1.x lost acknowledged messages when idempotent). It uses no
// transactions and, like the other driver, few retries of its own.

import type { EventEmitter } from 'node:events'
import type { Producer } from '@platformatic/kafka'
import type { Logger } from 'pino'
import { ObservaError } from '../../core/errors.ts'
import { type Ack, type DriverSettings, driverError, type KafkaDriver, settled } from './driver.ts'
import { partitionHash } from './partition.ts'
import type { KafkaMessage } from './records.ts'

const ACKS_ALL = -1
const RETRIES = 2
const RETRY_DELAY_MS = 1500

type BytesProducer = Producer<Buffer, Buffer, Buffer, Buffer>

export async function createPlatformaticDriver(
  settings: DriverSettings,
  log: Logger,
): Promise<KafkaDriver> {
  const library = await load()
  if (!isListening) library.connectionsConnectsChannel.start.subscribe(listenToErrors)
  isListening = true
  return new PlatformaticDriver(settings, log, (options) => new library.Producer(options))
}

/** Loaded only when it is asked for: an installation that uses the other driver can do without its two dozen packages. */
async function load(): Promise<typeof import('@platformatic/kafka')> {
  try {
    return await import('@platformatic/kafka')
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_MODULE_NOT_FOUND'))
      throw thrown
    throw new ObservaError(
      'OBS_KAFKA_DRIVER_MISSING',
      'the package @platformatic/kafka, which `driver: platformatic` needs, is not installed.',
      'Install it, or use `driver: kafkajs`.',
      { cause: thrown },
    )
  }
}

/** The diagnostics channel exists once in the process, so one listener is enough. */
let isListening = false

/**
 * When a connection of @platformatic/kafka 2.12.1 breaks while it authenticates, it emits its error twice but has only one
 * listener. The second error would end the process. The send that waits for the connection reports the failure.
 */
function listenToErrors(event: unknown): void {
  const { connection } = event as { readonly connection: EventEmitter }
  if (!connection.listeners('error').includes(ignoreError)) connection.on('error', ignoreError)
}

function ignoreError(): void {
  // The waiting send reports the error.
}

type Options = ConstructorParameters<typeof Producer<Buffer, Buffer, Buffer, Buffer>>[0]

class PlatformaticDriver implements KafkaDriver {
  readonly #settings: DriverSettings
  readonly #log: Logger
  readonly #make: (options: Options) => BytesProducer
  #producer: BytesProducer | null = null
  readonly #running = new Set<Promise<unknown>>()
  /** Header names as bytes, cached because there are only a few. */
  readonly #names = new Map<string, Buffer>()

  constructor(settings: DriverSettings, log: Logger, make: (options: Options) => BytesProducer) {
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
        // The library computes this modulo the number of partitions.
        partition: partitionHash(m.key),
      })),
    })
    return (stored.offsets ?? []).map(({ partition, offset }) => ({ partition, offset }))
  }

  #options(): Options {
    const s = this.#settings
    return {
      clientId: s.clientId,
      bootstrapBrokers: [...s.brokers],
      autocreateTopics: false,
      acks: ACKS_ALL,
      compression: s.compression,
      idempotent: s.idempotent,
      retries: RETRIES,
      retryDelay: RETRY_DELAY_MS,
      timeout: s.requestTimeoutMs,
      requestTimeout: s.requestTimeoutMs,
      connectTimeout: s.connectTimeoutMs,
      maxInflights: s.idempotent ? 1 : s.maxInFlight,
      ...(s.tls === null ? {} : { tls: { ...s.tls, minVersion: 'TLSv1.2' as const } }),
      ...(s.sasl === null
        ? {}
        : {
            sasl: {
              mechanism: SASL_NAMES[s.sasl.mechanism],
              username: s.sasl.username,
              password: s.sasl.password,
            },
          }),
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

const SASL_NAMES = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const

function codeOf(error: object): string | null {
  if ('apiId' in error && typeof error.apiId === 'string') return error.apiId
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  if (code === 'PLT_KFK_AUTHENTICATION') return 'SASL_AUTHENTICATION_FAILED'
  // The library reports a topic missing from the metadata as a mistake of the caller.
  const isUnknownTopic =
    code === 'PLT_KFK_USER' && error instanceof Error && error.message.startsWith('Unknown topic')
  return isUnknownTopic ? 'UNKNOWN_TOPIC_OR_PARTITION' : code
}
