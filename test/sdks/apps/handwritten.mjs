// An app without instrumentation, which makes gen_ai spans itself. It sends the details event as a log record before the span
// (first call) or after it (second call).

import './telemetry.mjs'
import { context, SpanKind, trace } from '@opentelemetry/api'
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { provider, resource } from './telemetry.mjs'

const logs = new LoggerProvider({
  resource,
  processors: [
    new BatchLogRecordProcessor({
      exporter: new OTLPLogExporter({ url: `${process.env.OTLP_URL}/v1/logs` }),
    }),
  ],
})
const logger = logs.getLogger('handwritten')
const tracer = provider.getTracer('handwritten')

for (const isLogFirst of [true, false]) {
  const span = tracer.startSpan('chat gpt-4o', { kind: SpanKind.CLIENT })
  const messages = [{ role: 'user', content: `log first: ${isLogFirst}` }]
  const res = await fetch(`${process.env.LLM_URL}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'gpt-4o', messages }),
  })
  const answer = await res.json()
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.response.model': answer.model,
    'gen_ai.response.id': answer.id,
    'gen_ai.usage.input_tokens': answer.usage.prompt_tokens,
    'gen_ai.usage.output_tokens': answer.usage.completion_tokens,
    'gen_ai.usage.cache_read.input_tokens': answer.usage.prompt_tokens_details.cached_tokens,
    'gen_ai.usage.reasoning.output_tokens': answer.usage.completion_tokens_details.reasoning_tokens,
  }
  const content = {
    'gen_ai.input.messages': JSON.stringify([
      { role: 'user', parts: [{ type: 'text', content: messages[0].content }] },
    ]),
    'gen_ai.output.messages': JSON.stringify([
      {
        role: 'assistant',
        parts: [{ type: 'text', content: answer.choices[0].message.content }],
        finish_reason: 'stop',
      },
    ]),
  }
  span.setAttributes({ ...attributes, ...content })
  logger.emit({
    eventName: 'gen_ai.client.inference.operation.details',
    context: trace.setSpan(context.active(), span),
    attributes: { ...attributes, ...content },
  })
  if (isLogFirst) await logs.forceFlush()
  span.end()
  await provider.forceFlush()
  await logs.forceFlush()
}
await logs.shutdown()
await provider.shutdown()
