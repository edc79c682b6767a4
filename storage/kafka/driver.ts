// The types that both Kafka drivers share: the settings of a connection, the interface of a producer, and the classification of failures.
// The interface of a consumer is in `consumer.ts`.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { BATCH_TOO_LARGE } from './bounded-batches.ts'
import type { KafkaMessage } from './message.ts'

export type DriverName = 'kafkajs' | 'platformatic'

export interface ConnectionSettings {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly requestTimeoutMs: number
  readonly connectTimeoutMs: number
  /** Whether brokers may have link-local addresses and those of cloud metadata services. */
  readonly allowsLinkLocal?: boolean
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  } | null
}

export interface ProducerSettings extends ConnectionSettings {
  readonly compression: 'none' | 'gzip' | 'zstd'
  readonly idempotent: boolean
  readonly maxInFlight: number
}

/** Where a record batch was stored. `offset` is the offset of its first message. */
export interface Ack {
  readonly partition: number
  readonly offset: bigint
}

export interface KafkaProducer {
  /** Connects if needed. Resolves when all in-sync replicas have the messages; throws a DriverError otherwise. */
  send(topic: string, messages: readonly KafkaMessage[]): Promise<readonly Ack[]>
  /** Waits for running sends, then disconnects. */
  close(): Promise<void>
}

/** How long closing waits for running sends. It may give up, because the log still has their data. */
const SETTLE_MAX_MS = 10_000

/** Resolves when all sends have ended, or after `SETTLE_MAX_MS`. */
export async function settled(running: Iterable<Promise<unknown>>): Promise<void> {
  const patience = new AbortController()
  const enough = sleep(SETTLE_MAX_MS, undefined, { signal: patience.signal }).catch(() => undefined)
  await Promise.race([Promise.allSettled(running), enough])
  patience.abort()
}

export type ProducerFactory = (settings: ProducerSettings, log: Logger) => Promise<KafkaProducer>

/**
 * - retry: the cluster is busy, changing leaders or unreachable
 * - blocked: somebody must first fix a topic, a permission or credentials
 * - fenced: the broker no longer accepts this producer; a new one can continue
 * - too_large: the message or batch is above the broker's limit
 * - rejected: the broker will never accept these messages
 */
export type FailureKind = 'retry' | 'blocked' | 'fenced' | 'too_large' | 'rejected'

export class DriverError extends Error {
  readonly kind: FailureKind
  readonly code: string

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause })
    this.name = 'DriverError'
    this.code = code
    this.kind = kindOf(code)
  }
}

const KINDS: Readonly<Record<string, FailureKind>> = {
  [BATCH_TOO_LARGE]: 'retry',
  OFFSET_OUT_OF_RANGE: 'retry',
  MESSAGE_TOO_LARGE: 'too_large',
  RECORD_LIST_TOO_LARGE: 'too_large',
  UNKNOWN_TOPIC_OR_PARTITION: 'blocked',
  INVALID_TOPIC_EXCEPTION: 'blocked',
  TOPIC_AUTHORIZATION_FAILED: 'blocked',
  CLUSTER_AUTHORIZATION_FAILED: 'blocked',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'blocked',
  SASL_AUTHENTICATION_FAILED: 'blocked',
  UNSUPPORTED_SASL_MECHANISM: 'blocked',
  ILLEGAL_SASL_STATE: 'blocked',
  INVALID_REQUIRED_ACKS: 'blocked',
  POLICY_VIOLATION: 'blocked',
  UNSUPPORTED_VERSION: 'blocked',
  UNSUPPORTED_COMPRESSION_TYPE: 'blocked',
  OUT_OF_ORDER_SEQUENCE_NUMBER: 'fenced',
  DUPLICATE_SEQUENCE_NUMBER: 'fenced',
  INVALID_PRODUCER_EPOCH: 'fenced',
  UNKNOWN_PRODUCER_ID: 'fenced',
  PRODUCER_FENCED: 'fenced',
  INVALID_RECORD: 'rejected',
  INVALID_TIMESTAMP: 'rejected',
  UNSUPPORTED_FOR_MESSAGE_FORMAT: 'rejected',
}

const kindOf = (code: string): FailureKind => KINDS[code] ?? 'retry'

/**
 * Finds the most informative code in an error and its causes, because libraries wrap the broker's answer in retries,
 * aggregates and causes. A code that decides the kind of failure is preferred to one that does not.
 */
export function driverError(
  thrown: unknown,
  codeOf: (error: object) => string | null,
): DriverError {
  const found: { code: string; message: string }[] = []
  const visit = (error: unknown, depth: number): void => {
    if (typeof error !== 'object' || error === null || depth > 8) return
    const code = codeOf(error)
    if (code !== null) found.push({ code, message: error instanceof Error ? error.message : code })
    if (error instanceof AggregateError) for (const inner of error.errors) visit(inner, depth + 1)
    if (error instanceof Error) visit(error.cause, depth + 1)
  }
  visit(thrown, 0)
  const best = found.find((f) => KINDS[f.code] !== undefined) ?? found[0]
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new DriverError(best?.code ?? 'kafka_error', best?.message || message, thrown)
}
