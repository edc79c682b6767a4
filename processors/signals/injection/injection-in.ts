// Looks for prompt injection in an event: in what users said, and in what tools and retrievals brought. A search for the anchors of
// all markers passes over the bytes; only near one is text decoded, and only where a phrase matches are the messages parsed and
// judged in full (`judge.ts`). The application's own system messages and the model's own answers are not looked at.

import { isAscii } from 'node:buffer'
import type { EventTable } from '../../../core/event.ts'
import { R } from '../../../core/fields.ts'
import type { Severity } from '../../../core/signal.ts'
import { AnchorScan } from './anchor-scan.ts'
import { type Judgement, judge, type Place, THRESHOLD } from './judge.ts'
import { MARKERS } from './markers/table.ts'
import { LOOK_ALIKE_LETTERS, normalized, WRITING_ANCHORS } from './normalized-text.ts'

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
/** Most windows of one field that are decoded. Common words such as "rules" hit often, so the limit must not be low. */
const WINDOWS_MAX = 64
/** Longer fields are looked at up to here. */
const FIELD_BYTES_MAX = 512 * 1024

interface Search {
  readonly scan: AnchorScan
  /** By anchor: phrases to try near it; null where the anchor alone is enough for a closer look. */
  readonly phrases: readonly (readonly RegExp[] | null)[]
}

const LITERALS = [...new Set([...MARKERS.flatMap((m) => m.anchors), ...WRITING_ANCHORS])]
/** Anchors in ASCII, and all others, which only a text that is not plain ASCII is searched for. */
const PLAIN = searchFor(LITERALS.filter((a) => isAscii(Buffer.from(a))))
const OTHER = searchFor(LITERALS.filter((a) => !isAscii(Buffer.from(a))))

function searchFor(literals: readonly string[]): Search {
  const writings = new Set(WRITING_ANCHORS)
  return {
    scan: new AnchorScan(literals),
    phrases: literals.map((anchor) =>
      writings.has(anchor)
        ? null
        : MARKERS.filter((m) => m.anchors.includes(anchor)).map((m) => m.phrase),
    ),
  }
}

/** Invisible characters and letters of other alphabets inside a word, as UTF-8. */
const ODD_BYTES: readonly Buffer[] = [
  ...['\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad'].map((c) => Buffer.from(c)),
  // Tag characters, full-width and mathematical letters, letters in circles.
  Buffer.from([0xf3, 0xa0, 0x81]),
  Buffer.from([0xef, 0xbd]),
  Buffer.from([0xf0, 0x9d]),
  Buffer.from([0xe2, 0x93]),
]

/** What was found in the event, or null. */
export function injectionIn(events: EventTable, event: number): Injection | null {
  let best: Judgement | null = null
  for (const [field, place] of FIELDS) {
    const len = Math.min(events.len(event, field), FIELD_BYTES_MAX)
    if (len < MIN_BYTES) continue
    const off = events.off(event, field)
    if (!isSuspicious(events.arena.buf, off, off + len)) continue
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

/** Whether some phrase matches near one of its anchors, or the text is written in a way that hides words. */
function isSuspicious(buf: Buffer, off: number, end: number): boolean {
  const from = afterSystemMessage(buf, off, end)
  const isPlain = isAscii(buf.subarray(from, end))
  if (hasPhrase(PLAIN, buf, from, end, isPlain)) return true
  if (!isPlain && hasPhrase(OTHER, buf, from, end, false)) return true
  return hidesLetters(buf, from, end, isPlain)
}

function hasPhrase(
  search: Search,
  buf: Buffer,
  from: number,
  end: number,
  isPlain: boolean,
): boolean {
  let windows = 0
  return search.scan.scan(buf, from, end, (anchor, at) => {
    const phrases = search.phrases[anchor]
    if (phrases === null || phrases === undefined) return true
    if (windows++ > WINDOWS_MAX) return false
    const start = Math.max(from, at - WINDOW_BEFORE)
    const text = windowText(buf, start, Math.min(end, at + WINDOW_AFTER), isPlain)
    return phrases.some((phrase) => phrase.test(text))
  })
}

const ROLE = Buffer.from('"role"')
const SYSTEM_START = /^\s*\[\s*\{\s*"role"\s*:\s*"(?:system|developer)"/

/** Where the messages after a leading system message begin: an application's own instructions are often the longest of all. */
function afterSystemMessage(buf: Buffer, off: number, end: number): number {
  if (!SYSTEM_START.test(buf.latin1Slice(off, Math.min(end, off + 40)))) return off
  const next = buf.subarray(off + 40, end).indexOf(ROLE)
  return next < 0 ? end : off + 40 + next
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

/** The first UTF-8 bytes of letters that look like Latin ones (`normalized-text.ts`), and of combining marks. */
const LOOK_ALIKE_LEADS: readonly number[] = [
  ...new Set([0xcc, 0xcd, ...LOOK_ALIKE_LETTERS.map((letter) => Buffer.from(letter)[0] as number)]),
]
/** How JSON escapes invisible characters in a text that is otherwise ASCII: U+200B and others, tags, private use. */
const ESCAPED_INVISIBLE: readonly string[] = ['\\u200', '\\udb40', '\\ue00']

/** Whether invisible characters stand in the text, or a word mixes alphabets. */
function hidesLetters(buf: Buffer, from: number, end: number, isPlain: boolean): boolean {
  const range = buf.subarray(from, end)
  if (isPlain) return ESCAPED_INVISIBLE.some((escape) => range.includes(escape))
  if (ODD_BYTES.some((bytes) => range.includes(bytes))) return true
  return LOOK_ALIKE_LEADS.some((lead) => {
    let at = range.indexOf(lead)
    for (let n = 0; at >= 0 && n < WINDOWS_MAX; n++) {
      if (isLatin(range[at - 1]) || isLatin(range[at + 2])) return true
      at = range.indexOf(lead, at + 2)
    }
    return false
  })
}

const isLatin = (byte: number | undefined): boolean =>
  byte !== undefined && ((byte >= 0x61 && byte <= 0x7a) || (byte >= 0x41 && byte <= 0x5a))
