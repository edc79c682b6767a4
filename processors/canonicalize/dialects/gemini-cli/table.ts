// Gemini CLI and its forks: Gemini contents in the standard's message attributes, and log records with short key names.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { hooks } from './hooks.ts'
import { transforms } from './transforms.ts'

const own = { when: 'own' } as const

export const geminiCli: Dialect<keyof typeof transforms> = {
  name: 'gemini-cli',
  about: 'Gemini CLI, Qwen Code',
  source:
    'mlflow/mlflow:mlflow/tracing/otel/translation/gemini_cli.py, google-gemini/gemini-cli:packages/core/src/telemetry/types.ts',
  scopes: ['gemini-cli', 'qwen-code'],
  markers: ['gen_ai.agent.name=gemini-cli', 'event.name=gemini_cli.*', 'event.name=qwen-code.*'],
  names: {
    'gemini_cli.api_request': 'span',
    'gemini_cli.api_response': 'llm',
    'gemini_cli.api_error': 'llm',
    'gemini_cli.tool_call': 'tool',
    'qwen-code.api_request': 'span',
    'qwen-code.api_response': 'llm',
    'qwen-code.api_error': 'llm',
    'qwen-code.tool_call': 'tool',
  },
  hooks,
  transforms,
  rows: [
    [
      'input_token_count',
      'input_tokens',
      'int',
      { ...own, note: 'Gemini: without what tools added' },
    ],
    ['output_token_count', 'output_tokens', 'int', { ...own, note: 'Gemini: without thoughts' }],
    ['total_token_count', 'total_tokens', 'int', own],
    ['cached_content_token_count', 'cache_read_tokens', 'int', own],
    ['thoughts_token_count', 'reasoning_tokens', 'int', own],
    ['tool_token_count', 'flag.units', 'unit', own],
    ['model', 'request_model', 'model', { ...own, rank: 60 }],
    ['prompt_id', 'metadata.prompt_id', 'meta', own],
    ['function_name', 'tool_name', 'text', { ...own, rank: 60 }],
    ['finish_reasons', 'finish_reasons', 'finish', { ...own, rank: 60 }],
    [
      'gen_ai.input.messages',
      'input_messages',
      'body-in',
      { when: 'own', rank: RANK.own, note: 'Gemini contents or plain text' },
    ],
    [
      'gen_ai.output.messages',
      'output_messages',
      'merged',
      { when: 'own', rank: RANK.own, note: 'chunks are merged into one message' },
    ],
  ],
  notes: [
    [
      'gen_ai.operation.name',
      'rule',
      'kind',
      'llm_call, tool_call, agent_call, user_prompt, system_prompt, schedule_tool_calls',
    ],
  ],
}
