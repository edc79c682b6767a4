// Looks for prompt injection in an event: in what users said, and in what tools and retrievals brought. A search for the anchors of
// all markers passes over the bytes; only near one is text decoded, and only where a phrase matches are the messages parsed and
// judged in full (`judge.ts`). The application's own system messages and the model's own answers are not looked at.

import { isAscii } from 'node:buffer'
import type { Arena } from '../../../core/arena.ts'
import type { EventTable } from '../../../core/event.ts'
import { R } from '../../../core/fields.ts'
import { LiteralSet } from '../../../core/kernel/literal-set.ts'
import { rangeKernel } from '../../../core/kernel/range-kernel.ts'
import type { Severity } from '../../../core/signals/signal.ts'
import { hidesLetters, isEscapedBesideLatin } from './hidden-letters.ts'
import { type Judgement, judge, type Place, THRESHOLD } from './judge.ts'
import { MARKERS } from './markers/table.ts'
import { normalized, WRITING_ANCHORS } from './normalized-text.ts'

export interface Injection {
  readonly severity: Severity
  readonly score: number
  readonly threshold: number
  readonly markers: readonly string[]
  readonly families: readonly string[]
  readonly place: Place
}

const WINDOW_BEFORE = 160
const WINDOW_AFTER = 260
/** How many times as long a window is whose letters are escaped: an escape has six bytes. */
const ESCAPED_TIMES = 3
/** Most windows of one field that are decoded. Common words such as "rules" hit often, so the limit must not be low. */
const WINDOWS_MAX = 64
/** Longer fields are looked at up to here. */
const FIELD_BYTES_MAX = 512 * 1024

const HEX_DIGITS: readonly string[] = Array.from({ length: 16 }, (_, i) => i.toString(16))
const escapes = (beginnings: readonly string[]): readonly string[] =>
  beginnings.flatMap((text) => HEX_DIGITS.map((d) => text + d))
/** How JSON escapes invisible characters in a text that is otherwise ASCII: U+200B and others, tags, private use. */
const ESCAPES: readonly string[] = [...escapes(['\\u200', '\\ue00']), '\\udb40']
/** Of those, how much is compared in this case; the last digit may have any. */
const ESCAPE_CHARS = 5
/** How it escapes Greek, Cyrillic and Armenian letters, some of which look like Latin ones. */
const LETTER_ESCAPES: readonly string[] = escapes(
  ['3b', '3c', '41', '42', '43', '44', '45', '53', '54', '55', '56', '57', '58'].map(
    (digits) => `\\u0${digits}`,
  ),
)

/** What an anchor asks for: that phrases are tried near it, or a closer look at once. */
type Near =
  | {
      readonly kind: 'phrases'
      readonly phrases: readonly RegExp[]
      readonly isPlain: boolean
      readonly isEscaped: boolean
    }
  | { readonly kind: 'writing' }
  | { readonly kind: 'escape'; readonly text: string }
  | { readonly kind: 'letter escape' }

const LITERALS = [...new Set([...MARKERS.flatMap((m) => m.anchors), ...WRITING_ANCHORS])]

interface Literal {
  readonly text: string
  /** The anchor that it stands for, and whether in escapes. */
  readonly anchor: string
  readonly isEscaped: boolean
}

/**
 * Anchors of other alphabets, which may begin with a capital letter or consist of them. Clients that write JSON in ASCII, as Python does by
 * default, send them as escapes.
 */
const FOREIGN: readonly Literal[] = LITERALS.filter((text) => !isAscii(Buffer.from(text))).flatMap(
  (anchor) => {
    const capital = anchor.charAt(0).toUpperCase() + anchor.slice(1)
    const cases = [...new Set([anchor, capital, anchor.toUpperCase()])]
    return [
      ...cases.slice(1).map((text) => ({ text, anchor, isEscaped: false })),
      ...cases.map((text) => ({ text: escaped(text), anchor, isEscaped: true })),
    ]
  },
)
const ANCHORS = new LiteralSet(
  [...LITERALS, ...FOREIGN.map(({ text }) => text), ...ESCAPES, ...LETTER_ESCAPES].map((text) =>
    Buffer.from(text),
  ),
)
const NEAR: readonly Near[] = [
  ...LITERALS.map((anchor) => nearOf(anchor, false)),
  ...FOREIGN.map(({ anchor, isEscaped }) => nearOf(anchor, isEscaped)),
  ...ESCAPES.map((text): Near => ({ kind: 'escape', text: text.slice(0, ESCAPE_CHARS) })),
  ...LETTER_ESCAPES.map((): Near => ({ kind: 'letter escape' })),
]

function nearOf(anchor: string, isEscaped: boolean): Near {
  if (WRITING_ANCHORS.includes(anchor)) return { kind: 'writing' }
  const phrases = MARKERS.filter((m) => m.anchors.includes(anchor)).map((m) => m.phrase)
  return { kind: 'phrases', phrases, isPlain: isAscii(Buffer.from(anchor)), isEscaped }
}

/** The text as JSON in ASCII has it. The anchors are compared without regard to case. */
function escaped(text: string): string {
  return text.replace(
    /[\u0080-\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** What was found in the event, or null. */
export function injectionIn(events: EventTable, event: number): Injection | null {
  let best: Judgement | null = null
  for (const [field, place] of FIELDS) {
    const len = Math.min(events.len(event, field), FIELD_BYTES_MAX)
    if (len < MIN_BYTES) continue
    const off = events.off(event, field)
    if (!isSuspicious(events.arena, off, off + len)) continue
    const found = judge(events.arena.buf.utf8Slice(off, off + len), place)
    if (found !== null && (best === null || found.score > best.score)) best = found
  }
  return best === null ? null : { ...best, threshold: THRESHOLD }
}

const FIELDS: readonly (readonly [field: number, place: Place])[] = [
  [R.input_messages, 'message'],
  [R.tool_result, 'tool result'],
  [R.retrieval_documents, 'retrieved text'],
]
const MIN_BYTES = 12
/** Most escaped letters that are looked at: a text in Cyrillic has nothing else. */
const ESCAPED_LETTERS_MAX = 64

/** Whether some phrase matches near one of its anchors, or the text is written in a way that hides words. */
function isSuspicious(arena: Arena, off: number, end: number): boolean {
  const from = afterSystemMessage(arena.buf, off, end)
  const kernel = rangeKernel(arena)
  const count = kernel.findLiterals(ANCHORS, from, end)
  const { isAscii: isPlain, found } = kernel
  return (
    (count > 0 && hasPhrase(arena, found, from, end, isPlain)) ||
    (!isPlain && hidesLetters(arena.buf, from, end))
  )
}

/** `places`: pairs (position, number of an anchor). */
function hasPhrase(
  arena: Arena,
  places: Int32Array,
  from: number,
  end: number,
  isPlain: boolean,
): boolean {
  let windows = 0
  let otherWindows = 0
  let letters = 0
  for (let i = 0; i < places.length; i += 2) {
    const at = places[i] as number
    const near = NEAR[places[i + 1] as number] as Near
    if (near.kind === 'writing') return true
    if (near.kind === 'escape') {
      if (isPlain && arena.equals(at, near.text.length, near.text)) return true
    } else if (near.kind === 'letter escape') {
      if (letters++ < ESCAPED_LETTERS_MAX && isEscapedBesideLatin(arena.buf, at, from, end))
        return true
    } else if (near.isPlain ? windows++ <= WINDOWS_MAX : otherWindows++ <= WINDOWS_MAX) {
      const times = near.isEscaped ? ESCAPED_TIMES : 1
      const start = Math.max(from, at - WINDOW_BEFORE * times)
      const to = Math.min(end, at + WINDOW_AFTER * times)
      const text = windowText(arena.buf, start, to, isPlain)
      if (near.phrases.some((phrase) => phrase.test(text))) return true
    }
  }
  return false
}

const ROLE = Buffer.from('"role"')
const SYSTEM_START = /^\s*\[\s*\{\s*"role"\s*:\s*"(?:system|developer)"/

/** How `canonicalize` begins a list of messages; the role stands behind it. */
const FIRST_ROLE = Buffer.from('[{"role":"')

/** Where the messages after a leading system message begin: an application's own instructions are often the longest of all. */
function afterSystemMessage(buf: Buffer, off: number, end: number): number {
  if (buf[off + FIRST_ROLE.length] === 0x75 /* u, of user */ && beginsWith(buf, off, FIRST_ROLE))
    return off
  if (!SYSTEM_START.test(buf.latin1Slice(off, Math.min(end, off + 40)))) return off
  const next = buf.subarray(off + 40, end).indexOf(ROLE)
  return next < 0 ? end : off + 40 + next
}

function beginsWith(buf: Buffer, off: number, text: Buffer): boolean {
  for (let i = 0; i < text.length; i++) if (buf[off + i] !== text[i]) return false
  return true
}

/** Escapes of JSON that matter for a phrase are undone; others are rare enough. */
function windowText(buf: Buffer, from: number, to: number, isPlain: boolean): string {
  if (isPlain) {
    const text = buf.latin1Slice(from, to)
    if (!text.includes('\\')) return text.toLowerCase()
  }
  return normalized(
    buf
      .utf8Slice(from, to)
      .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) =>
        String.fromCharCode(Number.parseInt(hex, 16)),
      )
      .replace(/\\[nrt]/g, '\n')
      .replace(/\\(["\\/])/g, '$1'),
  )
}
