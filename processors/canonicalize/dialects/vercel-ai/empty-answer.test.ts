// An answer that the AI SDK recorded without a letter is an empty message; one that it did not record is none.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { otlpJsonOf, runBatch } from '../../testing/run-batch.ts'

const CALL = {
  'ai.operationId': 'ai.generateText.doGenerate',
  'ai.model.id': 'gpt-4o',
  'ai.model.provider': 'openai.chat',
}
const CALLS = '[{"toolCallId":"t","toolName":"f","input":"{}"}]'

function answersOf(attributes: Readonly<Record<string, unknown>>): unknown {
  const body = otlpJsonOf({
    name: 'ai.generateText.doGenerate',
    attributes: { ...CALL, ...attributes },
  })
  return runBatch([{ format: 'otlp-json', body }]).events[0]?.['output_messages'] ?? null
}

test('an answer without a letter is a message without parts', () => {
  for (const [reason, stored] of [
    ['stop', 'stop'],
    ['length', 'length'],
    ['content-filter', 'content_filter'],
  ])
    assert.deepEqual(
      answersOf({ 'ai.response.text': '', 'ai.response.finishReason': reason }),
      [{ role: 'assistant', parts: [], finish_reason: stored }],
      reason,
    )
  assert.deepEqual(answersOf({ 'ai.result.text': '' }), [{ role: 'assistant', parts: [] }])
})

test('an empty text beside another answer, or before calls of tools that are not recorded, says nothing', () => {
  const textOf = (attributes: Readonly<Record<string, unknown>>): string =>
    JSON.stringify(answersOf({ 'ai.response.text': '', ...attributes }))
  assert.doesNotMatch(textOf({ 'ai.response.toolCalls': CALLS }), /"text"/)
  assert.match(textOf({ 'ai.response.toolCalls': CALLS }), /"tool_call"/)
  assert.match(textOf({ 'ai.response.object': '{"a":1}' }), /\{\\"a\\":1\}/)
  assert.match(
    textOf({
      'gen_ai.output.messages': JSON.stringify([
        { role: 'assistant', parts: [{ type: 'text', content: 'yes' }] },
      ]),
    }),
    /yes/,
  )
  assert.equal(textOf({ 'ai.response.finishReason': 'tool-calls' }), 'null')
  assert.equal(answersOf({}), null)
})
