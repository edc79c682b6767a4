// Loaded before the app (`node --import ./telemetry.ts app.ts`): the OpenTelemetry SDK, and the instrumentation that makes a
// span of each call of the `openai` package. Where the spans go, OTEL_EXPORTER_OTLP_ENDPOINT says.

import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai'
import { OpenAI } from 'openai'

const openai = new OpenAIInstrumentation()
const sdk = new NodeSDK({
  serviceName: 'example-node-app',
  traceExporter: new OTLPTraceExporter(),
  instrumentations: [openai],
})
sdk.start()
// ES modules are not hooked on import, so the class is handed over.
openai.manuallyInstrument(OpenAI as never)

// Spans wait in a batch: without this the last ones are lost with the process.
process.once('beforeExit', () => void sdk.shutdown())
