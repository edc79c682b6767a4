// Which optional columns of `canonical_events` a project has ever filled. A row has more than a hundred columns, and
// reading one row costs about as much for each column as reading a thousand rows. Most projects fill half of the
// columns. The table `event_hours` has one bit for each column (`storage/migrations/clickhouse/0001_initial.sql`,
// made from these lists).

/**
 * The columns in the order of the bits of `used_1` and `used_2`. The order must never change. Columns in neither list
 * are always read.
 */
export const USED_1 = [
  'dialect',
  'dialects',
  'time_to_first_chunk_ms',
  'provider',
  'request_model',
  'response_model',
  'response_id',
  'route',
  'input_messages',
  'output_messages',
  'system_instructions',
  'tool_definitions',
  'input',
  'output',
  'request_params',
  'stream',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'usage_details',
  'usage_duplicate_of',
  'cost_input_usd',
  'cost_output_usd',
  'price_ref',
  'finish_reasons',
  'error_type',
  'error_message',
  'error_stack',
  'level',
  'tool_name',
  'tool_call_id',
  'tool_type',
  'tool_description',
  'tool_arguments',
  'tool_result',
  'agent_name',
  'agent_id',
  'agent_version',
  'workflow_name',
] as const
export const USED_2 = [
  'conversation_id',
  'session_id',
  'user_id',
  'message_index',
  'prompt_name',
  'prompt_version',
  'prompt_variables',
  'retrieval_query',
  'retrieval_documents',
  'retrieval_top_k',
  'data_source_id',
  'embedding_dimensions',
  'evaluation_name',
  'evaluation_score',
  'evaluation_label',
  'evaluation_explanation',
  'guardrail_name',
  'guardrail_triggered',
  'mcp_method',
  'mcp_session_id',
  'mcp_resource_uri',
  'server_address',
  'server_port',
  'service_name',
  'service_version',
  'sdk_language',
  'scope_name',
  'scope_version',
  'tags',
  'secrets',
  'quality',
  'metadata',
  'attributes',
  'attributes_json',
] as const

/** Columns of which neither bit is set. */
export function unusedColumns(used1: bigint, used2: bigint): ReadonlySet<string> {
  const unused = new Set<string>()
  for (const [columns, bits] of [
    [USED_1, used1],
    [USED_2, used2],
  ] as const)
    for (const [i, column] of columns.entries())
      if (((bits >> BigInt(i)) & 1n) === 0n) unused.add(column)
  return unused
}
