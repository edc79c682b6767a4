// Transforms for what keeps its own name below a field: request parameters, usage details, metadata.

import { ATTR, ATTR_STRIDE, VALUE } from '../../../core/batch.ts'
import { KIND, MEMBER, MEMBER_STRIDE } from '../json/json-kernel.ts'
import { isRecord } from '../json/values.ts'
import type { Rule, Transform } from '../rules/dialect.ts'
import { attrValue } from '../span/any-value.ts'
import type { Work } from '../span/work.ts'
import { truth } from './scalars.ts'

/** One request parameter: numbers also from numeric text, arrays also from JSON text. */
const param: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  const type = w.type(attr)
  if (type === VALUE.INT || type === VALUE.DOUBLE)
    return numberParam(w, rule, w.batch.nums[attr] as number)
  if (type === VALUE.STRING) return textParam(w, attr, rule)
  const value = attrValue(w.batch, attr)
  if (Array.isArray(value) && value.length === 0) return true
  w.param(rule.name, JSON.stringify(value))
  return true
}

function numberParam(w: Work, rule: Rule, n: number): boolean {
  if (!Number.isFinite(n) || (n === -1 && rule.name === 'max_tokens')) return false
  w.numberParam(rule, n)
  return true
}

/** Micrometer exports every value as text. */
function textParam(w: Work, attr: number, rule: Rule): boolean {
  const n = w.number(attr)
  if (!Number.isNaN(n)) return numberParam(w, rule, n)
  const v = truth(w, attr)
  w.param(rule.name, Number.isNaN(v) ? JSON.stringify(w.value(attr)) : v === 1 ? 'true' : 'false')
  return true
}

const detail: Transform = (w, attr, rule) => {
  const n = w.number(attr)
  if (!Number.isFinite(n)) return false
  w.detail(rule.strip > 0 ? keyRest(w, attr, rule) : rule.name, n)
  return true
}

/** What follows the prefix of a `.*` row, with dots as underscores. */
function keyRest(w: Work, attr: number, rule: Rule): string {
  const { off, len } = keyRange(w, attr)
  const rest = w.arena.text(off + rule.strip, len - rule.strip).replaceAll('.', '_')
  return rule.name.endsWith('*') ? rule.name.slice(0, -1) + rest : rest
}

function keyRange(w: Work, attr: number): { readonly off: number; readonly len: number } {
  const a = w.batch.attrs
  return {
    off: a[attr * ATTR_STRIDE + ATTR.KEY_OFF] as number,
    len: a[attr * ATTR_STRIDE + ATTR.KEY_LEN] as number,
  }
}

/** One entry of metadata; JSON text of a string loses its quotes, other values stay as they are. */
export const meta: Transform = (w, attr, rule) => {
  if (w.isNull(attr)) return false
  const key = metaKey(w, attr, rule)
  if (key === null) return false
  let off = w.off(attr)
  let len = w.len(attr)
  const type = w.type(attr)
  if (type !== VALUE.STRING) {
    const v = w.text(attr)
    off = w.arena.appendText(v)
    len = w.arena.lastLen
  } else if (len >= 2 && w.arena.bytes[off] === 34 && w.arena.bytes[off + len - 1] === 34) {
    const v = w.value(attr)
    if (typeof v === 'string') {
      off = w.arena.appendText(v)
      len = w.arena.lastLen
    }
  }
  w.meta.push4(key.off, key.len, off, len)
  return true
}

function metaKey(
  w: Work,
  attr: number,
  rule: Rule,
): { readonly off: number; readonly len: number } | null {
  if (rule.strip === 0) return literalKey(w, rule.name)
  const { off, len } = keyRange(w, attr)
  if (len <= rule.strip) return null
  if (rule.name === '*') return { off: off + rule.strip, len: len - rule.strip }
  const name = rule.name.replace('*', w.arena.text(off + rule.strip, len - rule.strip))
  const at = w.arena.appendText(name)
  return { off: at, len: w.arena.lastLen }
}

function literalKey(w: Work, name: string): { readonly off: number; readonly len: number } {
  const literal = w.arena.literal(name)
  if (literal >= 0) return { off: w.arena.literalOff(literal), len: w.arena.literalLen(literal) }
  const off = w.arena.appendText(name)
  return { off, len: w.arena.lastLen }
}

/** A JSON object (or Python dict) whose members become metadata. */
const metaJson: Transform = (w, attr) => {
  if (w.isNull(attr)) return false
  if (w.type(attr) === VALUE.STRING && takeMembers(w, attr)) return true
  const value = w.value(attr)
  if (!isRecord(value)) return false
  for (const [name, v] of Object.entries(value)) w.metaValue(name, v)
  return true
}

/** The members from where they lie: text as it is, anything else as its JSON. False = nothing was taken. */
function takeMembers(w: Work, attr: number): boolean {
  const count = w.json.members(w.off(attr), w.len(attr))
  const { rows } = w.json
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
      w.meta.push4(
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
