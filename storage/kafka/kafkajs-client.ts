// The parts that producer and consumer of the kafkajs driver share: the client, its logging, and the classification of its errors.

import { connect, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory, logCreator, logLevel, RetryOptions } from 'kafkajs'
import type { Logger } from 'pino'
import { isLinkLocalHost } from '../../core/config/config-types.ts'
import { guardedLookup, REFUSED_CODE, refusalText } from '../../core/http/guarded-lookup.ts'
import { type ConnectionSettings, type DriverError, driverError } from './driver.ts'
import { kafkajs } from './kafkajs-faults.ts'

export function kafkajsClient(
  settings: ConnectionSettings,
  log: Logger,
  retry: RetryOptions,
): InstanceType<typeof kafkajs.Kafka> {
  const { brokers, clientId, connectTimeoutMs, requestTimeoutMs, tls, sasl } = settings
  const isGuarded = settings.allowsLinkLocal !== true
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    retry,
    logCreator: logTo(log),
    ...(isGuarded ? { socketFactory: guardedSocket } : {}),
    ...(tls === null ? {} : { ssl: { ...tls, minVersion: 'TLSv1.2' as const } }),
    ...(sasl === null ? {} : { sasl: saslOf(sasl) }),
  })
}

const KEEP_ALIVE_MS = 60_000

/**
 * Opens the connections as kafkajs does by itself, and none to a link-local address: names are configured, and the brokers name further
 * hosts.
 */
const guardedSocket: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const name = host.replace(/^\[|\]$/g, '')
  if (isLinkLocalHost(name))
    throw Object.assign(new Error(refusalText(name)), { code: REFUSED_CODE })
  const to = { host, port, lookup: guardedLookup }
  const socket = ssl
    ? connectTls({ ...to, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect)
    : connect(to, onConnect)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  return socket
}

type Sasl = NonNullable<ConnectionSettings['sasl']>

/** kafkajs has a separate type for each mechanism, so the union is written out. */
function saslOf({ mechanism, username, password }: Sasl): import('kafkajs').SASLOptions {
  if (mechanism === 'plain') return { mechanism, username, password }
  return mechanism === 'scram-sha-256'
    ? { mechanism, username, password }
    : { mechanism, username, password }
}

/**
 * kafkajs logs each failed attempt as an error, although it retries. This function logs them as warnings, and messages of level info as
 * debug messages.
 */
function logTo(log: Logger): logCreator {
  return () =>
    ({ level, namespace, log: entry }) => {
      const broker: unknown = entry['broker']
      const about = { namespace, ...(typeof broker === 'string' ? { broker } : {}) }
      if (level <= (kafkajs.logLevel.WARN satisfies logLevel)) log.warn(about, entry.message)
      else log.debug(about, entry.message)
    }
}

/** Classifies an error of kafkajs. */
export function toDriverError(error: unknown): DriverError {
  return driverError(error, (e) => {
    if ('type' in e && typeof e.type === 'string') return e.type
    if ('name' in e && e.name === 'KafkaJSSASLAuthenticationError')
      return 'SASL_AUTHENTICATION_FAILED'
    if ('code' in e && typeof e.code === 'string') return e.code
    return 'name' in e && typeof e.name === 'string' ? e.name : null
  })
}
