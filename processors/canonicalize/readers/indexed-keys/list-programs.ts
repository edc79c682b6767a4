// The programs (see `indexed-keys/programs.ts`) that write documents, tools and embedded texts of an indexed family
// as JSON.

import { Literal } from '../../../../core/arena.ts'
import { VALUE } from '../../../../core/batch.ts'
import { KIND, MEMBER, SHAPE } from '../../json/json-kernel.ts'
import type { CurrentSpan, FamilyProgram } from '../../span/current-span.ts'
import type { Element } from './element.ts'

const TEXT = {
  id: new Literal('{"id":'),
  score: new Literal('{"score":'),
  nextScore: new Literal(',"score":'),
  content: new Literal('{"content":'),
  nextContent: new Literal(',"content":'),
  nextMetadata: new Literal(',"metadata":'),
  type: new Literal('{"type":"'),
  typeEnd: new Literal('",'),
  user: new Literal('[{"role":"user","parts":['),
  userEnd: new Literal(']}]'),
  text: new Literal('{"type":"text","content":'),
  nextText: new Literal(',{"type":"text","content":'),
} as const

interface DocumentSlots {
  readonly id: number
  readonly score: number
  readonly content: number
  readonly metadata: number
}

export function documentProgram(elements: readonly Element[]): FamilyProgram | null {
  const slots: DocumentSlots[] = []
  for (const element of elements) {
    const row = (name: string): number => element.get(`document.${name}`) ?? -1
    const s = {
      id: row('id'),
      score: row('score'),
      content: row('content'),
      metadata: row('metadata'),
    }
    const known = Object.values(s).filter((x) => x >= 0).length
    if (known !== element.size) return null
    // The missing value may be in the metadata.
    if (s.metadata >= 0 && (s.id < 0 || s.score < 0)) return null
    slots.push(s)
  }
  return (span, field) => {
    span.out.begin(span.arena)
    for (const [i, s] of slots.entries()) {
      span.out.byte(i === 0 ? 91 : 44)
      if (!writeDocument(span, s)) return 'not plain'
    }
    span.out.byte(93)
    span.setOut(field)
    return 'done'
  }
}

function writeDocument(span: CurrentSpan, s: DocumentSlots): boolean {
  const { out } = span
  let count = 0
  if (s.id >= 0) {
    const attr = span.firstAttr + s.id
    if (span.type(attr) !== VALUE.STRING) return false
    out.literal(TEXT.id)
    out.text(span.off(attr), span.len(attr))
    count++
  }
  if (s.score >= 0) {
    const attr = span.firstAttr + s.score
    const n = span.batch.nums[attr] as number
    if (span.type(attr) !== VALUE.DOUBLE || !Number.isFinite(n)) return false
    out.literal(count++ === 0 ? TEXT.score : TEXT.nextScore)
    out.ascii(String(n))
  }
  if (s.content >= 0) {
    const attr = span.firstAttr + s.content
    if (span.type(attr) !== VALUE.STRING) return false
    out.literal(count++ === 0 ? TEXT.content : TEXT.nextContent)
    out.text(span.off(attr), span.len(attr))
  }
  if (s.metadata >= 0) {
    const attr = span.firstAttr + s.metadata
    if (
      span.type(attr) !== VALUE.STRING ||
      !(span.json.members(span.off(attr), span.len(attr)) > 0)
    )
      return false
    // This is never the first member, because it comes with id or score only.
    out.literal(TEXT.nextMetadata)
    out.copy(span.off(attr), span.len(attr))
  }
  out.byte(125)
  return true
}

export function toolProgram(elements: readonly Element[]): FamilyProgram | null {
  const slots: number[] = []
  for (const element of elements) {
    const row = element.get('tool.json_schema')
    if (row === undefined || element.size !== 1) return null
    slots.push(row)
  }
  return (span, field) => {
    span.out.begin(span.arena)
    for (const [i, slot] of slots.entries()) {
      span.out.byte(i === 0 ? 91 : 44)
      const attr = span.firstAttr + slot
      if (span.type(attr) !== VALUE.STRING || !writeTool(span, span.off(attr), span.len(attr)))
        return 'not plain'
    }
    span.out.byte(93)
    span.setOut(field)
    return 'done'
  }
}

/** A tool that is canonical, or OpenAI's `{type, function: {name, description, parameters}}`. */
function writeTool(span: CurrentSpan, off: number, len: number): boolean {
  if (span.json.isRepeatedly(off, len, SHAPE.TOOL)) {
    span.out.copy(off, len)
    return true
  }
  if (span.json.members(off, len) !== 2) return false
  const { rows } = span.json
  const type = span.json.memberNamed(2, 'type')
  const fn = span.json.memberNamed(2, 'function')
  if (type < 0 || fn < 0) return false
  if (rows[type + MEMBER.KIND] !== KIND.STRING || rows[fn + MEMBER.KIND] !== KIND.OBJECT)
    return false
  const typeOff = rows[type + MEMBER.OFF] as number
  const typeLen = rows[type + MEMBER.LEN] as number
  const fnOff = rows[fn + MEMBER.OFF] as number
  const fnLen = rows[fn + MEMBER.LEN] as number
  if (span.arena.equals(typeOff, typeLen, 'object') || !isFunction(span, fnOff, fnLen)) return false
  span.out.literal(TEXT.type)
  span.out.copy(typeOff, typeLen)
  span.out.literal(TEXT.typeEnd)
  span.out.copy(fnOff + 1, fnLen - 1)
  return true
}

/** True for a name with only a description and parameters in plain form. */
function isFunction(span: CurrentSpan, off: number, len: number): boolean {
  const count = span.json.members(off, len)
  if (count < 1) return false
  const name = span.json.memberNamed(count, 'name')
  const description = span.json.memberNamed(count, 'description')
  const parameters = span.json.memberNamed(count, 'parameters')
  const { rows } = span.json
  const known = [name, description, parameters].filter((x) => x >= 0).length
  if (known !== count || name < 0 || !isFilledString(rows, name)) return false
  if (description >= 0 && !isFilledString(rows, description)) return false
  if (parameters < 0) return true
  if (rows[parameters + MEMBER.KIND] !== KIND.OBJECT) return false
  // Bedrock puts the schema into one more object, `json`.
  const inner = span.json.members(
    rows[parameters + MEMBER.OFF] as number,
    rows[parameters + MEMBER.LEN] as number,
  )
  return inner >= 0 && span.json.memberNamed(inner, 'json') < 0
}

function isFilledString(rows: Int32Array, row: number): boolean {
  const kind = rows[row + MEMBER.KIND]
  return (kind === KIND.STRING || kind === KIND.ESCAPED) && (rows[row + MEMBER.LEN] as number) > 0
}

/** Texts that were embedded become one user message. */
export function embeddingProgram(elements: readonly Element[]): FamilyProgram | null {
  const slots: number[] = []
  for (const element of elements) {
    const row = element.get('embedding.text')
    if (row === undefined || element.size !== 1) return null
    slots.push(row)
  }
  return (span, field) => {
    const { out } = span
    out.begin(span.arena)
    out.literal(TEXT.user)
    let count = 0
    for (const slot of slots) {
      const attr = span.firstAttr + slot
      if (span.type(attr) !== VALUE.STRING) return 'not plain'
      if (span.len(attr) === 0) continue
      out.literal(count++ === 0 ? TEXT.text : TEXT.nextText)
      out.text(span.off(attr), span.len(attr))
      out.byte(125)
    }
    if (count === 0) return 'nothing'
    out.literal(TEXT.userEnd)
    span.setOut(field)
    return 'done'
  }
}
