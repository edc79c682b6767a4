// A Mastra agent with a tool, asked once in one piece and once as a stream, exported by Mastra's own OpenTelemetry exporter.

import { createOpenAI } from '@ai-sdk/openai'
import { Agent } from '@mastra/core/agent'
import { Mastra } from '@mastra/core/mastra'
import { createTool } from '@mastra/core/tools'
import { Observability } from '@mastra/observability'
import { OtelExporter } from '@mastra/otel-exporter'
import { z } from 'zod'

const openai = createOpenAI({ baseURL: process.env.LLM_URL, apiKey: 'none' })
const weather = createTool({
  id: 'weather',
  description: 'Weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async () => ({ celsius: 21 }),
})
const agent = new Agent({
  id: 'weather-agent',
  name: 'weather-agent',
  instructions: 'You know the weather.',
  model: openai.chat('gpt-4o'),
  tools: { weather },
})
const exporter = new OtelExporter({
  provider: { custom: { endpoint: `${process.env.OTLP_URL}/v1/traces`, protocol: 'http/protobuf' } },
})
const mastra = new Mastra({
  agents: { agent },
  observability: new Observability({ configs: { otel: { serviceName: 'mastra', exporters: [exporter] } } }),
})
const asked = mastra.getAgent('agent')
const tracingOptions = { metadata: { sessionId: 'session-1', userId: 'user-1' } }
await asked.generate('How warm is it in Lisbon?', { tracingOptions })
const stream = await asked.stream('How warm is it in Lisbon?', { tracingOptions })
for await (const _ of stream.textStream);
await exporter.flush?.()
await exporter.shutdown()
