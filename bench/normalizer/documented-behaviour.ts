// What the Collector's `gen_ai_normalizer` processor does to a span's attributes according to its documentation, as data: the
// renames of its two sources and the values of the operation. Source: README of the processor at
// open-telemetry/opentelemetry-collector-contrib@028e7f64. The documentation is used because the Go module cannot be fetched
// everywhere. Also, what a reader of the standard attributes finds in the result.

type Attributes = Readonly<Record<string, unknown>>

const OPENINFERENCE: Readonly<Record<string, string>> = {
  'llm.token_count.prompt': 'gen_ai.usage.input_tokens',
  'llm.token_count.completion': 'gen_ai.usage.output_tokens',
  'llm.model_name': 'gen_ai.request.model',
  'llm.provider': 'gen_ai.provider.name',
  'embedding.model_name': 'gen_ai.request.model',
  'reranker.model_name': 'gen_ai.request.model',
  'tool.name': 'gen_ai.tool.name',
  'tool.description': 'gen_ai.tool.description',
  'tool_call.function.arguments': 'gen_ai.tool.call.arguments',
  'tool_call.id': 'gen_ai.tool.call.id',
  'agent.name': 'gen_ai.agent.name',
  'session.id': 'gen_ai.conversation.id',
  'openinference.span.kind': 'gen_ai.operation.name',
}

const OPENLLMETRY: Readonly<Record<string, string>> = {
  'llm.usage.prompt_tokens': 'gen_ai.usage.input_tokens',
  'llm.usage.completion_tokens': 'gen_ai.usage.output_tokens',
  'llm.request.model': 'gen_ai.request.model',
  'llm.response.model': 'gen_ai.response.model',
  'llm.request.max_tokens': 'gen_ai.request.max_tokens',
  'llm.request.temperature': 'gen_ai.request.temperature',
  'llm.request.top_p': 'gen_ai.request.top_p',
  'llm.top_k': 'gen_ai.request.top_k',
  'llm.frequency_penalty': 'gen_ai.request.frequency_penalty',
  'llm.presence_penalty': 'gen_ai.request.presence_penalty',
  'llm.chat.stop_sequences': 'gen_ai.request.stop_sequences',
  'llm.request.functions': 'gen_ai.tool.definitions',
  'llm.response.finish_reason': 'gen_ai.response.finish_reasons',
  'llm.response.stop_reason': 'gen_ai.response.finish_reasons',
  'llm.request.type': 'gen_ai.operation.name',
  'traceloop.span.kind': 'gen_ai.operation.name',
  'traceloop.entity.name': 'gen_ai.agent.name',
  'traceloop.entity.input': 'gen_ai.input.messages',
  'traceloop.entity.output': 'gen_ai.output.messages',
}

/** Values of the operation in lower case; the look-up ignores case. */
const OPERATIONS: Readonly<Record<string, string>> = {
  llm: 'chat',
  embedding: 'embeddings',
  chain: 'invoke_agent',
  retriever: 'retrieval',
  reranker: 'retrieval',
  agent: 'invoke_agent',
  tool: 'execute_tool',
  prompt: 'text_completion',
  workflow: 'invoke_workflow',
  task: 'invoke_agent',
  completion: 'text_completion',
  chat: 'chat',
  rerank: 'retrieval',
}

/** The attributes after the processor with both sources enabled and overwriting off, which is its default. */
export function normalized(attributes: Attributes): Attributes {
  const out: Record<string, unknown> = { ...attributes }
  // The processor applies sources in the order of their names.
  for (const renames of [OPENINFERENCE, OPENLLMETRY])
    for (const [from, to] of Object.entries(renames)) {
      const value = out[from]
      if (value === undefined || out[to] !== undefined) continue
      if (to === 'gen_ai.operation.name' && typeof value === 'string')
        out[to] = OPERATIONS[value.toLowerCase()] ?? value
      else if (to === 'gen_ai.response.finish_reasons') out[to] = [value]
      else out[to] = value
    }
  return out
}

/** The standard attribute that has the same meaning as a field of the canonical event. */
const FIELD_OF_STANDARD: Readonly<Record<string, string>> = {
  operation: 'gen_ai.operation.name',
  provider: 'gen_ai.provider.name',
  request_model: 'gen_ai.request.model',
  response_model: 'gen_ai.response.model',
  response_id: 'gen_ai.response.id',
  finish_reasons: 'gen_ai.response.finish_reasons',
  input_tokens: 'gen_ai.usage.input_tokens',
  output_tokens: 'gen_ai.usage.output_tokens',
  cache_read_tokens: 'gen_ai.usage.cache_read.input_tokens',
  cache_write_tokens: 'gen_ai.usage.cache_creation.input_tokens',
  reasoning_tokens: 'gen_ai.usage.reasoning.output_tokens',
  input_messages: 'gen_ai.input.messages',
  output_messages: 'gen_ai.output.messages',
  system_instructions: 'gen_ai.system_instructions',
  tool_definitions: 'gen_ai.tool.definitions',
  tool_name: 'gen_ai.tool.name',
  tool_call_id: 'gen_ai.tool.call.id',
  tool_description: 'gen_ai.tool.description',
  tool_arguments: 'gen_ai.tool.call.arguments',
  tool_result: 'gen_ai.tool.call.result',
  agent_name: 'gen_ai.agent.name',
  conversation_id: 'gen_ai.conversation.id',
  embedding_dimensions: 'gen_ai.embeddings.dimension.count',
  retrieval_query: 'gen_ai.retrieval.query.text',
  retrieval_documents: 'gen_ai.retrieval.documents',
}

/** Fields for which the standard has an attribute. Only these are compared. */
export const COMPARED: readonly string[] = Object.keys(FIELD_OF_STANDARD)

/** The value that a reader of the standard attributes finds for a field. JSON text is parsed. */
export function standardValue(attributes: Attributes, field: string): unknown {
  const value = attributes[FIELD_OF_STANDARD[field] as string]
  if (typeof value !== 'string' || !/^[[{"]/.test(value)) return value ?? null
  try {
    return JSON.parse(value) as unknown
  } catch {
    // Text that looks like JSON but is not valid stays text.
    return value
  }
}
