// An agent of the Vercel AI SDK with two tools, one of which fails. The SDK's own OpenTelemetry integration makes spans of
// the agent, of each model call and of each tool.

import { createOpenAI } from '@ai-sdk/openai'
import { OpenTelemetry } from '@ai-sdk/otel'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { generateText, isStepCount, jsonSchema, registerTelemetry, tool } from 'ai'

const sdk = new NodeSDK({
  serviceName: 'example-agent',
  traceExporter: new OTLPTraceExporter(),
})
sdk.start()
registerTelemetry(new OpenTelemetry())

const byOrder = jsonSchema<{ order_id: string }>({
  type: 'object',
  properties: { order_id: { type: 'string' } },
  required: ['order_id'],
})

const { text } = await generateText({
  model: createOpenAI().chat('gpt-4o'),
  system: 'You help customers with their orders.',
  prompt: 'Where is my order A-1042? If it is late, refund it.',
  stopWhen: isStepCount(6),
  tools: {
    find_order: tool({
      description: 'Finds an order by its id.',
      inputSchema: byOrder,
      execute: ({ order_id }) => ({ order_id, state: 'late', days: 4 }),
    }),
    refund_order: tool({
      description: 'Gives the money of an order back.',
      inputSchema: byOrder,
      execute: ({ order_id }): { refunded: boolean } => {
        throw new Error(`the payment service does not know ${order_id}`)
      },
    }),
  },
})
process.stdout.write(`agent: ${text}\n`)
await sdk.shutdown()
