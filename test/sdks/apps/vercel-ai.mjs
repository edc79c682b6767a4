// An app of the Vercel AI SDK: a tool loop with the Responses API, a stream, an embedding and a failing call.

import './telemetry.mjs'
import { createOpenAI } from '@ai-sdk/openai'
import { OpenTelemetry } from '@ai-sdk/otel'
import { embed, generateText, isStepCount, jsonSchema, registerTelemetry, streamText, tool } from 'ai'
import { provider } from './telemetry.mjs'

// With `usage` the integration reports reasoning tokens as well, also in its step spans.
registerTelemetry(new OpenTelemetry({ usage: process.env.DETAILED_USAGE === 'true' }))
const openai = createOpenAI({ baseURL: process.env.LLM_URL, apiKey: 'none' })

const weather = tool({
  description: 'Weather of a city',
  inputSchema: jsonSchema({
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
  }),
  execute: async ({ city }) => ({ city, celsius: 21 }),
})

await generateText({
  model: openai('gpt-4o'),
  prompt: 'How warm is it in Lisbon?',
  tools: { weather },
  stopWhen: isStepCount(4),
})

const stream = streamText({ model: openai.chat('gpt-4o-mini'), prompt: 'Tell me the weather.' })
let text = ''
for await (const delta of stream.textStream) text += delta
if (text === '') throw new Error('the stream was empty')

await embed({ model: openai.embedding('text-embedding-3-small'), value: 'a sentence' })

await generateText({
  model: openai.chat('gpt-4o-overloaded'),
  prompt: 'Is anybody there?',
  maxRetries: 0,
}).then(
  () => {
    throw new Error('the call should have failed')
  },
  () => {},
)

await provider.shutdown()
