// Explains a stored event: which attribute filled which field, by the ids of rules in its `field_sources`. Fields
// that no rule filled come from the span itself or were derived. Fields that a correction changed are marked.

import type { Provenance } from '../../../core/event.ts'
import { FIELDS, type Field } from '../../../core/fields.ts'
import { type NamedRule, rulesOfIds } from '../rules/rule-ids.ts'
import { SOURCES } from './explain.ts'

type StoredEvent = Readonly<Record<string, unknown>>

/** The fields that a flag may fill, for targets that are no field. */
const TOKENS = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'reasoning_tokens',
  'usage_details',
]
const OF_FLAGS: Readonly<Record<string, readonly string[]>> = {
  answer_calls: ['output_messages'],
  answer_files: ['output_messages'],
  answer_object: ['output_messages'],
  answer_reasoning: ['output_messages'],
  answer_text: ['output_messages'],
  arguments: ['tool_arguments'],
  body: [...TOKENS, 'response_model', 'finish_reasons', 'response_id'],
  cached: ['price_ref'],
  component: ['request_model', 'tool_name', 'agent_name'],
  display_name: ['name'],
  document_ids: ['retrieval_documents'],
  document_scores: ['retrieval_documents'],
  document_text: ['retrieval_documents'],
  events: ['input_messages', 'output_messages', 'system_instructions'],
  failure: ['status'],
  fallback_model: ['request_model'],
  input_details: TOKENS,
  output_details: TOKENS,
  prompt: ['prompt_name', 'prompt_version', 'prompt_variables'],
  provider_metadata: [...TOKENS, 'response_id'],
  status_message: ['error_message'],
  thoughts: TOKENS,
  units: ['usage_details'],
  usage: TOKENS,
  variables: ['prompt_variables'],
}
/** What is stored of vectors. */
const DIMENSIONS = 'embedding_dimensions'
const INPUTS = ['tool_arguments', 'input_messages', 'retrieval_query', 'input']
const OUTPUTS = ['tool_result', 'output_messages', 'retrieval_documents', 'output']
/** The only fields of a stored event that other reports of the same call, or calls below it, can change. */
const COUNTS: ReadonlySet<string> = new Set(TOKENS.filter((name) => name !== 'usage_details'))

/** What a span may show from its log records. */
const JOINABLE: ReadonlySet<string> = new Set([
  ...TOKENS,
  'input_messages',
  'output_messages',
  'system_instructions',
  'tool_definitions',
  'input',
  'output',
  'request_params',
  'finish_reasons',
  'provider',
  'request_model',
  'response_model',
  'response_id',
])

/** One entry for each field that is set. Entries of maps are named after the dot. */
export function storedSources(event: StoredEvent): readonly Provenance[] {
  const ids = event['field_sources']
  const found = new Map<string, Provenance>()
  const say = (field: string, source: string, rule: string): void => {
    if (!found.has(field)) found.set(field, { field, source, rule })
  }
  for (const field of corrected(event)) say(field.field, field.source, field.rule)
  const rules = typeof ids === 'string' ? rulesOfIds(ids) : []
  // What a row says about one field takes precedence over what a flag may have filled.
  for (const isFlag of [false, true])
    for (const rule of rules)
      if (isFlag === isLoose(rule))
        for (const field of fieldsOf(rule, event))
          say(field, `attr:${rule.key}`, `${rule.dialect}: ${rule.key} -> ${rule.how}`)
  const hasJoined = isSet(event['joined_from'])
  for (const { name } of FIELDS as readonly Field[]) {
    if (!isSet(event[name]) || name === 'field_sources' || hasPart(found, name)) continue
    const source = SOURCES[name]
    if (hasJoined && JOINABLE.has(name))
      say(name, 'joined_from', 'of a log record or another report of the call')
    else if (source === undefined) say(name, 'derived', 'from other fields')
    else say(name, source, 'of the span')
  }
  return [...found.values()]
}

const isLoose = ({ to }: NamedRule): boolean => to.startsWith('flag.') || to.startsWith('io.')

function fieldsOf({ to }: NamedRule, event: StoredEvent): readonly string[] {
  if (to === 'io.input') return INPUTS.filter((name) => isSet(event[name])).slice(0, 1)
  if (to === 'io.output') return OUTPUTS.filter((name) => isSet(event[name])).slice(0, 1)
  if (to.startsWith('flag.'))
    return (OF_FLAGS[to.slice(5)] ?? []).filter((name) => isSet(event[name]))
  if (to === 'drop') return isSet(event[DIMENSIONS]) ? [DIMENSIONS] : []
  const [map = ''] = to.split('.', 1)
  return isSet(event[map]) ? [to] : []
}

/** The fields that no longer have the value of the attributes. */
export function corrected(event: StoredEvent): readonly Provenance[] {
  const of = (field: string, source: string, rule: string): Provenance => ({ field, source, rule })
  const list: Provenance[] = []
  if (event['usage_remainder'] === true)
    for (const field of COUNTS)
      if (isSet(event[field]))
        list.push(
          of(field, `usage_details.reported_${field}`, 'what the calls inside do not report'),
        )
  if (isSet(event['usage_duplicate_of']))
    list.push(of('usage_duplicate_of', 'claims', 'another report of the same call counts'))
  if (Number(event['revision'] ?? 0) > 0)
    list.push(of('revision', 'later reports', 'corrected after it was stored'))
  const { cost_source: source } = event
  if (source === 'computed' || source === 'partial')
    for (const field of ['cost_usd', 'cost_input_usd', 'cost_output_usd'])
      if (isSet(event[field]))
        list.push(of(field, 'price_ref', 'tokens and units by the price table'))
  return list
}

function isSet(value: unknown): boolean {
  if (value === null || value === undefined) return false
  if (Array.isArray(value)) return value.length > 0
  return typeof value !== 'object' || Object.keys(value).length > 0
}

function hasPart(found: ReadonlyMap<string, Provenance>, name: string): boolean {
  for (const field of found.keys()) if (field === name || field.startsWith(`${name}.`)) return true
  return false
}
