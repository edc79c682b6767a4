// Where a row of a dialect table may put a value: a field of the canonical event, an entry of one of its maps, content
// whose field depends on the kind of span, or a flag.

import { FIELDS, type FieldName, type FieldType } from '../../../core/fields.ts'

interface Flag {
  /** True if every row with a value is used, and not only the best one. */
  readonly takesAll?: true
  readonly meaning: string
}

/**
 * Targets that are not fields: what a value says about the whole span. Rows with the same flag compete like rows with
 * the same field, the lowest rank first, unless all of them are used.
 */
export const FLAGS = {
  answer_calls: { meaning: 'tool calls of an answer that is spread over several attributes' },
  answer_files: { meaning: 'files of such an answer' },
  answer_object: { meaning: 'the JSON object of such an answer' },
  answer_reasoning: { meaning: 'the reasoning of such an answer' },
  answer_text: { meaning: 'the text of such an answer' },
  arguments: { takesAll: true, meaning: 'one argument of the tool call' },
  body: { meaning: 'usage, model and finish reason inside a result' },
  cached: { meaning: 'answered by a cache: nothing was paid' },
  component: { meaning: 'what the component is called: a model, a tool or an agent by kind' },
  display_name: { meaning: 'text for people in place of a span name that is a template' },
  document_ids: { meaning: 'ids of the documents found, in their order' },
  document_scores: { meaning: 'scores of the documents found, in their order' },
  document_text: { meaning: 'text of the document found' },
  events: { takesAll: true, meaning: 'messages as they stand in span events' },
  failure: { takesAll: true, meaning: 'whether the operation failed or went well' },
  fallback_model: { meaning: 'the model asked for, when no other key says it' },
  input_details: { meaning: 'splits of the input tokens' },
  input_mime: { meaning: 'whether the input is plain text' },
  output_details: { meaning: 'splits of the output tokens' },
  output_mime: { meaning: 'whether the output is plain text' },
  prompt: { meaning: 'name, version and variables of the prompt in one value' },
  provider_metadata: {
    meaning: 'what the provider says beside the answer: counts, service tier, id',
  },
  status_message: { meaning: 'the error message when the span failed, metadata otherwise' },
  thoughts: {
    meaning: 'counts of a raw response in which thoughts are not among the output tokens',
  },
  units: {
    takesAll: true,
    meaning: 'a count beside the token totals, told by the words of its key',
  },
  usage: { meaning: 'counts of tokens in one value' },
  variables: { takesAll: true, meaning: 'one variable of the prompt' },
  virtual: {
    takesAll: true,
    meaning: 'the span stands for no call of its own: a preview, a marker',
  },
} as const satisfies Readonly<Record<string, Flag>>

export type FlagName = keyof typeof FLAGS
/** Maps whose entries are named after the dot. `*` is what follows the prefix of the source key. */
export type EntryMap = 'metadata' | 'request_params' | 'usage_details'
export type Content = 'io.input' | 'io.output'

export type Target =
  | Exclude<FieldName, 'attributes'>
  | `${EntryMap}.${string}`
  | Content
  | `flag.${FlagName}`
  | 'drop'

/** The kind of a target: the type of a field, or one of the others. A transform fills one or several of these. */
export type TargetType = FieldType | EntryMap | 'io' | 'flag' | 'drop'

const TYPES: ReadonlyMap<string, TargetType> = new Map<string, TargetType>([
  ...FIELDS.map(({ name, type }) => [name, type] as const).filter(
    ([name]) => name !== 'attributes',
  ),
  ['io.input', 'io'],
  ['io.output', 'io'],
  ['drop', 'drop'],
  ...Object.keys(FLAGS).map((name) => [`flag.${name}`, 'flag'] as const),
])
const ENTRY = /^(metadata|request_params|usage_details)\..+$/s

/** The type of a target, or null when there is no such target. */
export function targetType(target: unknown): TargetType | null {
  if (typeof target !== 'string') return null
  // The regular expression only matches the names of the maps.
  const map = ENTRY.exec(target)?.[1] as EntryMap | undefined
  return map ?? TYPES.get(target) ?? null
}

/** The targets with fixed names, for suggestions in error messages. */
export function namedTargets(): Iterable<string> {
  return TYPES.keys()
}

/** True if every row with a value is used for the flag. */
export function takesAllOf(target: string): boolean {
  const flags: Readonly<Record<string, Flag>> = FLAGS
  return target.startsWith('flag.') && flags[target.slice(5)]?.takesAll === true
}
