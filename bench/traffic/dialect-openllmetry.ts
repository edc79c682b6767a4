// Operations as OpenLLMetry (Traceloop) describes them: indexed prompt and completion keys, entity input and output.

import { documents, finishReason } from './dialect-semconv.ts'
import type { Attribute, Message, Operation } from './operation.ts'
import { traceloopKind } from './traceloop-kind.ts'

const SYSTEM: Readonly<Record<string, string>> = {
  openai: 'OpenAI',
  anthropic: 'Anthropic',
  'gcp.gemini': 'Google',
  'aws.bedrock': 'AWS',
  mistral_ai: 'MistralAI',
  cohere: 'Cohere',
}

export function openllmetryAttributes(op: Operation): Attribute[] {
  const out: Attribute[] = [
    ['traceloop.workflow.name', { string: op.session.agentName }],
    ['traceloop.association.properties.user_id', { string: op.session.userId }],
    ['traceloop.association.properties.session_id', { string: op.session.sessionId }],
    ['traceloop.association.properties.chat_id', { string: op.session.conversationId }],
  ]
  if (op.kind === 'llm' || op.kind === 'embedding') modelAttributes(op, out)
  else entityAttributes(op, out)
  if (op.error !== null) out.push(['error.type', { string: op.error.type }])
  return out
}

function entityAttributes(op: Operation, out: Attribute[]): void {
  const [input, output] =
    op.tool !== null
      ? [JSON.stringify({ args: [], kwargs: op.tool.arguments }), op.toolResult]
      : [
          JSON.stringify({ args: [op.input[0]?.text ?? ''], kwargs: {} }),
          JSON.stringify(op.kind === 'retrieval' ? documents(op) : (op.output[0]?.text ?? '')),
        ]
  out.push(
    ['traceloop.span.kind', { string: traceloopKind(op) }],
    ['traceloop.entity.name', { string: op.name }],
    ['traceloop.entity.path', { string: op.parentId === null ? '' : op.session.agentName }],
    ['traceloop.entity.input', { string: input }],
    ['traceloop.entity.output', { string: output }],
  )
}

function modelAttributes(op: Operation, out: Attribute[]): void {
  const { model, usage } = op
  if (model === null) return
  out.push(
    ['llm.request.type', { string: op.kind === 'llm' ? 'chat' : 'embedding' }],
    ['gen_ai.system', { string: SYSTEM[model.provider] ?? model.provider }],
    ['gen_ai.request.model', { string: model.request }],
    ['gen_ai.openai.api_base', { string: `https://${model.host}/v1/` }],
  )
  if (op.error === null) out.push(['gen_ai.response.model', { string: model.response }])
  op.input.forEach((m, i) => {
    promptAttributes(`gen_ai.prompt.${i}`, m, out)
  })
  if (op.kind === 'llm') {
    out.push(
      ['gen_ai.request.temperature', { double: op.temperature }],
      ['gen_ai.request.max_tokens', { int: op.maxTokens }],
      ['llm.is_streaming', { bool: true }],
    )
    if (op.error === null)
      out.push(['gen_ai.response.id', { string: model.idPrefix + op.responseId }])
    op.output.forEach((m, i) => {
      promptAttributes(`gen_ai.completion.${i}`, m, out)
      out.push([`gen_ai.completion.${i}.finish_reason`, { string: finishReason(op) }])
    })
  }
  if (usage === null) return
  out.push(
    ['gen_ai.usage.prompt_tokens', { int: usage.input }],
    ['llm.usage.total_tokens', { int: usage.input + usage.output }],
  )
  if (op.kind === 'llm') out.push(['gen_ai.usage.completion_tokens', { int: usage.output }])
  if (usage.cacheRead > 0)
    out.push(['gen_ai.usage.cache_read_input_tokens', { int: usage.cacheRead }])
  if (usage.reasoning > 0) out.push(['llm.usage.reasoning_tokens', { int: usage.reasoning }])
}

function promptAttributes(prefix: string, message: Message, out: Attribute[]): void {
  out.push([`${prefix}.role`, { string: message.role }])
  if (message.text !== '') out.push([`${prefix}.content`, { string: message.text }])
  if (message.toolCallId !== undefined)
    out.push([`${prefix}.tool_call_id`, { string: message.toolCallId }])
  message.toolCalls?.forEach((call, j) => {
    out.push(
      [`${prefix}.tool_calls.${j}.id`, { string: call.id }],
      [`${prefix}.tool_calls.${j}.name`, { string: call.name }],
      [`${prefix}.tool_calls.${j}.arguments`, { string: JSON.stringify(call.arguments) }],
    )
  })
}
