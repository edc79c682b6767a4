// Claude Code: short, common key names; cached tokens are not in input_tokens.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { transforms } from './transforms.ts'

const own = { when: 'own' } as const

export const claudeCode: Dialect<keyof typeof transforms> = {
  name: 'claude-code',
  about: 'Claude Code',
  source: 'mlflow/mlflow:mlflow/tracing/otel/translation/claude_code.py',
  scopes: ['com.anthropic.claude_code*'],
  markers: ['span.type=claude_code.*'],
  cacheIsExtra: true,
  transforms,
  rows: [
    [
      'span.type',
      'kind',
      {
        'claude_code.interaction': 'agent',
        interaction: 'agent',
        'claude_code.llm_request': 'llm',
        llm_request: 'llm',
        'claude_code.tool': 'tool',
        tool: 'tool',
        'claude_code.tool.execution': 'span',
        'claude_code.tool.blocked_on_user': 'span',
      },
      { ...own, rank: 43 },
    ],
    ['input_tokens', 'input_tokens', 'int', { ...own, note: 'cache reads and writes are added' }],
    ['output_tokens', 'output_tokens', 'int', own],
    ['cache_read_tokens', 'cache_read_tokens', 'int', own],
    ['cache_creation_tokens', 'cache_write_tokens', 'int', own],
    ['cost_usd', 'cost_usd', 'number', { ...own, rank: 60, note: 'log records' }],
    [
      'request_id',
      'response_id',
      'text',
      { ...own, rank: 60, note: 'of a span and its log record' },
    ],
    ['user_prompt', 'io.input', 'io', { ...own, note: '"<REDACTED>" is absence' }],
    ['new_context', 'io.input', 'io', { ...own, rank: 60 }],
    ['response.model_output', 'output_messages', 'body-out', { ...own, rank: RANK.base }],
    ['tool_input', 'tool_arguments', 'json', { ...own, rank: 40 }],
    ['full_command', 'flag.arguments', 'argument:command', own],
    ['file_path', 'flag.arguments', 'argument:file_path', own],
    ['skill_name', 'flag.arguments', 'argument:skill_name', own],
    ['subagent_type', 'flag.arguments', 'argument:subagent_type', own],
    ['tool_name', 'tool_name', 'text', { ...own, rank: 60 }],
    ['model', 'request_model', 'model', { ...own, rank: 60 }],
    ['ttft_ms', 'time_to_first_chunk_ms', 'number', { ...own, rank: 60 }],
  ],
  notes: [['tool.output', 'span event', 'tool_result', 'attributes output, content or diff']],
}
