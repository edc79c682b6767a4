// Operations as the current OpenTelemetry GenAI semantic conventions describe them (messages as JSON attributes).

import type { Attribute, Message, Operation } from './operation.ts'

const OPERATION_NAME = {
  llm: 'chat',
  embedding: 'embeddings',
  retrieval: 'retrieval',
  tool: 'execute_tool',
  agent: 'invoke_agent',
  chain: 'invoke_workflow',
  http: '',
} as const

export function semconvAttributes(op: Operation): Attribute[] {
  const out: Attribute[] = [['gen_ai.operation.name', { string: OPERATION_NAME[op.kind] }]]
  const text = (key: string, value: string): void => void out.push([key, { string: value }])
  text('gen_ai.conversation.id', op.session.conversationId)
  text('gen_ai.agent.name', op.session.agentName)
  text('gen_ai.agent.id', op.session.agentId)
  if (op.model !== null) modelAttributes(op, out)
  if (op.error !== null) text('error.type', op.error.type)
  if (op.kind === 'chain') text('gen_ai.workflow.name', op.name)
  if (op.kind === 'retrieval') {
    text('gen_ai.data_source.id', op.name)
    text('gen_ai.retrieval.query.text', op.input[0]?.text ?? '')
    text('gen_ai.retrieval.documents', JSON.stringify(documents(op)))
    out.push(['gen_ai.request.top_k', { int: op.documents.length }])
    return out
  }
  if (op.tool !== null) {
    text('gen_ai.tool.name', op.tool.name)
    text('gen_ai.tool.call.id', op.tool.id)
    text('gen_ai.tool.type', 'function')
    text('gen_ai.tool.description', 'A function of the application, called on behalf of the user')
    text('gen_ai.tool.call.arguments', JSON.stringify(op.tool.arguments))
    text('gen_ai.tool.call.result', op.toolResult)
    return out
  }
  const system = op.input.filter((m) => m.role === 'system')
  const rest = op.input.filter((m) => m.role !== 'system')
  if (system.length > 0)
    text(
      'gen_ai.system_instructions',
      JSON.stringify(system.map((m) => ({ type: 'text', content: m.text }))),
    )
  if (rest.length > 0)
    text('gen_ai.input.messages', JSON.stringify(rest.map((m) => message(m, null))))
  if (op.output.length > 0)
    text(
      'gen_ai.output.messages',
      JSON.stringify(op.output.map((m) => message(m, finishReason(op)))),
    )
  if (op.kind === 'llm') text('gen_ai.tool.definitions', JSON.stringify(toolDefinitions(op)))
  return out
}

/** `tool_calls` when the model asked for a tool, otherwise `stop`. */
export function finishReason(op: Operation): string {
  return op.output.some((m) => m.toolCalls !== undefined) ? 'tool_calls' : 'stop'
}

/** The functions offered to the model, in OpenAI's shape. */
export function toolDefinitions(op: Operation): readonly object[] {
  return op.session.toolDefinitions.map(({ name, description }) => ({
    type: 'function',
    name,
    description,
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, limit: { type: 'integer' } },
    },
  }))
}

export function documents(op: Operation): readonly object[] {
  return op.documents.map(({ id, score, text }) => ({ id, score, content: text }))
}

function modelAttributes(op: Operation, out: Attribute[]): void {
  const { model, usage } = op
  if (model === null) return
  out.push(
    ['gen_ai.provider.name', { string: model.provider }],
    ['gen_ai.request.model', { string: model.request }],
  )
  if (op.kind !== 'agent') {
    out.push(['server.address', { string: model.host }], ['server.port', { int: 443 }])
    if (op.error === null) out.push(['gen_ai.response.model', { string: model.response }])
  }
  if (op.kind === 'llm') {
    out.push(
      ['gen_ai.request.temperature', { double: op.temperature }],
      ['gen_ai.request.max_tokens', { int: op.maxTokens }],
      ['gen_ai.request.stream', { bool: true }],
    )
    if (op.error === null)
      out.push(
        ['gen_ai.response.id', { string: model.idPrefix + op.responseId }],
        ['gen_ai.response.finish_reasons', { strings: [finishReason(op)] }],
        ['gen_ai.response.time_to_first_chunk', { double: op.timeToFirstMs / 1000 }],
      )
  }
  if (op.kind === 'embedding') out.push(['gen_ai.embeddings.dimension.count', { int: 1536 }])
  if (usage === null) return
  out.push(['gen_ai.usage.input_tokens', { int: usage.input }])
  if (op.kind !== 'embedding') out.push(['gen_ai.usage.output_tokens', { int: usage.output }])
  if (usage.cacheRead > 0)
    out.push(['gen_ai.usage.cache_read.input_tokens', { int: usage.cacheRead }])
  if (usage.reasoning > 0)
    out.push(['gen_ai.usage.reasoning.output_tokens', { int: usage.reasoning }])
}

function message(m: Message, finish: string | null): object {
  const parts: object[] = []
  if (m.toolCallId !== undefined)
    parts.push({ type: 'tool_call_response', id: m.toolCallId, response: m.text })
  else if (m.text !== '') parts.push({ type: 'text', content: m.text })
  for (const call of m.toolCalls ?? [])
    parts.push({ type: 'tool_call', id: call.id, name: call.name, arguments: call.arguments })
  return finish === null ? { role: m.role, parts } : { role: m.role, parts, finish_reason: finish }
}
