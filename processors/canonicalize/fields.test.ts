// Facts that no single attribute shows: span events, span names, resources, scopes, and attributes that have a
// meaning together with others. Each is one small case. Samples of whole spans are in `testdata/`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { otlpJsonOf, type PlainSpan, runBatch, type TestEvent } from './testing/run-batch.ts'

type Case = readonly [
  promise: string,
  span: Omit<PlainSpan, 'name'> & { readonly name?: string },
  expected: Readonly<Record<string, unknown>>,
]

const text = (role: string, content: string): object => ({
  role,
  parts: [{ type: 'text', content }],
})

const EVENTS: readonly Case[] = [
  [
    'an evaluation event fills the evaluation',
    {
      attributes: { 'gen_ai.operation.name': 'chat' },
      events: [
        {
          name: 'gen_ai.evaluation.result',
          attributes: {
            'gen_ai.evaluation.name': 'Relevance',
            'gen_ai.evaluation.score.value': 0.5,
            'gen_ai.evaluation.score.label': 'ok',
            'gen_ai.evaluation.explanation': 'why',
          },
        },
      ],
    },
    {
      evaluation_name: 'Relevance',
      evaluation_score: 0.5,
      evaluation_label: 'ok',
      evaluation_explanation: 'why',
    },
  ],
  [
    'several details events are concatenated',
    {
      attributes: { 'gen_ai.operation.name': 'chat' },
      events: ['a', 'b'].map((content) => ({
        name: 'gen_ai.client.inference.operation.details',
        attributes: {
          'gen_ai.input.messages': JSON.stringify([
            { role: 'user', parts: [{ type: 'text', content }] },
          ]),
        },
      })),
    },
    { input_messages: [text('user', 'a'), text('user', 'b')] },
  ],
  [
    'the last exception event wins, and error.type beats its type',
    {
      attributes: { 'gen_ai.operation.name': 'chat', 'error.type': 'timeout' },
      status: { code: 2 },
      events: ['one', 'two'].map((m) => ({
        name: 'exception',
        attributes: {
          'exception.type': 'E',
          'exception.message': m,
          'exception.stacktrace': `at ${m}`,
        },
      })),
    },
    { error_type: 'timeout', error_message: 'two', error_stack: 'at two', status: 'error' },
  ],
  [
    'a choice whose message is a JSON string is read',
    {
      attributes: { 'gen_ai.system': 'openai' },
      events: [
        {
          name: 'gen_ai.choice',
          attributes: {
            index: 0,
            finish_reason: 'tool_calls',
            message:
              '{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\\"x\\":1}"}}]}',
          },
        },
      ],
    },
    {
      output_messages: [
        {
          role: 'assistant',
          parts: [{ type: 'tool_call', id: 'c', name: 'f', arguments: { x: 1 } }],
          finish_reason: 'tool_calls',
        },
      ],
      finish_reasons: ['tool_calls'],
    },
  ],
  [
    'finish reasons of several choices are in the order of their index',
    {
      attributes: { 'gen_ai.system': 'openai' },
      events: [1, 0].map((index) => ({
        name: 'gen_ai.choice',
        attributes: {
          index,
          finish_reason: index === 0 ? 'stop' : 'length',
          message: '{"role":"assistant","content":"x"}',
        },
      })),
    },
    { finish_reasons: ['stop', 'length'] },
  ],
  [
    'content events of the old kind are read',
    {
      attributes: { 'gen_ai.system': 'openai' },
      events: [
        { name: 'gen_ai.content.prompt', attributes: { 'gen_ai.prompt': 'user: hello' } },
        { name: 'gen_ai.content.completion', attributes: { 'gen_ai.completion': 'hi' } },
      ],
    },
    { output_messages: [text('assistant', 'hi')] },
  ],
  [
    'a tool message event becomes a tool call response',
    {
      attributes: { 'gen_ai.system': 'openai' },
      events: [{ name: 'gen_ai.tool.message', attributes: { id: 'c1', content: 'sunny' } }],
    },
    {
      input_messages: [
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'sunny' }] },
      ],
    },
  ],
  [
    'Semantic Kernel puts the body of an event in an attribute',
    {
      scope: { name: 'Microsoft.SemanticKernel.Connectors.OpenAI' },
      attributes: { 'gen_ai.operation.name': 'chat' },
      events: [
        {
          name: 'gen_ai.user.message',
          attributes: { 'gen_ai.event.content': '{"role":"user","content":"hey"}' },
        },
        { name: 'gen_ai.tool.developer', attributes: { role: 'developer', content: 'be kind' } },
      ],
    },
    {
      dialect: 'semantic-kernel',
      input_messages: [text('user', 'hey'), text('system', 'be kind')],
    },
  ],
  [
    'a query result event is a document',
    {
      attributes: {
        'db.system': 'pinecone',
        'db.vector.query.top_k': 3,
        'traceloop.span.kind': 'task',
      },
      events: [
        {
          name: 'db.query.result',
          attributes: { 'db.query.result.id': 'd1', 'db.query.result.score': 0.25 },
        },
      ],
    },
    { retrieval_documents: [{ id: 'd1', score: 0.25 }] },
  ],
  [
    'the first chunk of the AI SDK says the time to it',
    {
      scope: { name: 'ai' },
      attributes: { 'ai.operationId': 'ai.streamText.doStream' },
      events: [{ name: 'ai.stream.firstChunk' }],
    },
    { time_to_first_chunk_ms: 500 },
  ],
  [
    'ids of Laminar events are the ids of the span',
    {
      attributes: { 'lmnr.span.type': 'LLM' },
      events: [
        { name: 'x', attributes: { 'lmnr.event.user_id': 'u', 'lmnr.event.session_id': 's' } },
      ],
    },
    { user_id: 'u', session_id: 's' },
  ],
  [
    'the output event of a Claude Code tool is its result',
    {
      attributes: { 'span.type': 'claude_code.tool' },
      events: [{ name: 'tool.output', attributes: { output: 'done' } }],
    },
    { kind: 'tool', tool_result: 'done' },
  ],
]

const named = (
  name: string,
  scope: string,
  expected: Record<string, unknown>,
  attributes: Record<string, unknown> = {},
): Case => [`${scope}: ${name}`, { name, scope: { name: scope }, attributes }, expected]

const NAMES: readonly Case[] = [
  named(
    'chat gpt-4o',
    'x',
    { operation: 'chat', kind: 'llm', request_model: 'gpt-4o' },
    {
      'gen_ai.provider.name': 'openai',
    },
  ),
  named(
    'execute_tool weather',
    'x',
    { kind: 'tool', tool_name: 'weather' },
    {
      'gen_ai.provider.name': 'openai',
    },
  ),
  named(
    'invoke_agent Bob',
    'x',
    { kind: 'agent', agent_name: 'Bob' },
    {
      'gen_ai.provider.name': 'openai',
    },
  ),
  // A span that calls a tool by name is a tool span.
  named(
    'tools/call weather',
    'x',
    { kind: 'tool', mcp_method: 'tools/call', tool_name: 'weather' },
    {
      'mcp.session.id': 's',
    },
  ),
  named(
    'resources/list',
    'x',
    { kind: 'mcp', mcp_method: 'resources/list' },
    {
      'mcp.session.id': 's',
    },
  ),
  named(
    'openai.chat',
    'opentelemetry.instrumentation.openai.v1',
    { operation: 'chat', kind: 'llm' },
    {
      'traceloop.workflow.name': 'w',
    },
  ),
  named('running tool', 'pydantic-ai', { kind: 'tool' }),
  named(
    'haystack.pipeline.run',
    'x',
    { kind: 'workflow' },
    { 'haystack.pipeline.input_data': '{}' },
  ),
  named(
    'haystack.component.run',
    'x',
    { kind: 'rerank' },
    {
      'haystack.component.type': 'TransformersSimilarityRanker',
    },
  ),
  named(
    'haystack.component.run',
    'x',
    { kind: 'chain' },
    { 'haystack.component.type': 'PromptBuilder' },
  ),
  named('haystack.agent.run', 'x', { kind: 'agent' }, { 'haystack.agent.max_steps': 3 }),
  named('haystack.agent.step', 'x', { kind: 'chain' }, { 'haystack.agent.step': 1 }),
  named('haystack.agent.step.llm', 'x', { kind: 'llm' }, { 'haystack.agent.step': 1 }),
  named('haystack.agent.step.tool', 'x', { kind: 'tool' }, { 'haystack.tool.name': 't' }),
  named('call_llm', 'gcp.vertex.agent', { dialect: 'google-adk', kind: 'llm' }),
  named('invocation', 'gcp.vertex.agent', { kind: 'workflow' }),
  named('agent_run [root]', 'gcp.vertex.agent', { kind: 'agent', agent_name: 'root' }),
  named('invoke_swarm', 'strands.telemetry.tracer', { dialect: 'strands', kind: 'workflow' }),
  named('invoke_graph', 'strands.telemetry.tracer', { kind: 'workflow' }),
  named('Crew Created', 'crewai.telemetry', { dialect: 'crewai', kind: 'workflow' }),
  named('Task Execution', 'crewai.telemetry', { kind: 'chain' }),
  named('Tool Repeated Usage', 'crewai.telemetry', { kind: 'tool' }),
  named('litellm_request', 'litellm', { dialect: 'litellm', kind: 'llm' }),
  named('Received Proxy Server Request', 'litellm', { kind: 'chain' }),
  named('agent_turn', 'livekit-agents', { dialect: 'livekit', kind: 'agent' }),
  named('start_agent_activity', 'livekit-agents', { kind: 'agent' }),
  named('function_tool', 'livekit-agents', { kind: 'tool' }),
  named('llm_node', 'livekit-agents', { kind: 'llm' }),
]

const SCOPES: readonly Case[] = (
  [
    ['langfuse-sdk', 'langfuse'],
    ['genkit-tracer', 'genkit'],
    ['@flue/opentelemetry', 'flue'],
    ['livekit-agents', 'livekit'],
    ['ai', 'vercel-ai'],
    ['gen_ai', 'vercel-ai-v7'],
    ['pydantic-ai', 'pydantic-ai'],
    ['logfire.openai', 'logfire'],
    ['strands.telemetry.tracer', 'strands'],
    ['gcp.vertex.agent', 'google-adk'],
    ['Microsoft.SemanticKernel.X', 'semantic-kernel'],
    ['semantic_kernel.x', 'semantic-kernel'],
    ['autogen-core', 'autogen'],
    ['autogen_core', 'autogen'],
    ['crewai.telemetry', 'crewai'],
    ['litellm', 'litellm'],
    ['openlit.openai', 'openlit'],
    ['openinference.instrumentation.openai', 'openinference'],
  ] as const
).map(([scope, dialect]) => [`scope ${scope}`, { scope: { name: scope } }, { dialect }])

/** Users can override scope names, so the keys must suffice. */
const MARKERS: readonly Case[] = (
  [
    ['openinference.span.kind', 'LLM', 'openinference'],
    ['traceloop.span.kind', 'workflow', 'openllmetry'],
    ['gen_ai.prompt.0.content', 'x', 'openllmetry'],
    ['llm.request.type', 'chat', 'openllmetry'],
    ['ai.operationId', 'ai.generateText', 'vercel-ai'],
    ['langsmith.span.kind', 'llm', 'langsmith'],
    ['mlflow.spanType', '"LLM"', 'mlflow'],
    ['mlflow.spanInputs', '{}', 'mlflow'],
    ['lmnr.span.type', 'LLM', 'laminar'],
    ['haystack.component.name', 'x', 'haystack'],
    ['spring.ai.kind', 'chat_client', 'spring-ai'],
    ['span.type', 'claude_code.llm_request', 'claude-code'],
    ['gen_ai.agent.name', 'gemini-cli', 'gemini-cli'],
    ['voltagent.operation_id', 'x', 'voltagent'],
    ['genkit:name', 'x', 'genkit'],
    ['lk.user_input', 'x', 'livekit'],
    ['flue.tool.name', 'x', 'flue'],
    ['mcp.method.name', 'tools/list', 'otel-mcp'],
    ['gen_ai.provider.name', 'openai', 'otel-genai'],
    ['gen_ai.input.messages', '[]', 'otel-genai'],
    ['gen_ai.system', 'openai', 'otel-genai-legacy'],
  ] as const
).map(([key, value, dialect]) => [
  `marker ${key}`,
  { scope: { name: 'my.tracer' }, attributes: { [key]: value } },
  { dialect },
])

const RESOURCES: readonly Case[] = [
  [
    'what the resource says of service and environment',
    {
      resource: {
        'service.name': 'shop',
        'service.version': '2',
        'deployment.environment.name': 'Prod',
        'deployment.environment': 'old',
        'telemetry.sdk.language': 'nodejs',
        'openinference.project.name': 'phoenix',
        'cloud.resource_id': 'arn:aws:x',
      },
      attributes: { 'aws.local.service': 'x', 'aws.service.type': 'gen_ai_agent' },
    },
    {
      service_name: 'shop',
      service_version: '2',
      environment: 'prod',
      sdk_language: 'nodejs',
      metadata: { source_project: 'phoenix', runtime_arn: 'arn:aws:x' },
    },
  ],
  [
    'the old spelling of the environment',
    { resource: { 'deployment.environment': 'staging' } },
    { environment: 'staging' },
  ],
  [
    'Langfuse says the environment on the resource too',
    { resource: { 'langfuse.environment': 'eu', 'deployment.environment.name': 'prod' } },
    { environment: 'eu' },
  ],
  [
    'OpenRouter is known by its service and its source',
    {
      resource: { 'service.name': 'openrouter' },
      attributes: { 'openrouter.source': 'broadcast', 'gen_ai.usage.cost': 0.5 },
    },
    { dialect: 'openrouter', cost_usd: 0.5, cost_source: 'given' },
  ],
  [
    'OpenLIT is known by its SDK',
    {
      resource: { 'telemetry.sdk.name': 'openlit' },
      attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.system': 'openai' },
    },
    { dialect: 'openlit' },
  ],
  [
    'OpenLIT calls its service elsewhere when the resource does not',
    {
      scope: { name: 'openlit.x' },
      resource: { 'service.name': 'unknown_service' },
      attributes: { 'gen_ai.application_name': 'shop', 'gen_ai.environment': 'default' },
    },
    { service_name: 'shop', environment: 'default' },
  ],
]

const TOGETHER: readonly Case[] = [
  [
    'top_k of a retrieval is the number of documents asked for',
    { attributes: { 'gen_ai.operation.name': 'retrieval', 'gen_ai.request.top_k': 4 } },
    { kind: 'retrieval', retrieval_top_k: 4 },
  ],
  [
    'finish reasons of output messages count when no attribute says them',
    {
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.output.messages':
          '[{"role":"assistant","parts":[{"type":"text","content":"a"}],"finish_reason":"tool-calls"}]',
      },
    },
    { finish_reasons: ['tool_calls'] },
  ],
  [
    'OpenInference: name, tool call and its answer in indexed messages',
    {
      attributes: {
        'openinference.span.kind': 'LLM',
        'llm.input_messages.0.message.role': 'user',
        'llm.input_messages.0.message.name': 'Ann',
        'llm.input_messages.0.message.content': 'q',
        'llm.input_messages.1.message.role': 'assistant',
        'llm.input_messages.1.message.function_call_name': 'f',
        'llm.input_messages.1.message.function_call_arguments_json': '{"x":1}',
        'llm.input_messages.2.message.role': 'tool',
        'llm.input_messages.2.message.tool_call_id': 'c1',
        'llm.input_messages.2.message.content': 'r',
      },
    },
    {
      input_messages: [
        { role: 'user', parts: [{ type: 'text', content: 'q' }], name: 'Ann' },
        { role: 'assistant', parts: [{ type: 'tool_call', name: 'f', arguments: { x: 1 } }] },
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'r' }] },
      ],
    },
  ],
  [
    'OpenInference: evaluations under every prefix',
    {
      attributes: {
        'openinference.span.kind': 'EVALUATOR',
        'trace.evaluations.0.evaluation.name': 'faithful',
        'trace.evaluations.0.evaluation.score': 0.9,
        'trace.evaluations.0.evaluation.label': 'yes',
        'trace.evaluations.0.evaluation.explanation': 'because',
      },
    },
    {
      evaluation_name: 'faithful',
      evaluation_score: 0.9,
      evaluation_label: 'yes',
      evaluation_explanation: 'because',
    },
  ],
  [
    'OpenLLMetry: functions and an answer to a tool call',
    {
      attributes: {
        'llm.request.type': 'chat',
        'llm.request.functions.0.name': 'f',
        'llm.request.functions.0.description': 'd',
        'llm.request.functions.0.parameters': '{"type":"object"}',
        'gen_ai.prompt.0.role': 'tool',
        'gen_ai.prompt.0.tool_call_id': 'c1',
        'gen_ai.prompt.0.content': 'r',
      },
    },
    {
      tool_definitions: [
        { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' } },
      ],
      input_messages: [
        { role: 'tool', parts: [{ type: 'tool_call_response', id: 'c1', response: 'r' }] },
      ],
    },
  ],
  [
    'Langfuse: a status message is the error of an ERROR observation',
    {
      attributes: {
        'langfuse.observation.type': 'span',
        'langfuse.observation.level': 'ERROR',
        'langfuse.observation.status_message': 'no',
      },
    },
    { status: 'error', error_message: 'no', level: 'ERROR' },
  ],
  [
    'LangSmith: parameters among the metadata',
    {
      attributes: {
        'langsmith.span.kind': 'llm',
        'langsmith.metadata.ls_temperature': 0.5,
        'langsmith.metadata.ls_max_tokens': 10,
        'langsmith.metadata.ls_stop': '["x"]',
      },
    },
    { request_params: { temperature: 0.5, max_tokens: 10, stop_sequences: ['x'] } },
  ],
  [
    'LangSmith: usage metadata with details',
    {
      attributes: {
        'langsmith.span.kind': 'llm',
        'langsmith.usage_metadata':
          '{"input_tokens":10,"output_tokens":5,"total_tokens":15,"input_token_details":{"cache_read":3,"audio":2},"output_token_details":{"reasoning":1,"audio":4}}',
      },
    },
    {
      input_tokens: 10,
      output_tokens: 5,
      cache_read_tokens: 3,
      reasoning_tokens: 1,
      usage_details: { input_audio: 2, output_audio: 4 },
    },
  ],
  [
    'logfire: usage of the OpenAI agents SDK',
    {
      scope: { name: 'logfire.openai_agents' },
      attributes: {
        'logfire.msg': 'Responses API',
        usage:
          '{"input_tokens":10,"output_tokens":5,"input_tokens_details":{"cached_tokens":4},"output_tokens_details":{"reasoning_tokens":2}}',
      },
    },
    { input_tokens: 10, output_tokens: 5, cache_read_tokens: 4, reasoning_tokens: 2 },
  ],
  [
    'logfire: a guardrail is named by its name',
    {
      scope: { name: 'logfire.openai_agents' },
      attributes: { 'logfire.msg': 'x', type: 'guardrail', name: 'safe', triggered: true },
    },
    { kind: 'guardrail', guardrail_name: 'safe', guardrail_triggered: true },
  ],
  [
    'logfire: the text for people is the name of the event',
    {
      name: 'Chat Completion with {request_data[model]!r}',
      scope: { name: 'logfire.openai' },
      attributes: { 'logfire.msg': "Chat Completion with 'gpt-4o'" },
    },
    { name: "Chat Completion with 'gpt-4o'" },
  ],
  [
    'OpenLIT: a threat is a guardrail',
    {
      scope: { name: 'openlit.x' },
      attributes: {
        'gen_ai.agent.threat_detected': true,
        'gen_ai.agent.threat.rule_id': 'r1',
        'gen_ai.agent.threat.severity': 'high',
      },
    },
    { guardrail_triggered: true, guardrail_name: 'r1', metadata: { threat_severity: 'high' } },
  ],
  [
    'OpenLIT: sentinels are absence',
    {
      scope: { name: 'openlit.x' },
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.max_tokens': -1,
        'gen_ai.request.seed': '',
        'gen_ai.request.user': '',
        'gen_ai.request.temperature': 1,
      },
    },
    { request_params: { temperature: 1 }, user_id: null },
  ],
  [
    'Google ADK: sentinels are absence',
    {
      scope: { name: 'gcp.vertex.agent' },
      attributes: {
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.call.id': '<not specified>',
        'gcp.vertex.agent.tool_call_args': 'N/A',
        'gcp.vertex.agent.tool_response': '<not specified>',
        'gcp.vertex.agent.llm_request': '{}',
      },
    },
    { tool_call_id: null, tool_arguments: null, tool_result: null, input_messages: null },
  ],
  [
    'Google ADK: merged tools stand for no call',
    {
      scope: { name: 'gcp.vertex.agent' },
      attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': '(merged tools)' },
    },
    { usage_aggregate: true },
  ],
  [
    'Google ADK: thoughts are added to the candidates',
    {
      scope: { name: 'gcp.vertex.agent' },
      attributes: {
        'gen_ai.operation.name': 'generate_content',
        'gen_ai.system': 'gcp.vertex.agent',
        'gen_ai.request.model': 'gemini-2.5-pro',
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.output_tokens': 5,
        'gcp.vertex.agent.llm_response': '{"usage_metadata":{"thoughts_token_count":3}}',
      },
    },
    { output_tokens: 8, reasoning_tokens: 3, provider: 'gcp.gen_ai' },
  ],
  [
    'Google ADK: an agent is named and keeps its conversation',
    {
      scope: { name: 'gcp.vertex.agent' },
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'a',
        'gen_ai.conversation.id': 'c',
      },
    },
    { kind: 'agent', agent_name: 'a', conversation_id: 'c' },
  ],
  [
    'Strands: cached tokens are left out, copies are never added, times are milliseconds',
    {
      scope: { name: 'strands.telemetry.tracer' },
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'strands-agents',
        'gen_ai.request.model': 'us.anthropic.claude-sonnet-4',
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.prompt_tokens': 10,
        'gen_ai.usage.output_tokens': 5,
        'gen_ai.usage.completion_tokens': 5,
        'gen_ai.usage.cache_read_input_tokens': 100,
        'gen_ai.usage.cache_write_input_tokens': 7,
        'gen_ai.server.time_to_first_token': 250,
      },
    },
    {
      input_tokens: 117,
      output_tokens: 5,
      cache_read_tokens: 100,
      cache_write_tokens: 7,
      time_to_first_chunk_ms: 250,
      provider: 'aws.bedrock',
    },
  ],
  [
    'Strands: an agent of which no call is seen counts',
    {
      scope: { name: 'strands.telemetry.tracer' },
      attributes: {
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.usage.input_tokens': 10,
        'gen_ai.usage.output_tokens': 5,
      },
    },
    { kind: 'agent', usage_aggregate: false },
  ],
  [
    'LiteLLM: the raw copy counts for nothing and is not stored',
    {
      name: 'raw_gen_ai_request',
      scope: { name: 'litellm' },
      attributes: { 'llm.openai.messages': 'secret', 'gen_ai.usage.input_tokens': 9 },
    },
    { kind: 'span', usage_aggregate: true, attributes: undefined },
  ],
  [
    'Spring AI: every number is a string and none is absence',
    {
      attributes: {
        'spring.ai.kind': 'chat_client',
        'gen_ai.request.temperature': '0.7',
        'gen_ai.request.max_tokens': 'none',
        'gen_ai.request.stop_sequences': '["a", "b"]',
        'gen_ai.response.finish_reasons': '["STOP"]',
        'gen_ai.usage.input_tokens': '11',
        'gen_ai.usage.output_tokens': '4',
        'gen_ai.usage.total_tokens': '15',
        'spring.ai.chat.client.conversation.id': 'default',
      },
    },
    {
      request_params: { temperature: 0.7, stop_sequences: ['a', 'b'] },
      finish_reasons: ['stop'],
      input_tokens: 11,
      output_tokens: 4,
      total_tokens: 15,
      conversation_id: null,
    },
  ],
  [
    'Spring AI: a tool and its schema',
    {
      attributes: {
        'spring.ai.kind': 'tool_call',
        'spring.ai.tool.definition.name': 'f',
        'spring.ai.tool.definition.description': 'd',
        'spring.ai.tool.definition.schema': '{"type":"object","properties":{}}',
      },
    },
    {
      kind: 'tool',
      tool_name: 'f',
      tool_description: 'd',
      tool_definitions: [
        {
          type: 'function',
          name: 'f',
          description: 'd',
          parameters: { type: 'object', properties: {} },
        },
      ],
    },
  ],
  [
    'Datadog: tags say more than tags',
    {
      attributes: {
        '_ml_obs.meta.span.kind': 'llm',
        '_ml_obs.meta.model_name': 'custom',
        '_ml_obs.tags': '["env:prod","service:shop","version:3","ml_app:bot","team:a"]',
        '_ml_obs.status': 'error',
        '_ml_obs.meta.error.message': 'boom',
        '_ml_obs.session_id': 's',
      },
    },
    {
      kind: 'llm',
      request_model: null,
      environment: 'prod',
      service_name: 'shop',
      service_version: '3',
      metadata: { ml_app: 'bot' },
      tags: ['env:prod', 'service:shop', 'version:3', 'ml_app:bot', 'team:a'],
      status: 'error',
      error_message: 'boom',
      session_id: 's',
    },
  ],
  [
    'OpenRouter: the echo of a failed request is no answer',
    {
      resource: { 'service.name': 'openrouter' },
      attributes: {
        'openrouter.source': 'broadcast',
        'gen_ai.completion':
          '{"completion":null,"rawRequest":{"messages":[{"role":"user","content":"q"}]}}',
      },
    },
    { dialect: 'openrouter', output_messages: null },
  ],
  [
    'Genkit: thoughts lie within the output',
    {
      scope: { name: 'genkit-tracer' },
      attributes: {
        'genkit:metadata:subtype': 'model',
        'genkit:name': 'openai/gpt-5-mini',
        'genkit:output':
          '{"message":{"role":"model","content":[{"text":"a"}]},"finishReason":"stop","usage":{"inputTokens":3,"outputTokens":9,"thoughtsTokens":4,"totalTokens":12}}',
      },
    },
    {
      provider: 'openai',
      request_model: 'gpt-5-mini',
      input_tokens: 3,
      output_tokens: 9,
      reasoning_tokens: 4,
      total_tokens: 12,
    },
  ],
  [
    'Laminar: a cached span costs nothing',
    {
      attributes: {
        'lmnr.span.type': 'CACHED',
        'lmnr.span.original_type': 'LLM',
        'gen_ai.usage.input_tokens': 5,
        'gen_ai.request.model': 'gpt-4o',
      },
    },
    { kind: 'llm', cost_usd: 0, cost_source: 'given', metadata: { original_type: 'LLM' } },
  ],
]

for (const [group, cases] of Object.entries({
  EVENTS,
  NAMES,
  SCOPES,
  MARKERS,
  RESOURCES,
  TOGETHER,
}))
  test(`the specification, ${group.toLowerCase()}`, async (t) => {
    for (const [promise, span, expected] of cases)
      await t.test(promise, () => {
        const body = otlpJsonOf({ name: 'span x', ...span })
        const { events } = runBatch([{ format: 'otlp-json', body }])
        assertHolds(events[0] as TestEvent, expected)
      })
  })

function assertHolds(event: TestEvent, expected: Readonly<Record<string, unknown>>): void {
  for (const [field, want] of Object.entries(expected)) {
    if (field === 'metadata') {
      const found = event['metadata'] as Record<string, unknown>
      for (const [k, v] of Object.entries(want as object))
        assert.equal(found[k], v, `metadata.${k}`)
    } else assert.deepEqual(event[field] ?? null, want ?? null, field)
  }
}
