// How the attributes of one indexed family become JSON without building objects first. The keys of a shape say which
// attribute is the role of which message, so that is worked out once with the plan; the values are then written from
// where they lie. Values that are not as plain as most (a role nobody knows, text that holds blocks) are left to
// `trees.ts`, which understands everything and whose results these programs must equal.

import { Literal } from '../../core/arena.ts'
import { ATTR, ATTR_STRIDE, type SpanBatch, VALUE } from '../../core/batch.ts'
import { R } from '../../core/fields.ts'
import { ByteWords } from './byte-words.ts'
import type { Rule } from './compile.ts'
import { KIND, MEMBER, SHAPE } from './json-kernel.ts'
import { FINISH, ROLES } from './messages.ts'
import type { Work } from './work.ts'

/** Pieces of JSON that are written for every message; each a literal of the arena. */
const PIECE = {
  text: new Literal('{"type":"text","content":'),
  response: new Literal('{"type":"tool_call_response"'),
  call: new Literal('{"type":"tool_call"'),
  id: new Literal(',"id":'),
  name: new Literal(',"name":'),
  arguments: new Literal(',"arguments":'),
  result: new Literal(',"response":'),
} as const

function piece(w: Work, literal: Literal): void {
  const id = literal.id(w.arena)
  if (id >= 0) w.out.literal(id)
  else w.out.raw(literal.text)
}

/** `{"role":"<role>","parts":[` by role. */
const openings = new Map<string, Literal>(
  [...new Set(Object.values(ROLES))].map((role) => [
    role,
    new Literal(`{"role":"${role}","parts":[`),
  ]),
)

/** Done; nothing usable; or not plain enough, nothing was written. */
export type Outcome = 'done' | 'nothing' | 'not plain'

/** `rows`: the family's attributes in the order of the span, counted from `w.firstAttr`. */
export type TreeProgram = (w: Work, rule: Rule, rows: Int32Array) => Outcome

/** Larger families are rare, and their programs would cost more memory than they save time. */
const ROWS_MAX = 256

/** The program for a family with these keys, null when `trees.ts` must do it. */
export function treeProgram(
  batch: SpanBatch,
  rows: readonly number[],
  rule: Rule,
): TreeProgram | null {
  if (rows.length > ROWS_MAX) return null
  const elements = elementsOf(batch, rows, rule.strip)
  if (elements === null) return null
  switch (rule.how) {
    case 'tree:openinference':
    case 'tree:traceloop':
      return messageProgram(elements)
    case 'tree:documents':
      return rule.range < 0 ? null : documentProgram(elements)
    case 'tree:tools':
      return toolProgram(elements)
    case 'tree:embeddings':
      return embeddingProgram(elements)
    default:
      return null
  }
}

/** One element of a family: path behind the index -> number of the row. In the order of indexes. */
type Element = ReadonlyMap<string, number>

function elementsOf(
  batch: SpanBatch,
  rows: readonly number[],
  strip: number,
): readonly Element[] | null {
  const byIndex = new Map<number, Map<string, number>>()
  for (const [i, attr] of rows.entries()) {
    const row = attr * ATTR_STRIDE
    const key = batch.arena.text(
      (batch.attrs[row + ATTR.KEY_OFF] as number) + strip,
      (batch.attrs[row + ATTR.KEY_LEN] as number) - strip,
    )
    const m = /^(\d{1,4})\.([a-z0-9_.]+)$/.exec(key)
    if (m === null) return null
    const index = Number(m[1])
    const element = byIndex.get(index) ?? new Map<string, number>()
    const path = m[2] as string
    // A key that comes twice: the last value wins, and only objects know that.
    if (element.has(path)) return null
    element.set(path, i)
    byIndex.set(index, element)
  }
  return [...byIndex].sort((x, y) => x[0] - y[0]).map((x) => x[1])
}

// ---------------------------------------------------------------- messages

interface CallSlots {
  id: number
  name: number
  arguments: number
}

interface MessageSlots {
  role: number
  content: number
  name: number
  callId: number
  finish: number
  readonly calls: readonly CallSlots[]
}

function messageProgram(elements: readonly Element[]): TreeProgram | null {
  const slots: MessageSlots[] = []
  for (const element of elements) {
    const s = messageSlots(element)
    if (s === null) return null
    slots.push(s)
  }
  return (w, rule, rows) => writeMessages(w, rule, rows, slots)
}

const LEAVES: Readonly<Record<string, 'role' | 'content' | 'name' | 'callId' | 'finish'>> = {
  role: 'role',
  content: 'content',
  name: 'name',
  tool_call_id: 'callId',
  finish_reason: 'finish',
}
const CALL_LEAVES: Readonly<Record<string, keyof CallSlots>> = {
  id: 'id',
  name: 'name',
  arguments: 'arguments',
  'tool_call.id': 'id',
  'tool_call.function.name': 'name',
  'tool_call.function.arguments': 'arguments',
}

function messageSlots(element: Element): MessageSlots | null {
  const out = { role: -1, content: -1, name: -1, callId: -1, finish: -1 }
  const calls = new Map<number, CallSlots>()
  const isWrapped = [...element.keys()].some((path) => path.startsWith('message.'))
  let isNested: boolean | null = null
  for (const [path, row] of element) {
    if (isWrapped && !path.startsWith('message.')) return null
    const leaf = isWrapped ? path.slice('message.'.length) : path
    const plain = Object.hasOwn(LEAVES, leaf) ? LEAVES[leaf] : undefined
    if (plain !== undefined) {
      out[plain] = row
      continue
    }
    const m = /^tool_calls\.(\d{1,3})\.(.+)$/.exec(leaf)
    const name =
      m !== null && Object.hasOwn(CALL_LEAVES, m[2] as string)
        ? CALL_LEAVES[m[2] as string]
        : undefined
    if (m === null || name === undefined) return null
    const nested = (m[2] as string).startsWith('tool_call.')
    if (isNested !== null && isNested !== nested) return null
    isNested = nested
    const index = Number(m[1])
    const call = calls.get(index) ?? { id: -1, name: -1, arguments: -1 }
    call[name] = row
    calls.set(index, call)
  }
  return { ...out, calls: [...calls].sort((x, y) => x[0] - y[0]).map((x) => x[1]) }
}

const ROLE_NAMES = Object.keys(ROLES)
const roleWords = new ByteWords(ROLE_NAMES.map((word, i) => [word, i] as const))
const FINISH_WORDS = Object.keys(FINISH)
const finishWords = new ByteWords(FINISH_WORDS.map((word, i) => [word, i] as const))

function writeMessages(
  w: Work,
  rule: Rule,
  rows: Int32Array,
  slots: readonly MessageSlots[],
): Outcome {
  const isOutput = rule.range === R.output_messages
  const { out } = w
  out.begin(w.arena)
  out.byte(91)
  let count = 0
  let reason = NO_RANGE
  for (const s of slots) {
    const before = w.arena.top
    if (count > 0) out.byte(44)
    if (!writeMessage(w, rows, s, isOutput ? 'assistant' : 'user')) {
      out.abandon()
      return 'not plain'
    }
    if (partCount === 0 && finishLen < 0) {
      w.arena.top = before
      continue
    }
    if (finishLen >= 0) {
      // Several answers or one that tells its reason: the list of reasons is the general way's.
      if (isOutput && slots.length > 1) {
        out.abandon()
        return 'not plain'
      }
      reason = { off: finishOff, len: finishLen }
      writeReason(w, reason)
    } else if (isOutput && slots.length === 1) {
      const given = onlyReason(w)
      if (given === null) {
        out.abandon()
        return 'not plain'
      }
      if (given.len >= 0) writeReason(w, given)
    }
    out.byte(125)
    count++
  }
  if (count === 0) {
    out.abandon()
    return 'nothing'
  }
  // One of several that had anything in it: it may want the span's reason.
  if (isOutput && count === 1 && slots.length > 1) {
    out.abandon()
    return 'not plain'
  }
  out.byte(93)
  w.setOut(rule.range)
  if (isOutput && reason.len >= 0 && !w.hasRange(R.finish_reasons)) putReason(w, reason)
  return 'done'
}

interface Range {
  readonly off: number
  readonly len: number
}
const NO_RANGE: Range = { off: 0, len: -1 }

function writeReason(w: Work, reason: Range): void {
  w.out.raw(',"finish_reason":"')
  w.out.copy(reason.off, reason.len)
  w.out.byte(34)
}

function putReason(w: Work, reason: Range): void {
  w.out.begin(w.arena)
  w.out.raw('["')
  w.out.copy(reason.off, reason.len)
  w.out.raw('"]')
  w.setOut(R.finish_reasons)
}

/** The one reason that the span gives, as the inside of a JSON string; length -1 = none or several; null = ask the general way. */
function onlyReason(w: Work): Range | null {
  const len = w.events.len(w.e, R.finish_reasons)
  if (len < 0) return NO_RANGE
  const off = w.events.off(w.e, R.finish_reasons)
  const b = w.arena.bytes
  if (len < 4 || b[off] !== 91 || b[off + 1] !== 34 || b[off + len - 1] !== 93) return null
  for (let i = off + 2; i < off + len - 2; i++) {
    if (b[i] === 92) return null
    if (b[i] === 34) return NO_RANGE
  }
  return { off: off + 2, len: len - 4 }
}

/** Of the message written last. */
let partCount = 0
let finishOff = 0
let finishLen = -1

/** `{"role":..,"parts":[..]` and the name; the closing brace is the caller's. False = not plain. */
function writeMessage(w: Work, rows: Int32Array, s: MessageSlots, fallback: string): boolean {
  const role = s.role < 0 ? fallback : roleAt(w, w.firstAttr + (rows[s.role] as number), fallback)
  if (role === null) return false
  const { out } = w
  partCount = 0
  finishLen = -1
  if (s.finish >= 0 && !readFinish(w, w.firstAttr + (rows[s.finish] as number))) return false
  piece(w, openings.get(role) as Literal)
  if (role === 'tool') {
    if (s.calls.length > 0 || !writeToolResponse(w, rows, s)) return false
  } else {
    if (s.content >= 0 && !writeText(w, w.firstAttr + (rows[s.content] as number))) return false
    for (const call of s.calls) if (!writeCall(w, rows, call)) return false
  }
  out.byte(93)
  if (s.name < 0 || role === 'tool') return true
  const name = w.firstAttr + (rows[s.name] as number)
  if (w.type(name) !== VALUE.STRING) return false
  if (w.len(name) > 0) {
    out.raw(',"name":')
    out.text(w.off(name), w.len(name))
  }
  return true
}

function roleAt(w: Work, attr: number, fallback: string): string | null {
  if (w.type(attr) !== VALUE.STRING) return null
  if (w.len(attr) === 0) return fallback
  const i = roleWords.find(w.arena.bytes, w.off(attr), w.len(attr))
  return i < 0 ? null : (ROLES[ROLE_NAMES[i] as string] as string)
}

/** Reasons in lower-case letters and underscores are what they say, but for a few that have another name. */
function readFinish(w: Work, attr: number): boolean {
  if (w.type(attr) !== VALUE.STRING) return false
  const off = w.off(attr)
  const len = w.len(attr)
  if (len === 0) return true
  const b = w.arena.bytes
  for (let i = off; i < off + len; i++) {
    const c = b[i] as number
    if (c !== 95 && (c < 97 || c > 122)) return false
  }
  const i = finishWords.find(b, off, len)
  const literal = i < 0 ? -1 : w.arena.literal(FINISH[FINISH_WORDS[i] as string] as string)
  if (i >= 0 && literal < 0) return false
  finishOff = i < 0 ? off : w.arena.literalOff(literal)
  finishLen = i < 0 ? len : w.arena.literalLen(literal)
  return true
}

/** One text part, none for empty text. Text that begins like a list may hold blocks. */
function writeText(w: Work, attr: number): boolean {
  if (w.type(attr) !== VALUE.STRING) return false
  const len = w.len(attr)
  if (len === 0) return true
  const off = w.off(attr)
  if (mayHoldBlocks(w.arena.bytes, off, len)) return false
  piece(w, PIECE.text)
  w.out.text(off, len)
  w.out.byte(125)
  partCount++
  return true
}

function mayHoldBlocks(b: Uint8Array, off: number, len: number): boolean {
  let i = off
  const end = off + len
  while (i < end && (b[i] as number) <= 32) i++
  if (i >= end || b[i] === 91) return i < end
  // Unicode has spaces of its own, which begin with these bytes; who knows them all decides.
  const c = b[i]
  return (
    (c === 0xc2 && b[i + 1] === 0xa0) ||
    (c === 0xe1 && b[i + 1] === 0x9a) ||
    (c === 0xe2 && (b[i + 1] === 0x80 || b[i + 1] === 0x81)) ||
    (c === 0xe3 && b[i + 1] === 0x80 && b[i + 2] === 0x80) ||
    (c === 0xef && b[i + 1] === 0xbb)
  )
}

function writeToolResponse(w: Work, rows: Int32Array, s: MessageSlots): boolean {
  const { out } = w
  piece(w, PIECE.response)
  if (s.callId >= 0 && !writeMember(w, w.firstAttr + (rows[s.callId] as number), PIECE.id))
    return false
  if (s.name >= 0 && !writeMember(w, w.firstAttr + (rows[s.name] as number), PIECE.name))
    return false
  piece(w, PIECE.result)
  if (s.content < 0) out.raw('""')
  else {
    const content = w.firstAttr + (rows[s.content] as number)
    if (w.type(content) !== VALUE.STRING) return false
    if (mayHoldBlocks(w.arena.bytes, w.off(content), w.len(content))) return false
    out.text(w.off(content), w.len(content))
  }
  out.byte(125)
  partCount++
  return true
}

function writeMember(w: Work, attr: number, before: Literal): boolean {
  if (w.type(attr) !== VALUE.STRING) return false
  if (w.len(attr) === 0) return true
  piece(w, before)
  w.out.text(w.off(attr), w.len(attr))
  return true
}

function writeCall(w: Work, rows: Int32Array, call: CallSlots): boolean {
  const { out } = w
  if (partCount > 0) out.byte(44)
  piece(w, PIECE.call)
  if (call.id >= 0 && !writeMember(w, w.firstAttr + (rows[call.id] as number), PIECE.id))
    return false
  if (call.name >= 0) {
    const name = w.firstAttr + (rows[call.name] as number)
    if (w.type(name) !== VALUE.STRING) return false
    piece(w, PIECE.name)
    out.text(w.off(name), w.len(name))
  }
  piece(w, PIECE.arguments)
  if (call.arguments < 0) out.raw('null')
  else if (!writeArguments(w, w.firstAttr + (rows[call.arguments] as number))) return false
  out.byte(125)
  partCount++
  return true
}

/** JSON text of an object or a list as such, other text as text. */
function writeArguments(w: Work, attr: number): boolean {
  if (w.type(attr) !== VALUE.STRING) return false
  const off = w.off(attr)
  const len = w.len(attr)
  const b = w.arena.bytes
  let i = off
  while (i < off + len && (b[i] as number) <= 32) i++
  const c = i < off + len ? (b[i] as number) : 0
  if (c >= 128) return false
  // `n`: the text of null is null.
  if (c !== 123 && c !== 91 && (c !== 110 || !w.json.isJson(off, len))) {
    w.out.text(off, len)
    return true
  }
  if (!w.json.isJson(off, len)) return false
  w.out.copy(i, off + len - i)
  return true
}

// ---------------------------------------------------------------- documents, tools, embeddings

interface DocumentSlots {
  readonly id: number
  readonly score: number
  readonly content: number
  readonly metadata: number
}

function documentProgram(elements: readonly Element[]): TreeProgram | null {
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
    // What is missing may be in the metadata.
    if (s.metadata >= 0 && (s.id < 0 || s.score < 0)) return null
    slots.push(s)
  }
  return (w, rule, rows) => {
    w.out.begin(w.arena)
    for (const [i, s] of slots.entries()) {
      w.out.byte(i === 0 ? 91 : 44)
      if (!writeDocument(w, rows, s)) {
        w.out.abandon()
        return 'not plain'
      }
    }
    w.out.byte(93)
    w.setOut(rule.range)
    return 'done'
  }
}

function writeDocument(w: Work, rows: Int32Array, s: DocumentSlots): boolean {
  const { out } = w
  out.byte(123)
  let isFirst = true
  const begin = (name: string): void => {
    out.raw(isFirst ? `"${name}":` : `,"${name}":`)
    isFirst = false
  }
  if (s.id >= 0) {
    const attr = w.firstAttr + (rows[s.id] as number)
    if (w.type(attr) !== VALUE.STRING) return false
    begin('id')
    out.text(w.off(attr), w.len(attr))
  }
  if (s.score >= 0) {
    const attr = w.firstAttr + (rows[s.score] as number)
    const n = w.batch.nums[attr] as number
    if (w.type(attr) !== VALUE.DOUBLE || !Number.isFinite(n)) return false
    begin('score')
    out.raw(String(n))
  }
  if (s.content >= 0) {
    const attr = w.firstAttr + (rows[s.content] as number)
    if (w.type(attr) !== VALUE.STRING) return false
    begin('content')
    out.text(w.off(attr), w.len(attr))
  }
  if (s.metadata >= 0) {
    const attr = w.firstAttr + (rows[s.metadata] as number)
    if (w.type(attr) !== VALUE.STRING || !(w.json.members(w.off(attr), w.len(attr)) > 0))
      return false
    begin('metadata')
    out.copy(w.off(attr), w.len(attr))
  }
  out.byte(125)
  return true
}

function toolProgram(elements: readonly Element[]): TreeProgram | null {
  const slots: number[] = []
  for (const element of elements) {
    const row = element.get('tool.json_schema')
    if (row === undefined || element.size !== 1) return null
    slots.push(row)
  }
  return (w, rule, rows) => {
    w.out.begin(w.arena)
    for (const [i, slot] of slots.entries()) {
      w.out.byte(i === 0 ? 91 : 44)
      const attr = w.firstAttr + (rows[slot] as number)
      if (w.type(attr) !== VALUE.STRING || !writeTool(w, w.off(attr), w.len(attr))) {
        w.out.abandon()
        return 'not plain'
      }
    }
    w.out.byte(93)
    w.setOut(rule.range)
    return 'done'
  }
}

/** A tool that is canonical, or OpenAI's `{type, function: {name, description, parameters}}`. */
function writeTool(w: Work, off: number, len: number): boolean {
  if (w.json.isRepeatedly(off, len, SHAPE.TOOL)) {
    w.out.copy(off, len)
    return true
  }
  if (w.json.members(off, len) !== 2) return false
  const { rows } = w.json
  const type = w.memberNamed(2, 'type')
  const fn = w.memberNamed(2, 'function')
  if (type < 0 || fn < 0) return false
  if (rows[type + MEMBER.KIND] !== KIND.STRING || rows[fn + MEMBER.KIND] !== KIND.OBJECT)
    return false
  const typeOff = rows[type + MEMBER.OFF] as number
  const typeLen = rows[type + MEMBER.LEN] as number
  const fnOff = rows[fn + MEMBER.OFF] as number
  const fnLen = rows[fn + MEMBER.LEN] as number
  if (w.arena.equals(typeOff, typeLen, 'object') || !isFunction(w, fnOff, fnLen)) return false
  w.out.raw('{"type":"')
  w.out.copy(typeOff, typeLen)
  w.out.raw('",')
  w.out.copy(fnOff + 1, fnLen - 1)
  return true
}

/** name, and nothing else but a description and parameters of the plain kind. */
function isFunction(w: Work, off: number, len: number): boolean {
  const count = w.json.members(off, len)
  if (count < 1) return false
  const name = w.memberNamed(count, 'name')
  const description = w.memberNamed(count, 'description')
  const parameters = w.memberNamed(count, 'parameters')
  const { rows } = w.json
  const known = [name, description, parameters].filter((x) => x >= 0).length
  if (known !== count || name < 0 || !isFilledString(rows, name)) return false
  if (description >= 0 && !isFilledString(rows, description)) return false
  if (parameters < 0) return true
  if (rows[parameters + MEMBER.KIND] !== KIND.OBJECT) return false
  // Bedrock wraps the schema once more, in `json`.
  const inner = w.json.members(
    rows[parameters + MEMBER.OFF] as number,
    rows[parameters + MEMBER.LEN] as number,
  )
  return inner >= 0 && w.memberNamed(inner, 'json') < 0
}

function isFilledString(rows: Int32Array, row: number): boolean {
  const kind = rows[row + MEMBER.KIND]
  return (kind === KIND.STRING || kind === KIND.ESCAPED) && (rows[row + MEMBER.LEN] as number) > 0
}

/** Texts that were embedded: one user message. */
function embeddingProgram(elements: readonly Element[]): TreeProgram | null {
  const slots: number[] = []
  for (const element of elements) {
    const row = element.get('embedding.text')
    if (row === undefined || element.size !== 1) return null
    slots.push(row)
  }
  return (w, rule, rows) => {
    const { out } = w
    out.begin(w.arena)
    out.raw('[{"role":"user","parts":[')
    let count = 0
    for (const slot of slots) {
      const attr = w.firstAttr + (rows[slot] as number)
      if (w.type(attr) !== VALUE.STRING) {
        out.abandon()
        return 'not plain'
      }
      if (w.len(attr) === 0) continue
      out.raw(count++ === 0 ? '{"type":"text","content":' : ',{"type":"text","content":')
      out.text(w.off(attr), w.len(attr))
      out.byte(125)
    }
    if (count === 0) {
      out.abandon()
      return 'nothing'
    }
    out.raw(']}]')
    w.setOut(rule.range)
    return 'done'
  }
}
