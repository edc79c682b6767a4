// Tokens that announce themselves by a literal: the generic prefix-and-body form and the vendors' own forms.
// Every run is walked once for a value (`ScannedValue.runEnd`) and every check looks at a bounded piece.

import type { NearShape, TokenShape } from '../detectors/detector.ts'
import {
  ALNUM,
  hasWord,
  isDigit,
  latinText,
  lowerText,
  runStart,
  SETS,
  skipEscape,
  UPPER,
} from '../value/bytes.ts'
import { hasCrcTail } from '../value/checksums.ts'
import { isIdentifier } from '../value/identifier.ts'
import {
  entropy,
  isAwsSecretLike,
  isFiller,
  isHexOnly,
  isWordy,
  longestRepeat,
  mixOf,
} from '../value/randomness.ts'
import type { ActiveDetector } from './active-detector.ts'
import { wrappedEnd, wrappedShortEnd } from './forms/wrapped.ts'
import type { ScannedValue } from './scanned-value.ts'

/** How much of a body is looked at for entropy and placeholder words. */
const LOOK_MAX = 256
/** A token cut by a length limit is one when this much of its body is left. */
const CUT_BODY_MIN = 8
/** Digits of a number in a name of words. */
const YEAR = 4

/** What it costs to tell whether a body is drawn at random, as much as so many bytes of a search (2026-11-30). */
const BODY_COST = 600
/** Of a body without a digit so much tells whether it is a name. */
const NAME_LOOK_MAX = 64

/** A literal, then a run of one set. `ghp_` fires with 36 more, `ghp_xxxx..` does not. */
export function matchToken(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  const shape = active.row.shape as TokenShape
  const start = p + len
  const end = bodyEnd(s, start, shape)
  const n = end - start
  if (n < shape.min && !(end === s.to && isCutToken(s, start, end, len))) {
    matchWrapped(s, p, start, end, active)
    return
  }
  if (shape.max !== undefined && n > shape.max) return
  s.spend(BODY_COST)
  if (shape.samples !== true && (isFiller(s.b, start, end) || !isDrawn(s.b, start, end, shape)))
    return
  const sure = shape.crc === true && hasCrcTail(s.b, start, end)
  const whole = sure ? end : wrappedEnd(s, start, end, SETS[shape.body])
  s.found(active.type, p, whole, sure ? 9 : active.rank)
}

/** The first of several lines or strings that together are long enough. */
function matchWrapped(
  s: ScannedValue,
  p: number,
  start: number,
  end: number,
  active: ActiveDetector,
): void {
  const shape = active.row.shape as TokenShape
  if ((end > start && end - start < CUT_BODY_MIN) || end >= s.to) return
  const said = wrappedEnd(s, start, end, SETS[shape.body])
  const whole =
    said - start < shape.min ? wrappedShortEnd(s, start, end, SETS[shape.body], shape.min) : said
  if (whole - start < shape.min || isFiller(s.b, start, end)) return
  if (isWordy(s.b, start, end, YEAR)) return
  s.found(active.type, p, whole, active.rank)
}

function bodyEnd(s: ScannedValue, start: number, shape: TokenShape): number {
  let end = s.runEnd(start, SETS[shape.body])
  while (end > start && s.b[end - 1] === 0x2e) end--
  if (shape.body === 'word' || shape.body === 'word_dash') end = trimmedUnderscores(s.b, start, end)
  return shape.dotted === true ? dottedEnd(s, end) : end
}

/** The body is as random as its shape asks for, and no name. */
function isDrawn(b: Uint8Array, start: number, end: number, shape: TokenShape): boolean {
  const look = Math.min(end, start + LOOK_MAX)
  const noDigit = (mixOf(b, start, look) & SETS.digits) === 0
  if (
    noDigit &&
    (shape.digit === true ||
      isIdentifier(latinText(b, start, Math.min(look, start + NAME_LOOK_MAX))))
  )
    return false
  if (shape.entropy !== undefined && entropy(b, start, look) < shape.entropy) return false
  return shape.crc === true || !isWordy(b, start, look, YEAR)
}

/** `ghs_<app>_<header>.<payload>.<signature>`: parts of ten and more behind a dot belong to it. */
function dottedEnd(s: ScannedValue, from: number): number {
  let end = from
  for (let parts = 0; parts < 3; parts++) {
    const tail = s.runEnd(end, SETS.word_dash)
    if (s.at(tail) !== 0x2e) return end === from || tail === end ? end : tail
    const next = s.runEnd(tail + 1, SETS.word_dash)
    if (next - tail - 1 < 10) return end
    end = next
  }
  return end
}

function trimmedUnderscores(b: Uint8Array, start: number, end: number): number {
  let e = end
  // Markdown emphasis around a token; a single underscore belongs to it.
  while (e - 1 > start && b[e - 1] === 0x5f && b[e - 2] === 0x5f) e -= 2
  return e
}

function isCutToken(s: ScannedValue, start: number, end: number, prefixLen: number): boolean {
  if (end - start < CUT_BODY_MIN || prefixLen < 4) return false
  const mix = mixOf(s.b, start, end)
  return (mix & SETS.digits) !== 0 && mix !== SETS.digits
}

const OPENAI_PREFIXES = ['proj-', 'svcacct-', 'admin-', 'service-', 'none-']
const OTHERS_OF_SK = ['ant-', 'or-', 'lf-']
const MARKER = 't3blbkfj'

/** `sk-` 20 `T3BlbkFJ` 20, or `sk-proj-` and 40 more. Not `sk-SK`, not `task-force`. */
export function matchOpenai(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  const start = p + len
  const end = s.runEnd(start, SETS.word_dash)
  const prefix = OPENAI_PREFIXES.find((x) => hasWord(s.b, start, end, x))
  const bodyFrom = start + (prefix?.length ?? 0)
  const whole = prefix === undefined ? end : wrappedEnd(s, bodyFrom, end, SETS.word_dash)
  const n = whole - bodyFrom
  const text = lowerText(s.b, bodyFrom, Math.min(end, bodyFrom + LOOK_MAX))
  const marked = text.includes(MARKER) && n >= 28
  const long = prefix !== undefined && n >= 40
  const cut = end === s.to && prefix !== undefined && isCutToken(s, bodyFrom, end, 8)
  if (!(marked || long || cut) || isFiller(s.b, bodyFrom, end)) return
  if (!marked && isWordy(s.b, bodyFrom, Math.min(end, bodyFrom + LOOK_MAX), YEAR)) return
  s.found(active.type, p, whole, active.rank)
}

/** `sk-` and 32 hex, 48 mixed characters or 48 letters, without a vendor's mark. Not `sk-estimator-pipeline`. */
export function matchOpenaiCompat(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const start = p + len
  const end = s.runEnd(start, SETS.word_dash)
  if (end - start < 20 || OTHERS_OF_SK.some((x) => hasWord(s.b, start, end, x))) return
  const look = Math.min(end, start + LOOK_MAX)
  const text = latinText(s.b, start, look)
  if (text.includes('T3BlbkFJ') || isFiller(s.b, start, end)) return
  const longest = text.split(/[-_]/).reduce((a, x) => (x.length > a.length ? x : a), '')
  const isLetters = !/\d/.test(longest)
  if (longest.length < (isLetters ? 40 : 20) || (isLetters && isIdentifier(longest))) return
  const mixed = /[a-z]/.test(longest) && /[A-Z]/.test(longest)
  if (longest.length < 32 && !mixed) return
  const at = start + text.indexOf(longest)
  if (entropy(s.b, at, at + longest.length) <= 3) return
  s.found(active.type, p, end, active.rank)
}

/** `AKIA` and 16 of base32; the secret key beside it is looked for too. */
export function matchAwsKeyId(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const start = p + 4
  const end = s.runEnd(p, ALNUM)
  const n = end - start
  if (hasWord(s.b, end - 7, end, 'example')) return
  // What somebody made up or mistyped is still meant as one where it is assigned to the name.
  if (n >= 12 && n <= 32 && !isKeyId(s.b, start, end)) {
    const name = latinText(s.b, Math.max(s.from, p - NAME_BACK), p)
    if (KEY_ID_NAME.test(name) && longestRepeat(s.b, start, end) < 6) {
      s.found(active.type, p, end, active.rank)
      return
    }
  }
  if (n !== 16 && !(end === s.to && n >= CUT_BODY_MIN && n < 16 && len === 4)) return
  if (!isBase32(s.b, start, end)) return
  // One of a million keys has so few different characters.
  if (n === 16 && entropy(s.b, start, end) < 2) return
  s.found(active.type, p, end, active.rank)
}

const NAME_BACK = 32
const KEY_ID_NAME =
  /(?:access[-_ ]?key(?:[-_ ]?id)?|aws[-_]?(?:key|id))\\*["']?\s{0,4}(?:=>|[:=])\s{0,4}\\*["']?$/i

function isKeyId(b: Uint8Array, from: number, to: number): boolean {
  return to - from === 16 && isBase32(b, from, to)
}

function isBase32(b: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++)
    if ((SETS.base32_upper & classOf(b[i] as number)) === 0) return false
  return true
}

function classOf(c: number): number {
  if (c >= 65 && c <= 90) return UPPER
  return c >= 50 && c <= 55 ? SETS.base32_upper : 0
}

const AWS_SECRET_SET = SETS.base64 & ~256

/** `SecretAccessKey": "<40>"`: a secret key within 100 bytes after the word. */
export function matchAwsSecret(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  findAwsSecret(s, p + len, Math.min(s.to, p + 140), active)
}

/** Reports 40-character keys among the runs of `[from, to)`. */
export function findAwsSecret(
  s: ScannedValue,
  from: number,
  to: number,
  active: ActiveDetector,
): void {
  let i = from
  while (i < to) {
    const end = s.runEnd(i, AWS_SECRET_SET)
    if (end - i === 40 && isAwsSecretLike(s.b, i, end)) {
      const sha = hasWord(s.b, i - 5, end, 'sha1-')
      if (!sha && s.at(end) !== 0x3d) s.found(active.type, i, end, active.rank)
    }
    i = end === i ? i + 1 : end + 1
  }
}

/** `abcQ~` and 31..34 more, three and a digit before; or a long Azure OpenAI key around JQQJ99. */
export function matchAzureSecret(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  if (len === 6) {
    const start = skipEscape(s.b, runStart(s.b, p, Math.max(s.from, p - 80), ALNUM), s.from)
    const end = s.runEnd(p, ALNUM)
    if (end - start >= 70 && end - start <= 100) s.found(active.type, start, end, active.rank)
    return
  }
  if (p - 4 < s.from || !isDigit(s.b[p - 1])) return
  for (let i = p - 4; i < p - 1; i++) if (s.runEnd(i, SETS.azure) <= i) return
  let end = s.runEnd(p + 2, SETS.azure)
  while (s.b[end - 1] === 0x2e) end--
  const n = end - p - 2
  if (n < 31 || n > 34) return
  s.found(active.type, p - 4, end, active.rank)
}

/** `glpat-` and 20, or the routable form with dots. */
export function matchGitlab(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  const start = p + len
  let end = s.runEnd(start, SETS.word_dot_dash)
  while (end > start && s.b[end - 1] === 0x2e) end--
  const n = end - start
  if (n < 20 && n >= CUT_BODY_MIN && end < s.to) {
    const said = wrappedEnd(s, start, end, SETS.word_dash)
    const whole = said - start < 20 ? wrappedShortEnd(s, start, end, SETS.word_dash, 20) : said
    if (whole - start >= 20 && !isWordy(s.b, start, end, YEAR))
      s.found(active.type, p, whole, active.rank)
    return
  }
  if (n < 20 && !(end === s.to && isCutToken(s, start, end, len))) return
  if (isFiller(s.b, start, end) || isWordy(s.b, start, Math.min(end, start + LOOK_MAX), YEAR))
    return
  s.found(active.type, p, end, active.rank)
}

/** `key-` and 32 hex. */
export function matchMailgun(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const end = s.runEnd(p + len, ALNUM)
  if (end - p - len === 32 && isHexOnly(s.b, p + len, end))
    s.found(active.type, p, end, active.rank)
}

/** 32 hex, `-us` and the number of a data centre. */
export function matchMailchimp(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const start = skipEscape(s.b, runStart(s.b, p, Math.max(s.from, p - 40), SETS.hex), s.from)
  const end = s.runEnd(p + len, SETS.digits)
  if (p - start === 32 && end - p <= 5 && entropy(s.b, start, p) > 2.5)
    s.found(active.type, start, end, active.rank)
}

/** `SG.` 20..24 `.` 39..50. */
export function matchSendgrid(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const dot = s.runEnd(p + len, SETS.word_dash)
  if (s.at(dot) !== 0x2e || dot - p - len < 16 || dot - p - len > 32) return
  const end = s.runEnd(dot + 1, SETS.word_dash)
  if (end - dot - 1 < 32 && end !== s.to) return
  s.found(active.type, p, end, active.rank)
}

/** `123456789:AA` and 33 more; what stands before the digits does not matter (`/bot123..`). */
export function matchTelegram(
  s: ScannedValue,
  p: number,
  _len: number,
  active: ActiveDetector,
): void {
  const run = runStart(s.b, p, Math.max(s.from, p - 20), SETS.digits)
  const start = skipEscape(s.b, run, s.from)
  if (p - start < 8 || p - start > 10) return
  const end = s.runEnd(p + 1, SETS.word_dash)
  if (end - p - 1 >= 33 && end - p - 1 <= 40) s.found(active.type, start, end, active.rank)
}

/** `api.telegram.org/bot` before the token: whatever its letters begin with. */
export function matchTelegramUrl(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const colon = s.runEnd(p + len, SETS.digits)
  if (colon - p - len < 8 || colon - p - len > 10 || s.at(colon) !== 0x3a) return
  const end = s.runEnd(colon + 1, SETS.word_dash)
  if (end - colon - 1 >= 33 && end - colon - 1 <= 40)
    s.found(active.type, p + len, end, active.rank)
}

/** Atlassian: everything up to the checksum; 50 and more. */
export function matchAtlassian(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const end = s.runEnd(p + len, SETS.base64_any & ~(64 | 128))
  const min = len === 4 ? 20 : 50
  if (end - p - len >= min && mixOf(s.b, p + len, Math.min(end, p + 99)) === ALNUM)
    s.found(active.type, p, end, active.rank)
}

/** 14 characters, `.atlasv1.`, 60 and more. */
export function matchTerraform(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const start = runStart(s.b, p, Math.max(s.from, p - 14), ALNUM)
  const end = s.runEnd(p + len, SETS.word_dash)
  if (p - start === 14 && end - p - len >= 50) s.found(active.type, start, end, active.rank)
}

/** An id of Twilio, and how far behind it the secret may stand. */
const SID_LENGTH = 34
const BEHIND_SID = 48
const SECRET_OF_SID = /^\\*["'`] ?, ?\\*["'`][0-9a-f]{32}(?![0-9A-Za-z])/
/** The vendor itself is the name: `cloudflare: "V"`. */
const ASSIGNED = /^.{0,12}?[a-z][\w-]{0,24}\\*["']?\s{0,2}[:=]\s{0,2}\\*["']$/s
const NEAR_WORDS = /key|token|secret|login|auth|password|credential/

/** A value of a fixed length after a vendor's name, when a word such as key or token stands between or in it. */
export function matchNear(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  const shape = active.row.shape as NearShape
  let to = Math.min(s.to, p + len + shape.reach)
  let i = p + len
  // Most names of vendors stand alone in a field.
  if (s.to - i < (shape.lengths[0] ?? 0)) return
  while (i < to) {
    const end = s.runEnd(i, ALNUM)
    const n = end - i
    if (shape.lengths.includes(n) && isNearValue(s, p, i, end, shape)) {
      s.found(active.type, i, end, active.rank)
      if (n !== SID_LENGTH) return
    }
    if (n === SID_LENGTH && hasWord(s.b, i, end, 'ac') && isHexOnly(s.b, i + 2, end)) {
      // `Client("AC..", "V")`: the id of the account stands before its secret.
      const secret = SECRET_OF_SID.exec(latinText(s.b, end, Math.min(s.to, end + BEHIND_SID)))
      if (secret !== null)
        s.found(active.type, end + secret[0].length - 32, end + secret[0].length, active.rank)
      to = Math.min(s.to, end + BEHIND_SID)
    }
    i = end === i ? i + 1 : end + 1
  }
}

function isNearValue(
  s: ScannedValue,
  p: number,
  from: number,
  to: number,
  shape: NearShape,
): boolean {
  const hex = isHexOnly(s.b, from, to)
  if (shape.body === 'hex' ? !hex : hex && shape.entropy >= 4) return false
  if (entropy(s.b, from, to) < shape.entropy - 0.3 || (mixOf(s.b, from, to) & 1) === 0) return false
  const between = lowerText(s.b, Math.max(s.from, p - 12), from)
  const after = lowerText(s.b, to, Math.min(s.to, to + 16))
  const isNamed = NEAR_WORDS.test(between + after) || ASSIGNED.test(between)
  return isNamed && !/commit|sha|trace|span|digest/.test(between)
}
