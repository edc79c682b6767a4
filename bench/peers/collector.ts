// The OpenTelemetry Collector as a subject of measurements, in the configurations of configs/.

import { join } from 'node:path'
import { freePort } from '../../test/ports.ts'
import { pinTo, startProcess } from '../process.ts'
import { fetchText, type StartSubject, type Subject, sumMetric } from '../subject.ts'
import type { BodyForm } from '../traffic/generate.ts'
import { collectorBinary } from './build.ts'

const LOST = ['otelcol_exporter_send_failed_spans', 'otelcol_exporter_enqueue_failed_spans']
/** Metrics that together count the spans which are no longer pending. */
const GONE = ['otelcol_exporter_sent_spans', ...LOST]

interface CollectorVariant {
  readonly config: 'nop' | 'redact' | 'full'
  readonly compression: 'none' | 'gzip'
  readonly describe: string
}

const VARIANTS: Readonly<Record<string, CollectorVariant>> = {
  'collector-nop': {
    config: 'nop',
    compression: 'none',
    describe: 'OpenTelemetry Collector 0.161.0: OTLP in, dropped',
  },
  'collector-redact': {
    config: 'redact',
    compression: 'none',
    describe:
      'OpenTelemetry Collector 0.161.0: redaction of the eight classes, tuned, then dropped',
  },
  'collector-full': {
    config: 'full',
    compression: 'none',
    describe:
      'OpenTelemetry Collector 0.161.0: tuned redaction, ten OTTL statements, OTLP out uncompressed',
  },
  'collector-full-gzip': {
    config: 'full',
    compression: 'gzip',
    describe: 'The same with OTLP out in gzip, the default of the Collector',
  },
}

export const collectorSubjects: readonly Subject[] = Object.entries(VARIANTS).map(
  ([name, variant]) => ({
    name,
    describe: variant.describe,
    start: (options) => startCollector(name, variant, options),
  }),
)

async function startCollector(name: string, variant: CollectorVariant, options: StartSubject) {
  const otlpPort = await freePort()
  const metricsPort = await freePort()
  const config = join(import.meta.dirname, 'configs', `${variant.config}.yaml`)
  const child = startProcess({
    name,
    command: [...pinTo(options.cpus), collectorBinary(), `--config=${config}`],
    env: {
      PEER_OTLP_PORT: String(otlpPort),
      PEER_METRICS_PORT: String(metricsPort),
      PEER_SINK_URL: options.sinkUrl,
      PEER_COMPRESSION: variant.compression,
    },
  })
  const url = `http://127.0.0.1:${otlpPort}/v1/traces`
  const metrics = (): Promise<string> => fetchText(`http://127.0.0.1:${metricsPort}/metrics`)
  await child.until('listening', 30_000, async () => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    await metrics()
    return answer.ok
  })
  return {
    process: child,
    url: (form: BodyForm) => {
      if (form === 'ndjson') throw new Error('the Collector has no receiver for NDJSON events')
      return url
    },
    stop: () => child.stop(),
    metrics,
    lost: (text: string) => LOST.reduce((sum, name) => sum + (counter(text, name) ?? 0), 0),
    pending: async () => {
      // The configuration exports nothing, so nothing is pending.
      if (variant.config !== 'full') return 0
      const text = await metrics()
      const accepted = counter(text, 'otelcol_receiver_accepted_spans')
      if (accepted === null) return 0
      return GONE.reduce((left, name) => left - (counter(text, name) ?? 0), accepted)
    },
  }
}

/** Whether counters end in `_total` depends on the version of the Prometheus exporter. */
function counter(text: string, name: string): number | null {
  return sumMetric(text, name) ?? sumMetric(text, `${name}_total`)
}
