// Reads providers and models from attributes into fields.

import { Literal } from '../../../core/arena.ts'
import { VALUE } from '../../../core/batch.ts'
import { ByteWords } from '../bytes/byte-words.ts'
import { MODEL_PREFIXES, PROVIDER_ALIASES } from '../vocabulary/providers.ts'
import type { CurrentSpan } from './current-span.ts'

/** Sets a field to the canonical provider of an attribute. Returns false if it names none. */
export function readProvider(span: CurrentSpan, attr: number, field: number): boolean {
  if (span.isNull(attr)) return false
  if (span.type(attr) === VALUE.STRING) {
    const known = span.providers.find(span.arena.bytes, span.off(attr), span.len(attr))
    if (known !== null) return putProvider(span, field, known)
  }
  const raw = span.text(attr).replace(/^"|"$/g, '')
  const name = span.providers.of(raw)
  if (name === null) {
    // A framework is no provider. It is noted, and the next candidate or the model may reveal the provider.
    span.models.offerFramework(raw.toLowerCase())
    return false
  }
  return putProvider(span, field, name)
}

export function putProvider(span: CurrentSpan, field: number, name: string): boolean {
  const literal = PROVIDER_LITERALS.get(name)
  if (literal === undefined) span.setString(field, name)
  else span.setConstant(field, literal)
  return true
}

const PROVIDER_LITERALS = new Map(
  Object.values(PROVIDER_ALIASES).map((name) => [name, new Literal(name)]),
)

const SLASH = 47

const modelPrefixWords = Object.keys(MODEL_PREFIXES)

const modelPrefixes = new ByteWords(modelPrefixWords.map((x, i) => [x, i] as const))

/**
 * Sets the model id. A provider prefix (`openai/gpt-4o`) is cut off and its length is kept, because prices are looked
 * up by the whole name.
 */
export function readModel(span: CurrentSpan, attr: number, field: number): boolean {
  if (span.isNull(attr) || span.type(attr) !== VALUE.STRING) return false
  let off = span.off(attr)
  let len = span.len(attr)
  const b = span.arena.bytes
  if (len > 2 && b[off] === 34 && b[off + len - 1] === 34) {
    off++
    len -= 2
  }
  let prefix = 0
  const slash = slashIn(b, off, len)
  if (slash > 0) {
    const i = modelPrefixes.find(b, off, slash)
    if (i >= 0 && slash + 1 < len) {
      span.models.offerProvider(MODEL_PREFIXES[modelPrefixWords[i] as string] ?? '')
      prefix = slash + 1
    }
  }
  if (isPlaceholder(span, off + prefix, len - prefix)) return false
  span.events.setModel(span.event, field, off, len, prefix)
  return true
}

function isPlaceholder(span: CurrentSpan, off: number, len: number): boolean {
  return span.arena.equals(off, len, 'unknown') || span.arena.equals(off, len, 'custom')
}

function slashIn(b: Uint8Array, off: number, len: number): number {
  for (let i = 0; i < len && i < 24; i++) if (b[off + i] === SLASH) return i
  return -1
}
