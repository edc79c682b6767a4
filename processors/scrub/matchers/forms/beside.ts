// Values that stand beside their name: another attribute of the same tag, the argument behind a selector, the cell at the same
// place of a list, the answer to a question. The form alone says little, so the value must look like a secret by itself.

import { classOf, latinText, SETS } from '../../value/bytes.ts'
import { Progress, type ScannedValue } from '../scanned-value.ts'
import { Place, Q, type Reported, report, SLASH, SPACE, TAG_MAX, type ValueCheck } from './place.ts'

const LIST_BACK = 600
const LIST_AHEAD = 2000

/** What closes the string or bracket that a name stands in. */
export const CLOSES = new Uint8Array(256)
for (const c of `"'\`\\])},;-_/:`) CLOSES[c.charCodeAt(0)] = 1
const TAG_VALUE = new RegExp(
  String.raw`[\s"'](?:value|content|text)\s?=\s?(?:${Q})?([^\s"'${'`'}<>\\]{4,256})`,
  'i',
)

/** `<input type="password" name="pw" value="V">`, in any order. */
export function inTag(at: Place): boolean {
  const open = openBefore(at.s, at.from, TAGS, TAG_MAX)
  if (open < 0) return false
  const left = latinText(at.s.b, open, at.from)
  if (left.includes('>') || !/^<[a-z][\w-]{0,20}\s/i.test(left)) return false
  const behind = at.behind(TAG_MAX)
  const close = behind.indexOf('>')
  const tag = left + ' '.repeat(at.to - at.from) + behind.slice(0, close < 0 ? TAG_MAX : close)
  const m = TAG_VALUE.exec(tag)
  if (m === null) return inElement(at, behind)
  const end = open + m.index + m[0].length
  return report(at, end - (m[1] ?? '').length, m[1] ?? '')
}

const ELEMENT =
  /^[^<>]{0,200}>\s{0,24}<(?:value|string|val|text)>\s{0,24}([^<>\s]{4,256})\s{0,24}<\//i

/** `<setting name="Password" x="y"><value>V</value>`. */
function inElement(at: Place, behind: string): boolean {
  const m = ELEMENT.exec(behind)
  if (m === null) return false
  const value = m[1] ?? ''
  return report(at, at.to + m[0].lastIndexOf(value), value)
}

const NEXT_FIELD = new RegExp(
  String.raw`^ ?[:*]?\s{0,4}(?:</?[a-z][a-z0-9]{0,9}(?: [^<>]{0,80})?>\s{0,8}){0,4}<(?:input|textarea)\b[^<>]{0,200}?\bvalue\s?=\s?(?:${Q})([^\s"'<>\\]{4,256})`,
  'i',
)

/** `<label>Password</label><input value="V">`. */
export function inNextField(at: Place): boolean {
  const m = NEXT_FIELD.exec(at.behind(TAG_MAX))
  if (m === null) return false
  const end = at.to + m[0].length
  return report(at, end - (m[1] ?? '').length, m[1] ?? '')
}

export const LESS_THAN = 0x3c
const SQUARE = 0x5b
const ROUND = 0x28

/** How far a value was read for a kind of opening bracket, and where the last one before that stands. */
class Openings {
  readonly read = new Progress()
  readonly at = new Progress()
  readonly isOpening: (c: number) => boolean

  constructor(isOpening: (c: number) => boolean) {
    this.isOpening = isOpening
  }
}

const TAGS = new Openings((c) => c === LESS_THAN)
const LISTS = new Openings((c) => c === SQUARE || c === ROUND)

/** The last opening bracket before `p`, at most `reach` before it; -1 when there is none. Each byte is read once. */
function openBefore(s: ScannedValue, p: number, openings: Openings, reach: number): number {
  const done = s.reached(openings.read)
  // A name that stands before what was read is rare: another matcher has led to it.
  if (p < done) return scanBack(s, p, openings, reach)
  const found = scanBack(s, p, openings, p - done)
  if (found >= 0) s.advance(openings.at, found)
  s.advance(openings.read, p)
  const at = found >= 0 ? found : done === s.from ? -1 : s.reached(openings.at)
  return at >= 0 && s.b[at] !== undefined && openings.isOpening(s.b[at]) && p - at <= reach
    ? at
    : -1
}

function scanBack(s: ScannedValue, p: number, { isOpening }: Openings, reach: number): number {
  const low = Math.max(s.from, p - reach)
  for (let i = p - 1; i >= low; i--) if (isOpening(s.b[i] as number)) return i
  return -1
}

const ENDS = String.raw`[\w -]{0,24}(?:/[a-z]{1,2}(?=\)))?(?:[\\"'${'`'}\])/]{1,8})`
const SELECTOR = new RegExp(
  String.raw`^${ENDS}(?:\s{0,2},\s{0,8}(?:(?:${Q})?(?:with|text|value|content|keys|input)(?:${Q})?\s{0,2}[:=]\s{0,2})?|\s{0,2}\)?\.(?:value|text|innerText|innerHTML)\s{0,2}=\s{0,2}|\s{0,2}\)?\s{0,2}[;\n]\s{0,8}(?:\w{1,20}\.){0,2}(?:type|fill|write|enter|input)\w{0,12}\(\s{0,4}|\s{0,2}\)?(?:\s{0,4}\.(?:clear|click|focus|first|last)\(\)){0,2}\s{0,8}\.(?:fill|fill_in|type|send_keys|sendKeys|set|setValue|set_value|setText|val|input|enterText|enter_text|typeText|replaceText|pressSequentially|press_sequentially|clear_and_type|addValue|typeIntoElement|perform\((?:typeText|replaceText))\(\s{0,4})(?:\w{1,12}\()?(?:${Q})([^\s"'${'`'}\\]{4,256})(?=${Q})`,
)

/** The longest value with what stands before it. */
const SELECTOR_MAX = 420

/** Behind the rest of the name and what closes it a comma, a dot or a bracket follows. */
function isSelector(s: ScannedValue, p: number): boolean {
  let i = p
  while (i < p + 24 && isOfName(s.at(i))) i++
  const close = i
  // `/password/i`
  if (s.at(i) === SLASH) for (i++; isOfName(s.at(i)) && i < close + 4; ) i++
  while (i < close + 8 && CLOSES[s.at(i)] === 1 && s.at(i) !== 0x2c) i++
  while (isSpace(s.at(i))) i++
  const c = s.at(i)
  return i > close && (c === 0x2c || c === 0x2e || c === 0x29 || c === 0x3b)
}

function isOfName(c: number): boolean {
  return c === 0x20 || (classOf(c) & SETS.word_dash) !== 0
}

function isSpace(c: number): boolean {
  return c === 0x20 || (c >= 9 && c <= 13)
}

/** `page.fill('input[name="password"]', 'V')`, `cy.get('#password').type('V')`. */
export function behindSelector(at: Place): boolean {
  if (!isSelector(at.s, at.to)) return false
  const m = SELECTOR.exec(at.behind(SELECTOR_MAX))
  if (m === null) return false
  const end = at.to + m[0].length
  return report(at, end - (m[1] ?? '').length, m[1] ?? '')
}

const ROW_KEY =
  /(?:\bvalues?\b|\bargs\b|\barguments\b|\bparams\b|\bparameters\b|\bdata\b|\brows?\b|\brecords?\b|\bcells\b|\bbindings?\b)["'`\\]{0,4}\s{0,4}[:=]?\s{0,4}(?=[[(])/gi
/** The same for a quick look. */
const ROW_NAME = /value|arg|param|data|row|record|cell|binding/gi
const CLOSE_MAX = 400
/** How far behind the names what the values are called may stand. */
const NAME_REACH = 240
/** A prepared statement stands between the names and the values. */
const ROWS_REACH = 400
/** Of lists before the names the last ones are asked. */
const LISTS_BEFORE = 2
const PLACEHOLDERS = /^[[(]\s{0,4}(?:%s|\?|\$\d|:\w|%\(|@\w)/

/** Names of values were looked for up to here. */
const ROWS_READ = new Progress()
/** Behind the first letter of the last one. */
const ROWS_AT = new Progress()
/** The longest of such names. */
const ROW_NAME_MAX = 8

/** A name of values stands in `[from, to)`. Each byte is read once for all lists. */
function isNearRows(s: ScannedValue, from: number, to: number): boolean {
  const start = Math.max(from, s.reached(ROWS_READ) - ROW_NAME_MAX)
  if (to > s.reached(ROWS_READ)) {
    s.spend(to - start)
    for (const m of latinText(s.b, start, to).matchAll(ROW_NAME))
      s.advance(ROWS_AT, start + m.index + 1)
    s.advance(ROWS_READ, to)
  }
  return s.reached(ROWS_AT) > from
}

/**
 * Finds the cell whose position in its list is that of the name: `(name, password) VALUES ('jo', 'V')`,
 * `"columns": [..], "rows": [[..]]`, `"args": [..], "argnames": [..]`.
 */
export function atSamePlace(at: Place): boolean {
  const { s } = at
  const open = openBefore(s, at.from, LISTS, LIST_BACK)
  if (open < 0) return false
  // A bracket was closed since, or the list is none of names.
  for (let i = open + 1; i < at.from; i++) if (BRACKETS[s.at(i)] === 1) return false
  const before = latinText(s.b, open, at.from)
  const close = closeBehind(s, at.to)
  if (close < 0) return false
  const left = cellsOf(before)
  if (left === null) return false
  const right = latinText(s.b, at.to, close).split(',').length - 1
  const place = left.length - 1
  const count = place + right + 1
  if (count < 2) return false
  s.spend(close - open)
  const assigned = ASSIGNED_ROW.exec(latinText(s.b, close, Math.min(s.to, close + 24)))
  if (assigned !== null && cellsAt(at, close + assigned[0].length, place, count)) return true
  const low = Math.max(s.from, at.from - LIST_BACK)
  if (!isNearRows(s, low, Math.min(s.to, close + NAME_REACH))) return false
  const behind = latinText(s.b, close, Math.min(s.to, close + ROWS_REACH))
  s.spend(behind.length)
  if (cellsAt(at, listBehind(behind, close), place, count)) return true
  const ahead = latinText(s.b, low, open)
  let isFound = false
  ROW_KEY.lastIndex = 0
  for (const m of [...ahead.matchAll(ROW_KEY)].slice(-LISTS_BEFORE)) {
    const from = low + m.index + m[0].length
    isFound = cellAt(at, from, rowEnd(s, from), place, count) || isFound
  }
  return isFound
}

const BRACKETS = new Uint8Array(256)
for (const c of '])}{') BRACKETS[c.charCodeAt(0)] = 1

/** `SET (name, password) = ('jo', 'V')` */
const ASSIGNED_ROW = /^\)\s{0,4}=\s{0,4}(?:ROW\s?)?(?=\()/i

/** Where the first of the lists in the text behind `from` begins, absolute; -1 = there is none. */
function listBehind(behind: string, from: number): number {
  ROW_KEY.lastIndex = 1
  const m = ROW_KEY.exec(behind)
  if (m === null || m.index > NAME_REACH) return -1
  const open = m.index + m[0].length
  if (!PLACEHOLDERS.test(behind.slice(open, open + 12))) return from + open
  const next = BEHIND_STATEMENT.exec(behind.slice(open))
  if (next !== null) return from + open + next.index + next[0].length
  // `[SQL: .. VALUES (%s, %s)] [parameters: ('jo', 'V')]`
  const named = ROW_KEY.exec(behind)
  return named === null ? -1 : from + named.index + named[0].length
}

/** `.. values (?, ?)", [`, and no name between. */
const BEHIND_STATEMENT = /["'`]{1,3}\s{0,4},\s{0,8}(?=[[(])/

const EQUALS = 0x3d

/** A sign, and behind it a question mark, dollar or percent sign. */
function isBoundSign(s: ScannedValue, p: number): boolean {
  const at = s.at(p) === EQUALS ? p + 1 : s.at(p + 1) === EQUALS ? p + 2 : 0
  if (at === 0) return false
  const c = s.at(at) === SPACE ? s.at(at + 1) : s.at(at)
  return c === 0x3f || c === 0x24 || c === 0x25
}

const LETTER_S = 0x73

/** `password = $1` and its argument, `"secrets": {..}` and its values. */
export function inBindingOrMap(
  s: ScannedValue,
  name: { readonly from: number; readonly to: number },
  active: Reported,
  check: ValueCheck,
): boolean {
  const isPlural = (s.at(name.to - 1) | 0x20) === LETTER_S
  if (isBoundSign(s, name.to)) return boundTo(new Place(s, name, active, check))
  return isPlural && inMap(new Place(s, name, active, check))
}

/** `"secrets": {"db": "V", "mail": "V"}`: a map whose name says what all of its values are. */
const MAP = /^\\*["']?\s{0,2}[:=]\s{0,3}\{(?=\s{0,12}\\*["'])/
const MAP_MAX = 1200
/** What stands in such a map besides. */
const OF_NO_SECRET =
  /(?:expir\w*|times?|date|at|id|ids|names?|user|url|uri|host|region|type|email|scopes?|version|arn|path|project|account)$/i
const MAP_PAIR = new RegExp(
  String.raw`${Q}([\w.-]{1,64})(?:${Q})\s{0,2}:\s{0,2}(?:${Q})([^"'\\\n]{6,256})(?=${Q})`,
  'g',
)

function inMap(at: Place): boolean {
  const { s } = at
  const head = MAP.exec(latinText(s.b, at.to, Math.min(s.to, at.to + 32)))?.[0]
  if (head === undefined) return false
  const text = at.behind(MAP_MAX)
  const close = text.indexOf('}')
  let isFound = false
  for (const m of text.slice(0, close < 0 ? text.length : close).matchAll(MAP_PAIR)) {
    const value = m[2] ?? ''
    if (OF_NO_SECRET.test(m[1] ?? '') || /^\d{4}-\d\d-\d\d/.test(value)) continue
    isFound = report(at, at.to + m.index + m[0].length - value.length, value) || isFound
  }
  return isFound
}

/** `password = $1`, `password=?`: the value is an argument of the statement. */
const BOUND = /^[\\"'`\]]{0,3}\s{0,2}=\s{0,2}(?:\$(\d{1,2})|\?|%s)/
const MARKS = /\?|%s/g

/** The cell that the statement has for the name: `SET password=$1 WHERE id=$2", "params": ["V", 4]`. */
function boundTo(at: Place): boolean {
  const { s } = at
  const bound = BOUND.exec(latinText(s.b, at.to, Math.min(s.to, at.to + 16)))
  if (bound === null) return false
  const before = at.before(ROWS_REACH)
  const statement = before.slice(Math.max(before.lastIndexOf('"'), before.lastIndexOf('\n')) + 1)
  const place =
    bound[1] === undefined ? (statement.match(MARKS)?.length ?? 0) : Number(bound[1]) - 1
  const behind = at.behind(ROWS_REACH)
  const close = BEHIND_STATEMENT.exec(behind)
  ROW_KEY.lastIndex = 0
  const named = ROW_KEY.exec(behind)
  const next = close !== null && (named === null || close.index < named.index) ? close : named
  if (next === null) return false
  const from = at.to + next.index + next[0].length
  const to = rowEnd(s, from)
  return cellAt(at, from, to, place, cellsOf(latinText(s.b, from, to))?.length ?? 0)
}

/** The bracket that closes the list of the name at `p`; -1 when none stands within reach. */
function closeBehind(s: ScannedValue, p: number): number {
  const high = Math.min(s.to, p + CLOSE_MAX)
  for (let i = p; i < high; i++) if (s.b[i] === 0x5d || s.b[i] === 0x29) return i
  return -1
}

/** Judges the cell at `place` of the list that begins at `first` and of those behind it, as long as each follows the one before. */
function cellsAt(at: Place, first: number, place: number, count: number): boolean {
  const { s } = at
  let isFound = false
  for (let open = first; open >= 0; ) {
    // A list of rows: the first row begins at the next bracket.
    const nested = /^[[(]\s{0,8}(?=[[(])/.exec(latinText(s.b, open, Math.min(s.to, open + 12)))
    open += nested?.[0].length ?? 0
    const end = rowEnd(s, open)
    s.spend(end - open + ROW_COST)
    isFound = cellAt(at, open, end, place, count) || isFound
    const more = /^[\])]\s{0,4},\s{0,8}(?=[[(])/.exec(latinText(s.b, end, Math.min(s.to, end + 16)))
    open = more === null ? -1 : end + more[0].length
  }
  return isFound
}

const ROW_COST = 100

/** The bracket that closes a row; one before a quote is part of a cell. */
function rowEnd(s: ScannedValue, open: number): number {
  const high = Math.min(s.to, open + LIST_AHEAD)
  for (let i = open + 1; i < high; i++) {
    const c = s.b[i] as number
    if ((c === 0x5d || c === 0x29) && !isQuoteOrEscape(s.at(i + 1))) return i
  }
  return high
}

function isQuoteOrEscape(c: number): boolean {
  return c === 0x22 || c === 0x27 || c === 0x60 || c === 0x5c
}

/** Judges cell `place` of the list in `[from, to)`, which must have `count` of them. */
function cellAt(at: Place, from: number, to: number, place: number, count: number): boolean {
  const cells = cellsOf(latinText(at.s.b, from, to))
  if (cells === null || cells.length !== count) return false
  const cell = cells[place]
  if (cell === undefined) return false
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
