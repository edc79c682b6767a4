// The rules of canonical events one by one: which key is used, who the provider is, which ids mean absence, what a
// count includes, and difficult values. `fields.test.ts` tests kind, events and names.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { otlpJsonOf, type PlainSpan, runBatch, type TestEvent } from './testing/run-batch.ts'

type Attributes = Readonly<Record<string, unknown>>
type Expected = Readonly<Record<string, unknown>>

function eventOf(attributes: Attributes, more: Partial<PlainSpan> = {}): TestEvent {
  const body = otlpJsonOf({ name: 'span x', attributes, ...more })
  return runBatch([{ format: 'otlp-json', body }]).events[0] as TestEvent
}

async function check(
  t: { test(name: string, run: () => void): Promise<void> },
  cases: readonly (readonly [string, Attributes, Expected, Partial<PlainSpan>?])[],
): Promise<void> {
  for (const [promise, attributes, expected, more] of cases)
    await t.test(promise, () => {
      const event = eventOf(attributes, more)
      for (const [field, want] of Object.entries(expected))
        assert.deepEqual(event[field] ?? null, want, field)
    })
}

/** The keys that give the kind, best first, each with its own kind. */
const KINDS: readonly (readonly [Attributes, string])[] = [
  [{ 'langfuse.observation.type': 'evaluator' }, 'evaluator'],
  [{ 'openinference.span.kind': 'GUARDRAIL' }, 'guardrail'],
  [{ 'langsmith.span.kind': 'retriever' }, 'retrieval'],
  [{ 'lmnr.span.type': 'TOOL' }, 'tool'],
  [{ 'mlflow.spanType': '"RERANKER"' }, 'rerank'],
  [{ 'gen_ai.operation.name': 'embeddings' }, 'embedding'],
  [{ 'traceloop.span.kind': 'workflow' }, 'workflow'],
  [{ 'llm.request.type': 'rerank' }, 'rerank'],
  [{ 'ai.operationId': 'ai.toolCall' }, 'tool'],
  [{ 'genkit:metadata:subtype': 'evaluator' }, 'evaluator'],
  [{ 'gen_ai.tool.name': 't' }, 'tool'],
  [{ 'gen_ai.request.model': 'm' }, 'llm'],
]

test('kind: of any two keys the one that comes first in the order wins', () => {
  for (const [i, [better, kind]] of KINDS.entries())
    for (const [worse] of KINDS.slice(i + 1)) {
      const both = { ...worse, ...better }
      assert.equal(eventOf(both)['kind'], kind, JSON.stringify(both))
    }
})

test('kind: an old Langfuse SDK calls generations spans, and then their keys win', () => {
  const event = eventOf(
    { 'langfuse.observation.type': 'span', 'langfuse.observation.model.name': 'gpt-4o' },
    { scope: { name: 'langfuse-sdk', version: '3.2.0' } },
  )
  assert.equal(event['kind'], 'llm')
})

const said = (content: string): string =>
  JSON.stringify([{ role: 'user', parts: [{ type: 'text', content }] }])

test('content: structured attributes beat events, events beat indexed keys, those beat blobs', async (t) => {
  const first = (event: TestEvent): unknown =>
    (event['input_messages'] as { parts: { content: string }[] }[])[0]?.parts[0]?.content
  const ways: readonly (readonly [string, Partial<PlainSpan>])[] = [
    ['structured', { attributes: { 'gen_ai.input.messages': said('structured') } }],
    [
      'message event',
      { events: [{ name: 'gen_ai.user.message', attributes: { content: 'message event' } }] },
    ],
    [
      'details event',
      {
        events: [
          {
            name: 'gen_ai.client.inference.operation.details',
            attributes: { 'gen_ai.input.messages': said('details event') },
          },
        ],
      },
    ],
    [
      'indexed',
      { attributes: { 'gen_ai.prompt.0.role': 'user', 'gen_ai.prompt.0.content': 'indexed' } },
    ],
    [
      'blob',
      {
        attributes: {
          'gcp.vertex.agent.llm_request':
            '{"contents":[{"role":"user","parts":[{"text":"blob"}]}]}',
        },
      },
    ],
    [
      'entity',
      {
        attributes: {
          'traceloop.entity.input': '{"messages":[{"role":"user","content":"entity"}]}',
        },
      },
    ],
  ]
  for (const [i, [name, better]] of ways.entries())
    for (const [worseName, worse] of ways.slice(i + 1))
      await t.test(`${name} over ${worseName}`, () => {
        const attributes = {
          'gen_ai.operation.name': 'chat',
          ...worse.attributes,
          ...better.attributes,
        }
        const events = [...(worse.events ?? []), ...(better.events ?? [])]
        assert.equal(first(eventOf(attributes, { events })), name)
      })
})

test('tokens: the first spelling that is there wins, even when it is 0, and spellings are never added', (t) =>
  check(t, [
    [
      'dotted 0 shadows flat',
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.usage.input_tokens': 50,
        'gen_ai.usage.cache_read.input_tokens': 0,
        'gen_ai.usage.cache_read_input_tokens': 30,
      },
      { cache_read_tokens: 0, input_tokens: 50 },
    ],
    [
      'standard over deprecated over dialect',
      {
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.prompt_tokens': 11,
        'llm.usage.prompt_tokens': 12,
        'llm.token_count.prompt': 13,
      },
      { input_tokens: 10 },
    ],
    [
      'details repeat the parts',
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.output_tokens': 20,
        'gen_ai.usage.cache_read.input_tokens': 40,
        'gen_ai.usage.details.cache_read_tokens': 40,
        'gen_ai.usage.details.reasoning_tokens': 5,
        'gen_ai.usage.reasoning.output_tokens': 5,
      },
      { input_tokens: 100, output_tokens: 20, cache_read_tokens: 40, reasoning_tokens: 5 },
    ],
  ]))

test('model and cost: the order of their keys', (t) =>
  check(t, [
    [
      'response model',
      {
        'gen_ai.response.model': 'a',
        'llm.response.model_name': 'b',
        'ai.response.model': 'c',
      },
      { response_model: 'a' },
    ],
    [
      'cost of the standard over those of dialects',
      {
        'gen_ai.usage.cost': 1,
        'gen_ai.cost.total_cost': 2,
        'llm.cost.total': 3,
        'operation.cost': 4,
      },
      { cost_usd: 1, cost_source: 'given' },
    ],
    [
      'Langfuse first of all',
      { 'langfuse.observation.cost_details': '{"total":9}', 'gen_ai.usage.cost': 1 },
      { cost_usd: 9 },
      { scope: { name: 'langfuse-sdk' } },
    ],
    [
      'LiteLLM over OpenInference',
      { 'gen_ai.cost.total_cost': 2, 'llm.cost.total': 3 },
      { cost_usd: 2 },
    ],
  ]))

test('providers: every spelling of the specification', () => {
  const spellings: Readonly<Record<string, readonly string[]>> = {
    openai: ['openai', 'OpenAI', 'openai.chat', 'openai.responses', 'openai.embedding'],
    'azure.ai.openai': ['azure', 'azure_openai', 'az.ai.openai', 'azure-openai.chat'],
    'azure.ai.inference': ['az.ai.inference', 'azure_ai'],
    anthropic: ['anthropic', 'Anthropic', 'anthropic.messages'],
    'aws.bedrock': ['aws', 'bedrock', 'bedrock_converse', 'amazon-bedrock', 'AWS'],
    'gcp.gemini': ['google', 'gemini', 'google.generative-ai'],
    'gcp.vertex_ai': ['vertexai', 'vertex_ai', 'google.vertex.chat'],
    'gcp.gen_ai': ['google_genai', 'gcp.gen_ai'],
    mistral_ai: ['mistral', 'mistralai', 'MistralAI'],
    x_ai: ['xai', 'grok'],
    'ibm.watsonx.ai': ['watsonx', 'ibm.watson.ai'],
    moonshot_ai: ['moonshot'],
    cohere: ['cohere'],
    deepseek: ['deepseek'],
    groq: ['groq'],
    perplexity: ['Perplexity'],
    ollama: ['ollama'],
    cerebras: ['cerebras'],
    huggingface: ['HuggingFace'],
  }
  for (const [provider, list] of Object.entries(spellings))
    for (const spelling of list)
      assert.equal(eventOf({ 'gen_ai.system': spelling })['provider'], provider, spelling)
})

test('providers: a framework is none, and the model may say who it is', () => {
  const frameworks = [
    'langchain',
    'Langchain',
    'crewai',
    'autogen',
    'strands-agents',
    'spring_ai',
    'haystack',
    'llama_index',
    'litellm',
    'agno',
    'smolagents',
    'langgraph',
  ]
  for (const name of frameworks) {
    const event = eventOf({ 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.system': name })
    assert.equal(event['provider'], null, name)
    assert.equal((event['metadata'] as Record<string, string>)['framework'], name.toLowerCase())
  }
  for (const [model, provider] of [
    ['openai/gpt-4o', 'openai'],
    ['anthropic/claude-sonnet-4', 'anthropic'],
    ['us.anthropic.claude-sonnet-4', 'aws.bedrock'],
  ])
    assert.equal(
      eventOf({ 'gen_ai.system': 'litellm', 'gen_ai.request.model': model })['provider'],
      provider,
    )
})

test('ids: three separate things, and words for absence are absence', (t) =>
  check(t, [
    [
      'conversation, session and user stay apart',
      { 'gen_ai.conversation.id': 'c', 'session.id': 's', 'user.id': 'u' },
      { conversation_id: 'c', session_id: 's', user_id: 'u' },
    ],
    [
      'a session is no conversation',
      { 'session.id': 's' },
      { conversation_id: null, session_id: 's' },
    ],
    [
      'LangSmith: session_id of a trace is a project',
      { 'langsmith.span.kind': 'llm', 'langsmith.trace.session_id': 'p' },
      { session_id: null },
    ],
    ...['', 'None', 'null', 'undefined', 'default'].map(
      (word) =>
        [
          `"${word}" is absence`,
          { 'gen_ai.conversation.id': word, 'session.id': word, 'user.id': word },
          { conversation_id: null, session_id: null, user_id: null },
        ] as const,
    ),
  ]))

const anthropic =
  '{"input_tokens":10,"output_tokens":5,"cache_read_input_tokens":100,"cache_creation_input_tokens":20}'

test('token semantics by source: input includes cache, output includes reasoning', (t) =>
  check(t, [
    [
      'the standard is inclusive',
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.usage.input_tokens': 130,
        'gen_ai.usage.cache_read.input_tokens': 100,
        'gen_ai.usage.cache_creation.input_tokens': 20,
      },
      { input_tokens: 130, cache_read_tokens: 100, cache_write_tokens: 20 },
    ],
    [
      'OpenInference is inclusive',
      {
        'openinference.span.kind': 'LLM',
        'llm.token_count.prompt': 130,
        'llm.token_count.prompt_details.cache_read': 100,
      },
      { input_tokens: 130 },
    ],
    [
      'raw usage of Anthropic is exclusive',
      { 'gen_ai.usage.raw': anthropic },
      { input_tokens: 130, output_tokens: 5, cache_read_tokens: 100, cache_write_tokens: 20 },
      { scope: { name: 'logfire.anthropic' } },
    ],
    [
      'Claude Code is exclusive',
      {
        'span.type': 'claude_code.llm_request',
        input_tokens: 10,
        output_tokens: 5,
        cache_read_tokens: 100,
        cache_creation_tokens: 20,
      },
      { input_tokens: 130, output_tokens: 5 },
    ],
    [
      'Langfuse buckets exclude each other',
      {
        'langfuse.observation.type': 'generation',
        'langfuse.observation.usage_details':
          '{"input":10,"input_cached_tokens":100,"output":5,"output_reasoning_tokens":7}',
      },
      { input_tokens: 110, cache_read_tokens: 100, output_tokens: 12, reasoning_tokens: 7 },
    ],
    [
      'AI SDK 6 is inclusive',
      {
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.usage.inputTokens': 130,
        'ai.usage.inputTokenDetails.cacheReadTokens': 100,
        'ai.usage.outputTokens': 9,
        'ai.usage.reasoningTokens': 4,
      },
      { input_tokens: 130, output_tokens: 9, reasoning_tokens: 4 },
    ],
    [
      'AI SDK 4 with Anthropic is exclusive, and the metadata has the parts',
      {
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.usage.promptTokens': 10,
        'ai.usage.completionTokens': 5,
        'ai.response.providerMetadata': `{"anthropic":{"usage":${anthropic}}}`,
      },
      { input_tokens: 130, cache_read_tokens: 100, cache_write_tokens: 20 },
    ],
    [
      'parts that exceed the whole were left out of it',
      {
        'gen_ai.operation.name': 'chat',
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.cache_read.input_tokens': 100,
        'gen_ai.usage.output_tokens': 3,
        'gen_ai.usage.reasoning.output_tokens': 8,
      },
      { input_tokens: 110, output_tokens: 11 },
    ],
  ]))

test('traps in values', (t) =>
  check(t, [
    [
      'seconds of the AI SDK 7 and of the standard become milliseconds',
      { 'gen_ai.operation.name': 'chat', 'gen_ai.client.operation.time_to_first_chunk': 0.25 },
      { time_to_first_chunk_ms: 250 },
      { scope: { name: 'gen_ai' } },
    ],
    [
      'the standard says seconds',
      { 'gen_ai.operation.name': 'chat', 'gen_ai.response.time_to_first_chunk': 0.25 },
      { time_to_first_chunk_ms: 250 },
    ],
    [
      'ai.response.msToFirstChunk says milliseconds',
      { 'ai.operationId': 'ai.streamText.doStream', 'ai.response.msToFirstChunk': 250 },
      { time_to_first_chunk_ms: 250 },
    ],
    [
      'Python text instead of JSON',
      {
        'langsmith.span.kind': 'llm',
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.input_token_details': "{'cache_read': 4, 'audio': None}",
      },
      { cache_read_tokens: 4 },
    ],
    ...(
      [
        ['an array', ['stop', 'tool-calls']],
        ['JSON text', '["stop","tool_use"]'],
        ['joined by commas', 'stop, tool_call'],
      ] as const
    ).map(
      ([how, v]) =>
        [
          `finish reasons: ${how}`,
          { 'gen_ai.operation.name': 'chat', 'gen_ai.response.finish_reasons': v },
          { finish_reasons: ['stop', 'tool_calls'] },
        ] as const,
    ),
    [
      'finish reasons: the singular key',
      { 'gen_ai.operation.name': 'chat', 'gen_ai.response.finish_reason': 'stop' },
      { finish_reasons: ['stop'] },
    ],
    [
      'indexes are sorted as numbers',
      Object.fromEntries(
        [10, 2, 1].flatMap((i) => [
          [`gen_ai.prompt.${i}.role`, 'user'],
          [`gen_ai.prompt.${i}.content`, `m${i}`],
        ]),
      ),
      {
        input_messages: ['m1', 'm2', 'm10'].map((content) => ({
          role: 'user',
          parts: [{ type: 'text', content }],
        })),
      },
    ],
    [
      'what may hold credentials is not stored, and neither are vectors',
      {
        'gen_ai.operation.name': 'chat',
        'llm.headers': 'x',
        'gen_ai.headers': 'x',
        'langsmith.request.headers': 'x',
        'ai.request.headers.authorization': 'x',
        'metadata.user_api_key_hash': 'x',
        'ai.embedding': '[0.1,0.2]',
        'embedding.embeddings.0.embedding.vector': [0.1, 0.2],
      },
      { attributes: null },
    ],
    [
      'a preview of logfire counts for nothing',
      {
        'logfire.span_type': 'pending_span',
        'gen_ai.operation.name': 'chat',
        'gen_ai.usage.input_tokens': 5,
      },
      { usage_aggregate: true },
    ],
    [
      'internal spans of Laminar count for nothing',
      {
        'lmnr.internal.metadata_only': true,
        'lmnr.span.type': 'LLM',
        'gen_ai.usage.input_tokens': 5,
      },
      { usage_aggregate: true },
    ],
    [
      'an index beyond the cap makes no giant array',
      { 'gen_ai.prompt.999999999.role': 'user' },
      { input_messages: null },
    ],
  ]))

test('integers as text, as {low, high} of a Long, and ids as empty text', () => {
  const span = {
    traceId: 'ab'.repeat(16),
    spanId: 'cd'.repeat(8),
    parentSpanId: '',
    name: 'chat m',
    startTimeUnixNano: '1770000000000000000',
    endTimeUnixNano: { low: -1_203_306_496, high: 412_111_928, unsigned: true },
    attributes: [
      { key: 'gen_ai.operation.name', value: { stringValue: 'chat' } },
      { key: 'gen_ai.usage.input_tokens', value: { intValue: '12' } },
      {
        key: 'gen_ai.usage.output_tokens',
        value: { intValue: { low: 5, high: 0, unsigned: false } },
      },
    ],
  }
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
  const event = runBatch([{ format: 'otlp-json', body }]).events[0]
  assert.equal(event?.['input_tokens'], 12)
  assert.equal(event?.['output_tokens'], 5)
  assert.equal(event?.['parent_span_id'], null)
})

test('usage: counts and costs that no call has are left out, and the event says that its usage is inconsistent', () => {
  const call = { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' }
  for (const usage of [
    { 'gen_ai.usage.input_tokens': 2 ** 62, 'gen_ai.usage.output_tokens': 2 ** 62 },
    { 'gen_ai.usage.input_tokens': 1e308 },
    { 'gen_ai.usage.input_tokens': 5, 'llm.token_count.total': 1e19 },
    { 'gen_ai.usage.input_tokens': 5, 'gen_ai.usage.cache_read.input_tokens': 9e18 },
    { 'gen_ai.usage.output_tokens': 5, 'gen_ai.usage.reasoning_tokens': 9e18 },
    { 'gen_ai.usage.cost': 1e308 },
    { 'gen_ai.usage.cost': -1e308 },
    { 'llm.cost.prompt': 1e200, 'llm.cost.completion': 1e200 },
  ]) {
    const event = eventOf({ ...call, ...usage })
    for (const [field, value] of Object.entries(event))
      if (/_tokens$|^cost_.*usd$/.test(field))
        assert.ok(
          Number(value ?? 0) >= 0 && Number(value ?? 0) <= 1e10,
          `${field} of ${JSON.stringify(usage)}: ${String(value)}`,
        )
    assert.equal(event['usage_inconsistent'], true, JSON.stringify(usage))
  }
  for (const cost of [
    { 'gen_ai.usage.cost': -5.5 },
    { 'gen_ai.usage.cost': '-0.0001' },
    { 'llm.cost.total': -5, 'llm.token_count.prompt': 5 },
    { 'llm.cost.prompt': -2, 'llm.cost.completion': -1 },
  ]) {
    const credit = eventOf({ ...call, ...cost })
    const costs = ['cost_usd', 'cost_input_usd', 'cost_output_usd'].map((f) => credit[f] ?? null)
    assert.deepEqual(costs, [null, null, null], JSON.stringify(cost))
    assert.ok(credit['usage_inconsistent'] !== true)
  }
  const whole = eventOf({ ...call, 'gen_ai.usage.input_tokens': 1e10, 'gen_ai.usage.cost': 1e9 })
  assert.deepEqual([whole['input_tokens'], whole['cost_usd']], [1e10, 1e9])
  assert.ok(whole['usage_inconsistent'] !== true)
})
