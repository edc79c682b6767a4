// Flue.

import { type Dialect, RANK } from '../../rules/dialect.ts'

export const flue: Dialect = {
  name: 'flue',
  about: 'Flue',
  source: 'langfuse/langfuse:packages/shared/src/server/otel/OtelIngestionProcessor.ts',
  scopes: ['@flue/opentelemetry'],
  markers: ['flue.*'],
  rows: [
    ['flue.tool.name', 'kind', { '*': 'tool' }, { rank: 58 }],
    ['flue.tool.name', 'tool_name', 'text', { rank: 60 }],
    ['flue.tool.call_id', 'tool_call_id', 'text', { rank: 60 }],
    ['flue.task.id', 'kind', { '*': 'agent' }, { rank: 59 }],
    ['flue.task.id', 'metadata.task_id'],
    ['flue.task.agent', 'agent_name', 'text', { rank: 60 }],
    ['flue.turn.input', 'input_messages', 'body-in', { rank: RANK.base }],
    ['flue.turn.output', 'output_messages', 'body-out', { rank: RANK.base }],
    ['flue.tool.arguments', 'tool_arguments', 'json', { rank: 60 }],
    ['flue.tool.result', 'tool_result', 'json', { rank: 60 }],
    ['flue.task.prompt', 'io.input', 'io'],
    ['flue.task.result', 'io.output', 'io'],
    ['flue.workflow.payload', 'io.input', 'io'],
    ['flue.workflow.result', 'io.output', 'io'],
  ],
}
