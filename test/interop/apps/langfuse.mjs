// The `openai` package through Langfuse's wrapper, exported by Langfuse's span processor to Langfuse's path.

import { observeOpenAI } from '@langfuse/openai'
import { LangfuseSpanProcessor } from '@langfuse/otel'
import {
  propagateAttributes,
  setLangfuseTracerProvider,
  startActiveObservation,
} from '@langfuse/tracing'
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { OpenAI } from 'openai'
import { callAll } from './openai-calls.mjs'

const processor = new LangfuseSpanProcessor({
  publicKey: 'pk-lf-test',
  secretKey: 'sk-lf-test',
  baseUrl: process.env.OTLP_URL,
})
const provider = new BasicTracerProvider({ spanProcessors: [processor] })
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
setLangfuseTracerProvider(provider)

const client = new OpenAI({ baseURL: process.env.LLM_URL, apiKey: 'none', maxRetries: 0 })
await startActiveObservation('flow', () =>
  propagateAttributes({ userId: 'user-1', sessionId: 'session-1' }, () =>
    callAll(observeOpenAI(client)),
  ),
)
await provider.shutdown()
