// The first module of every app here: starts the OpenTelemetry SDK with an OTLP exporter and registers it globally.

import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

export const resource = resourceFromAttributes({ 'service.name': process.env.SERVICE })

// With EACH_SPAN, every span is sent in its own request when it ends, so children arrive before their parents.
const Processor = process.env.EACH_SPAN === undefined ? BatchSpanProcessor : SimpleSpanProcessor

export const provider = new TracerProvider({
  resource,
  spanProcessors: [
    new Processor({
      exporter: new OTLPTraceExporter({ url: `${process.env.OTLP_URL}/v1/traces` }),
    }),
  ],
})

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
trace.setGlobalTracerProvider(provider)
