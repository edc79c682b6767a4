// Transforms for JSON objects in which dialects put several facts: parameters, usage, cost, provider metadata, and
// the response that some SDKs spread over attributes.

import { VALUE } from '../../../core/batch.ts'
import { N } from '../../../core/fields.ts'
import { ByteWords } from '../bytes/byte-words.ts'
import { usageOf } from '../content/usage.ts'
import { KIND, MEMBER, MEMBER_STRIDE } from '../json/json-kernel.ts'
import { parseLoose } from '../json/loose-json.ts'
import { isRecord } from '../json/values.ts'
import type { Transform } from '../rules/dialect.ts'
import { putUsage } from '../span/body-facts.ts'
import type { SpreadAnswer } from '../span/content-clues.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { NO_PARAMS, PARAM_NAMES, takeParams } from '../span/put-params.ts'

/** A JSON object of parameters. A model in it may be the requested one. */
const params: Transform = (span, attr) => {
  if (span.type(attr) === VALUE.STRING && takeParamMembers(span, attr)) return true
  const value = span.value(attr)
  if (!isRecord(value)) return false
  takeParams(span, value)
  return true
}

/** Takes parameters that are plain members straight from the arena. Returns false if nothing was taken. */
function takeParamMembers(span: CurrentSpan, attr: number): boolean {
  const count = span.json.members(span.off(attr), span.len(attr))
  if (count < 0) return false
  const { rows } = span.json
  const { arena } = span
  const end = count * MEMBER_STRIDE
  // Tools, other models and other names have their own rules, and numbers must have one spelling.
  for (let row = 0; row < end; row += MEMBER_STRIDE) if (!isPlainParam(span, row)) return false
  for (let row = 0; row < end; row += MEMBER_STRIDE) {
    const keyOff = rows[row + MEMBER.KEY_OFF] as number
    const keyLen = rows[row + MEMBER.KEY_LEN] as number
    const kind = rows[row + MEMBER.KIND]
    let off = rows[row + MEMBER.OFF] as number
    let len = rows[row + MEMBER.LEN] as number
    const isText = kind === KIND.STRING || kind === KIND.ESCAPED
    if (arena.equals(keyOff, keyLen, 'model')) {
      if (isText && len > 0) span.models.setOffered(arena.text(off, len))
      continue
    }
    if (arena.equals(keyOff, keyLen, 'stream')) {
      if (kind === KIND.TRUE || kind === KIND.FALSE)
        span.offerNumber(N.stream, kind === KIND.TRUE ? 1 : 0)
      continue
    }
    if (kind === KIND.NULL || (isText && len === 0) || arena.bytes[keyOff] === 95) continue
    if (isText) {
      off--
      len += 2
    }
    span.entries.addParamRange(keyOff, keyLen, off, len)
  }
  return true
}

const specialWords = new ByteWords(
  [...NO_PARAMS, 'model_name', 'modelId', ...Object.keys(PARAM_NAMES)]
    .filter((word) => word !== 'model' && word !== 'stream')
    .map((word, i) => [word, i] as const),
)

function isPlainParam(span: CurrentSpan, row: number): boolean {
  const { rows } = span.json
  const kind = rows[row + MEMBER.KIND]
  const keyOff = rows[row + MEMBER.KEY_OFF] as number
  const keyLen = rows[row + MEMBER.KEY_LEN] as number
  if (kind === KIND.OBJECT || kind === KIND.ARRAY || keyLen > 32) return false
  if (
    kind === KIND.NUMBER &&
    !isPlainNumber(span, rows[row + MEMBER.OFF] as number, rows[row + MEMBER.LEN] as number)
  )
    return false
  if (kind === KIND.ESCAPED && span.arena.equals(keyOff, keyLen, 'model')) return false
  return specialWords.find(span.arena.bytes, keyOff, keyLen) < 0
}

/**
 * True if JSON.stringify would write the number in the same way: no exponent, no sign, no zero at the end of a
 * fraction, few digits.
 */
function isPlainNumber(span: CurrentSpan, off: number, len: number): boolean {
  if (len > 15) return false
  const b = span.arena.bytes
  let hasPoint = false
  for (let i = off; i < off + len; i++) {
    const c = b[i] as number
    if (c === 46) hasPoint = true
    else if (c < 48 || c > 57) return false
  }
  // JSON.stringify writes 0.0000001 as 1e-7.
  return !hasPoint || (b[off + len - 1] !== 48 && len <= 7)
}

/** Usage as a JSON object of any provider. */
const usageJson: Transform = (span, attr) => {
  const usage = usageOf(span.value(attr))
  if (usage === null) return false
  // Totals of the span already include the parts in this object.
  if (span.hasNumber(N.input_tokens)) usage.isExclusive = false
  putUsage(span, usage)
  return true
}

/** LangChain and others include cached tokens in the input, whatever their names suggest. */
const usageInclusive: Transform = (span, attr) => {
  const usage = usageOf(span.value(attr))
  if (usage === null) return false
  usage.isExclusive = false
  putUsage(span, usage)
  return true
}

/** Cost as a JSON object: a total, or the sum of input and output. */
const cost: Transform = (span, attr, rule) => {
  const value = span.value(attr)
  if (!isRecord(value)) return false
  const pick = (...names: string[]): number => {
    for (const name of names) if (typeof value[name] === 'number') return value[name]
    return Number.NaN
  }
  const input = pick('input', 'input_cost', 'input_tokens', 'prompt_tokens')
  const output = pick('output', 'output_cost', 'output_tokens', 'completion_tokens')
  let total = pick('total', 'total_cost', 'total_tokens')
  // An object without a number says nothing about cost, and does not mean that it was 0.
  if (!Object.values(value).some((v) => typeof v === 'number')) return false
  if (Number.isNaN(total)) {
    total = 0
    for (const v of Object.values(value)) if (typeof v === 'number') total += v
  }
  span.offerNumber(N.cost_input_usd, input)
  span.offerNumber(N.cost_output_usd, output)
  span.events.setNum(span.event, rule.number, total)
  return true
}

/** The members that make an object a tool call or a file. Otherwise the attribute stays unchanged. */
const READ_OF = {
  calls: ['toolName', 'toolCallId', 'name', 'function', 'id'],
  files: ['mediaType', 'mimeType', 'base64', 'base64Data', 'data', 'url', 'uint8Array'],
} as const

function hasAny(x: unknown, names: readonly string[]): boolean {
  const value: unknown = typeof x === 'string' ? parseLoose(x) : x
  return isRecord(value) && names.some((name) => value[name] !== undefined)
}

function answer(part: keyof SpreadAnswer): Transform {
  return (span, attr) => {
    // An answer that is recorded and has no letters is another thing than one that is not recorded.
    if (part === 'text' && span.type(attr) === VALUE.STRING && span.len(attr) === 0) {
      span.content.setAnswerPart(part, '')
      return true
    }
    if (span.isNullContent(attr)) return false
    if (part === 'calls' || part === 'files') {
      const list = span.value(attr)
      if (!Array.isArray(list) || !list.some((x) => hasAny(x, READ_OF[part]))) return false
      span.content.setAnswerPart(part, list)
    } else span.content.setAnswerPart(part, span.text(attr))
    return true
  }
}

export const packedJson = {
  params,
  'usage:json': usageJson,
  'usage:inclusive': usageInclusive,
  'cost:json': cost,
  'answer:text': answer('text'),
  'answer:reasoning': answer('reasoning'),
  'answer:calls': answer('calls'),
  'answer:object': answer('object'),
  'answer:files': answer('files'),
} as const satisfies Readonly<Record<string, Transform>>
