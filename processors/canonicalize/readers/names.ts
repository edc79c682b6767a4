// Transforms for words and names: kinds, operations, providers, models. Words of closed vocabularies are
// looked up where they lie, without making a JS string.

import { Literal } from '../../../core/arena.ts'
import { VALUE } from '../../../core/batch.ts'
import { R } from '../../../core/fields.ts'
import { ByteWords } from '../bytes/byte-words.ts'
import { lookup } from '../json/values.ts'
import type { Rule, Transform, Words } from '../rules/dialect.ts'
import { constant } from '../span/batch-frame.ts'
import type { Work } from '../span/work.ts'
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
  find(w: Work, attr: number, untilSpace: boolean): string | null {
    if (w.type(attr) !== VALUE.STRING) return this.#values.length === 0 ? this.#other : null
    const b = w.arena.bytes
    let off = w.off(attr)
    let len = w.len(attr)
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
    return (w, attr) => {
      const kind = vocabulary.find(w, attr, isFirstWord)
      if (kind !== null) w.kind = kind
      return kind !== null
    }
  return (w, attr) => {
    const operation = w.type(attr) === VALUE.STRING ? vocabulary.find(w, attr, isFirstWord) : null
    if (operation === null) return false
    w.operation = operation === '*' ? w.text(attr).toLowerCase() : operation
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
const operation: Transform = (w, attr) => {
  if (w.isNull(attr)) return false
  const i =
    w.type(attr) === VALUE.STRING
      ? operationWords.find(w.arena.bytes, w.off(attr), w.len(attr))
      : -1
  if (i >= 0) w.operation = STANDARD_MEANINGS[i] as string
  else {
    const word = w.text(attr).toLowerCase()
    w.operation = lookup(OPERATION_ALIASES, word) ?? word
  }
  return true
}

// ---------------------------------------------------------------- providers and models

export const provider: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  if (w.type(attr) === VALUE.STRING) {
    const known = w.providers.find(w.arena.bytes, w.off(attr), w.len(attr))
    if (known !== null) return putProvider(w, rule.range, known)
  }
  const raw = w.text(attr).replace(/^"|"$/g, '')
  const name = w.providers.of(raw)
  if (name === null) {
    // A framework is no provider; say who it was, and let the next candidate or the model tell.
    if (w.framework === '') w.framework = raw.toLowerCase()
    return false
  }
  return putProvider(w, rule.range, name)
}

export function putProvider(w: Work, field: number, name: string): boolean {
  const literal = PROVIDER_LITERALS.get(name)
  if (literal === undefined) w.setString(field, name)
  else constant(w, field, literal)
  return true
}
const PROVIDER_LITERALS = new Map(
  Object.values(PROVIDER_ALIASES).map((name) => [name, new Literal(name)]),
)

const SLASH = 47
const modelPrefixWords = Object.keys(MODEL_PREFIXES)
const modelPrefixes = new ByteWords(modelPrefixWords.map((x, i) => [x, i] as const))

/** The model id as a range; a provider prefix (`openai/gpt-4o`) is cut off and remembered. */
export const model: Transform = (w, attr, rule) => {
  if (w.isNull(attr) || w.type(attr) !== VALUE.STRING) return false
  let off = w.off(attr)
  let len = w.len(attr)
  const b = w.arena.bytes
  if (len > 2 && b[off] === 34 && b[off + len - 1] === 34) {
    off++
    len -= 2
  }
  const slash = slashIn(b, off, len)
  if (slash > 0) {
    const i = modelPrefixes.find(b, off, slash)
    if (i >= 0 && slash + 1 < len) {
      const prefix = modelPrefixWords[i] as string
      if (w.modelProvider === '') w.modelProvider = MODEL_PREFIXES[prefix] ?? ''
      off += slash + 1
      len -= slash + 1
    }
  }
  if (isPlaceholder(w, off, len)) return false
  w.events.setRange(w.e, rule.range, off, len)
  return true
}

function isPlaceholder(w: Work, off: number, len: number): boolean {
  return w.arena.equals(off, len, 'unknown') || w.arena.equals(off, len, 'custom')
}

function slashIn(b: Uint8Array, off: number, len: number): number {
  for (let i = 0; i < len && i < 24; i++) if (b[off + i] === SLASH) return i
  return -1
}

/** Sets the request model from what was not meant for it. */
export function settleRequestModel(w: Work): void {
  if (w.hasRange(R.request_model)) return
  if (w.offeredModel !== '') w.setString(R.request_model, w.offeredModel)
  else if (w.fallbackModel >= 0) model(w, w.fallbackModel, REQUEST_MODEL_RULE)
}
const REQUEST_MODEL_RULE = { range: R.request_model } as Rule

/** What the request model's id says about the provider; '' = nothing. */
export function providerOfModel(w: Work): string {
  if (w.modelProvider !== '') return w.modelProvider
  const id = w.fieldText(R.request_model) ?? w.fieldText(R.response_model)
  return id !== null && BEDROCK_MODEL.test(id) ? 'aws.bedrock' : ''
}

export const names = { operation, provider, model } as const satisfies Readonly<
  Record<string, Transform>
>
