// "the password for the staging database is X": the value of a name in the sentence that goes on behind it.

import { isDigit, latinText } from '../value/bytes.ts'
import type { NameRange } from './assignment-forms.ts'
import { Progress, type ScannedValue } from './scanned-value.ts'

/** No digit stands between the last name that asked and this. */
const NO_DIGIT = new Progress()

const OTHER_NUMBER = /^:-?\d{1,24}(?:\.\d{1,24})?(?:e[-+]?\d{1,3})?[,}\]]{0,4}$/i
const WORDS_MAX = 9
const PROSE_MAX = 120
/** What links a name and its value in a sentence, as latin1 of UTF-8. */
const COPULA =
  /^(?:is|ist|es|est|era|was|are|be|lautet|war|from|von|\xc3\xa9|\xc3\xa8|\xc3\xa4r|er|to|je|jest|on|este|l\xc3\xa0|adalah|olan|\xe0\xb8\x84\xe0\xb8\xb7\xe0\xb8\xad|\xd7\x94\xd7\x99\xd7\x90|\xd7\x94\xd7\x95\xd7\x90|\xd9\x87\xd9\x8a|\xd9\x87\xd9\x88|\xe0\xa4\xb9\xe0\xa5\x88|\xce\xb5\xce\xaf\xce\xbd\xce\xb1\xce\xb9|-|\xe2\x80[\x93\x94])$|[:\x84\x8e\x9c]$|(?:\xe0\xb8\x84\xe0\xb8\xb7\xe0\xb8\xad)$/

export interface ProseValue {
  readonly from: number
  readonly to: number
  /** "is", a colon or a quote stands right before it. */
  readonly linked: boolean
}

/** "the password for the staging database is X": the first word with a digit in the sentence that goes on. */
export function valueInSentence(s: ScannedValue, name: NameRange): ProseValue | null {
  const end = Math.min(s.to, name.to + PROSE_MAX)
  if (s.reached(NO_DIGIT) >= end || !goesOnToDigit(s, name.to, end)) return null
  const text = latinText(s.b, name.to, end)
  if (!/^[\s"'`,*\x80-\xff]/.test(text)) return null
  let linked = false
  let words = 0
  const lineEnd = text.search(/[\n\r]/)
  for (const m of text.matchAll(/[^\s"'`]+/g)) {
    const word = m[0]
    if ((lineEnd >= 0 && m.index > lineEnd) || ++words > WORDS_MAX) return null
    const isQuoted = isQuote(text.charCodeAt(m.index - 1))
    // Between two strings of a list.
    if (word === ',') return null
    // "the password for 10.0.0.5 is V", "of the 2 hosts"
    if (!linked && isInPassing(word, text.slice(m.index + word.length))) continue
    // `"token":" the","logprob":-0.52,`: the number of another key.
    if (isQuoted && OTHER_NUMBER.test(word)) return null
    if (/[(){}[\]|\\<>=]/.test(word.slice(1, -1)) || OPERATOR.test(word)) return null
    if (/\d/.test(word)) return valueOfWord(name.to + m.index, word, linked || isQuoted)
    // A sentence or clause ends, code begins.
    if (/[.!?;=(){}[\]<>|\\]$|[=(){}[\]<>|\\]/.test(word)) return null
    linked = COPULA.test(word)
  }
  return null
}

function isQuote(c: number): boolean {
  return c === 0x22 || c === 0x27 || c === 0x60
}

/** An address, a small number or a host that a sentence goes on behind. */
const IN_PASSING =
  /^(?:\d{1,5}|(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?|[a-z]{2,14}-\d{1,3}|[a-z][a-z-]{1,14}\d{1,3}(?:\.[a-z][a-z-]{1,20}){1,4})$/

function isInPassing(word: string, behind: string): boolean {
  return IN_PASSING.test(word) && /^ \S/.test(behind)
}

const OPERATOR = /^(?:&&|\|\||[=!<>]+|\?)$/
/** Opening brackets and quotes before a value, and what ends a sentence behind it, as latin1 of UTF-8. */
const LEAD = /^(?:[([*_]|\xe2\x80[\x98\x9c]|\xe3\x80[\x8c\x8e]|\xc2\xab)+/
const TAIL =
  /(?:[.,;:!?)\]*]|\xe2\x80[\x99\x9d]|\xe3\x80[\x8d\x8f\x82]|\xc2\xbb)*(?:[\xe0-\xf4][\x80-\xbf].*)?$/

/** A word of a sentence without the marks around it. */
function valueOfWord(at: number, word: string, isLinked: boolean): ProseValue | null {
  const lead = LEAD.exec(word)?.[0] ?? ''
  const tail = TAIL.exec(word)?.[0] ?? ''
  const from = at + lead.length
  const to = at + word.length - tail.length
  return to <= from ? null : { from, to, linked: isLinked || lead !== '' }
}

/** False when the sentence that begins at `p` ends, code begins or too many words stand before the word of the first digit. */
function goesOnToDigit(s: ScannedValue, p: number, end: number): boolean {
  let words = 0
  let last = 0
  let isCode = false
  for (let i = p; i < end; i++) {
    const c = s.b[i] as number
    if (isDigit(c)) return true
    const kind = IN_PROSE[c] as number
    if (kind === PROSE.BREAK) return false
    if (kind === PROSE.SPACE) {
      if (isCode || IN_PROSE[last] === PROSE.STOP) return false
    } else {
      if ((IN_PROSE[last] === PROSE.SPACE || i === p) && ++words > WORDS_MAX) return false
      if (kind === PROSE.CODE) isCode = true
    }
    last = c
  }
  s.advance(NO_DIGIT, Math.max(s.reached(NO_DIGIT), end))
  return false
}

/** "from V to V", "V, the new one is V", "V or V": what goes on with another value of the same name. */
const ANOTHER =
  /^\\*["'`]?,?(?: (?:and|und|et|y|e))?(?: (?:to|or|auf|zu|into|in|nach|para|a|\xc3\xa0|vers|naar|->|\xe2\x86\x92|(?:the )?new(?: one)?(?: is| was|:)?)) \\*["'`]?([^\s"'`\\]{6,64})/

/** The value that the sentence names behind the one that ends at `p`, or null. */
export function anotherValue(s: ScannedValue, p: number): ProseValue | null {
  const m = ANOTHER.exec(latinText(s.b, p, Math.min(s.to, p + 120)))
  if (m === null) return null
  const word = m[1] ?? ''
  return valueOfWord(p + m[0].length - word.length, word, true)
}

const PROSE = { LETTER: 0, SPACE: 1, BREAK: 2, STOP: 3, CODE: 4 } as const
const IN_PROSE = new Uint8Array(256)
for (const c of ' \t\v\f\u00a0"\'`') IN_PROSE[c.charCodeAt(0)] = PROSE.SPACE
for (const c of '\r\n') IN_PROSE[c.charCodeAt(0)] = PROSE.BREAK
for (const c of '.!?;') IN_PROSE[c.charCodeAt(0)] = PROSE.STOP
for (const c of '=(){}[]<>|\\') IN_PROSE[c.charCodeAt(0)] = PROSE.CODE
