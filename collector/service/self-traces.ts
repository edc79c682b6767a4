// Traces Observa itself through the OpenTelemetry API. No spans are made unless an endpoint is set.

import { SpanStatusCode, trace } from '@opentelemetry/api'

export interface SelfTraceSettings {
  /** The OTLP/HTTP base URL. Null turns self-tracing off. */
  readonly endpoint: string | null
  /** The share of requests that is traced, 0 to 1. */
  readonly sample: number
}

/** Starts the SDK and returns a function that flushes and stops it. The SDK is loaded only if an endpoint is set. */
export async function startSelfTraces(settings: SelfTraceSettings): Promise<() => Promise<void>> {
  if (settings.endpoint === null) return () => Promise.resolve()
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const { TraceIdRatioBasedSampler } = await import('@opentelemetry/sdk-trace')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto')
  const url = new URL('v1/traces', `${settings.endpoint.replace(/\/$/, '')}/`).href
  const sdk = new NodeSDK({
    serviceName: 'observa',
    autoDetectResources: false,
    traceExporter: new OTLPTraceExporter({ url }),
    sampler: new TraceIdRatioBasedSampler(settings.sample),
    instrumentations: [],
  })
  sdk.start()
  isTracing = true
  return () => {
    isTracing = false
    return sdk.shutdown()
  }
}

/** Whether spans are made at all: a no-op span for each request is not free. */
let isTracing = false

const tracer = trace.getTracer('observa')

/** Runs `work` inside a span, or alone when self-tracing is off. */
export function traced<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (!isTracing) return work()
  return tracer.startActiveSpan(name, async (span) => {
    try {
      return await work()
    } catch (thrown) {
      span.setStatus({ code: SpanStatusCode.ERROR })
      throw thrown
    } finally {
      span.end()
    }
  })
}
