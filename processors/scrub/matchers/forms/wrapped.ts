// Tokens that go on in the next line: wrapped by hand, by a mail program or an editor, by a shell's backslash, or joined of two
// strings. Which characters a token is made of is known; the rest must be as random as it was.

import { latinText, runEnd, SETS } from '../../value/bytes.ts'
import { isWordy, mixOf } from '../../value/randomness.ts'
import type { ScannedValue } from '../scanned-value.ts'

const PIECES_MAX = 16
const PIECE_MIN = 6
/** A line that was wrapped because it was full. */
const FULL_LINE = 60
const LOOK_BACK = 200
/** `\` and a line end, `" +` line `"`, `"` line `"`: whoever wrote it said that it goes on. */
const SAID =
  /^(?:\\\r?\n[ \t]{0,16}|\\{1,3}(?:\\r)?\\{0,2}n[ \t]{0,16}|["'`]\s{0,24}(?:[+.&\\]{1,2}(?: _)?)?\s{0,24}["'`]|<wbr ?\/?>)/
/** Quotes of mail, comments, frames of tables and panels stand at its ends. */
const LINE =
  /^[ \t]{0,4}(?:[|*]|\xe2\x94\x82)?[ \t]{0,2}(?:\r?\n|\\+r\\+n|\\+n)(?:[ \t>|#*]|\xe2\x94\x82){0,16}/

/** The end of a token whose first piece ends at `end`; `end` itself when it does not go on. */
export function wrappedEnd(s: ScannedValue, start: number, end: number, mask: number): number {
  let at = end
  for (let n = 0; n < PIECES_MAX; n++) {
    const next = nextPiece(s, start, at, mask)
    if (next === at) return at
    at = next
  }
  return at
}

function nextPiece(s: ScannedValue, start: number, end: number, mask: number): number {
  const c = s.at(end)
  if (
    c !== 0x5c &&
    c !== 0x0a &&
    c !== 0x0d &&
    c !== 0x22 &&
    c !== 0x27 &&
    c !== 0x60 &&
    c !== 0x20 &&
    c !== 0x3c
  )
    return end
  const text = latinText(s.b, end, Math.min(s.to, end + 48))
  const said = SAID.exec(text)
  const isLine = said === null && (isFullLine(s, start, end) || isInBlock(s, start, end))
  const gap = said ?? (isLine ? LINE.exec(text) : null)
  if (gap === null) return end
  const from = end + gap[0].length
  const to = runEnd(s.b, from, s.to, mask)
  if (to - from < PIECE_MIN || isWordy(s.b, from, to)) return end
  if ((mixOf(s.b, from, to) & SETS.digits) === 0 && to - from < 24) return end
  return isPieceEnd(s.at(to)) ? to : end
}

/** The line that ends at `end` is as long as lines are, or the token fills it. */
function isFullLine(s: ScannedValue, start: number, end: number): boolean {
  const before = latinText(s.b, Math.max(s.from, end - LOOK_BACK), end)
  const line = before.length - Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\\n')) - 1
  return line >= FULL_LINE && end - start >= 16
}

/** The token stands alone in the first line of a block of YAML: `key: >-` and its lines. */
function isInBlock(s: ScannedValue, start: number, end: number): boolean {
  const before = latinText(s.b, Math.max(s.from, start - BLOCK_BACK), Math.min(end, start + 1))
  return BLOCK.test(before)
}

const BLOCK_BACK = 120
const BLOCK = /[:-] [>|][-+]?\d?[ \t]{0,4}(?:\r?\n|(?:\\+r)?\\+n)[ \t]{1,24}[\w.-]{1,40}$/

/** A word that goes on with other characters is text. */
function isPieceEnd(c: number): boolean {
  return (
    c <= 0x20 ||
    c === 0x22 ||
    c === 0x27 ||
    c === 0x60 ||
    c === 0x5c ||
    c === 0x3b ||
    c === 0x2c ||
    c === 0x29 ||
    c === 0x7d ||
    c === 0x3c
  )
}

/**
 * A token that is shorter than its kind goes on with the word that begins the next line, when that is drawn of the same
 * characters: `ghp_` and 20 in one line, 16 in the next. 0 = it does not.
 */
export function wrappedShortEnd(
  s: ScannedValue,
  start: number,
  end: number,
  mask: number,
  least: number,
): number {
  const mix = mixOf(s.b, start, end)
  if (end - start < PIECE_MIN || (mix & SETS.digits) === 0 || mix === SETS.digits) return 0
  const gap = LINE.exec(latinText(s.b, end, Math.min(s.to, end + 48)))
  if (gap === null) return 0
  const from = end + gap[0].length
  const to = runEnd(s.b, from, s.to, mask)
  if (end - start + (to - from) < least || to - from < PIECE_MIN) return 0
  return mixOf(s.b, from, to) !== mix || isWordy(s.b, from, to) || !isPieceEnd(s.at(to)) ? 0 : to
}
