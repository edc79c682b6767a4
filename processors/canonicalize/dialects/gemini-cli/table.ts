// Gemini CLI: Gemini contents in the standard's message attributes.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { transforms } from './transforms.ts'

export const geminiCli: Dialect<keyof typeof transforms> = {
  name: 'gemini-cli',
  about: 'Gemini CLI',
  source: 'mlflow/mlflow:mlflow/tracing/otel/translation/gemini_cli.py',
  scopes: ['gemini-cli'],
  markers: ['gen_ai.agent.name=gemini-cli'],
  transforms,
  rows: [
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
