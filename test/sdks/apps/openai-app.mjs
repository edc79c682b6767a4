// An app of the `openai` package with the instrumentations that INSTRUMENTATIONS names, in that order. ES
// modules are not hooked by `require`, so both are attached by hand, which both document.

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

await callAll(new module.OpenAI({ baseURL: process.env.LLM_URL, apiKey: 'none', maxRetries: 0 }))
// A stream's span ends when the copy that the instrumentation reads has ended.
await new Promise((resolve) => setImmediate(resolve))
await provider.shutdown()
