// Loaded before the app (`node --import ./telemetry.ts app.ts`): the OpenTelemetry SDK, and the instrumentation that makes a
// span of each call of the `openai` package. OTEL_EXPORTER_OTLP_ENDPOINT says where the spans are sent.

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
// Instrumentations cannot hook imports of ES modules, so they are given the class.
openai.manuallyInstrument(OpenAI as never)

// Spans are sent in batches; without this, the last batch would be lost when the process ends.
process.once('beforeExit', () => void sdk.shutdown())
