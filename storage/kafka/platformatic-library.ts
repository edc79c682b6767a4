// The parts that producer and consumer of the @platformatic/kafka driver share: loading the library, the options of its connections, and
// the classification of its errors.

import type { EventEmitter } from 'node:events'
import { ObservaError } from '../../core/errors.ts'
import type { ConnectionSettings } from './driver.ts'

type Library = typeof import('@platformatic/kafka')

/** Loads the library on demand, so that installations with the other driver can omit its two dozen packages. */
export async function loadPlatformatic(): Promise<Library> {
  try {
    const library = await import('@platformatic/kafka')
    if (!isListening) library.connectionsConnectsChannel.start.subscribe(listenToErrors)
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
