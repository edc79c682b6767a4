// Key material: PEM blocks, service account ids, tokens wrapped in base64.

import {
  ALNUM,
  DASH,
  hasWord,
  latinText,
  lowerText,
  runStart,
  SETS,
  skipEscape,
} from '../value/bytes.ts'
import { decodeBase64 } from '../value/checksums.ts'
import type { ActiveDetector } from './active-detector.ts'
import { Progress, type ScannedValue } from './scanned-value.ts'

/** Runs of base64 before this were decoded and judged. */
const DECODED = new Progress()

/** No END line of a key stands before this. */
const NO_END_LINE = new Progress()

/** Longest PEM block looked through for its END line. */
const PEM_MAX = 32_768
const PEM_BODY_MIN = 64

/** `-----BEGIN .. PRIVATE KEY-----` to its END line; without one, as far as it looks like a body. */
export function matchPem(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  const head = latinText(s.b, p + len, Math.min(s.to, p + len + 60))
  const label = /^ {1,2}[A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)? ?-{0,5}/.exec(head)
  if (label === null) return
  const bodyFrom = p + len + label[0].length
  const end = pemEnd(s, bodyFrom)
  if (end > 0) {
    if (bodyChars(s, bodyFrom, end) >= PEM_BODY_MIN - 16) s.found(active.type, p, end, active.rank)
    return
  }
  const cut = pemRun(s, behindHeaders(s, bodyFrom))
  if (bodyChars(s, bodyFrom, cut) >= 16 || cut === s.to) s.found(active.type, p, cut, active.rank)
}

/** Behind the dashes of the END line, or -1. What was searched in vain is not searched again. */
function pemEnd(s: ScannedValue, from: number): number {
  const max = Math.min(s.to, from + PEM_MAX)
  for (let i = Math.max(from, s.reached(NO_END_LINE)); i < max - 8; i++) {
    if (s.b[i] !== 0x45 || s.b[i - 1] !== 0x2d || !hasWord(s.b, i, max, 'end ')) continue
    let e = i
    while (e < max && e < i + 50 && s.b[e] !== 0x2d) e++
    while (e < max && s.b[e] === 0x2d) e++
    return e
  }
  s.advance(NO_END_LINE, Math.max(s.reached(NO_END_LINE), max - 8))
  return -1
}

/** `Proc-Type: 4,ENCRYPTED`, `DEK-Info: ..`, `Comment: ".."`: lines between the label and the body, and the empty one behind them. */
const PEM_HEADERS =
  /^(?:[ \t]{0,4}(?:\r?\n|(?:\\+r)?\\+n)[ \t]{0,8}[A-Z][\w-]{2,30}: [^\n\\]{0,120}){1,8}(?:\r?\n|(?:\\+r)?\\+n)/

function behindHeaders(s: ScannedValue, from: number): number {
  const text = latinText(s.b, from, Math.min(s.to, from + PEM_HEADERS_MAX))
  return from + (PEM_HEADERS.exec(text)?.[0].length ?? 0)
}

const PEM_HEADERS_MAX = 1000

/** End of what may belong to a body without END: base64, line breaks (escaped ones too), headers' colons. */
function pemRun(s: ScannedValue, from: number): number {
  let i = from
  for (;;) {
    i = s.runEnd(i, SETS.base64 | DASH)
    const c = s.at(i)
    if (i >= s.to) return s.to
    if (c === 0x0a || c === 0x0d || c === 0x5c) i++
    else if (c === 0x20 && s.at(i - 1) === 0x0a) i++
    else return i
  }
}

function bodyChars(s: ScannedValue, from: number, to: number): number {
  let n = 0
  const max = Math.min(to, from + 400)
  for (let i = from; i < max; i++) {
    const e = s.runEnd(i, ALNUM | 64 | 128)
    if (Math.min(e, max) - i >= 12) n += Math.min(e, max) - i
    i = Math.max(i, e)
  }
  return n
}

const DER_MIN = 40

/** `MIIEvQIBADANBgkqhkiG..`, `b3BlbnNzaC1rZXktdjEA..`: the beginning of a private key in base64 without the lines around it. */
export function matchDerKey(
  s: ScannedValue,
  p: number,
  _len: number,
  active: ActiveDetector,
): void {
  if (s.isCovered(active.type, p)) return
  const run = runStart(s.b, p, Math.max(s.from, p - 16), SETS.base64)
  const start = Math.min(p, skipEscape(s.b, run, s.from))
  const end = pemRun(s, p)
  if (end - start >= DER_MIN) s.found(active.type, start, end, active.rank)
}

/** `"private_key_id": "<40 hex>"` of a service account file. */
export function matchGcp(s: ScannedValue, p: number, len: number, active: ActiveDetector): void {
  const m = /^[\\"']{0,4}\s{0,3}[:=]\s{0,3}[\\"']{0,4}/.exec(
    latinText(s.b, p + len, Math.min(s.to, p + len + 20)),
  )
  if (m === null) return
  const from = p + len + m[0].length
  const end = s.runEnd(from, SETS.hex)
  if (end - from >= 32 && end - from <= 64) s.found(active.type, from, end, active.rank)
}

const BLOB_MAX = 8192
const BASE64_RUN = SETS.base64_any

/** A run of base64 whose decoded text holds a token: the whole run is masked. Data URLs are left alone. */
export function matchBase64(
  s: ScannedValue,
  p: number,
  _len: number,
  active: ActiveDetector,
): void {
  if (p < s.reached(DECODED)) return
  const low = Math.max(s.from, p - BLOB_MAX)
  const run = runStart(s.b, p, low, BASE64_RUN & ~256)
  const start = Math.min(p, skipEscape(s.b, run, s.from))
  const end = s.runEnd(p, BASE64_RUN)
  // Of a longer run a piece is decoded; it overlaps the next one, so no token lies between two pieces.
  const decodedTo = Math.min(end, start + 2 * BLOB_MAX)
  s.advance(DECODED, decodedTo === end ? end : decodedTo - BLOB_MAX / 4)
  if (end - start < 24) return
  if (lowerText(s.b, Math.max(s.from, start - 8), start).endsWith('base64,')) return
  // Where the run began is not known when it reaches further back: each alignment is tried.
  const shifts = run === low && low > s.from ? 4 : 1
  for (let shift = 0; shift < shifts; shift++) {
    const n = decodeBase64(s.b, start + shift, decodedTo, blob, blob.length)
    const best = active.inner(s.policy, blob, n)
    if (best === null || (best.rank < 5 && !isShortText(blob, n))) continue
    s.found(active.type, start, end, active.rank)
    s.advance(DECODED, end)
    return
  }
}

const blob = new Uint8Array(2 * BLOB_MAX)
/** `{"password":"V"}`, a file of variables: what only a name says is believed where all of it is text, and no long one. */
const SHORT_TEXT_MAX = 3072

function isShortText(b: Uint8Array, length: number): boolean {
  if (length > SHORT_TEXT_MAX) return false
  for (let i = 0; i < length; i++) {
    const c = b[i] as number
    if (c >= 0x7f || (c < 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09)) return false
  }
  return true
}
