// The `file` exporter writes canonical events and signals as JSON lines to a rotated file.

import type { ExporterFactory } from '../../core/component.ts'
import { type Config, schema } from './config.ts'
import type { EncoderSettings } from './encode.ts'
import { FileSender, METRICS } from './send.ts'

export const file: ExporterFactory<Config, EncoderSettings> = {
  kind: 'exporter',
  type: 'file',
  stability: 'beta',
  summary: 'Appends canonical events and signals as JSON lines to a rotated file.',
  schema,
  metrics: METRICS,
  sendsEventJson: () => true,
  telemetry: ['traces', 'logs'],
  encoderSettings: (config) => ({ signals: config.signals }),
  limits: ({ batch }) => ({ itemsMax: batch.items, bytesMax: batch.bytes, delayMs: batch.delay }),
  createSender: async (config, host) => new FileSender(config, host),
}
