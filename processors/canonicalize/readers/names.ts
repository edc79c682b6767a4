// Transforms for words and names: kinds, operations, providers, models. Words of closed vocabularies are looked up in
// the arena without creating a JS string.

import { VALUE } from '../../../core/batch.ts'
import { ByteWords } from '../bytes/byte-words.ts'
import { lookup } from '../json/values.ts'
import type { Transform, Words } from '../rules/dialect.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { readModel, readProvider } from '../span/providers-and-models.ts'
import { OPERATION_ALIASES } from '../vocabulary/words.ts'

/** A closed vocabulary, in which words are looked up in the arena. Quotes of JSON text around a word are ignored. */
class Vocabulary {
  readonly #words: ByteWords
  readonly #values: string[] = []
  readonly #other: string | null

  constructor(words: Readonly<Record<string, string>>) {
    const entries = Object.entries(words).filter(([word]) => word !== '*')
    this.#words = new ByteWords(entries.map(([word, value]) => [word, this.#index(value)] as const))
    this.#other = words['*'] ?? null
  }

  /** The meaning of the attribute's word, or that of `*`, or null. A vocabulary with only `*` accepts any value. */
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

/** The words of a row, as the span's kind or operation. */
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
const STANDARD_NAMES = STANDARD_OPERATIONS.map((x) => lookup(OPERATION_ALIASES, x) ?? x)
const operationWords = new ByteWords(STANDARD_OPERATIONS.map((x, i) => [x, i] as const))

/**
 * Operations are an open set: the standard's names are found without creating a string, others are kept in lower
 * case.
 */
const operation: Transform = (span, attr) => {
  if (span.isNull(attr)) return false
  const i =
    span.type(attr) === VALUE.STRING
      ? operationWords.find(span.arena.bytes, span.off(attr), span.len(attr))
      : -1
  if (i >= 0) span.setOperation(STANDARD_NAMES[i] as string)
  else {
    const word = span.text(attr).toLowerCase()
    span.setOperation(lookup(OPERATION_ALIASES, word) ?? word)
  }
  return true
}

const provider: Transform = (span, attr, rule) => readProvider(span, attr, rule.range)

const model: Transform = (span, attr, rule) => readModel(span, attr, rule.range)

export const names = { operation, provider, model } as const satisfies Readonly<
  Record<string, Transform>
>
