// The fields of an entry (`usage-entries.ts`), and the header of a block of entries.

import { N, R } from '../fields.ts'

/** The fields of an entry, in the order of its bytes. */
export const IDS = [
  R.event_id,
  R.trace_id,
  R.span_id,
  R.parent_span_id,
  R.start_time,
  R.end_time,
] as const
export const NUMBERS = [
  N.input_tokens,
  N.output_tokens,
  N.total_tokens,
  N.cache_read_tokens,
  N.cache_write_tokens,
  N.reasoning_tokens,
  N.cost_usd,
  N.cost_input_usd,
  N.cost_output_usd,
  N.usage_aggregate,
  N.usage_remainder,
  N.usage_inconsistent,
  N.message_index,
] as const
export const TEXTS = [
  R.tenant_id,
  R.project_id,
  R.environment,
  R.event_type,
  R.kind,
  R.operation,
  R.name,
  R.dialect,
  R.provider,
  R.response_id,
  R.route,
  R.status,
  R.service_name,
  R.scope_name,
  R.agent_name,
  R.conversation_id,
  R.session_id,
  R.user_id,
  R.cost_source,
  R.price_ref,
  R.cost_unpriced,
  R.usage_details,
  R.request_params,
] as const
/** Stored with the vendor prefix that was cut off, because prices are looked up by the name as it was sent. */
export const MODELS = [R.request_model, R.response_model] as const
/** Longest text of an entry, bytes; longer ones are left out. No id or model name is that long. */
export const TEXT_BYTES_MAX = 512
export const NULL_LENGTH = 0xffff
/** Bytes of a single entry before its fields: its length, the ordinal of its event and the time of receipt. */
export const HEAD_BYTES = 16
export const ENTRY_BYTES_MAX =
  HEAD_BYTES +
  IDS.length * 18 +
  NUMBERS.length * 9 +
  TEXTS.length * (3 + TEXT_BYTES_MAX) +
  MODELS.length * (4 + TEXT_BYTES_MAX + 255)

/**
 * The offsets in a block: form u8, length u32, ordinal of the first event u32, time of receipt f64, start time u64, then the
 * entries.
 */
export const BLOCK = { FORM: 0, LENGTH: 1, FIRST: 5, RECEIVED: 9, START: 17, ENTRIES: 25 } as const
/** The form of a list of single entries, each with its length, as a log of an older version holds it. */
export const FORM_LIST = 1
export const FORM_TEXTS = 2

/** The texts of a shape: those that many events have in common. Each combination of them is written once. */
export const SHAPE = [
  R.tenant_id,
  R.project_id,
  R.environment,
  R.event_type,
  R.kind,
  R.operation,
  R.name,
  R.dialect,
  R.provider,
  R.route,
  R.status,
  R.service_name,
  R.scope_name,
  R.agent_name,
  R.cost_source,
] as const
export const SHAPE_TEXTS = SHAPE.length + MODELS.length
/** Numbers in a shape: the places of its texts, the lengths of the two model prefixes, and the place of the shape itself. */
export const SHAPE_INTS = SHAPE_TEXTS + 3
/** The texts that few events have in common. */
export const OWN = TEXTS.filter((field) => !SHAPE.some((other) => other === field))
/**
 * The parts of a computed cost. They are computed again when the entry is used, so an entry keeps only a cost that was given.
 */
export const COSTS: readonly number[] = [N.cost_usd, N.cost_input_usd, N.cost_output_usd]
export const COST_TEXTS: readonly number[] = [R.price_ref, R.cost_unpriced]
export const GIVEN = 'given'
