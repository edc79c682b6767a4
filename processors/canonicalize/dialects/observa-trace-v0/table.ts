// The oldest Observa SDK: one camelCase object for each call.

import { type Dialect, RANK } from '../../rules/dialect.ts'
import { transforms } from './transforms.ts'

const own = { when: 'own' } as const

export const observaTraceV0: Dialect<keyof typeof transforms> = {
  name: 'observa-trace-v0',
  about: 'Legacy Observa SDK up to 0.0.6, one object a request',
  source: 'NikushaDevashvili/observa-sdk@4faa9d7:src/index.ts',
  legacy: 'trace',
  transforms,
  rows: [
    ['event_type', 'kind', { trace_v0: 'llm' }, { ...own, rank: 60 }],
    ['traceId', 'metadata.legacy_trace_id', 'meta', own],
    ['spanId', 'metadata.legacy_span_id', 'meta', own],
    ['parentSpanId', 'metadata.legacy_parent_span_id', 'meta', own],
    ['timestamp', 'drop', 'drop', { ...own, note: 'end_time; start_time = timestamp - latencyMs' }],
    ['latencyMs', 'duration_ms', 'latency', own],
    ['tenantId', 'drop', 'drop', { ...own, note: 'the key decides' }],
    ['projectId', 'drop', 'drop', { ...own, note: 'the key decides' }],
    ['environment', 'environment', 'environment', { ...own, rank: 30 }],
    ['query', 'input_messages', 'plain', { ...own, rank: RANK.base }],
    ['context', 'metadata.context', 'meta', own],
    ['response', 'output_messages', 'plain', { ...own, rank: RANK.base }],
    ['responseLength', 'metadata.response_length', 'meta', own],
    ['model', 'request_model', 'model', own],
    ['tokensPrompt', 'input_tokens', 'int', own],
    ['tokensCompletion', 'output_tokens', 'int', own],
    ['tokensTotal', 'total_tokens', 'int', own],
    ['timeToFirstTokenMs', 'time_to_first_chunk_ms', 'number', own],
    ['streamingDurationMs', 'metadata.streaming_duration_ms', 'meta', own],
    ['status', 'flag.failure', 'http-status', { ...own, note: '400 and above is an error' }],
    ['statusText', 'flag.status_message', 'flag', own],
    ['finishReason', 'finish_reasons', 'finish', own],
    ['responseId', 'response_id', 'text', own],
    ['systemFingerprint', 'metadata.system_fingerprint', 'meta', own],
    ['headers', 'drop', 'drop', own],
    ['headers.*', 'drop', 'drop', own],
    ['metadata', 'metadata', 'meta-json', own],
    ['metadata.*', 'metadata.*', 'meta', own],
    ['conversationId', 'conversation_id', 'id', own],
    ['sessionId', 'session_id', 'id', own],
    ['userId', 'user_id', 'id', own],
    ['messageIndex', 'message_index', 'int', own],
    ['parentMessageId', 'metadata.parent_message_id', 'meta', own],
  ],
}
