// The words of a wallet (BIP 39): twelve to twenty-four of them behind words that announce them. The list of all words is not
// needed: prose has short words and words of grammar within a line, these lists have none.

import { isDigit, latinText } from '../../value/bytes.ts'
import type { ActiveDetector } from '../active-detector.ts'
import type { ScannedValue } from '../scanned-value.ts'

const LOOK_MAX = 520
/** Between what announces the words and the first of them: a bracket, up to four other words, a sign or a new line. */
const LEAD =
  /^[a-z\x80-\xff]{0,12}(?:\(s\))?[\\"'`*_)\]]{0,4}(?: \([^()\n]{1,30}\))?(?: [a-z\x80-\xff]{1,12}){0,6}?[ \t]?(?:[:=\-\u2013>,]|\xe2\x80[\x93\x94]|\xef\xbc\x9a|\xe6\x98\xaf|\xe3\x81\xaf)[ \t]{0,4}(?:[[(]\s{0,4})?(?:\r?\n|\\+n){0,2}[ \t]{0,8}[\\"'`*_([]{0,4}|^[a-z]{0,2}[\\"'`*_)\]]{0,4}(?: (?:seed|key|secret|is|was|are|words?|phrase|of (?:my|the|our) wallet|for (?:my|the|our) wallet|lautet|est|es|ist)){0,3}[ \t]{0,4}(?:\r?\n|\\+n){0,2}[ \t]{0,8}[\\"'`*_([]{0,4}/
/** Without one the words behind go on with the sentence. */
const TIES = /[:=>\-"'`([\n\x80-\xff]|\\n|\b(?:is|was|are|lautet|est|es|ist)\b/
const WORD = /(?:\d{1,2}[.):]? {0,2})?([a-z]{3,8})(?![a-z])/iy
const SEPARATOR =
  /(?:[\\"'`]{0,3}(?:,|;|\||-)[ \t]{0,2}[\\"'`]{0,3}|[ \t]{1,3}|[ \t]*(?:\r?\n|\\+n)[ \t]{0,8})/y
const OF_WALLET = /wallet|seed|recover|restor|import|backup|ledger|trezor|phrase/i
const WALLET_BACK = 80
const COUNTS = [24, 21, 18, 15, 12]
/** Words of grammar that are in no list of such words. */
const GRAMMAR = new Set(
  'the and for your are was with not but from has been were which these them his her our its than while who how did does had per via yes'.split(
    ' ',
  ),
)

export function matchSeedWords(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  const start = p + len
  // A number of words is said of much else.
  if (isDigit(s.b[p]) && !OF_WALLET.test(latinText(s.b, Math.max(s.from, p - WALLET_BACK), p)))
    return
  const text = latinText(s.b, start, Math.min(s.to, start + LOOK_MAX))
  const lead = LEAD.exec(text)?.[0] ?? ''
  if (!TIES.test(lead)) return
  const ends = wordEnds(text, lead.length)
  const count = COUNTS.find((n) => ends.length >= n)
  if (count !== undefined)
    s.found(active.type, start + lead.length, start + (ends[count - 1] as number), active.rank)
}

/** Where each word of the list ends, up to the first that can be none. */
function wordEnds(text: string, from: number): number[] {
  const ends: number[] = []
  let at = from
  while (ends.length < 24) {
    WORD.lastIndex = at
    const m = WORD.exec(text)
    if (m === null || GRAMMAR.has((m[1] ?? '').toLowerCase())) break
    at += m[0].length
    ends.push(at)
    SEPARATOR.lastIndex = at
    const gap = SEPARATOR.exec(text)
    if (gap === null) break
    at += gap[0].length
  }
  return ends
}
