// The `kafka` exporter sends canonical events to a topic, with the trace id as the key.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExporterFactory } from '../../core/component.ts'
import { brokerList, type Config, schema } from './config.ts'
import type { DriverFactory, DriverSettings } from './driver.ts'
import type { EncoderSettings } from './encode.ts'
import { createKafkajsDriver } from './kafkajs-driver.ts'
import { createPlatformaticDriver } from './platformatic-driver.ts'
import { KafkaSender, METRICS, type SenderSettings } from './send.ts'

const DRIVERS: Readonly<Record<Config['driver'], DriverFactory>> = {
  kafkajs: createKafkajsDriver,
  platformatic: createPlatformaticDriver,
}

export const kafka: ExporterFactory<Config, EncoderSettings> = {
  kind: 'exporter',
  type: 'kafka',
  stability: 'beta',
  summary: 'Produces canonical events to a Kafka topic, keyed by trace id.',
  schema,
  metrics: METRICS,
  telemetry: ['traces', 'logs'],
  encoderSettings: (config) => ({ signals: config.signals_topic !== undefined }),
  limits: ({ batch }) => ({ itemsMax: batch.items, bytesMax: batch.bytes, delayMs: batch.delay }),
  async createSender(config, host) {
    const driver = await DRIVERS[config.driver](await driverSettings(config), host.log)
    return new KafkaSender(senderSettings(config, host.dataDir), driver, host)
  },
}

async function driverSettings(config: Config): Promise<DriverSettings> {
  return {
    brokers: brokerList(config),
    clientId: config.client_id,
    compression: config.compression,
    idempotent: config.idempotent,
    maxInFlight: config.max_in_flight,
    requestTimeoutMs: config.request_timeout,
    connectTimeoutMs: config.connect_timeout,
    tls: config.tls.enabled ? await tlsFiles(config.tls) : null,
    sasl:
      config.sasl === undefined
        ? null
        : { ...config.sasl, password: config.sasl.password.reveal() },
  }
}

async function tlsFiles(tls: Config['tls']): Promise<NonNullable<DriverSettings['tls']>> {
  const files = { ca: tls.ca_file, cert: tls.cert_file, key: tls.key_file }
  const out: Record<string, string> = {}
  for (const [name, path] of Object.entries(files))
    if (path !== undefined) out[name] = await readFile(path, 'utf8')
  return out
}

function senderSettings(config: Config, dataDir: string): SenderSettings {
  return {
    topic: config.topic,
    signalsTopic: config.signals_topic ?? null,
    messageBytesMax: config.message_bytes_max,
    // An idempotent producer numbers its batches, so only one request may be under way.
    requestsMax: config.idempotent ? 1 : config.max_in_flight,
    oversize: config.oversize,
    offloadDir: config.offload_dir ?? join(dataDir, 'kafka', 'offloaded'),
  }
}
