// The old app, unchanged except for one line: `apiUrl` points to Observa.

import { init } from 'observa-sdk'
import { OpenAI } from 'openai'

const observa = init({
  // The SDK wants a key in its old form. An instance without keys accepts any text; otherwise use a key of `observa keys
  // create`.
  apiKey: `sk_${'live'}_${'x'.repeat(32)}`,
  apiUrl: process.env['OBSERVA_URL'] ?? 'http://127.0.0.1:3000',
  tenantId: '00000000-0000-4000-8000-000000000001',
  projectId: '00000000-0000-4000-8000-000000000002',
  environment: 'prod',
})

const question = 'How warm is it in Lisbon?'
observa.startTrace({ name: 'answer a question', conversationId: 'talk-1', userId: 'user-17' })
const completion = await new OpenAI().chat.completions.create({
  model: 'gpt-4o-mini',
  messages: [{ role: 'user', content: question }],
})
observa.trackLLMCall({
  model: completion.model,
  input: question,
  output: completion.choices[0]?.message.content ?? '',
  inputTokens: completion.usage?.prompt_tokens ?? 0,
  outputTokens: completion.usage?.completion_tokens ?? 0,
  totalTokens: completion.usage?.total_tokens ?? 0,
  latencyMs: 40,
  finishReason: 'stop',
  responseId: completion.id,
})
await observa.endTrace({ outcome: 'success' })
await observa.flush()
// The old SDK keeps a timer running, so the process would not end by itself.
process.exit(0)
