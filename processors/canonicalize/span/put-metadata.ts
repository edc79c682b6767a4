// Writes the value of an attribute to the event's metadata.

import { VALUE } from '../../../core/batch.ts'
import type { CurrentSpan } from './current-span.ts'

/** The name of the entry, in which `*` is what follows the first `strip` bytes of the attribute's key. */
export interface Named {
  readonly name: string
  readonly strip: number
}

/** Adds one entry of metadata. JSON text of a string loses its quotes, other values stay unchanged. */
export function putMetadata(span: CurrentSpan, attr: number, rule: Named): boolean {
  if (span.isNull(attr)) return false
  const key = metaKey(span, attr, rule)
  if (key === null) return false
  let off = span.off(attr)
  let len = span.len(attr)
  const type = span.type(attr)
  if (type !== VALUE.STRING) {
    const v = span.text(attr)
    off = span.arena.appendText(v)
    len = span.arena.lastLen
  } else if (len >= 2 && span.arena.bytes[off] === 34 && span.arena.bytes[off + len - 1] === 34) {
    const v = span.value(attr)
    if (typeof v === 'string') {
      off = span.arena.appendText(v)
      len = span.arena.lastLen
    }
  }
  span.entries.metadata.push4(key.off, key.len, off, len)
  return true
}

function metaKey(
  span: CurrentSpan,
  attr: number,
  rule: Named,
): { readonly off: number; readonly len: number } | null {
  if (rule.strip === 0) return literalKey(span, rule.name)
  const { off, len } = keyRange(span, attr)
  if (len <= rule.strip) return null
  if (rule.name === '*') return { off: off + rule.strip, len: len - rule.strip }
  const name = rule.name.replace('*', span.arena.text(off + rule.strip, len - rule.strip))
  const at = span.arena.appendText(name)
  return { off: at, len: span.arena.lastLen }
}

function literalKey(
  span: CurrentSpan,
  name: string,
): { readonly off: number; readonly len: number } {
  const literal = span.arena.literal(name)
  if (literal >= 0)
    return { off: span.arena.literalOff(literal), len: span.arena.literalLen(literal) }
  const off = span.arena.appendText(name)
  return { off, len: span.arena.lastLen }
}

export function keyRange(
  span: CurrentSpan,
  attr: number,
): { readonly off: number; readonly len: number } {
  return { off: span.batch.attrKeyOffset(attr), len: span.batch.attrKeyLength(attr) }
}
