// A token right behind a name, with a dash, an underscore or nothing between: `key-sk-proj-..`, `x_sk-..`, `tokenghp_..`.
// Its anchor alone proves nothing there, for `task-force` ends in one as well: what follows must look drawn at random, and
// what stands before must be a name, because a longer run of random characters holds every anchor by chance.

import {
  ALNUM,
  classAt,
  classOf,
  DIGIT,
  LOWER,
  latinText,
  runStart,
  SETS,
  UPPER,
} from '../value/bytes.ts'
import { isIdentifier } from '../value/identifier.ts'
import { entropy } from '../value/randomness.ts'
import type { ActiveDetector } from './active-detector.ts'
import type { ScannedValue } from './scanned-value.ts'

const NAME_MAX = 32
/** How much of a body is looked at. */
const LOOK_MAX = 96
/** A shorter anchor is the end of too many words: `self_`, `store_`, `week_`. */
const DISTINCT_ANCHOR = 4
/** What the look at a body and a name costs: 5 µs, as much as 2500 bytes of a search (2026-11-30). */
const LOOK_COST = 2500
const BODY_MIN = 16
/** Bodies of vendors that draw fewer. */
const BODY_SHORT = 14
/** Behind an anchor that is no distinct one, a shorter body may be an id. */
const LONG_BODY = 30
/** Longer runs of letters in a body are no word. */
const WORD_MAX = 12

/** True when the anchor of `len` bytes at `p` begins a token although letters, digits or joints stand left of it. */
export function isGlued(s: ScannedValue, p: number, len: number, active: ActiveDetector): boolean {
  const { row } = active
  if (!row.gluable || !isNearStart(s, p)) return false
  s.spend(LOOK_COST)
  const set = SETS[row.shape.kind === 'token' ? row.shape.body : 'word_dot_dash']
  const from = p + len
  const to = Math.min(s.runEnd(from, set), from + LOOK_MAX)
  const min = row.shape.kind === 'token' ? Math.min(row.shape.min, BODY_MIN) : BODY_MIN
  const body = bodyOf(s.b, from, to, Math.max(min, BODY_SHORT))
  if (body === BODY.PLAIN || !isName(s, p, len)) return false
  if (isPublic(s, p)) return false
  if (len >= DISTINCT_ANCHOR) return true
  const name = nameBefore(s, p)
  if (SECRET_NAME.test(name)) return true
  if (s.at(p) === 0x73 && WORD_IN_SK.test(`${name}sk`)) return false
  const isSegment = (classIn(s, p - 1) & ALNUM) === 0
  if (isNoWordEnd(s, p)) return !(isSegment && isOfData(s, p, from))
  return body === BODY.MIXED && (isSegment || to - from >= LONG_BODY)
}

/** No more than a name stands before `p` in its run: most anchors in a long run are told by this alone. */
function isNearStart(s: ScannedValue, p: number): boolean {
  return p - runStart(s.b, p, Math.max(s.from, p - NAME_MAX - 1), SETS.word_dash) <= NAME_MAX
}

/** A public key says so: `pk_live_..`, `pk-lf-..`. */
const PUBLIC_NAME = /(?:^|[^A-Za-z0-9])(?:pk|pub|public|publishable)[-_]?$/i
export function isPublic(s: ScannedValue, p: number): boolean {
  return PUBLIC_NAME.test(nameBefore(s, p))
}

/** A name that says what follows: `key-fc-..`, `tokenfw_..`. */
const SECRET_NAME = /(?:key|token|secret|password|credential|auth|bearer)s?[-_]?$/i
/** Words that end in `sk`: `desk-..` is no `sk-..`. */
const WORD_IN_SK =
  /(?:^|[^a-z])(?:sub|multi|un|ram|hard|help|air|gas)?(?:task|mask|ask|bask|cask|flask|desk|disk|risk|brisk|frisk|whisk|asterisk|kiosk|dusk|husk|musk|tusk|brusk)$/i
/** What `sk` is a sort key or surrogate key of: `store_sk_..`, `bookmark-sk-..`. */
const OF_DATA =
  /(?:^|[^a-z])(?:disk|bookmark|store|customer|order|item|date|time|snapshot|volume|vol|partition|sort|row|index|cart|session|product|invoice|event|page|pk)[-_]$/i

/** An id of a row or file: `store_sk_` and hex. */
function isOfData(s: ScannedValue, p: number, from: number): boolean {
  if (s.at(p) !== 0x73 || s.at(p + 1) !== 0x6b || !OF_DATA.test(nameBefore(s, p))) return false
  const end = s.runEnd(from, SETS.hex)
  return end - from >= BODY_MIN && (classIn(s, end) & ALNUM) === 0
}

function nameBefore(s: ScannedValue, p: number): string {
  return latinText(s.b, Math.max(s.from, p - NAME_MAX), p)
}

/** Chance does not make the anchor behind a few letters of any kind; `EAAA` stands in every base64 with zeros. */
function isDistinct(s: ScannedValue, p: number, len: number): boolean {
  return (
    len >= DISTINCT_ANCHOR && !(s.at(p) === 0x45 && s.at(p + 1) === 0x41 && s.at(p + 2) === 0x41)
  )
}

const VOWELS = 'aeiouAEIOU'

/** `sk-` or `sk_` stands alone or behind a consonant, digit or `AI`: `key-sk-`, `toksk-`, but not `task-`, `disk_`. */
function isNoWordEnd(s: ScannedValue, p: number): boolean {
  if (s.at(p) !== 0x73 || s.at(p + 1) !== 0x6b) return false
  if (!VOWELS.includes(String.fromCharCode(s.at(p - 1)))) return true
  return (classIn(s, p - 1) & UPPER) !== 0 && (classIn(s, p - 2) & UPPER) !== 0
}

const BODY = { PLAIN: 0, RANDOM: 1, MIXED: 2 } as const

interface Counts {
  readonly digits: number
  readonly upper: number
  readonly lower: number
}

function countsOf(b: Uint8Array, from: number, to: number): Counts {
  let digits = 0
  let upper = 0
  let lower = 0
  for (let i = from; i < to; i++) {
    const c = classAt(b, i)
    if ((c & DIGIT) !== 0) digits++
    else if ((c & UPPER) !== 0) upper++
    else if ((c & LOWER) !== 0) lower++
  }
  return { digits, upper, lower }
}

/** Whether a body may be words, is of two kinds of characters, or of both cases and digits. */
function bodyOf(b: Uint8Array, from: number, to: number, min: number): number {
  const n = to - from
  if (n < min) return BODY.PLAIN
  const { digits, upper, lower } = countsOf(b, from, to)
  const joints = n - digits - upper - lower
  const kinds = Number(digits > 0) + Number(upper > 1) + Number(lower > 1)
  if (joints > n / 3 || digits === n || (kinds < 2 && n !== BODY_MIN)) return BODY.PLAIN
  if (entropy(b, from, to) < (n < 20 ? 2.6 : 3)) return BODY.PLAIN
  // An access key id: letters and digits of base32.
  if (n === BODY_MIN && lower === 0 && digits > 0) return BODY.RANDOM
  const bothCases = upper > 2 && lower > 2
  if (isOfWords(b, from, to, WORD_MAX)) return BODY.PLAIN
  if (!(bothCases && digits > 1) && isIdentifier(latinText(b, from, to))) return BODY.PLAIN
  return bothCases && n >= 20 && (digits > 0 || n >= LONG_BODY) ? BODY.MIXED : BODY.RANDOM
}

/**
 * A name ends before `p`: words and short numbers, joined or not, and nothing of that kind before them. Before a distinct
 * anchor words of any case (`apiKey`, `GitHub`) are a name, and so is whatever is short.
 */
function isName(s: ScannedValue, p: number, len: number): boolean {
  const start = runStart(s.b, p, Math.max(s.from, p - NAME_MAX - 1), SETS.word_dash)
  if (p - start > NAME_MAX) return false
  if (isOfWords(s.b, start, p, NAME_MAX)) return true
  // What its header decodes to proves a JSON Web Token, whatever stands before.
  if (s.at(p) === 0x65 && s.at(p + 1) === 0x79 && s.at(p + 2) === 0x4a) return true
  const parts = latinText(s.b, start, p).split(/[-_]/)
  return parts.every(
    isDistinct(s, p, len) ? isShort : (part) => isCamelCase(part) || isEncoded(part),
  )
}

/** A word of any case with a short number behind, or so few characters that they hold no anchor by chance. */
function isShort(part: string): boolean {
  return /^(?:[A-Za-z]*\d{0,4})$/.test(part) || part.length <= SHORT_MAX
}

/** The end of other base64 or hex right before a token: `Zm9v`, `A1b2`, `aGVsbG8`. */
function isEncoded(part: string): boolean {
  return (
    part.length <= ENCODED_MAX && /\d[A-Za-z]|[a-z][A-Z][a-z]?[A-Z]|[a-z]{2}[A-Z][a-z]$/.test(part)
  )
}

const SHORT_MAX = 24
const ENCODED_MAX = 16

/** Words of which each begins with capitals, at most six, the first perhaps not: `apiKey`, `OpenAI`. */
function isCamelCase(part: string): boolean {
  if (part.length <= 4) return /^[A-Za-z]*\d*$/.test(part)
  return /^[a-z]*(?:[A-Z]{1,6}[a-z]+)*(?:[A-Z]{1,6})?\d{0,4}$/.test(part)
}

/** Parts between joints that are letters in one case, a capital first or not, with at most four digits behind. */
function isOfWords(b: Uint8Array, from: number, to: number, lettersMax: number): boolean {
  let start = from
  for (let i = from; i <= to; i++) {
    if (i < to && (classAt(b, i) & ALNUM) !== 0) continue
    if (!isWord(b, start, i, lettersMax)) return false
    start = i + 1
  }
  return true
}

function isWord(b: Uint8Array, from: number, to: number, lettersMax: number): boolean {
  let i = from
  while (i < to && (classAt(b, i) & UPPER) !== 0) i++
  const capitals = i - from
  while (i < to && (classAt(b, i) & LOWER) !== 0) i++
  if (capitals > 1 && i > from + capitals) return false
  const letters = i - from
  while (i < to && (classAt(b, i) & DIGIT) !== 0) i++
  return i === to && letters <= lettersMax && i - from - letters <= 4
}

function classIn(s: ScannedValue, p: number): number {
  return classOf(s.at(p))
}
