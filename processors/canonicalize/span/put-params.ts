// Writes the members of a parameter object to the event: parameters, and the model, the tools and the stream flag
// among them.

import { N, R } from '../../../core/fields.ts'
import { toolsOf } from '../content/tool-definitions.ts'
import { lookup } from '../json/values.ts'
import type { CurrentSpan } from './current-span.ts'

export const PARAM_NAMES: Readonly<Record<string, string>> = {
  max_completion_tokens: 'max_tokens',
  maxTokens: 'max_tokens',
  maxOutputTokens: 'max_tokens',
  max_output_tokens: 'max_tokens',
  max_new_tokens: 'max_tokens',
  topP: 'top_p',
  topK: 'top_k',
  stop: 'stop_sequences',
  stopSequences: 'stop_sequences',
  n: 'choice_count',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
}

/** Members that are no parameters but content, which other keys have. */
export const NO_PARAMS = new Set([
  'messages',
  'tools',
  'functions',
  'input',
  'prompt',
  'system',
  'system_instruction',
  'systemInstruction',
  'instructions',
  'contents',
  'model',
  'model_name',
  'stream',
  'user',
  'headers',
  'extra_headers',
  'api_key',
])

export function takeParams(span: CurrentSpan, value: Record<string, unknown>): void {
  const model = value['model'] ?? value['model_name'] ?? value['modelId']
  if (typeof model === 'string' && model !== '') span.models.setOffered(model)
  if (typeof value['stream'] === 'boolean') span.offerNumber(N.stream, value['stream'] ? 1 : 0)
  if (Array.isArray(value['tools']) && !span.hasRange(R.tool_definitions)) {
    const list = toolsOf(value['tools'])
    if (list !== null) span.setJson(R.tool_definitions, list)
  }
  for (const [name, v] of Object.entries(value)) {
    if (v === null || NO_PARAMS.has(name) || v === '' || name.startsWith('_')) continue
    if (Array.isArray(v) && v.length === 0) continue
    const json = JSON.stringify(v)
    if (json !== undefined) span.entries.addParam(lookup(PARAM_NAMES, name) ?? name, json)
  }
}
