// The `kafka` exporter sends canonical events or spans to a topic, with the trace id as the key.

import { join } from 'node:path'
import type { ExporterFactory } from '../../core/component.ts'
import { connectionSettings } from '../../storage/kafka/connection-config.ts'
import type { ProducerSettings } from '../../storage/kafka/driver.ts'
import { PRODUCERS } from '../../storage/kafka/producers.ts'
import { type Config, schema } from './config.ts'
import type { EncoderSettings } from './encode.ts'
import { KafkaSender, METRICS, type SenderSettings } from './send.ts'

export const kafka: ExporterFactory<Config, EncoderSettings> = {
  kind: 'exporter',
  type: 'kafka',
  stability: 'beta',
  summary: 'Produces canonical events, or OTLP, to a Kafka topic, keyed by trace id.',
  schema,
  metrics: METRICS,
  sendsEventJson: ({ encoding }) => encoding === 'event',
  takesScores: (config) => config.scores_topic !== undefined,
  telemetry: ['traces', 'logs'],
  encoderSettings: (config) => ({
    signals: config.signals_topic !== undefined,
    encoding: config.encoding,
    messageBytesMax: config.message_bytes_max,
  }),
  limits: ({ batch }) => ({ itemsMax: batch.items, bytesMax: batch.bytes, delayMs: batch.delay }),
  async createSender(config, host) {
    const producer = await PRODUCERS[config.driver](await producerSettings(config), host.log)
    return new KafkaSender(senderSettings(config, host.dataDir), producer, host)
  },
}

async function producerSettings(config: Config): Promise<ProducerSettings> {
  return {
    ...(await connectionSettings(config)),
    compression: config.compression,
    idempotent: config.idempotent,
    maxInFlight: config.max_in_flight,
  }
}

function senderSettings(config: Config, dataDir: string): SenderSettings {
  return {
    topic: config.topic,
    signalsTopic: config.signals_topic ?? null,
    scoresTopic: config.scores_topic ?? null,
    messageBytesMax: config.message_bytes_max,
    // An idempotent producer numbers its batches, so only one request may be in flight.
    requestsMax: config.idempotent ? 1 : config.max_in_flight,
    oversize: config.oversize,
    offloadDir: config.offload_dir ?? join(dataDir, 'kafka', 'offloaded'),
  }
}
