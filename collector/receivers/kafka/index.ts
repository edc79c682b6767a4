// The `kafka` receiver consumes topics in a consumer group. It accepts the messages of the `kafka` exporter of another instance, and OTLP
// or NDJSON from other producers.

import type { z } from 'zod'
import type { ReceiverFactory } from '../../../core/component.ts'
import { type Config, schema } from './config.ts'
import { KafkaReceiver, METRICS } from './receiver.ts'

export const kafka: ReceiverFactory<Config> = {
  kind: 'receiver',
  type: 'kafka',
  stability: 'beta',
  summary: 'Consumes Kafka topics in a consumer group; offsets are committed when data is durable.',
  schema: schema as z.ZodType<Config>,
  metrics: METRICS,
  create: (config, host, ctx) => new KafkaReceiver(config, host, ctx),
}
