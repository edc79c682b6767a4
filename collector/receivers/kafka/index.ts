// The `kafka` receiver consumes topics in a consumer group: what the `kafka` exporter of another instance wrote, and OTLP or
// lines that others write.

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
