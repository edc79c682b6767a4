// Transforms for values that keep their own name below a field: request parameters, usage details, metadata.

import { VALUE } from '../../../core/batch.ts'
import { N, R } from '../../../core/fields.ts'
import { ByteWords } from '../bytes/byte-words.ts'
import { partsIn, splitsOf } from '../content/usage-splits.ts'
import { KIND, MEMBER, MEMBER_STRIDE } from '../json/json-kernel.ts'
import { isRecord } from '../json/values.ts'
import type { DialectRule, Transform } from '../rules/dialect.ts'
import { attrValue } from '../span/any-value.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { keyRange, putMetadata } from '../span/put-metadata.ts'
import { countsToolInput, partOf, TOOL_INPUT, unitOf } from '../vocabulary/usage-units.ts'
import { ID_BYTES_MAX } from './scalars.ts'

/** One request parameter. Numbers are also read from numeric text, and arrays from JSON text. */
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

function numberParam(span: CurrentSpan, rule: DialectRule, n: number): boolean {
  if (!Number.isFinite(n) || (n === -1 && rule.name === 'max_tokens')) return false
  span.entries.addNumberParam(rule, n)
  return true
}

/** Micrometer exports every value as text. */
function textParam(span: CurrentSpan, attr: number, rule: DialectRule): boolean {
  const n = span.number(attr)
  if (!Number.isNaN(n)) return numberParam(span, rule, n)
  const v = span.truth(attr)
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

/** A count whose key says what it counts, or an object or list of them. Other keys are not used. */
const unit: Transform = (span, attr, rule) => {
  const n = span.number(attr)
  const name = keyRest(span, attr, rule)
  if (!(n >= 0)) return Number.isNaN(n) && unitsWithin(span, attr, name)
  if (unitOf(name) !== null) {
    span.entries.addDetail(name, n)
    return true
  }
  const part = partOf(name)
  if (part === null && countsToolInput(name)) return takeToolInput(span, n)
  if (part === null || span.hasNumber(N[part])) return false
  span.offerNumber(N[part], n)
  return true
}

function takeToolInput(span: CurrentSpan, n: number): boolean {
  span.usage.setToolInput(n)
  if (n > 0) span.entries.addDetail(TOOL_INPUT, n)
  return true
}

/** `{ephemeral_1h_input_tokens: 300}`, `[{modality: 'AUDIO', token_count: 20}]`: `name` says what the members are parts of. */
function unitsWithin(span: CurrentSpan, attr: number, name: string): boolean {
  const value = span.value(attr)
  if (value === null || typeof value !== 'object') return false
  const usage = { [name]: value }
  const parts = partsIn(usage)
  const splits = splitsOf(usage)
  for (const [part, n] of parts) span.offerNumber(N[part], n)
  for (const [unitName, n] of splits) span.entries.addDetail(unitName, n)
  return parts.length + splits.length > 0
}

/** The rest of the key after the prefix of a `.*` row, with underscores instead of dots. */
function keyRest(span: CurrentSpan, attr: number, rule: DialectRule): string {
  const { off, len } = keyRange(span, attr)
  const rest = span.arena.text(off + rule.strip, len - rule.strip).replaceAll('.', '_')
  return rule.name.endsWith('*') ? rule.name.slice(0, -1) + rest : rest
}

/** A JSON object (or Python dict) whose members become metadata. */
const metaJson: Transform = (span, attr) => {
  if (span.isNull(attr)) return false
  return takeMembers(span, attr) >= 0 || addMembers(span, span.value(attr))
}

/** The same, and members with known names fill fields that no key of the span has filled. */
const metaFacts: Transform = (span, attr) => {
  if (span.isNull(attr)) return false
  const count = takeMembers(span, attr)
  if (count >= 0 && !hasFactNames(span, count)) return true
  const value = span.value(attr)
  if (count < 0 && !addMembers(span, value)) return false
  if (isRecord(value)) takeFacts(span, attr, value)
  return true
}

function addMembers(span: CurrentSpan, value: unknown): boolean {
  if (!isRecord(value)) return false
  for (const [name, v] of Object.entries(value)) span.entries.addMetadataValue(name, v)
  return true
}

const FACTS: readonly (readonly [field: number, names: readonly string[]])[] = [
  [R.conversation_id, ['thread_id', 'conversation_id', 'threadId', 'conversationId']],
  [R.session_id, ['session_id', 'sessionId']],
  [R.user_id, ['user_id', 'userId']],
  [R.agent_name, ['lc_agent_name', 'agent_name']],
]

const FACT_NAMES = new ByteWords(
  [...FACTS.flatMap(([, names]) => names), 'ls_provider', 'ls_model_name', 'labels', 'tags'].map(
    (name, i) => [name, i] as const,
  ),
)

/** False when none of the members that `takeMembers` took fills a field: most objects need not be parsed. */
function hasFactNames({ arena, json }: CurrentSpan, count: number): boolean {
  const { rows } = json
  for (let row = 0; row < count * MEMBER_STRIDE; row += MEMBER_STRIDE) {
    const off = rows[row + MEMBER.KEY_OFF] ?? 0
    if (FACT_NAMES.find(arena.bytes, off, rows[row + MEMBER.KEY_LEN] ?? 0) >= 0) return true
  }
  return false
}

function takeFacts(span: CurrentSpan, attr: number, value: Record<string, unknown>): void {
  for (const [field, names] of FACTS) {
    for (const name of names) {
      const id = value[name]
      const text = typeof id === 'number' ? digitsOf(span, attr, name, id) : id
      if (typeof text !== 'string' || !isId(text)) continue
      span.offerText(field, text)
      break
    }
  }
  const provider = value['ls_provider']
  if (typeof provider === 'string') span.models.offerProvider(span.providers.of(provider) ?? '')
  const model = value['ls_model_name']
  if (typeof model === 'string' && model !== '' && span.models.offered === '')
    span.models.setOffered(model)
  const tags = value['labels'] ?? value['tags']
  if (Array.isArray(tags) && tags.length > 0 && !span.hasRange(R.tags))
    span.setJson(
      R.tags,
      tags.filter((tag) => typeof tag === 'string'),
    )
}

/** An id that is a number, with all of its digits; those beyond 2^53 are only in the JSON text. */
function digitsOf(span: CurrentSpan, attr: number, name: string, id: number): string {
  if (Number.isSafeInteger(id)) return String(id)
  const json = span.text(attr)
  const at = json.indexOf(`"${name}"`)
  return /^\s*:\s*(\d+)/.exec(json.slice(at + name.length + 2, at + name.length + 64))?.[1] ?? ''
}

/** False for words that mean absence, and for very long texts. */
function isId(text: string): boolean {
  return text.length <= ID_BYTES_MAX && !NO_IDS.has(text)
}

const NO_IDS = new Set(['', 'None', 'null', 'undefined', 'default', 'unknown'])

/**
 * Takes the members straight from the arena: text unchanged, anything else as JSON. Returns how many there are, -1 if
 * nothing was taken.
 */
function takeMembers(span: CurrentSpan, attr: number): number {
  if (span.type(attr) !== VALUE.STRING) return -1
  const count = span.json.members(span.off(attr), span.len(attr))
  const { rows } = span.json
  const end = count * MEMBER_STRIDE
  if (count < 0) return -1
  for (let row = 0; row < end; row += MEMBER_STRIDE) {
    const kind = rows[row + MEMBER.KIND]
    // Numbers and nested values must be written in the way of JSON.stringify.
    if (kind !== KIND.STRING && kind !== KIND.TRUE && kind !== KIND.FALSE && kind !== KIND.NULL)
      return -1
  }
  for (let row = 0; row < end; row += MEMBER_STRIDE)
    if (rows[row + MEMBER.KIND] !== KIND.NULL)
      span.entries.metadata.push4(
        rows[row + MEMBER.KEY_OFF] as number,
        rows[row + MEMBER.KEY_LEN] as number,
        rows[row + MEMBER.OFF] as number,
        rows[row + MEMBER.LEN] as number,
      )
  return count
}

const meta: Transform = (span, attr, rule) => putMetadata(span, attr, rule)

export const mapEntries = {
  param,
  detail,
  unit,
  meta,
  'meta-json': metaJson,
  'meta-facts': metaFacts,
} as const satisfies Readonly<Record<string, Transform>>
