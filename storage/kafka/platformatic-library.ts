// What the producer and the consumer of @platformatic/kafka share: loading the library, its connection, and what its errors
// mean.

import type { EventEmitter } from 'node:events'
import { ObservaError } from '../../core/errors.ts'
import type { ConnectionSettings } from './driver.ts'

type Library = typeof import('@platformatic/kafka')

/** Loaded only when it is asked for: an installation that uses the other driver can do without its two dozen packages. */
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

/** The options of a connection, for a producer and for a consumer. */
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

/** The code by which `driverError` knows what a failure of the library means; null for an error without one. */
export function codeOf(error: object): string | null {
  if ('apiId' in error && typeof error.apiId === 'string') return error.apiId
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  if (code === 'PLT_KFK_AUTHENTICATION') return 'SASL_AUTHENTICATION_FAILED'
  // The library reports a topic missing from the metadata as a mistake of the caller.
  const isUnknownTopic =
    code === 'PLT_KFK_USER' && error instanceof Error && error.message.startsWith('Unknown topic')
  return isUnknownTopic ? 'UNKNOWN_TOPIC_OR_PARTITION' : code
}
