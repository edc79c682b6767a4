// Writes the value of an attribute to a JSON field, without a copy if it is JSON.

import { VALUE } from '../../../core/batch.ts'
import type { Message } from '../content/content-types.ts'
import { ANSWER, SHAPE } from '../json/json-kernel.ts'
import { parseLoose } from '../json/loose-json.ts'
import { attrValue } from './any-value.ts'
import type { CurrentSpan } from './current-span.ts'

/** Sets the field to the value if that is valid JSON, else to the text as a JSON string. */
export function putJson(span: CurrentSpan, attr: number, field: number): boolean {
  if (span.isNullContent(attr)) return false
  const type = span.type(attr)
  if (type !== VALUE.STRING) {
    span.setJson(field, attrValue(span.batch, attr))
    return true
  }
  const off = span.off(attr)
  const len = span.len(attr)
  const verdict = span.json.check(off, len, SHAPE.ANY)
  if (verdict === ANSWER.YES) span.events.setRange(span.event, field, off, len)
  else if (verdict === ANSWER.NO && !mayBeRepr(span.arena.bytes, off, len))
    span.setJsonString(field, off, len)
  else {
    const text = span.arena.text(off, len)
    const value = parseLoose(text)
    span.setJson(field, value === undefined ? text : value)
  }
  return true
}

/** Only text that begins with a bracket may be the repr of a Python value. */
function mayBeRepr(b: Uint8Array, off: number, len: number): boolean {
  let i = off
  while (i < off + len && (b[i] as number) <= 32) i++
  const c = b[i]
  // Spaces that are not ASCII are left to the full parser.
  return i < off + len && (c === 123 || c === 91 || c === 40 || (c as number) >= 128)
}

export function putMessages(span: CurrentSpan, field: number, list: Message[] | null): boolean {
  if (list === null || list.length === 0) return false
  span.setJson(field, list)
  return true
}
