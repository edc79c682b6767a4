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
import { clearedTexts } from './cleared-texts.ts'
import { hidesLetters, isEscapedBesideLatin } from './hidden-letters.ts'
import { type Judgement, judge, type TextPlace, THRESHOLD } from './judge.ts'
import { OPENING_CHARS_MAX } from './markers/marker.ts'
import { MARKERS } from './markers/table.ts'
import { evenlySpaced, normalized, WRITING_ANCHORS } from './normalized-text.ts'

export interface Injection {
  readonly severity: Severity
  readonly score: number
  readonly threshold: number
  readonly markers: readonly string[]
  readonly families: readonly string[]
  readonly place: TextPlace
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
const ESCAPES: readonly string[] = [...escapes(['\\u200', '\\ue00', '\\u1d0']), '\\udb40']
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
      /** Phrases that may be anywhere in the window. */
      readonly phrases: readonly RegExp[]
      /** Phrases that begin at the anchor or shortly before it, sticky. */
      readonly opening: readonly RegExp[]
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

/** What may stand in place of the space at the end of an anchor: an escape of JSON such as `\n`, an end of emphasis, `<br>`. */
const SPACED: readonly Literal[] = LITERALS.filter((anchor) => anchor.endsWith(' ')).flatMap(
  (anchor) =>
    ['\\', '*', '<'].map((end) => ({ text: anchor.slice(0, -1) + end, anchor, isEscaped: false })),
)
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
const OTHER_FORMS: readonly Literal[] = [...SPACED, ...FOREIGN]
const ANCHORS = new LiteralSet(
  [...LITERALS, ...OTHER_FORMS.map(({ text }) => text), ...ESCAPES, ...LETTER_ESCAPES].map((text) =>
    Buffer.from(text),
  ),
)
const ANCHOR_BYTES_MAX = Math.max(
  ...[...LITERALS, ...OTHER_FORMS.map(({ text }) => text)].map((text) => Buffer.byteLength(text)),
)
const NEAR: readonly Near[] = [
  ...LITERALS.map((anchor) => nearOf(anchor, false)),
  ...OTHER_FORMS.map(({ anchor, isEscaped }) => nearOf(anchor, isEscaped)),
  ...ESCAPES.map((text): Near => ({ kind: 'escape', text: text.slice(0, ESCAPE_CHARS) })),
  ...LETTER_ESCAPES.map((): Near => ({ kind: 'letter escape' })),
]

function nearOf(anchor: string, isEscaped: boolean): Near {
  if (WRITING_ANCHORS.includes(anchor)) return { kind: 'writing' }
  const markers = MARKERS.filter((m) => m.anchors.includes(anchor))
  const phrases = markers.filter((m) => m.opens !== true).map((m) => m.phrase)
  const opening = markers.filter((m) => m.opens === true).map((m) => openingWith(m.phrase))
  return { kind: 'phrases', phrases, opening, isPlain: isAscii(Buffer.from(anchor)), isEscaped }
}

/** The phrase, beginning up to `OPENING_CHARS_MAX` characters behind the place from which it is looked for. */
function openingWith({ source, flags }: RegExp): RegExp {
  return new RegExp(`[^]{0,${OPENING_CHARS_MAX}}?(?:${source})`, `${flags}y`)
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
  clearedTexts(events.arena).begin(event)
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

const FIELDS: readonly (readonly [field: number, place: TextPlace])[] = [
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
  const cleared = clearedTexts(arena)
  cleared.lookUp(from, end)
  const { same } = cleared
  const kernel = rangeKernel(arena)
  // An anchor may have begun in the part that is known.
  const start = from + Math.max(0, same - ANCHOR_BYTES_MAX)
  kernel.findLiterals(ANCHORS, start, end)
  const isPlain = kernel.isAscii && cleared.isAscii
  const places = allPlaces(cleared.places, kernel.found, from, start)
  const text = { from, end, clearedTo: from + same, isPlain }
  if (places.length > 0 && hasPhrase(arena, places, text)) return true
  if (!isPlain && hidesLetters(arena.buf, cleared.isAscii ? start : from, end)) return true
  cleared.add(from, end, places)
  return false
}

/** The places before `start` that are known, and those that were found from there on: pairs (distance from `from`, number of an anchor). */
function allPlaces(known: Int32Array, found: Int32Array, from: number, start: number): Int32Array {
  if (known.length === 0 && found.length === 0) return found
  let n = 0
  while (n < known.length && from + (known[n] ?? 0) < start) n += 2
  const all = new Int32Array(n + found.length)
  all.set(known.subarray(0, n))
  for (let i = 0; i < found.length; i += 2) {
    all[n + i] = (found[i] ?? 0) - from
    all[n + i + 1] = found[i + 1] ?? 0
  }
  return all
}

interface Text {
  readonly from: number
  readonly end: number
  /** Nothing is found in a window that ends here or before. */
  readonly clearedTo: number
  readonly isPlain: boolean
}

/** `places`: pairs (distance from the beginning of the text, number of an anchor). */
function hasPhrase(arena: Arena, places: Int32Array, text: Text): boolean {
  let windows = 0
  let otherWindows = 0
  let letters = 0
  for (let i = 0; i < places.length; i += 2) {
    const at = text.from + (places[i] as number)
    const near = NEAR[places[i + 1] as number] as Near
    // What is known counts towards the limits, so that an answer does not depend on what came before the text.
    if (near.kind === 'phrases' && (near.isPlain ? windows++ : otherWindows++) > WINDOWS_MAX)
      continue
    if (near.kind === 'letter escape' && letters++ >= ESCAPED_LETTERS_MAX) continue
    if (isFoundAt(arena, at, near, text)) return true
  }
  return false
}

function isFoundAt(arena: Arena, at: number, near: Near, text: Text): boolean {
  const { from, end, clearedTo, isPlain } = text
  const times = near.kind === 'phrases' && !near.isEscaped ? 1 : ESCAPED_TIMES
  const to = at + WINDOW_AFTER * times
  if (to <= clearedTo) return false
  if (near.kind === 'writing') return true
  if (near.kind === 'escape') return isPlain && arena.equals(at, near.text.length, near.text)
  if (near.kind === 'letter escape') return isEscapedBesideLatin(arena.buf, at, from, end)
  const start = Math.max(from, at - WINDOW_BEFORE * times)
  const before = windowText(arena.buf, start, at, isPlain)
  const window = before + windowText(arena.buf, at, Math.min(end, to), isPlain)
  const opensFrom = Math.max(0, before.length - OPENING_CHARS_MAX)
  return (
    near.opening.some((phrase) => isAt(phrase, window, opensFrom)) ||
    near.phrases.some((phrase) => phrase.test(window))
  )
}

function isAt(sticky: RegExp, text: string, at: number): boolean {
  sticky.lastIndex = at
  return sticky.test(text)
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

function windowText(buf: Buffer, from: number, to: number, isPlain: boolean): string {
  if (isPlain) {
    const text = buf.latin1Slice(from, to)
    if (!text.includes('\\')) return evenlySpaced(text.toLowerCase())
    // Nothing in ASCII looks like something else.
    if (!text.includes('\\u')) return evenlySpaced(unescaped(text).toLowerCase())
  }
  const letters = buf
    .utf8Slice(from, to)
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
  return evenlySpaced(normalized(unescaped(letters)))
}

/** Escapes of JSON that matter for a phrase are undone; others are rare enough. */
const unescaped = (text: string): string =>
  text
    .replace(/\\r(?:\\n)?|\\n/g, '\n')
    .replace(/\\t/g, ' ')
    .replace(/\\(["\\/])/g, '$1')
