// Messages of an indexed family as JSON, written from where their values lie: the programs of `indexed-keys/programs.ts` for them.

import { Literal } from '../../../../core/arena.ts'
import { VALUE } from '../../../../core/batch.ts'
import { R } from '../../../../core/fields.ts'
import { ByteWords } from '../../bytes/byte-words.ts'
import { FINISH, ROLES } from '../../content/messages.ts'
import type { Outcome, TreeProgram, Work } from '../../span/work.ts'
import type { Element } from './element.ts'

/** Pieces of JSON that are written for every message; each a literal of the arena. */
const PIECE = {
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

export function messageProgram(elements: readonly Element[]): TreeProgram | null {
  const slots: MessageSlots[] = []
  for (const element of elements) {
    const s = messageSlots(element)
    if (s === null) return null
    slots.push(s)
  }
  return (w, field) => writeMessages(w, field, slots)
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
  /** The same with the beginning of a text part. */
  readonly withText: Literal
}

const ROLE_WORDS = Object.entries(ROLES)
const entries = new Map<string, RoleEntry>()
/** By word. */
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

function writeMessages(w: Work, field: number, slots: readonly MessageSlots[]): Outcome {
  const isOutput = field === R.output_messages
  const fallback = isOutput ? ASSISTANT : USER
  const { out } = w
  out.begin(w.arena)
  out.byte(91)
  let count = 0
  let reasonOff = 0
  let reasonLen = -1
  for (const s of slots) {
    const before = out.mark
    if (count > 0) out.byte(44)
    if (!writeMessage(w, s, fallback)) return 'not plain'
    if (partCount === 0 && finishLen < 0) {
      out.back(before)
      continue
    }
    if (finishLen >= 0) {
      // Several answers or one that tells its reason: the list of reasons is the general way's.
      if (isOutput && slots.length > 1) return 'not plain'
      reasonOff = finishOff
      reasonLen = finishLen
      writeReason(w, reasonOff, reasonLen)
    } else if (isOutput && slots.length === 1) {
      const given = onlyReason(w)
      if (given === null) return 'not plain'
      if (given.len >= 0) writeReason(w, given.off, given.len)
    }
    out.byte(125)
    count++
  }
  if (count === 0) return 'nothing'
  // One of several that had anything in it: it may want the span's reason.
  if (isOutput && count === 1 && slots.length > 1) return 'not plain'
  out.byte(93)
  w.setOut(field)
  if (isOutput && reasonLen >= 0 && !w.hasRange(R.finish_reasons))
    putReason(w, reasonOff, reasonLen)
  return 'done'
}

interface Range {
  readonly off: number
  readonly len: number
}
const NO_RANGE: Range = { off: 0, len: -1 }

function writeReason(w: Work, off: number, len: number): void {
  w.out.literal(PIECE.reason)
  w.out.copy(off, len)
  w.out.byte(34)
}

function putReason(w: Work, off: number, len: number): void {
  w.out.begin(w.arena)
  w.out.literal(PIECE.list)
  w.out.copy(off, len)
  w.out.literal(PIECE.listEnd)
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
function writeMessage(w: Work, s: MessageSlots, fallback: RoleEntry): boolean {
  const entry = s.role < 0 ? fallback : roleAt(w, w.firstAttr + s.role, fallback)
  if (entry === null) return false
  const { out } = w
  partCount = 0
  finishLen = -1
  if (s.finish >= 0 && !readFinish(w, w.firstAttr + s.finish)) return false
  if (entry.role === 'tool') {
    out.literal(entry.opening)
    if (s.calls.length > 0 || !writeToolResponse(w, s)) return false
  } else {
    if (s.content < 0) out.literal(entry.opening)
    else if (!writeText(w, w.firstAttr + s.content, entry)) return false
    for (const call of s.calls) if (!writeCall(w, call)) return false
  }
  out.byte(93)
  if (s.name < 0 || entry.role === 'tool') return true
  const name = w.firstAttr + s.name
  if (w.type(name) !== VALUE.STRING) return false
  if (w.len(name) > 0) {
    out.literal(PIECE.name)
    out.text(w.off(name), w.len(name))
  }
  return true
}

function roleAt(w: Work, attr: number, fallback: RoleEntry): RoleEntry | null {
  if (w.type(attr) !== VALUE.STRING) return null
  if (w.len(attr) === 0) return fallback
  const i = roleWords.find(w.arena.bytes, w.off(attr), w.len(attr))
  return i < 0 ? null : (ROLE_ENTRIES[i] as RoleEntry)
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
  const literal = i < 0 ? -1 : (FINISH_LITERALS[i] as Literal).id(w.arena)
  if (i >= 0 && literal < 0) return false
  finishOff = i < 0 ? off : w.arena.literalOff(literal)
  finishLen = i < 0 ? len : w.arena.literalLen(literal)
  return true
}

/** The opening and one text part, none for empty text. Text that begins like a list may hold blocks. */
function writeText(w: Work, attr: number, entry: RoleEntry): boolean {
  if (w.type(attr) !== VALUE.STRING) return false
  const { out } = w
  const len = w.len(attr)
  if (len === 0) {
    out.literal(entry.opening)
    return true
  }
  const off = w.off(attr)
  if (mayHoldBlocks(w.arena.bytes, off, len)) return false
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

function writeToolResponse(w: Work, s: MessageSlots): boolean {
  const { out } = w
  out.literal(PIECE.response)
  if (s.callId >= 0 && !writeMember(w, w.firstAttr + s.callId, PIECE.id)) return false
  if (s.name >= 0 && !writeMember(w, w.firstAttr + s.name, PIECE.name)) return false
  out.literal(PIECE.result)
  if (s.content < 0) out.literal(PIECE.empty)
  else {
    const content = w.firstAttr + s.content
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
  w.out.literal(before)
  w.out.text(w.off(attr), w.len(attr))
  return true
}

function writeCall(w: Work, call: CallSlots): boolean {
  const { out } = w
  if (partCount > 0) out.byte(44)
  out.literal(PIECE.call)
  if (call.id >= 0 && !writeMember(w, w.firstAttr + call.id, PIECE.id)) return false
  if (call.name >= 0) {
    const name = w.firstAttr + call.name
    if (w.type(name) !== VALUE.STRING) return false
    out.literal(PIECE.name)
    out.text(w.off(name), w.len(name))
  }
  out.literal(PIECE.arguments)
  if (call.arguments < 0) out.literal(PIECE.null)
  else if (!writeArguments(w, w.firstAttr + call.arguments)) return false
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
