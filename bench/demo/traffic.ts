// The traces of the demo, made with the OpenTelemetry API: a customer of a shop asks, an agent works, and things go wrong in
// the ways that Observa detects. Times are set explicitly, so that a slow call takes no time.

import { randomBytes } from 'node:crypto'
import {
  context,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

/** Gives a tracer by the name that its instrumentation library uses in practice. */
export type TracerOf = (scope: string) => Tracer

interface Step {
  readonly scope: string
  readonly name: string
  readonly seconds: number
  readonly attributes: Readonly<Record<string, string | number | boolean | string[]>>
  readonly error?: string
  readonly children?: readonly Step[]
}

/** A key in the form of a real one that was never issued. Each call makes a new one. */
const plantedKey = (): string =>
  ['sk', 'proj', randomBytes(36).toString('base64url').replaceAll(/[-_]/g, 'x')].join('-')

const text = (role: string, content: string): unknown => ({
  role,
  parts: [{ type: 'text', content }],
})
const messages = (...list: unknown[]): string => JSON.stringify(list)

/** A model call in the current GenAI semantic conventions. */
function chat(over: {
  readonly model?: string
  readonly seconds?: number
  readonly input?: number
  readonly output?: number
  readonly prompt?: string
  readonly answer?: string
  readonly error?: string
}): Step {
  const model = over.model ?? 'gpt-4o'
  return {
    scope: 'opentelemetry.instrumentation.openai_v2',
    name: `chat ${model}`,
    seconds: over.seconds ?? 0.9,
    ...(over.error === undefined ? {} : { error: over.error }),
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': model,
      'gen_ai.response.model': `${model}-2024-08-06`,
      'gen_ai.response.id': `chatcmpl-${randomBytes(12).toString('hex')}`,
      'gen_ai.request.temperature': 0.2,
      'gen_ai.usage.input_tokens': over.input ?? 420,
      'gen_ai.usage.output_tokens': over.output ?? 96,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.input.messages': messages(text('user', over.prompt ?? 'Where is my order 4711?')),
      'gen_ai.output.messages': messages(
        text('assistant', over.answer ?? 'It left the warehouse this morning.'),
      ),
      'server.address': 'api.openai.com',
    },
  }
}

/** A tool call in the current GenAI semantic conventions. */
const tool = (name: string, args: unknown, result: unknown, seconds = 0.2): Step => ({
  scope: 'shop-agent',
  name: `execute_tool ${name}`,
  seconds,
  attributes: {
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': name,
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.call.arguments': JSON.stringify(args),
    'gen_ai.tool.call.result': JSON.stringify(result),
  },
})

const agent = (children: readonly Step[]): Step => ({
  scope: 'shop-agent',
  name: 'invoke_agent support',
  seconds: 4,
  attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'support' },
  children,
})

/** A call in the OpenInference dialect: flattened messages and its own names for token counts. */
const openInference = (): Step => ({
  scope: 'openinference.instrumentation.langchain',
  name: 'ChatAnthropic',
  seconds: 1.4,
  attributes: {
    'openinference.span.kind': 'LLM',
    'llm.provider': 'anthropic',
    'llm.model_name': 'claude-3-5-sonnet-20241022',
    'llm.input_messages.0.message.role': 'user',
    'llm.input_messages.0.message.content': 'Fasse das Gespräch in einem Satz zusammen.',
    'llm.output_messages.0.message.role': 'assistant',
    'llm.output_messages.0.message.content': 'Der Kunde sucht sein Paket.',
    'llm.token_count.prompt': 1310,
    'llm.token_count.completion': 42,
    'llm.token_count.prompt_details.cache_read': 1024,
  },
})

/** A call in the OpenLLMetry dialect: indexed prompt keys. */
const openLlmetry = (): Step => ({
  scope: 'opentelemetry.instrumentation.openai.v1',
  name: 'openai.chat',
  seconds: 0.7,
  attributes: {
    'llm.request.type': 'chat',
    'gen_ai.system': 'OpenAI',
    'gen_ai.request.model': 'gpt-4o-mini',
    'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
    'gen_ai.prompt.0.role': 'user',
    'gen_ai.prompt.0.content': 'Classify this mail: complaint or question?',
    'gen_ai.completion.0.role': 'assistant',
    'gen_ai.completion.0.content': 'question',
    'gen_ai.completion.0.finish_reason': 'stop',
    'gen_ai.usage.prompt_tokens': 85,
    'gen_ai.usage.completion_tokens': 1,
    'llm.usage.total_tokens': 86,
  },
})

/** A call in the dialect of the Vercel AI SDK. The outer span repeats the usage of the inner one, which must count once. */
function vercel(): Step {
  const usage = { 'ai.usage.promptTokens': 240, 'ai.usage.completionTokens': 60 }
  const model = { 'ai.model.id': 'gpt-4o', 'ai.model.provider': 'openai.chat' }
  return {
    scope: 'ai',
    name: 'ai.generateText',
    seconds: 1.2,
    attributes: { 'ai.operationId': 'ai.generateText', ...model, ...usage },
    children: [
      {
        scope: 'ai',
        name: 'ai.generateText.doGenerate',
        seconds: 1.1,
        attributes: {
          'ai.operationId': 'ai.generateText.doGenerate',
          ...model,
          ...usage,
          'gen_ai.usage.input_tokens': 240,
          'gen_ai.usage.output_tokens': 60,
          'ai.prompt.messages': JSON.stringify([
            { role: 'user', content: [{ type: 'text', text: 'Write a reply to the customer.' }] },
          ]),
          'ai.response.text': 'Your parcel arrives tomorrow.',
          'ai.response.finishReason': 'stop',
        },
      },
    ],
  }
}

/** The traces of the demo, each with what it demonstrates. */
export function story(): readonly { readonly shows: string; readonly root: Step }[] {
  const stuck = (): Step => tool('search_orders', { query: 'order 4711' }, { hits: 0 })
  return [
    {
      shows: 'an agent with tools',
      root: agent([
        chat({}),
        tool('lookup_order', { order: 4711 }, { status: 'shipped' }),
        chat({ input: 610, output: 48 }),
      ]),
    },
    {
      shows: 'a secret in a prompt',
      root: chat({ prompt: `Why does this fail? client = OpenAI(api_key="${plantedKey()}")` }),
    },
    {
      shows: 'a loop',
      root: agent([chat({}), stuck(), stuck(), stuck(), stuck(), chat({ output: 12 })]),
    },
    {
      shows: 'an expensive call',
      root: chat({ model: 'gpt-4', input: 320_000, output: 9000, seconds: 1.9 }),
    },
    {
      shows: 'an error',
      root: chat({ error: 'Rate limit reached for gpt-4o', input: 400, output: 0, answer: '' }),
    },
    { shows: 'a slow call', root: chat({ model: 'gpt-4o-mini', seconds: 7.5 }) },
    { shows: 'OpenInference', root: openInference() },
    { shows: 'OpenLLMetry', root: openLlmetry() },
    { shows: 'Vercel AI SDK: two spans, one call', root: vercel() },
  ]
}

/** Sends a step and the steps below it, and returns the trace id. */
export function play(
  step: Step,
  tracerOf: TracerOf,
  startMs: number,
  common: Readonly<Record<string, string>>,
): string {
  const tracer = tracerOf(step.scope)
  const span = tracer.startSpan(step.name, {
    kind: SpanKind.CLIENT,
    startTime: startMs,
    attributes: { ...common, ...step.attributes },
  })
  context.with(trace.setSpan(context.active(), span), () => {
    let at = startMs + 10
    for (const child of step.children ?? []) {
      play(child, tracerOf, at, common)
      at += child.seconds * 1000 + 5
    }
  })
  end(span, step, startMs)
  return span.spanContext().traceId
}

function end(span: Span, step: Step, startMs: number): void {
  if (step.error !== undefined) {
    span.setAttribute('error.type', 'RateLimitError')
    span.setStatus({ code: SpanStatusCode.ERROR, message: step.error })
    span.recordException({ name: 'RateLimitError', message: step.error }, startMs + 100)
  }
  span.end(startMs + step.seconds * 1000)
}
