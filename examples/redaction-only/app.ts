// An app whose spans contain data that must not leave the machine: a token, a mail address, a card number.

import { trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { NodeSDK } from '@opentelemetry/sdk-node'

const sdk = new NodeSDK({
  serviceName: 'example-redaction',
  // Host and process attributes are left out, to keep the output of the example short.
  autoDetectResources: false,
  traceExporter: new OTLPTraceExporter(),
})
sdk.start()

// Looks like a real token but is not one. Assembled here, so that secret scanners do not report this repository.
const token = `ghp_${'x7Kq2LmN9pRs4TuV'.repeat(3).slice(0, 36)}`

trace.getTracer('example').startActiveSpan('checkout', (span) => {
  span.setAttributes({
    'http.request.header.authorization': `Bearer ${token}`,
    'app.note': 'please call jane.doe@acme-corp.com about card 4111 1111 1111 1111',
    'app.order_id': 'A-1042',
    'app.items': 3,
  })
  span.end()
})
await sdk.shutdown()
