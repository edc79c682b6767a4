// The fields of the canonical event, one row each, in the order of every output. Encoders, the JSON form, the API
// schema and the docs are made from this table. The names come from the GenAI semantic conventions, in snake_case
// without the `gen_ai.` prefix. They stay as they are when the conventions rename something.

/**
 * How a field is held and printed.
 * - text: range of UTF-8 · json: range of valid JSON text · strings: range of JSON text that is an array of strings
 * - number, int, bool: a float64 · time: 8 bytes, ns since the epoch, unsigned little-endian, printed as an integer
 * - id16, id8: raw bytes, printed as lower-case hex · map: rows of `EventTable.pairs`
 */
export type FieldType =
  | 'text'
  | 'json'
  | 'strings'
  | 'number'
  | 'int'
  | 'bool'
  | 'time'
  | 'id16'
  | 'id8'
  | 'map'

export interface Field {
  readonly name: string
  readonly type: FieldType
  /** Whether the JSON form always has the field, as null when unknown. Other fields are left out when unknown. */
  readonly core: boolean
  readonly doc: string
}

const f = <const Name extends string, const Type extends FieldType>(
  name: Name,
  type: Type,
  core: boolean,
  doc: string,
): Field & { readonly name: Name; readonly type: Type } => ({
  name,
  type,
  core,
  doc,
})

/** Every field, in output order. */
export const FIELDS = [
  f(
    'event_id',
    'id16',
    true,
    'Identity of the event: hash of project, trace, span and event type; the key for idempotent writes.',
  ),
  f('tenant_id', 'text', true, 'From the credential, never from the payload.'),
  f('project_id', 'text', true, 'From the credential, never from the payload.'),
  f('environment', 'text', true, 'Deployment environment; `default` when nothing says otherwise.'),
  f('trace_id', 'id16', true, 'W3C trace id.'),
  f('span_id', 'id8', true, 'W3C span id.'),
  f('parent_span_id', 'id8', true, 'Parent span; null for a root.'),
  f(
    'event_type',
    'text',
    false,
    '`span`, a legacy event type such as `llm_call`, or `log:<event name>` for a log record.',
  ),
  f(
    'kind',
    'text',
    true,
    'llm, embedding, rerank, retrieval, tool, agent, workflow, chain, guardrail, evaluator, mcp or span.',
  ),
  f(
    'operation',
    'text',
    true,
    'GenAI operation name (chat, embeddings, execute_tool, ...), open set.',
  ),
  f('name', 'text', true, 'Span name, or the name of the component or tool.'),
  f('dialect', 'text', true, 'Instrumentation dialect that was recognised; null when none was.'),
  f('dialects', 'strings', false, 'All dialects found on the span when there are several.'),
  f('start_time', 'time', true, 'ns since the epoch, UTC.'),
  f('end_time', 'time', true, 'ns since the epoch, UTC.'),
  f(
    'duration_ms',
    'number',
    true,
    'end - start in ms, never negative; null when the end is missing.',
  ),
  f('time_to_first_chunk_ms', 'number', true, 'From request to first chunk, ms.'),
  f('provider', 'text', true, 'GenAI provider; null for frameworks.'),
  f('request_model', 'text', true, 'Model asked for, provider prefix removed.'),
  f('response_model', 'text', true, 'Model that answered.'),
  f('response_id', 'text', true, "The provider's id of the response."),
  f('route', 'text', true, 'http.route or legacy route.'),
  f('input_messages', 'json', true, 'Messages sent: [{role, parts: [{type, ...}], name?}].'),
  f('output_messages', 'json', true, 'Messages received: [{role, parts, finish_reason?}].'),
  f('system_instructions', 'json', false, 'Array of message parts.'),
  f('tool_definitions', 'json', false, '[{type, name, description?, parameters?}].'),
  f('input', 'json', true, 'Input that is not messages (chain, tool, retrieval spans).'),
  f('output', 'json', true, 'Output that is not messages.'),
  f(
    'request_params',
    'json',
    false,
    'temperature, top_p, max_tokens, seed, stop_sequences, service_tier, ...',
  ),
  f('stream', 'bool', false, 'The response was streamed.'),
  f('input_tokens', 'int', true, 'Inclusive of cache reads and writes.'),
  f('output_tokens', 'int', true, 'Inclusive of reasoning.'),
  f('total_tokens', 'int', true, 'As given, else input + output.'),
  f('cache_read_tokens', 'int', true, 'Subset of input_tokens.'),
  f('cache_write_tokens', 'int', true, 'Subset of input_tokens.'),
  f('reasoning_tokens', 'int', true, 'Subset of output_tokens.'),
  f('usage_details', 'json', false, 'Further splits as a map of integers; never summed.'),
  f(
    'usage_aggregate',
    'bool',
    true,
    'The numbers repeat other events: left out of every sum, price and signal.',
  ),
  f('usage_duplicate_of', 'id16', false, 'The report of the same call that counts instead.'),
  f(
    'usage_remainder',
    'bool',
    false,
    'A container that counts what the calls below it did not report; what it reported itself is in `usage_details.reported_*`.',
  ),
  f('usage_inconsistent', 'bool', false, 'No reading of the counts adds up to the reported total.'),
  f(
    'revision',
    'int',
    false,
    'Number of the last correction after the event was stored. A later correction has a higher number.',
  ),
  f('field_sources', 'text', false, 'Which rule filled which field, as short ids.'),
  f('cost_usd', 'number', true, 'USD; null when no price is known.'),
  f('cost_input_usd', 'number', false, 'USD.'),
  f('cost_output_usd', 'number', false, 'USD.'),
  f(
    'cost_source',
    'text',
    true,
    'given, computed, partial (a unit of the call has no price) or none.',
  ),
  f('price_ref', 'text', false, 'Price table version and model the price was taken from.'),
  f(
    'cost_unpriced',
    'strings',
    false,
    'Units of the call that the price table has no price for, when cost_source is partial or none.',
  ),
  f('finish_reasons', 'strings', true, 'stop, length, tool_calls, content_filter, ... lower-case.'),
  f('status', 'text', true, 'ok, error or unset.'),
  f('error_type', 'text', true, 'Error class or code.'),
  f('error_message', 'text', true, ''),
  f('error_stack', 'text', false, ''),
  f('level', 'text', false, 'DEBUG, DEFAULT, WARNING or ERROR.'),
  f('tool_name', 'text', true, ''),
  f('tool_call_id', 'text', true, ''),
  f('tool_type', 'text', false, ''),
  f('tool_description', 'text', false, ''),
  f('tool_arguments', 'json', true, 'Parsed JSON, or the raw string as JSON.'),
  f('tool_result', 'json', true, 'Parsed JSON, or the raw string as JSON.'),
  f('agent_name', 'text', true, ''),
  f('agent_id', 'text', false, ''),
  f('agent_version', 'text', false, ''),
  f('workflow_name', 'text', false, ''),
  f('conversation_id', 'text', true, 'Conversation or thread.'),
  f('session_id', 'text', true, 'User session.'),
  f('user_id', 'text', true, 'End user.'),
  f('message_index', 'int', false, 'Position in the conversation.'),
  f('prompt_name', 'text', true, ''),
  f('prompt_version', 'text', true, ''),
  f('prompt_variables', 'json', false, ''),
  f('retrieval_query', 'text', false, ''),
  f('retrieval_documents', 'json', true, '[{id, score, content?, metadata?}].'),
  f('retrieval_top_k', 'int', false, ''),
  f('data_source_id', 'text', false, ''),
  f('embedding_dimensions', 'int', false, ''),
  f('evaluation_name', 'text', false, ''),
  f('evaluation_score', 'number', false, ''),
  f('evaluation_label', 'text', false, ''),
  f('evaluation_explanation', 'text', false, ''),
  f('guardrail_name', 'text', false, ''),
  f('guardrail_triggered', 'bool', false, ''),
  f('mcp_method', 'text', false, ''),
  f('mcp_session_id', 'text', false, ''),
  f('mcp_resource_uri', 'text', false, ''),
  f('server_address', 'text', false, ''),
  f('server_port', 'int', false, ''),
  f('service_name', 'text', true, 'Resource service.name.'),
  f('service_version', 'text', false, ''),
  f('sdk_language', 'text', false, ''),
  f('scope_name', 'text', false, 'Instrumentation scope.'),
  f('scope_version', 'text', false, ''),
  f('tags', 'strings', true, ''),
  f(
    'secrets',
    'json',
    false,
    'Types and counts of what was scrubbed out: {"email": 1}. Never values.',
  ),
  f(
    'quality',
    'strings',
    false,
    'Repairs made on arrival: end_before_start, time_out_of_range, invalid_utf8, ...',
  ),
  f('metadata', 'map', true, 'Everything user-supplied; string values.'),
  f('attributes', 'map', false, 'Source attributes that no field took, scrubbed.'),
] as const satisfies readonly Field[]

export type FieldName = (typeof FIELDS)[number]['name']

type NumberType = 'number' | 'int' | 'bool'
/** Names of the fields that have one of the given types. */
export type FieldNameOf<Type extends FieldType> = Extract<
  (typeof FIELDS)[number],
  { readonly type: Type }
>['name']

/** Fields held as an (offset, length) range and fields held as a number are counted separately, each from 0. */
export type RangeFieldName = FieldNameOf<Exclude<FieldType, NumberType | 'map'>>
export type NumberFieldName = FieldNameOf<NumberType>

const NUMBER_TYPES: ReadonlySet<FieldType> = new Set<NumberType>(['number', 'int', 'bool'])
const isNumber = (x: Field): boolean => NUMBER_TYPES.has(x.type)
const isRange = (x: Field): boolean => !isNumber(x) && x.type !== 'map'

export const RANGE_FIELDS: readonly Field[] = FIELDS.filter(isRange)
export const NUMBER_FIELDS: readonly Field[] = FIELDS.filter(isNumber)

/** Column of each range field in an event row: `R.trace_id`. */
export const R: Readonly<Record<RangeFieldName, number>> = indexOf(RANGE_FIELDS)
/** Column of each number field in an event row: `N.input_tokens`. */
export const N: Readonly<Record<NumberFieldName, number>> = indexOf(NUMBER_FIELDS)

/**
 * The column of a name that is not a field. It is so far below zero that a write with it lands before the start of the
 * typed array, where it has no effect. With -1 the write would go to a field of the previous event, which may belong to
 * another tenant. Checking every write would cost a comparison in the inner loop of `canonicalize`; measured in
 * 2026-11, the difference was within the noise.
 */
export const NO_FIELD = -(2 ** 28)

/** Column of a range field; `NO_FIELD` for any other name. */
export function rangeIndex(name: string): number {
  return Object.hasOwn(R, name) ? R[name as RangeFieldName] : NO_FIELD
}

/** Column of a number field; `NO_FIELD` for any other name. */
export function numberIndex(name: string): number {
  return Object.hasOwn(N, name) ? N[name as NumberFieldName] : NO_FIELD
}

/**
 * Builds the object in one step. If so many names were added one by one, V8 would make it a hash table and `R.kind` a
 * look-up in it.
 */
function indexOf<Name extends string>(fields: readonly Field[]): Readonly<Record<Name, number>> {
  const entries = fields.map((field, i) => [field.name, i])
  // The type is right because both lists are filtered from `FIELDS`, and the caller names the fields that pass the
  // filter.
  return Object.fromEntries(entries) as Record<Name, number>
}

/** Fields that are prompts, answers, what tools were given and gave, or texts that may repeat them. */
export const CONTENT_TEXTS = [
  'input_messages',
  'output_messages',
  'system_instructions',
  'tool_definitions',
  'input',
  'output',
  'tool_arguments',
  'tool_result',
  'prompt_variables',
  'retrieval_query',
  'retrieval_documents',
  'evaluation_explanation',
  'error_message',
  'error_stack',
] as const satisfies readonly FieldName[]
