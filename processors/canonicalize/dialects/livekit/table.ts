// LiveKit Agents: turns of a voice conversation.

import { type Dialect, RANK } from '../../rules/dialect.ts'

export const livekit: Dialect = {
  name: 'livekit',
  about: 'LiveKit Agents',
  source: 'mlflow/mlflow:mlflow/tracing/otel/translation/livekit.py',
  scopes: ['livekit-agents', 'livekit.agents*'],
  markers: ['lk.*'],
  names: {
    agent_turn: 'agent',
    start_agent_activity: 'agent',
    agent_session: 'agent',
    function_tool: 'tool',
    llm_request: 'llm',
    llm_node: 'llm',
    llm_request_run: 'llm',
    realtime_metrics: 'llm',
  },
  rows: [
    ['lk.user_input', 'input_messages', 'plain', { rank: RANK.base }],
    ['lk.user_transcript', 'input_messages', 'plain', { rank: RANK.base + 1 }],
    ['lk.input_text', 'input_messages', 'plain', { rank: RANK.base + 2 }],
    ['lk.chat_ctx', 'input_messages', 'body-in', { rank: RANK.structured + 5 }],
    ['lk.response.text', 'flag.answer_text', 'answer:text', { rank: 60 }],
    ['lk.response.function_calls', 'flag.answer_calls', 'answer:calls', { rank: 60 }],
    ['lk.{llm,realtime_model}_metrics', 'flag.usage', 'usage:inclusive', { rank: 60 }],
    ['lk.response.ttft', 'time_to_first_chunk_ms', 'seconds', { rank: 60 }],
    ['lk.function_tool.name', 'tool_name', 'text', { rank: 60 }],
    ['lk.function_tool.id', 'tool_call_id', 'text', { rank: 60 }],
    ['lk.function_tool.arguments', 'tool_arguments', 'json', { rank: 60 }],
    ['lk.function_tool.output', 'tool_result', 'json', { rank: 60 }],
    ['lk.function_tool.is_error', 'flag.failure', 'outcome'],
    ['lk.agent_name', 'agent_name', 'text', { rank: 60 }],
    ['lk.room_name', 'metadata.room_name'],
    ['lk.job_id', 'metadata.job_id'],
    ['lk.participant_identity', 'user_id', 'id', { rank: 70 }],
  ],
}
