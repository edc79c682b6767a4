// The programs (see `indexed-keys/programs.ts`) that write messages of an indexed family as JSON, straight from their
// values in the arena.

import { Literal } from '../../../../core/arena.ts'
import { VALUE } from '../../../../core/batch.ts'
import { R } from '../../../../core/fields.ts'
import { ByteWords } from '../../bytes/byte-words.ts'
import { FINISH, ROLES } from '../../content/messages.ts'
import type { CurrentSpan, FamilyProgram, Outcome } from '../../span/current-span.ts'
import type { Element } from './element.ts'

/** Pieces of JSON for every message, each a literal of the arena. */
const TEXT = {
  response: new Literal('{"type":"tool_call_response"'),
  call: new Literal('{"type":"tool_call"'),
  id: new Literal(',"id":'),
  name: new Literal(',"name":'),
  arguments: new Literal(',"arguments":'),
  result: new Literal(',"response":'),
  reason: new Literal(',"finish_reason":"'),
  list: new Literal('["'),
  listEnd: new Literal('"]'),
  empty: new Literal('""'),
  null: new Literal('null'),
} as const

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

export function messageProgram(elements: readonly Element[]): FamilyProgram | null {
  const slots: MessageSlots[] = []
  for (const element of elements) {
    const s = messageSlots(element)
    if (s === null) return null
    slots.push(s)
  }
  return (span, field) => writeMessages(span, field, slots)
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

interface RoleEntry {
  readonly role: string
  /** `{"role":"<role>","parts":[` */
  readonly opening: Literal
  /** The same, with the beginning of a text part. */
  readonly withText: Literal
}

const ROLE_WORDS = Object.entries(ROLES)
const entries = new Map<string, RoleEntry>()
/** The entries by word. */
const ROLE_ENTRIES: readonly RoleEntry[] = ROLE_WORDS.map(([, role]) => {
  const opening = `{"role":"${role}","parts":[`
  const entry = entries.get(role) ?? {
    role,
    opening: new Literal(opening),
    withText: new Literal(`${opening}{"type":"text","content":`),
  }
  entries.set(role, entry)
  return entry
})
const USER = entries.get('user') as RoleEntry
const ASSISTANT = entries.get('assistant') as RoleEntry
const roleWords = new ByteWords(ROLE_WORDS.map(([word], i) => [word, i] as const))
const FINISH_WORDS = Object.entries(FINISH)
const finishWords = new ByteWords(FINISH_WORDS.map(([word], i) => [word, i] as const))
const FINISH_LITERALS = FINISH_WORDS.map(([, reason]) => new Literal(reason))

function writeMessages(span: CurrentSpan, field: number, slots: readonly MessageSlots[]): Outcome {
  const isOutput = field === R.output_messages
  const fallback = isOutput ? ASSISTANT : USER
  const { out } = span
  out.begin(span.arena)
  out.byte(91)
  let count = 0
  let reasonOff = 0
  let reasonLen = -1
  for (const s of slots) {
    const before = out.mark
    if (count > 0) out.byte(44)
    const outcome = writeWhole(span, s, fallback, isOutput ? slots.length : 0)
    if (outcome === 'not plain') return outcome
    if (outcome === 'nothing') {
      if (isOutput && s.content >= 0) span.content.noteEmptyAnswer()
      out.back(before)
      continue
    }
    if (finishLen >= 0) {
      reasonOff = finishOff
      reasonLen = finishLen
    }
    count++
  }
  if (count === 0) return 'nothing'
  // It is the only non-empty response of several, so it may need the finish reason of the span.
  if (isOutput && count === 1 && slots.length > 1) return 'not plain'
  out.byte(93)
  span.setOut(field)
  if (isOutput && reasonLen >= 0 && !span.hasRange(R.finish_reasons))
    putReason(span, reasonOff, reasonLen)
  return 'done'
}

/**
 * Writes one message with its finish reason. `answers` is the number of responses; 0 if the message is no response.
 */
function writeWhole(
  span: CurrentSpan,
  s: MessageSlots,
  fallback: RoleEntry,
  answers: number,
): Outcome {
  if (!writeMessage(span, s, fallback)) return 'not plain'
  if (partCount === 0 && finishLen < 0) return 'nothing'
  if (finishLen >= 0) {
    // For several responses, or one that gives its reason, the general reader makes the list of reasons.
    if (answers > 1) return 'not plain'
    writeReason(span, finishOff, finishLen)
  } else if (answers === 1) {
    const given = onlyReason(span)
    if (given === null) return 'not plain'
    if (given.len >= 0) writeReason(span, given.off, given.len)
  }
  span.out.byte(125)
  return 'done'
}

interface Range {
  readonly off: number
  readonly len: number
}
const NO_RANGE: Range = { off: 0, len: -1 }

function writeReason(span: CurrentSpan, off: number, len: number): void {
  span.out.literal(TEXT.reason)
  span.out.copy(off, len)
  span.out.byte(34)
}

function putReason(span: CurrentSpan, off: number, len: number): void {
  span.out.begin(span.arena)
  span.out.literal(TEXT.list)
  span.out.copy(off, len)
  span.out.literal(TEXT.listEnd)
  span.setOut(R.finish_reasons)
}

/**
 * The only reason that the span gives, as the inside of a JSON string. Length -1 means none or several, null that the
 * general reader must decide.
 */
function onlyReason(span: CurrentSpan): Range | null {
  const len = span.events.len(span.event, R.finish_reasons)
  if (len < 0) return NO_RANGE
  const off = span.events.off(span.event, R.finish_reasons)
  const b = span.arena.bytes
  if (len < 4 || b[off] !== 91 || b[off + 1] !== 34 || b[off + len - 1] !== 93) return null
  for (let i = off + 2; i < off + len - 2; i++) {
    if (b[i] === 92) return null
    if (b[i] === 34) return NO_RANGE
  }
  return { off: off + 2, len: len - 4 }
}

/** The number of parts of the last message. */
let partCount = 0
let finishOff = 0
let finishLen = -1

/**
 * Writes `{"role":..,"parts":[..]` and the name. The caller writes the closing brace. Returns false if the values are
 * not simple.
 */
function writeMessage(span: CurrentSpan, s: MessageSlots, fallback: RoleEntry): boolean {
  const entry = s.role < 0 ? fallback : roleAt(span, span.firstAttr + s.role, fallback)
  if (entry === null) return false
  const { out } = span
  partCount = 0
  finishLen = -1
  if (s.finish >= 0 && !readFinish(span, span.firstAttr + s.finish)) return false
  if (entry.role === 'tool') {
    out.literal(entry.opening)
    if (s.calls.length > 0 || !writeToolResponse(span, s)) return false
  } else {
    if (s.content < 0) out.literal(entry.opening)
    else if (!writeText(span, span.firstAttr + s.content, entry)) return false
    for (const call of s.calls) if (!writeCall(span, call)) return false
  }
  out.byte(93)
  if (s.name < 0 || entry.role === 'tool') return true
  const name = span.firstAttr + s.name
  if (span.type(name) !== VALUE.STRING) return false
  if (span.len(name) > 0) {
    out.literal(TEXT.name)
    out.text(span.off(name), span.len(name))
  }
  return true
}

function roleAt(span: CurrentSpan, attr: number, fallback: RoleEntry): RoleEntry | null {
  if (span.type(attr) !== VALUE.STRING) return null
  if (span.len(attr) === 0) return fallback
  const i = roleWords.find(span.arena.bytes, span.off(attr), span.len(attr))
  return i < 0 ? null : (ROLE_ENTRIES[i] as RoleEntry)
}

/** Reasons in lower-case letters and underscores stay unchanged, except for a few that have another name. */
function readFinish(span: CurrentSpan, attr: number): boolean {
  if (span.type(attr) !== VALUE.STRING) return false
  const off = span.off(attr)
  const len = span.len(attr)
  if (len === 0) return true
  const b = span.arena.bytes
  for (let i = off; i < off + len; i++) {
    const c = b[i] as number
    if (c !== 95 && (c < 97 || c > 122)) return false
  }
  const i = finishWords.find(b, off, len)
  const literal = i < 0 ? -1 : (FINISH_LITERALS[i] as Literal).id(span.arena)
  if (i >= 0 && literal < 0) return false
  finishOff = i < 0 ? off : span.arena.literalOff(literal)
  finishLen = i < 0 ? len : span.arena.literalLen(literal)
  return true
}

/**
 * Writes the opening and one text part, or none for empty text. Text that begins like a list may contain blocks,
 * which are left to the general reader.
 */
function writeText(span: CurrentSpan, attr: number, entry: RoleEntry): boolean {
  if (span.type(attr) !== VALUE.STRING) return false
  const { out } = span
  const len = span.len(attr)
  if (len === 0) {
    out.literal(entry.opening)
    return true
  }
  const off = span.off(attr)
  if (mayHoldBlocks(span.arena.bytes, off, len)) return false
  out.literal(entry.withText)
  out.text(off, len)
  out.byte(125)
  partCount++
  return true
}

function mayHoldBlocks(b: Uint8Array, off: number, len: number): boolean {
  let i = off
  const end = off + len
  while (i < end && (b[i] as number) <= 32) i++
  if (i >= end || b[i] === 91) return i < end
  // Unicode spaces begin with these bytes and are left to the general reader.
  const c = b[i]
  return (
    (c === 0xc2 && b[i + 1] === 0xa0) ||
    (c === 0xe1 && b[i + 1] === 0x9a) ||
    (c === 0xe2 && (b[i + 1] === 0x80 || b[i + 1] === 0x81)) ||
    (c === 0xe3 && b[i + 1] === 0x80 && b[i + 2] === 0x80) ||
    (c === 0xef && b[i + 1] === 0xbb)
  )
}

function writeToolResponse(span: CurrentSpan, s: MessageSlots): boolean {
  const { out } = span
  out.literal(TEXT.response)
  if (s.callId >= 0 && !writeMember(span, span.firstAttr + s.callId, TEXT.id)) return false
  if (s.name >= 0 && !writeMember(span, span.firstAttr + s.name, TEXT.name)) return false
  out.literal(TEXT.result)
  if (s.content < 0) out.literal(TEXT.empty)
  else {
    const content = span.firstAttr + s.content
    if (span.type(content) !== VALUE.STRING) return false
    if (mayHoldBlocks(span.arena.bytes, span.off(content), span.len(content))) return false
    out.text(span.off(content), span.len(content))
  }
  out.byte(125)
  partCount++
  return true
}

function writeMember(span: CurrentSpan, attr: number, before: Literal): boolean {
  if (span.type(attr) !== VALUE.STRING) return false
  if (span.len(attr) === 0) return true
  span.out.literal(before)
  span.out.text(span.off(attr), span.len(attr))
  return true
}

function writeCall(span: CurrentSpan, call: CallSlots): boolean {
  const { out } = span
  if (partCount > 0) out.byte(44)
  out.literal(TEXT.call)
  if (call.id >= 0 && !writeMember(span, span.firstAttr + call.id, TEXT.id)) return false
  if (call.name >= 0) {
    const name = span.firstAttr + call.name
    if (span.type(name) !== VALUE.STRING) return false
    out.literal(TEXT.name)
    out.text(span.off(name), span.len(name))
  }
  out.literal(TEXT.arguments)
  if (call.arguments < 0) out.literal(TEXT.null)
  else if (!writeArguments(span, span.firstAttr + call.arguments)) return false
  out.byte(125)
  partCount++
  return true
}

/** Writes JSON text of an object or a list unchanged, and other text as a string. */
function writeArguments(span: CurrentSpan, attr: number): boolean {
  if (span.type(attr) !== VALUE.STRING) return false
  const off = span.off(attr)
  const len = span.len(attr)
  const b = span.arena.bytes
  let i = off
  while (i < off + len && (b[i] as number) <= 32) i++
  const c = i < off + len ? (b[i] as number) : 0
  if (c >= 128) return false
  // `n`: the text `null` means null.
  if (c !== 123 && c !== 91 && (c !== 110 || !span.json.isJson(off, len))) {
    span.out.text(off, len)
    return true
  }
  if (!span.json.isJson(off, len)) return false
  span.out.copy(i, off + len - i)
  return true
}
