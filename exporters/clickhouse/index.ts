// The `clickhouse` exporter: every canonical event and signal as a row, in a ClickHouse server or in the
// embedded engine.

import type { ExporterFactory } from '../../core/component.ts'
import { type Config, schema } from './config.ts'
import type { EncoderSettings } from './encode.ts'
import { ClickHouseSender, METRICS } from './send.ts'

export const clickhouse: ExporterFactory<Config, EncoderSettings> = {
  kind: 'exporter',
  type: 'clickhouse',
  stability: 'beta',
  summary: 'Stores events and signals in ClickHouse, or in the embedded engine.',
  schema,
  metrics: METRICS,
  telemetry: ['traces', 'logs'],
  encoderSettings: () => ({}),
  limits: ({ batch }) => ({
    itemsMax: batch.items,
    bytesMax: batch.bytes,
    delayMs: batch.delay,
  }),
  createSender: async (config, host) => new ClickHouseSender(config, host),
}
