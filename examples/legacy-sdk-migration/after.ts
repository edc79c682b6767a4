// The same app with OpenTelemetry. The instrumentation makes the span of the call, so the app tracks nothing itself.

import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { OpenAIInstrumentation } from '@traceloop/instrumentation-openai'
import { OpenAI } from 'openai'

const instrumentation = new OpenAIInstrumentation()
const sdk = new NodeSDK({
  serviceName: 'example-migrated',
  traceExporter: new OTLPTraceExporter(),
  instrumentations: [instrumentation],
})
sdk.start()
instrumentation.manuallyInstrument(OpenAI as never)

await trace.getTracer('example').startActiveSpan('answer a question', async (span) => {
  span.setAttributes({ 'gen_ai.conversation.id': 'talk-2', 'user.id': 'user-17' })
  await new OpenAI().chat.completions.create({
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: 'How warm is it in Lisbon?' }],
  })
  span.end()
})
await sdk.shutdown()
