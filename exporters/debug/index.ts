// The `debug` exporter prints what passes through a pipeline to the log of the process, one line for each event.

import type { ExporterFactory } from '../../core/component.ts'
import { type Config, schema } from './config.ts'
import type { EncoderSettings } from './encode.ts'
import { DebugSender, METRICS } from './send.ts'

export const debug: ExporterFactory<Config, EncoderSettings> = {
  kind: 'exporter',
  type: 'debug',
  stability: 'beta',
  summary: 'Prints one line for each event to the log of the process.',
  schema,
  metrics: METRICS,
  telemetry: ['traces', 'logs'],
  encoderSettings: (config) => ({
    verbosity: config.verbosity,
    lineBytesMax: config.line_bytes_max,
  }),
  limits: () => ({ itemsMax: 1000, bytesMax: 1024 * 1024, delayMs: 100 }),
  createSender: async (config, host) => new DebugSender(config.lines_per_second, host),
}
