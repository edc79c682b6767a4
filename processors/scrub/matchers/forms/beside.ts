// Values that stand beside their name: another attribute of the same tag, the argument behind a selector, the cell at the same
// place of a list, the answer to a question. The form alone says little, so the value must look like a secret by itself.

import { latinText } from '../../value/bytes.ts'
import type { ActiveDetector } from '../active-detector.ts'
import type { NameRange } from '../assignment-forms.ts'
import type { Subject } from '../subject.ts'

/** Does a value look like a secret without any help? */
export type ValueCheck = (text: string, s: Subject, from: number, to: number) => boolean

const TAG_MAX = 400
const LIST_BACK = 600
const LIST_AHEAD = 2000
const ROWS_MAX = 50
const Q = String.raw`\\*["'${'`'}]`

/** Reports what stands beside the name; true when anything did. */
export function matchBeside(
  s: Subject,
  name: NameRange,
  active: ActiveDetector,
  check: ValueCheck,
): boolean {
  const isClosed = CLOSES[s.at(name.to)] === 1
  const isAsked = isQuestion(s, name.to)
  // Most names in prose: neither a quote or bracket behind them nor a question mark.
  if ((!isClosed && !isAsked) || !s.mayLook(LIST_BACK + LIST_AHEAD)) return false
  const before = latinText(s.b, Math.max(s.from, name.from - LIST_BACK), name.from)
  const behind = latinText(s.b, name.to, Math.min(s.to, name.to + LIST_AHEAD))
  const at = { s, active, check, from: name.from - before.length, to: name.to, before, behind }
  if (isAsked && inAnswer(at)) return true
  if (!isClosed) return behindSelector(at)
  return inTag(at) || behindSelector(at) || atSamePlace(at)
}

const CLOSES = new Uint8Array(256)
for (const c of `"'\`\\])},;-_/`) CLOSES[c.charCodeAt(0)] = 1
const QUESTION_REACH = 90
const QUESTION_MARK = 0x3f

/** A question mark stands within reach, in the same line. */
function isQuestion(s: Subject, from: number): boolean {
  const to = Math.min(s.to, from + QUESTION_REACH)
  for (let i = from; i < to; i++) {
    const c = s.b[i]
    if (c === QUESTION_MARK) return true
    if (c === 0x22 || c === 0x0a || c === 0x5c) return false
  }
  return false
}

interface Place {
  readonly s: Subject
  readonly active: ActiveDetector
  readonly check: ValueCheck
  /** Where `before` begins and `behind` does. */
  readonly from: number
  readonly to: number
  readonly before: string
  readonly behind: string
}

function report({ s, active, check }: Place, from: number, value: string): boolean {
  if (!check(value, s, from, from + value.length)) return false
  s.found(active.type, from, from + value.length, active.rank)
  return true
}

const TAG_VALUE = new RegExp(
  String.raw`[\s"'](?:value|content|text)\s?=\s?(?:${Q})?([^\s"'${'`'}<>\\]{4,256})`,
  'i',
)

/** `<input type="password" name="pw" value="V">`, in any order. */
function inTag(at: Place): boolean {
  const open = at.before.slice(-TAG_MAX).lastIndexOf('<')
  if (open < 0) return false
  const left = at.before.slice(-TAG_MAX).slice(open)
  if (left.includes('>') || !/^<[a-z][\w-]{0,20}\s/i.test(left)) return false
  const close = at.behind.slice(0, TAG_MAX).indexOf('>')
  const tag =
    left +
    ' '.repeat(at.to - at.from - at.before.length) +
    at.behind.slice(0, close < 0 ? TAG_MAX : close)
  const m = TAG_VALUE.exec(tag)
  if (m === null) return false
  const end = at.from + at.before.length - left.length + m.index + m[0].length
  return report(at, end - (m[1] ?? '').length, m[1] ?? '')
}

const ENDS = String.raw`[\w -]{0,24}(?:[\\"'${'`'}\])/]{1,8})`
const SELECTOR = new RegExp(
  String.raw`^${ENDS}(?:\s{0,2},\s{0,8}(?:(?:${Q})?(?:with|text|value|content|keys|input)(?:${Q})?\s{0,2}[:=]\s{0,2})?|\s{0,2}\)?\s{0,8}\.(?:fill|fill_in|type|send_keys|sendKeys|set|setValue|set_value|setText|val|input|enterText|enter_text|typeText|replaceText|pressSequentially|press_sequentially|clear_and_type|addValue)\(\s{0,4})(?:${Q})([^\s"'${'`'}\\]{4,256})(?=${Q})`,
)

/** `page.fill('input[name="password"]', 'V')`, `cy.get('#password').type('V')`. */
function behindSelector(at: Place): boolean {
  const m = SELECTOR.exec(at.behind)
  if (m === null) return false
  const end = at.to + m[0].length
  return report(at, end - (m[1] ?? '').length, m[1] ?? '')
}

const ROW_KEY =
  /(?:\bvalues?\b|\bargs\b|\barguments\b|\bparams\b|\bparameters\b|\bdata\b|\brows?\b|\brecords?\b|\bcells\b|\bbindings?\b)["'`\\]{0,4}\s{0,4}[:=]?\s{0,4}(?=[[(])/gi
/** The same for a quick look. */
const ROW_NAME = /value|arg|param|data|row|record|cell|binding/i
const CLOSE_MAX = 400
const PLACEHOLDERS = /^[[(]\s{0,4}(?:%s|\?|\$\d|:\w|%\(|@\w)/

/** The cell at the place of the name: `(name, password) VALUES ('jo', 'V')`, `"columns": [..], "rows": [[..]]`, `"args": [..], "argnames": [..]`. */
function atSamePlace(at: Place): boolean {
  const open = Math.max(at.before.lastIndexOf('['), at.before.lastIndexOf('('))
  if (open < 0) return false
  const close = at.behind.slice(0, CLOSE_MAX).search(/[\])]/)
  if (close < 0 || !ROW_NAME.test(at.before.slice(0, open) + at.behind.slice(close, close + 240)))
    return false
  const left = cellsOf(at.before.slice(open))
  if (left === null) return false
  const right = at.behind.slice(0, close).split(',').length - 1
  const place = left.length - 1
  const count = place + right + 1
  if (count < 2) return false
  let isFound = false
  for (const list of listsBehind(at, close + 1)) isFound = cellAt(at, list, place, count) || isFound
  if (isFound) return true
  for (const list of listsBefore(at, open)) isFound = cellAt(at, list, place, count) || isFound
  return isFound
}

/** Positions of lists in the text, absolute. */
function listsBehind(at: Place, from: number): number[] {
  const out: number[] = []
  ROW_KEY.lastIndex = from
  const m = ROW_KEY.exec(at.behind)
  if (m === null || m.index - from > 200) return out
  let open = m.index + m[0].length
  const isPrepared = PLACEHOLDERS.test(at.behind.slice(open, open + 12))
  if (isPrepared) {
    const next = /["'`]{1,3}\s{0,4},\s{0,8}(?=[[(])/.exec(at.behind.slice(open))
    if (next === null) return out
    open += next.index + next[0].length
  }
  for (let n = 0; n < ROWS_MAX; n++) {
    // A list of rows: the first row begins at the next bracket.
    if (/^[[(]\s{0,8}[[(]/.test(at.behind.slice(open, open + 12)))
      open = at.behind.slice(open + 1).search(/[[(]/) + open + 1
    out.push(at.to + open)
    const end = at.behind.slice(open).search(/[\])]/)
    const more = end < 0 ? null : /^[\])]\s{0,4},\s{0,8}(?=[[(])/.exec(at.behind.slice(open + end))
    if (more === null) return out
    open += end + more[0].length
  }
  return out
}

function listsBefore(at: Place, open: number): number[] {
  const text = at.before.slice(0, open)
  const out: number[] = []
  for (const m of text.matchAll(ROW_KEY)) out.push(at.from + m.index + m[0].length)
  return out
}

/** Judges cell `place` of the list at `from`, which must have `count` of them. */
function cellAt(at: Place, from: number, place: number, count: number): boolean {
  const text = latinText(at.s.b, from, Math.min(at.s.to, from + LIST_AHEAD))
  const end = text.search(/[\])](?!["'`\\])/)
  const cells = cellsOf(end < 0 ? text : text.slice(0, end))
  if (cells === null || cells.length !== count) return false
  const cell = cells[place] as { at: number; text: string }
  const m = /^([\s"'`\\]*)(.*?)[\s"'`\\]*$/s.exec(cell.text)
  if (m === null || m[2] === '') return false
  return report(at, from + cell.at + (m[1] ?? '').length, m[2] ?? '')
}

/** The cells behind an opening bracket; quoted ones may hold commas. Null when there are too many. */
function cellsOf(list: string): { at: number; text: string }[] | null {
  const out: { at: number; text: string }[] = []
  let from = 1
  let quote = ''
  for (let i = 1; i <= list.length; i++) {
    const c = list[i] ?? ''
    if (quote !== '') {
      if (c === quote) quote = ''
      if (i < list.length) continue
    } else if (c === '"' || c === "'" || c === '`') quote = c
    if ((quote === '' && c === ',') || i === list.length) {
      out.push({ at: from, text: list.slice(from, i) })
      from = i + 1
      if (out.length > 64) return null
    }
  }
  return out
}

/** The rest of the question, then the next member that may be the answer. */
const QUESTION = /^[^?"\n\\]{0,80}[?:](?:[^"\n\\]{0,60})/
const ANSWER_IN_JSON = new RegExp(
  String.raw`^\\*"[^"{}]{0,4}(?:[}\]]\s{0,8},\s{0,8}[{[]\s{0,8}|,\s{0,8})(?:\\*"[\w.-]{1,24}\\*"\s{0,4}:\s{0,4}(?:\\*"[^"]{0,60}\\*"|[\w.-]{1,20}|(?:[{[]\s{0,8}){1,2})\s{0,4},?\s{0,8}){0,4}\\*"(?:content|text|answer|value|message|body|response|reply|output|input|a)\\*"\s{0,4}:\s{0,4}\\*"`,
)
const ANSWER_LINE =
  /^(?:\r?\n|\\+n){1,2}[ \t]{0,8}(?:[-*>]{1,3} ?)?(?:\**[A-Za-z][\w .-]{0,24}\**: ?)?["'`]{0,2}/
const ANSWER_MAX = 160
/** Who answers with the secret says little else. */
const ANSWER_WORDS_MAX = 8
/** "How do I change my password?", "What is a password?" */
const ABOUT_IT = /\b(?:how|why|when|where|which|whether|an?)\b[^.!?\n"\\]{0,60}$/i

/** "What is your password?", and the next message says it. */
function inAnswer(at: Place): boolean {
  const q = QUESTION.exec(at.behind)
  if (q === null || !q[0].includes('?') || ABOUT_IT.test(at.before)) return false
  const rest = at.behind.slice(q[0].length)
  const open = ANSWER_IN_JSON.exec(rest) ?? ANSWER_LINE.exec(rest)
  if (open === null) return false
  const from = q[0].length + open[0].length
  const answer = /^[^"\n\\]*/.exec(at.behind.slice(from, from + ANSWER_MAX))?.[0] ?? ''
  if (answer.split(/\s+/).length > ANSWER_WORDS_MAX) return false
  for (const m of answer.matchAll(/[^\s"',;()]+/g)) {
    const value = m[0].replace(/[.!?:]+$/, '')
    if (report(at, at.to + from + m.index, value)) return true
  }
  return false
}
