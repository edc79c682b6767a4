// Codex: log records (and span events) with short key names. One of them says what a response used.

import type { Dialect } from '../../rules/dialect.ts'

const own = { when: 'own' } as const

export const codex: Dialect = {
  name: 'codex',
  about: 'OpenAI Codex',
  source: 'openai/codex:codex-rs/otel/src/events/session_telemetry.rs',
  scopes: ['codex_otel*'],
  markers: ['event.name=codex.*'],
  names: {
    'codex.conversation_starts': 'span',
    'codex.api_request': 'span',
    'codex.sse_event': 'span',
    'codex.websocket_request': 'span',
    'codex.websocket_event': 'span',
    'codex.user_prompt': 'span',
    'codex.tool_decision': 'span',
    'codex.tool_result': 'tool',
  },
  rows: [
    ['event.kind', 'kind', { 'response.completed': 'llm' }, { ...own, rank: 43 }],
    ['input_token_count', 'input_tokens', 'int', { ...own, note: 'with cached tokens' }],
    ['output_token_count', 'output_tokens', 'int', { ...own, note: 'with reasoning' }],
    ['cached_token_count', 'cache_read_tokens', 'int', own],
    ['reasoning_token_count', 'reasoning_tokens', 'int', own],
    [
      'tool_token_count',
      'total_tokens',
      'int',
      { ...own, note: 'the total, whatever its name says' },
    ],
    ['model', 'request_model', 'model', { ...own, rank: 60 }],
    ['conversation.id', 'conversation_id', 'id', own],
    ['user.account_id', 'user_id', 'id', { ...own, rank: 60 }],
    ['tool_name', 'tool_name', 'text', { ...own, rank: 60 }],
    ['call_id', 'tool_call_id', 'text', { ...own, rank: 60 }],
    ['arguments', 'tool_arguments', 'json', { ...own, rank: 60 }],
    ['output', 'tool_result', 'json', { ...own, rank: 60 }],
  ],
}
