// One unit with many spellings.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partOf, unitOf } from './usage-units.ts'

const SPELLINGS: Readonly<Record<string, readonly string[]>> = {
  cache_write_1h: [
    'cache_creation.input_tokens.ephemeral_1h',
    'cache_creation.ephemeral_1h_input_tokens',
    'cache_write_1h.input_tokens',
    'cache_write.1h.input_tokens',
    'input_cache_creation_1h',
    'ephemeral_1h_input_tokens',
    'cacheWrite1hTokens',
    'cacheCreation.ephemeral1hInputTokens',
    'cache_creation_input_tokens_1h',
    'details.cache_creation_ephemeral_1h_input_tokens',
  ],
  cache_write_5m: [
    'cache_creation.ephemeral_5m_input_tokens',
    'cache_write_5m.input_tokens',
    'cacheWrite5m',
  ],
  cache_read_audio: [
    'cache_read.audio_tokens',
    'input_token_details_cached_tokens_details_audio_tokens',
    'cacheTokensDetails_audio',
    'audio.cache_read.input_tokens',
  ],
  cache_read_image: ['cached_image_tokens', 'cache_read.image.input_tokens'],
  input_audio: [
    'input_audio',
    'audio.input_tokens',
    'prompt_tokens_details_audio_tokens',
    'audio_input_tokens',
  ],
  input_image: ['image.input_tokens', 'promptTokensDetails_image', 'inputImageTokens'],
  input_video: ['video.input_tokens', 'prompt_tokens_details_video_tokens'],
  output_audio: ['output_audio', 'completion_tokens_details_audio_tokens', 'audio.output_tokens'],
  output_image: ['candidatesTokensDetails_image', 'image.output_tokens', 'output_image_tokens'],
  output_citation: ['citation_tokens', 'citationTokens'],
  web_searches: [
    'server_tool_use.web_search_requests',
    'web_search_requests',
    'web_search_queries',
    'num_search_queries',
    'webSearchRequests',
    'google_search_queries',
    'grounding_requests',
    'web_searches_count',
  ],
  storage_searches: ['file_search_calls', 'fileSearchRequests', 'vector_store_search_count'],
  rerank_searches: ['search_units', 'billed_units_search_units'],
  code_executions: ['code_execution_requests', 'code_interpreter_calls'],
  audio_seconds: ['audio_seconds', 'billable_audio_seconds', 'audio_duration_ms', 'audio_minutes'],
  input_audio_seconds: ['prompt_audio_seconds', 'input_audio_seconds'],
  pages: ['pages_processed', 'ocr_pages'],
  annotated_pages: ['annotated_pages', 'annotation_pages_processed'],
  text_messages: ['input_text_messages'],
}

test('a unit is told by the words of its name, however they are spelled', () => {
  for (const [unit, names] of Object.entries(SPELLINGS)) {
    // A standard name stays unchanged.
    assert.equal(unitOf(unit)?.name ?? unit, unit)
    for (const name of names) assert.equal(unitOf(name)?.name, unit, name)
  }
  assert.equal(unitOf('audio_minutes')?.factor, 60)
  assert.equal(unitOf('audio_duration_ms')?.factor, 0.001)
})

test('what is no count of a unit is left alone', () => {
  for (const name of [
    'input_tokens',
    'output_tokens',
    'total_tokens',
    'input',
    'output',
    'input_no_cache',
    'cache_read.input_tokens',
    'cache_creation.input_tokens',
    'cached_tokens',
    'cost',
    'reasoning_tokens',
    'reasoning.output_tokens',
    'accepted_prediction_tokens',
    'search_context_size',
    'image_cost',
    'output_image_cost',
    'web_search_cost_usd',
    'aggregated_input_audio_tokens',
    'reported_input_audio',
    'audio',
    'image_count',
    'text',
    'web_search.query',
    'max_audio_seconds',
    '__proto__',
    'constructor',
    '',
  ])
    assert.equal(unitOf(name), null, name)
})

const PARTS: Readonly<Record<string, readonly string[]>> = {
  cache_read_tokens: [
    'prompt_tokens_details.cached_tokens',
    'input_token_details.cache_read',
    'cacheReadInputTokens',
    'cached_input_tokens',
    'prompt_cache_hit_tokens',
    'cached_content_token_count',
  ],
  cache_write_tokens: [
    'cache_creation.input_tokens',
    'cacheWriteInputTokens',
    'cache_written_tokens',
  ],
  reasoning_tokens: [
    'thoughts_token_count',
    'completion_tokens_details.reasoning_tokens',
    'thinking.tokens',
  ],
}
const NO_PARTS = [
  'prompt_cache_miss_tokens',
  'uncached_input_tokens',
  'cache_creation.ephemeral_1h_input_tokens',
  'cached_audio_tokens',
  'cache_hit_rate',
  'cache_cost',
  'reasoning_effort',
  'max_reasoning_tokens',
  'input_tokens',
  'output_cached_tokens',
]

test('parts of the totals are recognised by the words of their names', () => {
  for (const [part, names] of Object.entries(PARTS))
    for (const name of names) assert.equal(partOf(name), part, name)
  for (const name of NO_PARTS) assert.equal(partOf(name), null, name)
})
