// The parts that producer and consumer of the @platformatic/kafka driver share: loading the library, the options of its connections, and
// the classification of its errors.

import type { EventEmitter } from 'node:events'
import { ObservaError } from '../../core/errors.ts'
import { BATCH_TOO_LARGE, bounded, checkRecords } from './bounded-batches.ts'
import type { TopicPartition } from './consumer.ts'
import { type ConnectionSettings, driverError } from './driver.ts'

type Library = typeof import('@platformatic/kafka')

/** Loads the library on demand, so that installations with the other driver can omit its two dozen packages. */
export async function loadPlatformatic(): Promise<Library> {
  try {
    const library = await import('@platformatic/kafka')
    if (!isListening) {
      library.connectionsConnectsChannel.start.subscribe(listenToErrors)
      boundBatches(library)
    }
    isListening = true
    return library
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

/** The library decompresses with these functions, and knows no limit. Snappy and LZ4 make at most some hundred bytes of one. */
function boundBatches({ compressionsAlgorithms }: Library): void {
  for (const [name, algorithm] of Object.entries(compressionsAlgorithms)) {
    const { decompressSync } = algorithm
    const decompress = name === 'gzip' || name === 'zstd' ? bounded[name] : null
    // The library passes slices of its buffer, which are of Node.
    const decompressBounded = (data: Buffer): Buffer =>
      checkRecords(decompress === null ? decompressSync(data) : decompress(data))
    Object.assign(algorithm, { decompressSync: decompressBounded })
  }
}

/** True after the listener was added. One listener is enough, because the diagnostics channel exists once per process. */
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

type BytesConsumer = import('@platformatic/kafka').Consumer<Buffer, Buffer, Buffer, Buffer>

/** Returns a function that says whether the library can read what a fetch from an offset brings. It rejects for other failures. */
export function fetchesOf(consumer: BytesConsumer, topics: readonly string[]) {
  return async ({ topic, partition }: TopicPartition, fetchOffset: bigint): Promise<boolean> => {
    const metadata = await consumer.metadata({ topics: [...topics] })
    const found = metadata.topics.get(topic)
    const node = found?.partitions[partition]?.leader
    if (found === undefined || node === undefined) return true
    const epochs = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 }
    // A broker sends at least one whole batch.
    const partitions = [{ partition, fetchOffset, partitionMaxBytes: 1, ...epochs }]
    const limits = { maxBytes: 1, minBytes: 0, maxWaitTime: 0 }
    try {
      await consumer.fetch({ node, topics: [{ topicId: found.id, partitions }], ...limits })
      return true
    } catch (thrown) {
      const { code } = driverError(thrown, codeOf)
      if (code === BATCH_TOO_LARGE) return false
      // There is nothing to read behind the end.
      if (code === 'OFFSET_OUT_OF_RANGE') return true
      throw thrown
    }
  }
}

/** Returns the connection options of the library, for producers and consumers. */
export function connectionOptions(s: ConnectionSettings) {
  return {
    clientId: s.clientId,
    bootstrapBrokers: [...s.brokers],
    requestTimeout: s.requestTimeoutMs,
    connectTimeout: s.connectTimeoutMs,
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

const SASL_NAMES = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
} as const

/** Returns the code by which `driverError` classifies an error of the library; null for an error without a code. */
export function codeOf(error: object): string | null {
  if ('apiId' in error && typeof error.apiId === 'string') return error.apiId
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  if (code === 'PLT_KFK_AUTHENTICATION') return 'SASL_AUTHENTICATION_FAILED'
  // If a topic is missing from the metadata, the library reports a user error.
  const isUnknownTopic =
    code === 'PLT_KFK_USER' && error instanceof Error && error.message.startsWith('Unknown topic')
  return isUnknownTopic ? 'UNKNOWN_TOPIC_OR_PARTITION' : code
}
