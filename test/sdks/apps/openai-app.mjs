// An app of the `openai` package with the instrumentations that INSTRUMENTATIONS names, in that order. ES modules cannot be
// hooked by `require`, so both are attached by hand, as their documentation describes.

import './telemetry.mjs'
import { OpenAIInstrumentation as OpenInference } from '@arizeai/openinference-instrumentation-openai'
import { OpenAIInstrumentation as Traceloop } from '@traceloop/instrumentation-openai'
import * as module from 'openai'
import { callAll } from './openai-calls.mjs'
import { provider } from './telemetry.mjs'

for (const name of process.env.INSTRUMENTATIONS.split(',')) {
  if (name === 'openinference') {
    const instrumentation = new OpenInference({ tracerProvider: provider })
    instrumentation.manuallyInstrument(module)
  } else {
    const instrumentation = new Traceloop()
    instrumentation.setTracerProvider(provider)
    instrumentation.manuallyInstrument(module.OpenAI)
  }
}

const client = new module.OpenAI({ baseURL: process.env.LLM_URL, apiKey: 'none', maxRetries: 0 })
if (process.env.FRAMEWORK !== undefined) wrap(client.chat.completions)
await callAll(client)
// The span of a stream ends when the instrumentation has read its copy of the stream.
await new Promise((resolve) => setImmediate(resolve))
await provider.shutdown()

/** Makes a span around each call, like an agent framework: with the usage, but without the response id. */
function wrap(completions) {
  const tracer = provider.getTracer('my.framework')
  const create = completions.create.bind(completions)
  completions.create = (body, options) =>
    body.stream === true
      ? create(body, options)
      : tracer.startActiveSpan('agent llm call', async (span) => {
          try {
            const answer = await create(body, options)
            span.setAttributes({
              'gen_ai.operation.name': 'chat',
              'gen_ai.request.model': body.model,
              'gen_ai.usage.input_tokens': answer.usage.prompt_tokens,
              'gen_ai.usage.output_tokens': answer.usage.completion_tokens,
            })
            return answer
          } catch (thrown) {
            span.recordException(thrown)
            throw thrown
          } finally {
            span.end()
          }
        })
}
