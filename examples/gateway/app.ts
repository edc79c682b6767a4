// Sends the spans of fifty model calls. Succeeds only if every batch was answered with 200.

import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { NodeSDK } from '@opentelemetry/sdk-node'

const CALLS = 50
let refused = 0

class CountingExporter extends OTLPTraceExporter {
  override export(...[spans, done]: Parameters<OTLPTraceExporter['export']>): void {
    super.export(spans, (result) => {
      if (result.code !== 0) refused += spans.length
      done(result)
    })
  }
}

const sdk = new NodeSDK({ serviceName: 'example-gateway', traceExporter: new CountingExporter() })
sdk.start()
const tracer = trace.getTracer('example')
for (let call = 0; call < CALLS; call++)
  tracer
    .startSpan('chat gpt-4o-mini', {
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o-mini',
        'gen_ai.usage.input_tokens': 100 + call,
        'gen_ai.usage.output_tokens': 20,
      },
    })
    .end()
await sdk.shutdown()
if (refused > 0) throw new Error(`${refused} spans were refused`)
process.stdout.write(`app: ${CALLS} spans sent, every batch answered with 200\n`)
