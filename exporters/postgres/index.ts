// The `postgres` exporter stores signals, and sums by trace, conversation, session, user and day. The events themselves are
// stored in ClickHouse.

import type { ExporterFactory } from '../../core/component.ts'
import { type Config, schema } from './config.ts'
import type { EncoderSettings } from './encode.ts'
import { METRICS, PostgresSender } from './send.ts'

export const postgres: ExporterFactory<Config, EncoderSettings> = {
  kind: 'exporter',
  type: 'postgres',
  stability: 'beta',
  summary:
    'Keeps signals, conversations, sessions, users and usage in Postgres, or in the embedded server.',
  schema,
  metrics: METRICS,
  telemetry: ['traces', 'logs'],
  encoderSettings: () => ({}),
  limits: ({ batch }) => ({
    itemsMax: batch.items,
    bytesMax: batch.bytes,
    delayMs: batch.delay,
  }),
  createSender: async (config, host) => new PostgresSender(config, host),
}
