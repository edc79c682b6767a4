// The `openai` package through LangSmith's wrapper, with LangSmith's own OpenTelemetry set-up and path.

import { initializeOTEL } from 'langsmith/experimental/otel/setup'

const { DEFAULT_LANGSMITH_SPAN_PROCESSOR: processor } = initializeOTEL()
// Runs end some time after their calls, those of streams last. All data is there when as many runs have ended as calls were wrapped.
const RUNS = 6
let ended = 0
const onEnd = processor.onEnd.bind(processor)
processor.onEnd = (span) => {
  ended++
  onEnd(span)
}
const { wrapOpenAI } = await import('langsmith/wrappers')
const { traceable } = await import('langsmith/traceable')
const { OpenAI } = await import('openai')
const { callAll } = await import('./openai-calls.mjs')

const openai = new OpenAI({ baseURL: process.env.LLM_URL, apiKey: 'none', maxRetries: 0 })
const metadata = { session_id: 'session-1', user_id: 'user-1' }
await traceable(() => callAll(wrapOpenAI(openai, { metadata })), { name: 'flow' })()
while (ended < RUNS) await new Promise((resolve) => setTimeout(resolve, 10))
await processor.forceFlush()
await processor.shutdown()
