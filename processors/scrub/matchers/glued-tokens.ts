// A token right behind a name, with a dash, an underscore or nothing between: `key-sk-proj-..`, `x_sk-..`, `tokenghp_..`.
// Its anchor alone proves nothing there, for `task-force` ends in one as well: what follows must look drawn at random, and
// what stands before must be a name, because a longer run of random characters holds every anchor by chance.

import { ALNUM, CLASS, DIGIT, LOWER, latinText, runStart, SETS, UPPER } from '../value/bytes.ts'
import { isIdentifier } from '../value/identifier.ts'
import { entropy } from '../value/randomness.ts'
import type { ActiveDetector } from './active-detector.ts'
import type { Subject } from './subject.ts'

const NAME_MAX = 32
/** How much of a body is looked at. */
const LOOK_MAX = 96
/** A shorter anchor is the end of too many words: `self_`, `store_`, `week_`. */
const DISTINCT_ANCHOR = 4
const BODY_MIN = 16
/** Behind an anchor that is no distinct one, a shorter body may be an id. */
const LONG_BODY = 30
/** Longer runs of letters in a body are no word. */
const WORD_MAX = 12

/** True when the anchor of `len` bytes at `p` begins a token although letters, digits or joints stand left of it. */
export function isGlued(s: Subject, p: number, len: number, active: ActiveDetector): boolean {
  const { row } = active
  if (!row.gluable) return false
  const set = SETS[row.shape.kind === 'token' ? row.shape.body : 'word_dot_dash']
  const from = p + len
  const to = Math.min(s.runEnd(from, set), from + LOOK_MAX)
  const body = bodyOf(s.b, from, to)
  if (body === BODY.PLAIN || !isName(s, p)) return false
  if (len >= DISTINCT_ANCHOR || isNoWordEnd(s, p)) return true
  const isSegment = (classAt(s, p - 1) & ALNUM) === 0
  return body === BODY.MIXED && (isSegment || to - from >= LONG_BODY)
}

const VOWELS = 'aeiouAEIOU'

/** `sk-` or `sk_` stands alone or behind a consonant or digit: `key-sk-`, `x_sk-`, `toksk-`, but not `task-`, `disk_`. */
function isNoWordEnd(s: Subject, p: number): boolean {
  if (s.at(p) !== 0x73 || s.at(p + 1) !== 0x6b) return false
  return !VOWELS.includes(String.fromCharCode(s.at(p - 1)))
}

const BODY = { PLAIN: 0, RANDOM: 1, MIXED: 2 } as const

/** Whether a body may be words, is of two kinds of characters, or of both cases and digits. */
function bodyOf(b: Uint8Array, from: number, to: number): number {
  const n = to - from
  if (n < BODY_MIN) return BODY.PLAIN
  let digits = 0
  let upper = 0
  let lower = 0
  for (let i = from; i < to; i++) {
    const c = CLASS[b[i] as number] as number
    if ((c & DIGIT) !== 0) digits++
    else if ((c & UPPER) !== 0) upper++
    else if ((c & LOWER) !== 0) lower++
  }
  const joints = n - digits - upper - lower
  const kinds = Number(digits > 0) + Number(upper > 1) + Number(lower > 1)
  if (joints > n / 4 || digits === n || (kinds < 2 && n !== BODY_MIN)) return BODY.PLAIN
  if (entropy(b, from, to) < (n < 20 ? 2.6 : 3)) return BODY.PLAIN
  if (isOfWords(b, from, to, WORD_MAX) || isIdentifier(latinText(b, from, to))) return BODY.PLAIN
  const isMixed = upper > 2 && lower > 2 && (digits > 0 || n >= LONG_BODY)
  return isMixed && n >= 20 ? BODY.MIXED : BODY.RANDOM
}

/** A name ends before `p`: words and short numbers, joined or not, and nothing of that kind before them. */
function isName(s: Subject, p: number): boolean {
  const start = runStart(s.b, p, Math.max(s.from, p - NAME_MAX - 1), SETS.word_dash)
  return p - start <= NAME_MAX && isOfWords(s.b, start, p, NAME_MAX)
}

/** Parts between joints that are letters in one case, a capital first or not, with at most four digits behind. */
function isOfWords(b: Uint8Array, from: number, to: number, lettersMax: number): boolean {
  let start = from
  for (let i = from; i <= to; i++) {
    if (i < to && ((CLASS[b[i] as number] as number) & ALNUM) !== 0) continue
    if (!isWord(b, start, i, lettersMax)) return false
    start = i + 1
  }
  return true
}

function isWord(b: Uint8Array, from: number, to: number, lettersMax: number): boolean {
  let i = from
  while (i < to && ((CLASS[b[i] as number] as number) & UPPER) !== 0) i++
  const capitals = i - from
  while (i < to && ((CLASS[b[i] as number] as number) & LOWER) !== 0) i++
  if (capitals > 1 && i > from + capitals) return false
  const letters = i - from
  while (i < to && ((CLASS[b[i] as number] as number) & DIGIT) !== 0) i++
  return i === to && letters <= lettersMax && i - from - letters <= 4
}

function classAt(s: Subject, p: number): number {
  return CLASS[s.at(p)] as number
}
