// Puts the value of an attribute into a JSON field: as it lies, when it is JSON.

import { VALUE } from '../../../core/batch.ts'
import type { Message } from '../content/message.ts'
import { ANSWER, SHAPE } from '../json/json-kernel.ts'
import { parseLoose } from '../json/loose-json.ts'
import { attrValue } from './any-value.ts'
import type { CurrentSpan } from './current-span.ts'

/** JSON in the field as it is when it is valid, else text as a JSON string. */
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

/** Only what begins with a bracket may be the repr of a Python value. */
function mayBeRepr(b: Uint8Array, off: number, len: number): boolean {
  let i = off
  while (i < off + len && (b[i] as number) <= 32) i++
  const c = b[i]
  // Spaces beyond ASCII are left to who knows them all.
  return i < off + len && (c === 123 || c === 91 || c === 40 || (c as number) >= 128)
}

export function putMessages(span: CurrentSpan, field: number, list: Message[] | null): boolean {
  if (list === null || list.length === 0) return false
  span.setJson(field, list)
  return true
}
