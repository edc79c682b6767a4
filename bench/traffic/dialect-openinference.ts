// Operations as OpenInference (Arize) describes them: flattened messages together with the raw request and response.

import { finishReason, toolDefinitions } from './dialect-semconv.ts'
import type { Attribute, Message, Operation } from './operation.ts'

const KIND = {
  llm: 'LLM',
  embedding: 'EMBEDDING',
  retrieval: 'RETRIEVER',
  tool: 'TOOL',
  agent: 'AGENT',
  chain: 'CHAIN',
  http: 'UNKNOWN',
} as const

export function openinferenceAttributes(op: Operation): Attribute[] {
  const out: Attribute[] = [['openinference.span.kind', { string: KIND[op.kind] }]]
  const text = (key: string, value: string): void => void out.push([key, { string: value }])
  text('metadata', JSON.stringify({ tier: 'gold', conversation: op.session.conversationId }))
  out.push(['tag.tags', { strings: ['beta', op.session.agentName] }])
  if (op.kind === 'agent') text('agent.name', op.session.agentName)
  if (op.kind === 'llm') llmAttributes(op, out)
  else if (op.kind === 'embedding') embeddingAttributes(op, out)
  else if (op.tool !== null) {
    text('tool.name', op.tool.name)
    text('tool.description', 'A function of the application, called on behalf of the user')
    text('tool.parameters', JSON.stringify(op.tool.arguments))
    io(out, JSON.stringify(op.tool.arguments), op.toolResult, 'application/json')
  } else if (op.kind === 'retrieval') {
    io(
      out,
      op.input[0]?.text ?? '',
      JSON.stringify({ documents: op.documents.length }),
      'text/plain',
    )
    op.documents.forEach((document, i) => {
      text(`retrieval.documents.${i}.document.id`, document.id)
      out.push([`retrieval.documents.${i}.document.score`, { double: document.score }])
      text(`retrieval.documents.${i}.document.content`, document.text)
    })
  } else io(out, op.input[0]?.text ?? '', op.output[0]?.text ?? '', 'text/plain')
  return out
}

function io(out: Attribute[], input: string, output: string, mime: string): void {
  out.push(
    ['input.value', { string: input }],
    ['input.mime_type', { string: mime }],
    ['output.value', { string: output }],
    ['output.mime_type', { string: mime === 'text/plain' ? mime : 'application/json' }],
  )
}

function embeddingAttributes(op: Operation, out: Attribute[]): void {
  const query = op.input[0]?.text ?? ''
  out.push(
    ['embedding.model_name', { string: op.model?.request ?? '' }],
    ['embedding.embeddings.0.embedding.text', { string: query }],
    ['llm.token_count.prompt', { int: op.usage?.input ?? 0 }],
    ['llm.token_count.total', { int: op.usage?.input ?? 0 }],
    ['input.value', { string: query }],
    ['input.mime_type', { string: 'text/plain' }],
  )
}

function llmAttributes(op: Operation, out: Attribute[]): void {
  const { model, usage } = op
  if (model === null) return
  const parameters = {
    model: model.request,
    temperature: op.temperature,
    max_tokens: op.maxTokens,
  }
  io(
    out,
    JSON.stringify({ ...parameters, messages: op.input.map(openaiMessage) }),
    op.error === null ? JSON.stringify(openaiResponse(op)) : '',
    'application/json',
  )
  out.push(
    ['llm.system', { string: model.provider }],
    ['llm.provider', { string: model.provider }],
    ['llm.model_name', { string: op.error === null ? model.response : model.request }],
    ['llm.invocation_parameters', { string: JSON.stringify(parameters) }],
  )
  toolDefinitions(op).forEach((tool, i) => {
    out.push([`llm.tools.${i}.tool.json_schema`, { string: JSON.stringify(tool) }])
  })
  op.input.forEach((m, i) => {
    messageAttributes(`llm.input_messages.${i}.message`, m, out)
  })
  op.output.forEach((m, i) => {
    messageAttributes(`llm.output_messages.${i}.message`, m, out)
  })
  if (op.error === null) out.push(['llm.finish_reason', { string: finishReason(op) }])
  if (usage === null) return
  out.push(
    ['llm.token_count.prompt', { int: usage.input }],
    ['llm.token_count.completion', { int: usage.output }],
    ['llm.token_count.total', { int: usage.input + usage.output }],
  )
  if (usage.cacheRead > 0)
    out.push(['llm.token_count.prompt_details.cache_read', { int: usage.cacheRead }])
  if (usage.reasoning > 0)
    out.push(['llm.token_count.completion_details.reasoning', { int: usage.reasoning }])
}

function messageAttributes(prefix: string, message: Message, out: Attribute[]): void {
  out.push([`${prefix}.role`, { string: message.role }])
  if (message.text !== '') out.push([`${prefix}.content`, { string: message.text }])
  if (message.toolCallId !== undefined)
    out.push([`${prefix}.tool_call_id`, { string: message.toolCallId }])
  message.toolCalls?.forEach((call, j) => {
    const at = `${prefix}.tool_calls.${j}.tool_call`
    out.push(
      [`${at}.id`, { string: call.id }],
      [`${at}.function.name`, { string: call.name }],
      [`${at}.function.arguments`, { string: JSON.stringify(call.arguments) }],
    )
  })
}

function openaiMessage(message: Message): object {
  return {
    role: message.role,
    content: message.text === '' ? null : message.text,
    ...(message.toolCallId === undefined ? {} : { tool_call_id: message.toolCallId }),
    ...(message.toolCalls === undefined
      ? {}
      : {
          tool_calls: message.toolCalls.map((call) => ({
            id: call.id,
            type: 'function',
            function: { name: call.name, arguments: JSON.stringify(call.arguments) },
          })),
        }),
  }
}

function openaiResponse(op: Operation): object {
  const answer = op.output[0]
  return {
    id: (op.model?.idPrefix ?? '') + op.responseId,
    object: 'chat.completion',
    created: Math.floor(op.startMs / 1000),
    model: op.model?.response ?? '',
    choices: [
      {
        index: 0,
        finish_reason: finishReason(op),
        logprobs: null,
        message: answer === undefined ? null : openaiMessage(answer),
      },
    ],
    usage: {
      prompt_tokens: op.usage?.input ?? 0,
      completion_tokens: op.usage?.output ?? 0,
      total_tokens: (op.usage?.input ?? 0) + (op.usage?.output ?? 0),
    },
  }
}
