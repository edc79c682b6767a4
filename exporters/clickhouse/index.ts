// The `clickhouse` exporter: every canonical event, signal and point of a metric as a row, in a ClickHouse server or in the
// embedded engine.

import type { ExporterFactory } from '../../core/component.ts'
import { type Config, schema } from './config.ts'
import type { EncoderSettings } from './encode.ts'
import { ClickHouseSender, METRICS } from './send.ts'

export const clickhouse: ExporterFactory<Config, EncoderSettings> = {
  kind: 'exporter',
  type: 'clickhouse',
  stability: 'beta',
  summary: 'Stores events, signals and metrics in ClickHouse, or in the embedded engine.',
  schema,
  metrics: METRICS,
  telemetry: ['traces', 'logs', 'metrics'],
  encoderSettings: () => ({}),
  limits: ({ batch }) => ({
    itemsMax: batch.items,
    bytesMax: batch.bytes,
    delayMs: batch.delay,
  }),
  createSender: async (config, host) => new ClickHouseSender(config, host),
}
