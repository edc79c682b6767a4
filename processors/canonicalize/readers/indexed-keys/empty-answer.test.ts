// Answers whose text was recorded and is empty, unlike those that were not recorded.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { otlpJsonOf, runBatch } from '../../testing/run-batch.ts'

const EMPTY = [{ role: 'assistant', parts: [] }]
const openinference = { 'openinference.span.kind': 'LLM', 'llm.model_name': 'gpt-4o' }
const openllmetry = { 'llm.request.type': 'chat', 'gen_ai.request.model': 'gpt-4o' }

const CASES: readonly (readonly [
  what: string,
  attributes: Readonly<Record<string, unknown>>,
  want: unknown,
])[] = [
  ['OpenInference', { ...openinference, 'llm.output_messages.0.message.role': 'assistant', 'llm.output_messages.0.message.content': '' }, EMPTY],
  ['OpenLLMetry', { ...openllmetry, 'gen_ai.completion.0.role': 'assistant', 'gen_ai.completion.0.content': '' }, EMPTY],
  ['without a role', { ...openllmetry, 'gen_ai.completion.0.content': '' }, EMPTY],
  ['a key that the quick reader leaves to the general one', { ...openinference, 'llm.output_messages.0.message.content': '', 'llm.output_messages.0.message.other': 'x' }, EMPTY],
  ['only a role: content is not recorded', { ...openinference, 'llm.output_messages.0.message.role': 'assistant' }, null],
  ['an empty question is no answer', { ...openinference, 'llm.input_messages.0.message.role': 'user', 'llm.input_messages.0.message.content': '' }, null],
  ['the agent around the call', { 'openinference.span.kind': 'AGENT', 'llm.output_messages.0.message.content': '' }, null],
  ['calls of tools that are not recorded', { ...openinference, 'llm.output_messages.0.message.content': '', 'llm.finish_reason': 'tool_calls', 'gen_ai.response.finish_reasons': ['tool_calls'] }, null],
  [
    'another report that has the text',
    { ...openinference, 'llm.output_messages.0.message.content': '', 'output.value': '{"choices":[{"message":{"role":"assistant","content":"yes"}}]}', 'output.mime_type': 'application/json' },
    [{ role: 'assistant', parts: [{ type: 'text', content: 'yes' }] }],
  ],
  [
    'one of two answers',
    { ...openinference, 'llm.output_messages.0.message.content': '', 'llm.output_messages.1.message.content': 'yes' },
    [{ role: 'assistant', parts: [{ type: 'text', content: 'yes' }] }],
  ],
] // biome-ignore format: a case is a line

test('an answer with an empty text is empty, and one that was not recorded is not known', () => {
  for (const [what, attributes, want] of CASES) {
    const body = otlpJsonOf({ name: 'chat', attributes })
    const [event] = runBatch([{ format: 'otlp-json', body }]).events
    assert.deepEqual(event?.['output_messages'] ?? null, want, what)
  }
})
