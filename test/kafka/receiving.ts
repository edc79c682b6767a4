// What tests of the `kafka` receiver share: a receiver with a list in place of the pipelines, so that a test decides what is durable and
// when, and topics with lines.

import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import pino from 'pino'
import { kafka } from '../../collector/receivers/kafka/index.ts'
import type { Component, Intake, IntakeVerdict } from '../../core/component.ts'
import type { TaskRequest } from '../../core/task.ts'
import type { DriverName, KafkaProducer } from '../../storage/kafka/driver.ts'
import { PRODUCERS } from '../../storage/kafka/producers.ts'
import { never, type TestHost, testHost } from '../exporter-host.ts'
import type { KafkaBroker } from './broker.ts'
import { createTopic } from './consume.ts'

let topics = 0
export const newTopic = (): string => `r${++topics}`

export const ACCEPTED: IntakeVerdict = {
  kind: 'accepted',
  accepted: 1,
  rejected: 0,
  dropped: 0,
  reasons: [],
  rejectedItems: [],
}
export const RETRY: IntakeVerdict = { kind: 'retry', status: 503, retryAfterS: 1, message: 'full' }
export const REFUSED: IntakeVerdict = { kind: 'refused', code: 'malformed', message: 'no JSON' }

/** Takes requests as the pipelines do; `verdictOf` decides. What was accepted is in `lines`, in order. */
export class Pipelines implements Intake {
  readonly bodyBytesMax = 1 << 20
  readonly lines: string[] = []
  readonly requests: TaskRequest[] = []
  verdictOf: (lines: readonly string[]) => IntakeVerdict | Promise<IntakeVerdict> = () => ACCEPTED

  admit(): ReturnType<Intake['admit']> {
    return { ok: true, reservation: { bytes: 0, set: () => true, release: () => undefined } }
  }

  async accept(request: TaskRequest): Promise<IntakeVerdict> {
    const lines = Buffer.from(request.payload).toString().split('\n').filter(Boolean)
    const verdict = await this.verdictOf(lines)
    if (verdict.kind !== 'accepted') return verdict
    this.requests.push(request)
    this.lines.push(...lines)
    return verdict
  }
}

export interface Running {
  readonly receiver: Component
  readonly host: TestHost
}

/** A new topic with `count` lines, and the configuration of a receiver that consumes it. */
export async function filledTopic(
  broker: KafkaBroker,
  driver: DriverName,
  count: number,
  more: Readonly<Record<string, unknown>> = {},
) {
  const topic = newTopic()
  await createTopic(broker.brokers, topic)
  if (count > 0) await produce(broker, topic, 0, count)
  const config = { topics: [topic], group_id: `g-${topic}`, driver, ...more }
  return { topic, config, pipelines: new Pipelines() }
}

export async function receive(
  t: TestContext,
  broker: KafkaBroker,
  pipelines: Pipelines,
  config: Readonly<Record<string, unknown>>,
): Promise<Running> {
  const host = testHost(t)
  const ctx = {
    intake: { traces: pipelines, logs: pipelines, metrics: null },
    // A consumer has no listeners and no keys.
    auth: { authenticate: () => assert.fail('nothing is authenticated') },
    guard: () => assert.fail('nothing is guarded'),
    listeners: null as never,
  }
  const parsed = kafka.schema.parse({
    brokers: broker.brokers,
    format: 'ndjson',
    session_timeout: '6s',
    heartbeat_interval: '500ms',
    ...config,
  })
  const receiver = kafka.create(parsed, host, ctx)
  t.after(() => receiver.stop())
  await receiver.start(never)
  return { receiver, host }
}

/** Idempotent, so that a topic has each message once: kafkajs repeats the parts of a request that were taken when one part was not. */
export function producerOf(broker: KafkaBroker, driver: DriverName): Promise<KafkaProducer> {
  const settings = {
    brokers: broker.brokers,
    clientId: 'test',
    compression: 'gzip' as const,
    idempotent: true,
    maxInFlight: 1,
    requestTimeoutMs: 10_000,
    connectTimeoutMs: 5000,
    tls: null,
    sasl: null,
  }
  return PRODUCERS[driver](settings, pino({ enabled: false }))
}

/** Writes the lines `from` to `to`, each with its number modulo 7 as key, so that all partitions get some. */
export async function produce(
  broker: KafkaBroker,
  topic: string,
  from: number,
  to: number,
  headers: readonly (readonly [string, Buffer])[] = [],
): Promise<void> {
  const producer = await producerOf(broker, 'kafkajs')
  const messages = Array.from({ length: to - from }, (_, i) => ({
    key: Buffer.from(`k${(from + i) % 7}`),
    value: Buffer.from(`{"n":${from + i},"k":${(from + i) % 7}}`),
    headers,
  }))
  try {
    await producer.send(topic, messages)
  } finally {
    await producer.close()
  }
}

export const metricOf = (host: TestHost, name: string): number =>
  host.metrics.total(`observa_kafka_receiver_${name}`)
