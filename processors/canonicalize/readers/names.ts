// Transforms for words and names: kinds, operations, providers, models. Words of closed vocabularies are
// looked up where they lie, without making a JS string.

import { Literal } from '../../../core/arena.ts'
import { VALUE } from '../../../core/batch.ts'
import { R } from '../../../core/fields.ts'
import { ByteWords } from '../bytes/byte-words.ts'
import { lookup } from '../json/values.ts'
import type { Rule, Transform, Words } from '../rules/dialect.ts'
import { constant } from '../span/batch-frame.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { BEDROCK_MODEL, MODEL_PREFIXES, PROVIDER_ALIASES } from '../vocabulary/providers.ts'
import { OPERATION_ALIASES } from '../vocabulary/words.ts'

/** A word of a closed vocabulary, looked up where it lies; quotes of JSON text around it are skipped. */
class Vocabulary {
  readonly #words: ByteWords
  readonly #values: string[] = []
  readonly #other: string | null

  constructor(words: Readonly<Record<string, string>>) {
    const entries = Object.entries(words).filter(([word]) => word !== '*')
    this.#words = new ByteWords(entries.map(([word, value]) => [word, this.#index(value)] as const))
    this.#other = words['*'] ?? null
  }

  /** The meaning of the attribute's word; `*` of the vocabulary otherwise; null = no such word. A vocabulary of `*` alone takes any value. */
  find(span: CurrentSpan, attr: number, untilSpace: boolean): string | null {
    if (span.type(attr) !== VALUE.STRING) return this.#values.length === 0 ? this.#other : null
    const b = span.arena.bytes
    let off = span.off(attr)
    let len = span.len(attr)
    if (len >= 2 && b[off] === 34 && b[off + len - 1] === 34) {
      off++
      len -= 2
    }
    if (untilSpace) for (let i = 0; i < len; i++) if (b[off + i] === 32) len = i
    const i = this.#words.find(b, off, len)
    return i >= 0 ? (this.#values[i] as string) : this.#other
  }

  #index(value: string): number {
    const i = this.#values.indexOf(value)
    return i >= 0 ? i : this.#values.push(value) - 1
  }
}

/** The words of a row: what they mean as the span's kind or operation. */
export function wordsTransform(
  to: 'kind' | 'operation',
  words: Words<string>,
  isFirstWord: boolean,
): Transform {
  const vocabulary = new Vocabulary(words)
  if (to === 'kind')
    return (span, attr) => {
      const kind = vocabulary.find(span, attr, isFirstWord)
      if (kind !== null) span.setKind(kind)
      return kind !== null
    }
  return (span, attr) => {
    const operation =
      span.type(attr) === VALUE.STRING ? vocabulary.find(span, attr, isFirstWord) : null
    if (operation === null) return false
    span.setOperation(operation === '*' ? span.text(attr).toLowerCase() : operation)
    return true
  }
}

const STANDARD_OPERATIONS: readonly string[] = [
  'chat',
  'text_completion',
  'generate_content',
  'embeddings',
  'retrieval',
  'execute_tool',
  'create_agent',
  'invoke_agent',
  'invoke_workflow',
  'agent_step',
  'rerank',
  'plan',
  ...Object.keys(OPERATION_ALIASES),
]
const STANDARD_MEANINGS = STANDARD_OPERATIONS.map((x) => lookup(OPERATION_ALIASES, x) ?? x)
const operationWords = new ByteWords(STANDARD_OPERATIONS.map((x, i) => [x, i] as const))

/** Open set: the standard's names without making a string, others in lower case. */
const operation: Transform = (span, attr) => {
  if (span.isNull(attr)) return false
  const i =
    span.type(attr) === VALUE.STRING
      ? operationWords.find(span.arena.bytes, span.off(attr), span.len(attr))
      : -1
  if (i >= 0) span.setOperation(STANDARD_MEANINGS[i] as string)
  else {
    const word = span.text(attr).toLowerCase()
    span.setOperation(lookup(OPERATION_ALIASES, word) ?? word)
  }
  return true
}

// ---------------------------------------------------------------- providers and models

export const provider: Transform = (span, attr, rule) => {
  if (span.isNull(attr)) return false
  if (span.type(attr) === VALUE.STRING) {
    const known = span.providers.find(span.arena.bytes, span.off(attr), span.len(attr))
    if (known !== null) return putProvider(span, rule.range, known)
  }
  const raw = span.text(attr).replace(/^"|"$/g, '')
  const name = span.providers.of(raw)
  if (name === null) {
    // A framework is no provider; say who it was, and let the next candidate or the model tell.
    span.models.offerFramework(raw.toLowerCase())
    return false
  }
  return putProvider(span, rule.range, name)
}

export function putProvider(span: CurrentSpan, field: number, name: string): boolean {
  const literal = PROVIDER_LITERALS.get(name)
  if (literal === undefined) span.setString(field, name)
  else constant(span, field, literal)
  return true
}
const PROVIDER_LITERALS = new Map(
  Object.values(PROVIDER_ALIASES).map((name) => [name, new Literal(name)]),
)

const SLASH = 47
const modelPrefixWords = Object.keys(MODEL_PREFIXES)
const modelPrefixes = new ByteWords(modelPrefixWords.map((x, i) => [x, i] as const))

/** The model id as a range; a provider prefix (`openai/gpt-4o`) is cut off and remembered. */
export const model: Transform = (span, attr, rule) => {
  if (span.isNull(attr) || span.type(attr) !== VALUE.STRING) return false
  let off = span.off(attr)
  let len = span.len(attr)
  const b = span.arena.bytes
  if (len > 2 && b[off] === 34 && b[off + len - 1] === 34) {
    off++
    len -= 2
  }
  const slash = slashIn(b, off, len)
  if (slash > 0) {
    const i = modelPrefixes.find(b, off, slash)
    if (i >= 0 && slash + 1 < len) {
      const prefix = modelPrefixWords[i] as string
      span.models.offerProvider(MODEL_PREFIXES[prefix] ?? '')
      off += slash + 1
      len -= slash + 1
    }
  }
  if (isPlaceholder(span, off, len)) return false
  span.events.setRange(span.event, rule.range, off, len)
  return true
}

function isPlaceholder(span: CurrentSpan, off: number, len: number): boolean {
  return span.arena.equals(off, len, 'unknown') || span.arena.equals(off, len, 'custom')
}

function slashIn(b: Uint8Array, off: number, len: number): number {
  for (let i = 0; i < len && i < 24; i++) if (b[off + i] === SLASH) return i
  return -1
}

/** Sets the request model from what was not meant for it. */
export function settleRequestModel(span: CurrentSpan): void {
  if (span.hasRange(R.request_model)) return
  if (span.models.offered !== '') span.setString(R.request_model, span.models.offered)
  else if (span.models.fallbackAttr >= 0) model(span, span.models.fallbackAttr, REQUEST_MODEL_RULE)
}
const REQUEST_MODEL_RULE = { range: R.request_model } as Rule

/** What the request model's id says about the provider; '' = nothing. */
export function providerOfModel(span: CurrentSpan): string {
  if (span.models.provider !== '') return span.models.provider
  const id = span.fieldText(R.request_model) ?? span.fieldText(R.response_model)
  return id !== null && BEDROCK_MODEL.test(id) ? 'aws.bedrock' : ''
}

export const names = { operation, provider, model } as const satisfies Readonly<
  Record<string, Transform>
>
