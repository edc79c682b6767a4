// MLflow tracing: every value is JSON text.

import { type Dialect, RANK } from '../../rules/dialect.ts'

export const mlflow: Dialect = {
  name: 'mlflow',
  about: 'MLflow tracing',
  source: 'mlflow/mlflow:mlflow/tracing/constant.py',
  scopes: ['mlflow.tracing*'],
  markers: ['mlflow.spanType', 'mlflow.spanInputs', 'mlflow.traceRequestId'],
  rows: [
    ['mlflow.spanType', 'kind', 'kind:mlflow', { rank: 42 }],
    ['mlflow.spanInputs', 'io.input', 'io', { rank: RANK.entity }],
    ['mlflow.spanOutputs', 'io.output', 'io', { rank: RANK.entity }],
    ['mlflow.chat.tokenUsage', 'flag.usage', 'usage:inclusive', { rank: 45 }],
    ['mlflow.llm.cost', 'cost_usd', 'cost:json', { rank: 60 }],
    ['mlflow.llm.model', 'request_model', 'model', { rank: 60 }],
    ['mlflow.llm.provider', 'provider', 'provider', { rank: 50 }],
    ['mlflow.chat.tools', 'tool_definitions', 'tools', { rank: 60 }],
    ['mlflow.message.format', 'metadata.message_format'],
    ['mlflow.spanFunctionName', 'metadata.function'],
    ['mlflow.spanLogLevel', 'level', 'level', { rank: 60 }],
    ['mlflow.traceRequestId', 'metadata.mlflow_request_id'],
    ['mlflow.experimentId', 'metadata.mlflow_experiment_id'],
    ['mlflow.traceTag.*', 'metadata.*', 'meta'],
    ['mlflow.trace.user', 'user_id', 'id-json', { rank: 50 }],
    ['mlflow.trace.session', 'session_id', 'id-json', { rank: 50 }],
    ['mlflow.linkedPrompts', 'flag.prompt', 'prompt'],
    ['mlflow.trace.tokenUsage', 'drop', 'drop', { note: 'a trace aggregate' }],
    ['mlflow.trace.cost', 'drop', 'drop', { note: 'a trace aggregate' }],
  ],
  notes: [['mlflow.chunk.item.<i>', 'E', '(dropped)', 'stream chunks']],
}
