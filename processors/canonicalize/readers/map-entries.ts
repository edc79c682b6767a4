// Transforms for what keeps its own name below a field: request parameters, usage details, metadata.

import { ATTR, ATTR_STRIDE, VALUE } from '../../../core/batch.ts'
import { KIND, MEMBER, MEMBER_STRIDE } from '../json/json-kernel.ts'
import { isRecord } from '../json/values.ts'
import type { Rule, Transform } from '../rules/dialect.ts'
import { attrValue } from '../span/any-value.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { truth } from './scalars.ts'

/** One request parameter: numbers also from numeric text, arrays also from JSON text. */
const param: Transform = (span, attr, rule) => {
  if (span.isNull(attr)) return false
  const type = span.type(attr)
  if (type === VALUE.INT || type === VALUE.DOUBLE)
    return numberParam(span, rule, span.batch.nums[attr] as number)
  if (type === VALUE.STRING) return textParam(span, attr, rule)
  const value = attrValue(span.batch, attr)
  if (Array.isArray(value) && value.length === 0) return true
  span.entries.addParam(rule.name, JSON.stringify(value))
  return true
}

function numberParam(span: CurrentSpan, rule: Rule, n: number): boolean {
  if (!Number.isFinite(n) || (n === -1 && rule.name === 'max_tokens')) return false
  span.entries.addNumberParam(rule, n)
  return true
}

/** Micrometer exports every value as text. */
function textParam(span: CurrentSpan, attr: number, rule: Rule): boolean {
  const n = span.number(attr)
  if (!Number.isNaN(n)) return numberParam(span, rule, n)
  const v = truth(span, attr)
  span.entries.addParam(
    rule.name,
    Number.isNaN(v) ? JSON.stringify(span.value(attr)) : v === 1 ? 'true' : 'false',
  )
  return true
}

const detail: Transform = (span, attr, rule) => {
  const n = span.number(attr)
  if (!Number.isFinite(n)) return false
  span.entries.addDetail(rule.strip > 0 ? keyRest(span, attr, rule) : rule.name, n)
  return true
}

/** What follows the prefix of a `.*` row, with dots as underscores. */
function keyRest(span: CurrentSpan, attr: number, rule: Rule): string {
  const { off, len } = keyRange(span, attr)
  const rest = span.arena.text(off + rule.strip, len - rule.strip).replaceAll('.', '_')
  return rule.name.endsWith('*') ? rule.name.slice(0, -1) + rest : rest
}

function keyRange(span: CurrentSpan, attr: number): { readonly off: number; readonly len: number } {
  const a = span.batch.attrs
  return {
    off: a[attr * ATTR_STRIDE + ATTR.KEY_OFF] as number,
    len: a[attr * ATTR_STRIDE + ATTR.KEY_LEN] as number,
  }
}

/** One entry of metadata; JSON text of a string loses its quotes, other values stay as they are. */
export const meta: Transform = (span, attr, rule) => {
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
  rule: Rule,
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

/** A JSON object (or Python dict) whose members become metadata. */
const metaJson: Transform = (span, attr) => {
  if (span.isNull(attr)) return false
  if (span.type(attr) === VALUE.STRING && takeMembers(span, attr)) return true
  const value = span.value(attr)
  if (!isRecord(value)) return false
  for (const [name, v] of Object.entries(value)) span.entries.addMetadataValue(name, v)
  return true
}

/** The members from where they lie: text as it is, anything else as its JSON. False = nothing was taken. */
function takeMembers(span: CurrentSpan, attr: number): boolean {
  const count = span.json.members(span.off(attr), span.len(attr))
  const { rows } = span.json
  const end = count * MEMBER_STRIDE
  if (count < 0) return false
  for (let row = 0; row < end; row += MEMBER_STRIDE) {
    const kind = rows[row + MEMBER.KIND]
    // Numbers and nested values keep the one spelling that JSON.stringify gives them.
    if (kind !== KIND.STRING && kind !== KIND.TRUE && kind !== KIND.FALSE && kind !== KIND.NULL)
      return false
  }
  for (let row = 0; row < end; row += MEMBER_STRIDE)
    if (rows[row + MEMBER.KIND] !== KIND.NULL)
      span.entries.metadata.push4(
        rows[row + MEMBER.KEY_OFF] as number,
        rows[row + MEMBER.KEY_LEN] as number,
        rows[row + MEMBER.OFF] as number,
        rows[row + MEMBER.LEN] as number,
      )
  return true
}

export const mapEntries = {
  param,
  detail,
  meta,
  'meta-json': metaJson,
} as const satisfies Readonly<Record<string, Transform>>
