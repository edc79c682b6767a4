// The `otlp_http` exporter forwards scrubbed traces, logs and metrics to any OTLP/HTTP destination.

import type { ExporterFactory } from '../../core/component.ts'
import type { TelemetryKind } from '../../core/task.ts'
import { type Config, schema, settings } from './config.ts'
import type { EncoderSettings } from './encode.ts'
import { METRICS, OtlpHttpSender } from './send.ts'

const TELEMETRY_KINDS: readonly TelemetryKind[] = ['traces', 'logs', 'metrics']

export const otlpHttp: ExporterFactory<Config, EncoderSettings> = {
  kind: 'exporter',
  type: 'otlp_http',
  stability: 'beta',
  summary: 'Forwards scrubbed traces, logs and metrics to any OTLP/HTTP destination.',
  schema,
  metrics: METRICS,
  telemetry: TELEMETRY_KINDS,
  encoderSettings: (config) => ({
    // A base URL, or one from the environment, takes every telemetry kind. Without one, only kinds with their own endpoint
    // are sent.
    telemetry:
      config.endpoint !== undefined || config.from_environment
        ? TELEMETRY_KINDS
        : TELEMETRY_KINDS.filter((kind) => config[`${kind}_endpoint`] !== undefined),
  }),
  limits: (config) => ({
    itemsMax: config.batch.items,
    bytesMax: config.batch.bytes,
    delayMs: config.batch.delay,
  }),
  createSender: async (config, host) =>
    new OtlpHttpSender(await settings(config, process.env), host),
}
