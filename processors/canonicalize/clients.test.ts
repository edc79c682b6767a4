// How single clients deviate, in the variants of their versions and users.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entityOf } from './steps/entity-names.ts'
import { otlpJsonOf, type PlainSpan, runBatch, type TestEvent } from './testing/run-batch.ts'

function eventOf(span: PlainSpan): TestEvent {
  const { events } = runBatch([{ format: 'otlp-json', body: otlpJsonOf(span) }])
  assert.equal(events.length, 1)
  return events[0] as TestEvent
}

const said = (content: string): unknown[] => [
  { role: 'assistant', parts: [{ type: 'text', content }] },
]

test('a legacy completion is text, whatever object stands around it', () => {
  const of = (completion: unknown): TestEvent =>
    eventOf({
      name: 'chat',
      attributes: { 'gen_ai.system': 'openai', 'gen_ai.completion': completion },
    })
  for (const completion of [
    'Sunny.',
    '"Sunny."',
    '{"text":"Sunny."}',
    '{"completion":"Sunny."}',
    '{"content":"Sunny.","role":"assistant"}',
    '{"response":"Sunny."}',
    '{"output":"Sunny."}',
    '{"generated_text":"Sunny."}',
    '["Sunny."]',
    '[{"text":"Sunny."}]',
    '{"choices":[{"text":"Sunny."}]}',
    { text: 'Sunny.' },
  ])
    assert.deepEqual(of(completion)['output_messages'], said('Sunny.'), JSON.stringify(completion))
  const ended = of('{"text":"Sunny.","finish_reason":"max_tokens"}')
  assert.deepEqual(ended['finish_reasons'], ['max_tokens'])
  // A JSON object that the model wrote is its response and stays unchanged.
  const written = '{"city":"Paris","answer":"Sunny."}'
  assert.deepEqual(of(written)['output_messages'], said(written))
})

test('a run of an agent is an agent, with its output and its instructions, in every version of the instrumentation', () => {
  const messages = JSON.stringify([
    { role: 'system', parts: [{ type: 'text', content: 'Be nice.' }] },
    { role: 'user', parts: [{ type: 'text', content: 'Hi' }] },
    { role: 'assistant', parts: [{ type: 'text', content: 'Hello' }] },
  ])
  const events = JSON.stringify([
    { role: 'system', content: 'Be nice.', 'event.name': 'gen_ai.system.message' },
    { role: 'user', content: 'Hi', 'event.name': 'gen_ai.user.message' },
  ])
  const named = { model_name: 'gpt-4o', agent_name: 'greeter', final_result: 'Hello' }
  for (const [name, attributes] of [
    ['agent run', { ...named, 'pydantic_ai.all_messages': messages }],
    ['greeter run', { ...named, 'pydantic_ai.all_messages': messages }],
    ['agent run', { ...named, all_messages_events: events }],
    [
      'invoke_agent greeter',
      {
        ...named,
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.system_instructions': '[{"type":"text","content":"Be nice."}]',
        'pydantic_ai.all_messages': messages,
      },
    ],
  ] as const)
    for (const scope of ['pydantic-ai', 'renamed']) {
      const event = eventOf({ name, scope: { name: scope }, attributes })
      assert.equal(event['kind'], 'agent', name)
      assert.equal(event['output'], 'Hello', name)
      assert.equal(event['agent_name'], 'greeter', name)
      assert.deepEqual(event['system_instructions'], [{ type: 'text', content: 'Be nice.' }], name)
    }
})

test('lifetimes of cache writes arrive through the metadata of whatever provider', () => {
  const lifetimes = { ephemeral_1h_input_tokens: 20, ephemeral_5m_input_tokens: 10 }
  for (const metadata of [
    { anthropic: { usage: { cache_creation_input_tokens: 30, cache_creation: lifetimes } } },
    { vertex: { usage: { cache_creation_input_tokens: 30, cache_creation: lifetimes } } },
    {
      anthropic: {
        cacheCreationInputTokens: 30,
        usage: { cacheCreation: { ephemeral1hInputTokens: 20, ephemeral5mInputTokens: 10 } },
      },
    },
    {
      bedrock: {
        usage: {
          cacheWriteInputTokens: 30,
          cacheDetails: [
            { inputTokens: 20, ttl: '1h' },
            { inputTokens: 10, ttl: '5m' },
          ],
        },
      },
    },
  ]) {
    const event = eventOf({
      name: 'ai.streamText.doStream',
      scope: { name: 'ai' },
      attributes: {
        'ai.operationId': 'ai.streamText.doStream',
        'ai.model.id': 'claude-sonnet-4-5',
        'ai.usage.inputTokens': 45,
        'ai.usage.outputTokens': 3,
        'ai.response.providerMetadata': JSON.stringify(metadata),
      },
    })
    assert.equal(event['cache_write_tokens'], 30, JSON.stringify(metadata))
    assert.deepEqual(event['usage_details'], { cache_write_1h: 20, cache_write_5m: 10 })
  }
})

test('thread, session, user, agent and provider are read from metadata that is one JSON object', () => {
  const event = eventOf({
    name: 'ChatOpenAI',
    scope: { name: 'openinference.instrumentation.langchain' },
    attributes: {
      'openinference.span.kind': 'LLM',
      metadata: JSON.stringify({
        thread_id: 'th-1',
        session_id: 's-1',
        user_id: 'u-1',
        lc_agent_name: 'weather',
        ls_provider: 'anthropic',
        ls_model_name: 'claude-sonnet-4-5',
        tags: ['beta'],
      }),
    },
  })
  assert.equal(event['conversation_id'], 'th-1')
  assert.equal(event['session_id'], 's-1')
  assert.equal(event['user_id'], 'u-1')
  assert.equal(event['agent_name'], 'weather')
  assert.equal(event['provider'], 'anthropic')
  assert.equal(event['request_model'], 'claude-sonnet-4-5')
  assert.deepEqual(event['tags'], ['beta'])
})

test("parts of a gateway's usage object fill what its keys leave open", () => {
  const event = eventOf({
    name: 'litellm_request',
    scope: { name: 'litellm' },
    attributes: {
      'gen_ai.usage.input_tokens': 180,
      'gen_ai.usage.output_tokens': 68,
      'metadata.usage_object':
        "{'completion_tokens': 68, 'prompt_tokens': 180, 'total_tokens': 248, 'completion_tokens_details': {'reasoning_tokens': 9}, 'prompt_tokens_details': {'cached_tokens': 20, 'cache_creation_tokens': 8}, 'cache_creation_input_tokens': 8, 'cache_read_input_tokens': 20}",
    },
  })
  assert.equal(event['input_tokens'], 180)
  assert.equal(event['cache_read_tokens'], 20)
  assert.equal(event['cache_write_tokens'], 8)
  assert.equal(event['reasoning_tokens'], 9)
})

test('a call that answered nothing but an exception has failed, though its status is OK', () => {
  const span = {
    name: 'ChatOpenAI',
    scope: { name: 'langsmith' },
    status: { code: 1 },
    events: [
      { name: 'exception', attributes: { 'exception.type': 'Error', 'exception.message': '429' } },
    ],
  }
  const attributes = { 'langsmith.span.kind': 'llm', 'gen_ai.request.model': 'gpt-4o' }
  const failed = eventOf({ ...span, attributes })
  assert.equal(failed['status'], 'error')
  assert.equal(failed['error_message'], '429')
  // An exception that was handled before the response is no failure.
  const handled = eventOf({ ...span, attributes: { ...attributes, 'gen_ai.completion': 'Sunny.' } })
  assert.equal(handled['status'], 'ok')
})

test('a tier of service before the names of counts is a tier, and the counts are counts', () => {
  const usage = {
    input_tokens: 1000,
    output_tokens: 200,
    total_tokens: 1200,
    input_token_details: { flex: 700, flex_cache_read: 300 },
    output_token_details: { flex: 150, flex_reasoning: 50 },
  }
  for (const attributes of [
    { 'langsmith.usage_metadata': JSON.stringify(usage) },
    {
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': 200,
      'gen_ai.usage.input_token_details': "{'flex': 700, 'flex_cache_read': 300}",
      'gen_ai.usage.output_token_details': "{'flex': 150, 'flex_reasoning': 50}",
    },
  ]) {
    const event = eventOf({
      name: 'ChatOpenAI',
      scope: { name: 'langsmith' },
      attributes: {
        'langsmith.span.kind': 'llm',
        'gen_ai.request.model': 'gpt-5-mini',
        ...attributes,
      },
    })
    assert.equal(event['input_tokens'], 1000)
    assert.equal(event['cache_read_tokens'], 300)
    assert.equal(event['reasoning_tokens'], 50)
    assert.deepEqual(event['request_params'], { service_tier: 'flex' })
  }
})

test('the newest conventions: cached media, variables of prompts, budgets, responses that are fetched again', () => {
  const event = eventOf({
    name: 'chat gpt-realtime',
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-realtime',
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.cache_read.input_tokens': 600,
      'gen_ai.usage.audio.cache_read.input_tokens': 300,
      'gen_ai.usage.image.cache_read.input_tokens': 200,
      'gen_ai.usage.text.cache_read.input_tokens': 100,
      'gen_ai.request.reasoning.level': 'low',
      'gen_ai.request.reasoning.budget_tokens': 2048,
      'gen_ai.prompt.name': 'weather',
      'gen_ai.prompt.version': '3',
      'gen_ai.prompt.variable.city': 'Lisbon',
      'gen_ai.prompt.variable.days': 2,
      'gen_ai.request.previous_response.id': 'resp_1',
    },
  })
  assert.deepEqual(event['usage_details'], {
    cache_read_audio: 300,
    cache_read_image: 200,
    cache_read_text: 100,
  })
  assert.deepEqual(event['request_params'], {
    reasoning_level: 'low',
    reasoning_budget_tokens: 2048,
  })
  assert.deepEqual(event['prompt_variables'], { city: 'Lisbon', days: 2 })
  assert.equal(event['prompt_version'], '3')
  const fetched = eventOf({
    name: 'fetch_response',
    attributes: {
      'gen_ai.operation.name': 'fetch_response',
      'gen_ai.provider.name': 'openai',
      'gen_ai.response.id': 'resp_1',
      'gen_ai.response.model': 'gpt-4.1',
      'gen_ai.response.status': 'failed',
      'gen_ai.output.messages': '[{"role":"assistant","parts":[{"type":"text","content":"a"}]}]',
    },
  })
  // The span is no call, and a failed response is no failure of the fetch.
  assert.equal(fetched['kind'], 'chain')
  assert.notEqual(fetched['status'], 'error')
})

test('a tool and an agent are called as their span, without what stands around the name', () => {
  for (const [name, want] of [
    ['get_weather', 'get_weather'],
    ['get_weather.run', 'get_weather'],
    ['execute_tool get_weather', 'get_weather'],
    ['running tool: get_weather', 'get_weather'],
    ['weather_agent._execute_core', 'weather_agent'],
    ['weather_agent.run', 'weather_agent'],
    ['Agent: Trip Planner', 'Trip Planner'],
    ['invoke_agent Wetterdienst', 'Wetterdienst'],
    ['invoke_agent', null],
    ['running tool', null],
    ['AgentExecutor', null],
    ['ai.toolCall', null],
    ['POST /tools/{name}', null],
    ['What is the weather like in Paris today, please tell me?', null],
  ] as const)
    assert.equal(entityOf(name), want, name)
})

test('an agent run that reports only sums of its calls has them as its own usage', () => {
  const event = eventOf({
    name: 'invoke_agent a',
    attributes: {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.aggregated_usage.input_tokens': 600,
      'gen_ai.aggregated_usage.output_tokens': 60,
      'gen_ai.aggregated_usage.cache_read.input_tokens': 200,
      'gen_ai.aggregated_usage.cache_creation.input_tokens': 100,
    },
  })
  assert.deepEqual(
    [event['input_tokens'], event['output_tokens'], event['cache_read_tokens']],
    [600, 60, 200],
  )
  assert.equal(event['cache_write_tokens'], 100)
  assert.equal(event['usage_aggregate'], false)
})

test('counts are read out of objects and lists beside the token counts', () => {
  for (const [key, value, details, reasoning] of [
    ['gen_ai.usage.details', { ephemeral_1h_input_tokens: 30 }, { cache_write_1h: 30 }, null],
    [
      'gen_ai.usage.prompt_tokens_details',
      '[{"modality":"TEXT","token_count":10},{"modality":"AUDIO","token_count":20}]',
      { input_audio: 20, input_text: 10 },
      null,
    ],
    [
      'gen_ai.usage.completion_tokens_details',
      '{"reasoning_tokens":7,"audio_tokens":5}',
      { output_audio: 5 },
      7,
    ],
  ] as const) {
    const event = eventOf({
      name: 'chat',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.output_tokens': 50,
        [key]: value,
      },
    })
    assert.deepEqual(event['usage_details'], details, key)
    assert.equal(event['reasoning_tokens'], reasoning, key)
  }
})

test('a call that ended for the reason `error` has failed, whatever the status of its span', () => {
  const ended = (reasons: readonly string[], more: Record<string, unknown> = {}): unknown =>
    eventOf({
      name: 'chat gpt-4o',
      status: { code: 1 },
      attributes: {
        ...more,
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.response.finish_reasons': [...reasons],
      },
    })['status']
  assert.equal(ended(['error']), 'error')
  assert.equal(ended(['stop']), 'ok')
  // The app broke off a stream, of which a part had come.
  const begun = '[{"role":"assistant","parts":[{"type":"text","content":"It is"}]}]'
  assert.equal(ended(['error'], { 'gen_ai.output.messages': begun }), 'ok')
  // One of several choices is there.
  assert.equal(ended(['stop', 'error']), 'ok')
})

test('an object under a key that nobody knows says the parts of exactly the counts of its span', () => {
  const of = (counts: object): TestEvent =>
    eventOf({
      name: 'chat',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.usage.input_tokens': 113,
        'gen_ai.usage.output_tokens': 47,
        'acme.metrics': JSON.stringify(counts),
      },
    })
  const counts = { prompt_tokens: 113, completion_tokens: 47 }
  assert.equal(of({ ...counts, reasoning_tokens: 6 })['reasoning_tokens'], 6)
  assert.equal(of({ usage: { ...counts, cached_tokens: 9 } })['cache_read_tokens'], 9)
  // Other counts are those of something else.
  const other = of({ ...counts, prompt_tokens: 114, reasoning_tokens: 6 })
  assert.equal(other['reasoning_tokens'], null)
})
