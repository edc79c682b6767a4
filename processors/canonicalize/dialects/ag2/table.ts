// AG2, the successor of AutoGen 0.2: the standard's attributes, and a separate span for the usage of a call.

import type { Dialect } from '../../rules/dialect.ts'

export const ag2: Dialect = {
  name: 'ag2',
  about: 'AG2',
  source: 'ag2ai/ag2:autogen/opentelemetry',
  scopes: ['opentelemetry.instrumentation.ag2*', 'ag2*'],
  markers: ['ag2.*'],
  copies: ['record_usage model_call', 'record_usage subtask'],
  passesAnthropicOn: true,
  rows: [
    [
      'ag2.span.type',
      'kind',
      {
        llm: 'llm',
        tool: 'tool',
        agent: 'agent',
        conversation: 'agent',
        multi_conversation: 'agent',
        code_execution: 'tool',
        speaker_selection: 'chain',
        handoff: 'chain',
        human_input: 'span',
        usage: 'llm',
      },
      { rank: 44 },
    ],
    ['gen_ai.usage.thinking_tokens', 'reasoning_tokens', 'int', { rank: 45 }],
    ['ag2.usage.kind', 'metadata.usage_kind'],
    ['ag2.usage.label', 'agent_name', 'text', { rank: 60 }],
    ['ag2.speaker_selection.selected', 'metadata.selected_speaker'],
    ['gen_ai.conversation.turns', 'metadata.turns', 'meta', { when: 'own' }],
  ],
  notes: [
    [
      'record_usage {kind}',
      'rule',
      'usage_aggregate',
      'reports what the call beside it has reported, or the calls of a sub-task: never counted beside those; what nothing else reports (compaction, memory, a worker without telemetry or with a part of it) counts',
    ],
  ],
}
