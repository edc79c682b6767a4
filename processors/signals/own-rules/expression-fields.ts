// The fields of an event that expressions of users' own rules may read. A text that is not there is '', a number NaN, with which every
// comparison is false: a call whose cost is not known is neither cheap nor expensive.

export interface ExpressionField {
  readonly name: string
  readonly type: 'string' | 'double'
  /** Ids are bytes and read as hex. */
  readonly isId?: true
}

const text = (name: string): ExpressionField => ({ name, type: 'string' })
const number = (name: string): ExpressionField => ({ name, type: 'double' })
const id = (name: string): ExpressionField => ({ name, type: 'string', isId: true })

export const EXPRESSION_FIELDS: readonly ExpressionField[] = [
  text('tenant_id'),
  text('project_id'),
  text('environment'),
  text('service_name'),
  text('service_version'),
  text('kind'),
  text('name'),
  text('route'),
  text('status'),
  text('error_type'),
  text('error_message'),
  text('provider'),
  text('request_model'),
  text('response_model'),
  text('tool_name'),
  text('agent_name'),
  text('conversation_id'),
  text('session_id'),
  text('user_id'),
  text('finish_reasons'),
  id('trace_id'),
  id('span_id'),
  text('system_instructions'),
  text('input_messages'),
  text('output_messages'),
  text('tool_arguments'),
  text('tool_result'),
  number('duration_ms'),
  number('cost_usd'),
  number('input_tokens'),
  number('output_tokens'),
  number('total_tokens'),
  number('cache_read_tokens'),
  number('cache_write_tokens'),
  number('reasoning_tokens'),
]
