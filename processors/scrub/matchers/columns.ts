// Tables whose header names the secret: CSV, TSV and Markdown. The cells of the column are judged one by one; a
// header is a line of names, and the rows below it have as many cells.

import { isAlnum, isDigit, latinText } from '../value/bytes.ts'
import { isItin, isSsn } from '../value/checksums.ts'
import type { ActiveDetector } from './active-detector.ts'
import { Progress, type ScannedValue } from './scanned-value.ts'

/** No line ends between the last name that asked and this. */
const NO_BREAK = new Progress()

const HEADER_MAX = 400
const CELLS_MAX = 40
const ROW_MAX = 2000
const ROW_COST = 32
/** Letters of other scripts too, as latin1 of UTF-8. */
const NAME_CELL = /^[\s"'`*\\]{0,40}[A-Za-z\x80-\xff][\w\x80-\xff .()#/?-]{0,40}[\s"'`*\\]{0,6}$/
/** What a client draws between the header and the rows, and around them: `------+-------`, `|:--|--:|`. */
const RULE = /^[\s|+:=-]*-{2}[\s|+:=-]*$/

/** What a cell of the column must be. */
export type CellCheck = (text: string, s: ScannedValue, from: number, to: number) => boolean

export const SSN_CELL: CellCheck = (text) =>
  /^\d{9}$/.test(text) && isSsn(Uint8Array.from(text, Number))
export const ITIN_CELL: CellCheck = (text) =>
  /^\d{9}$/.test(text) && isItin(Uint8Array.from(text, Number))
/** Reports the cells below the header cell that ends at `nameTo`. */
export function matchColumn(
  s: ScannedValue,
  nameFrom: number,
  nameTo: number,
  active: ActiveDetector,
  check: CellCheck,
): void {
  const delimiter = delimiterAt(s, nameFrom, nameTo)
  if (delimiter === '') {
    matchUnderlined(s, nameFrom, nameTo, active, check)
    matchAligned(s, nameFrom, nameTo, active, check)
    return
  }
  if (!mayBeHeader(s, nameTo, delimiter)) return
  const brk = breakBehind(s, nameTo)
  if (brk === null) return
  const low = Math.max(s.from, nameFrom - HEADER_MAX)
  const before = latinText(s.b, low, nameFrom)
  const open = Math.max(
    before.lastIndexOf('\n'),
    endOf(before, '\\n'),
    isQuotedCell(s, nameFrom, nameTo) ? -1 : openQuote(before),
  )
  const from = open < 0 ? low : low + open + 1
  s.spend(nameTo + brk.index - from)
  const header = latinText(s.b, from, nameTo + brk.index).split(delimiter)
  if (header.length < 2 || header.length > CELLS_MAX) return
  const column = latinText(s.b, from, nameFrom).split(delimiter).length - 1
  if (
    !header.every(
      (c, i) =>
        NAME_CELL.test(c) ||
        (delimiter === '|' && c.trim() === '' && (i === 0 || i === header.length - 1)),
    )
  )
    return
  scanRows(
    s,
    nameTo + brk.index + brk[0].length,
    brk[0],
    delimiter,
    header.length,
    column,
    active,
    check,
  )
}

/** What names in a header are made of; a text in sentences holds other signs or numbers before its line ends. */
const OF_HEADER = new Uint8Array(256).fill(1, 0x80)
for (const c of ' \t\v\f\r\n"\'`*\\.()#/?-_') OF_HEADER[c.charCodeAt(0)] = 1
for (let c = 0x30; c < 0x7b; c++) if (isAlnum(c)) OF_HEADER[c] = 1

/** Only names stand behind `nameTo` up to the end of its line, as far as single bytes tell. */
function mayBeHeader(s: ScannedValue, nameTo: number, delimiter: string): boolean {
  const sign = delimiter.charCodeAt(0)
  const high = Math.min(s.to, nameTo + HEADER_MAX)
  // No line ends there: said at once by what looks for its end.
  if (s.reached(NO_BREAK) >= high) return true
  for (let i = nameTo; i < high; i++) {
    const c = s.at(i)
    if (c === 0x0a) return true
    if (c === 0x5c && (s.b[i + 1] === 0x6e || s.b[i + 1] === 0x72)) return true
    if (c === sign ? isDigit(s.at(i + 1)) : OF_HEADER[c] !== 1) return false
  }
  return true
}

/** A header alone in its line, a rule, and the lines below it: ` token`, `-------`, ` V`. */
const UNDERLINED = /^[ \t]{0,40}(?:\r?\n|\\n)[ \t]{0,2}-{3,200}[ \t]{0,2}(\r?\n|\\n)/
const UNDERLINED_MAX = 260
const LINES_MAX = 200

function matchUnderlined(
  s: ScannedValue,
  nameFrom: number,
  nameTo: number,
  active: ActiveDetector,
  check: CellCheck,
): void {
  if (!isLineEnd(s, nameTo)) return
  const m = UNDERLINED.exec(latinText(s.b, nameTo, Math.min(s.to, nameTo + UNDERLINED_MAX)))
  const before = latinText(s.b, Math.max(s.from, nameFrom - 8), nameFrom)
  if (m === null || !/(?:^|\n|\\n|["'`])[ \t]{0,6}$/.test(before)) return
  const brk = m[1] ?? ''
  let at = nameTo + m[0].length
  for (let n = 0; n < LINES_MAX && at < s.to; n++) {
    const line = latinText(s.b, at, Math.min(s.to, at + CELL_MAX))
    const cut = line.indexOf(brk)
    const text = cut < 0 ? line : line.slice(0, cut)
    s.spend(text.length + ROW_COST)
    if (!/^\s*[^\s()]\S*\s*["'}]{0,4}$/.test(text)) return
    judgeCell(s, at, text, active, check)
    if (cut < 0) return
    at += text.length + brk.length
  }
}

const CELL_MAX = 600

/** Nothing but blanks stands between `p` and the end of its line, an escaped one too. */
function isLineEnd(s: ScannedValue, p: number): boolean {
  let i = p
  while (s.at(i) === 0x20 && i < p + 40) i++
  const c = s.at(i)
  return c === 0x0a || c === 0x0d || (c === 0x5c && s.at(i + 1) === 0x6e)
}
/** What stands between the cells of a table that is aligned with blanks, as `kubectl` and data frames print it. */
const GAP = / {2,}/
const ALIGNED_HEADER = /^(?:[A-Za-z\x80-\xff][\w\x80-\xff.()#/-]{0,30} ?){1,3}$/

function matchAligned(
  s: ScannedValue,
  nameFrom: number,
  nameTo: number,
  active: ActiveDetector,
  check: CellCheck,
): void {
  const isGap = (p: number): boolean => s.at(p) === 0x20 && s.at(p + 1) === 0x20
  if (!isGap(nameTo) && !isGap(nameFrom - 2)) return
  const brk = breakBehind(s, nameTo)
  if (brk === null) return
  const low = Math.max(s.from, nameFrom - HEADER_MAX)
  const before = latinText(s.b, low, nameFrom)
  const open = Math.max(before.lastIndexOf('\n'), endOf(before, '\\n'), before.lastIndexOf('"'))
  const left = before.slice(open + 1).trimStart()
  const line = left + latinText(s.b, nameFrom, nameTo + brk.index).trimEnd()
  s.spend(before.length + line.length)
  const header = line.split(GAP)
  if (header.length < 2 || header.length > CELLS_MAX) return
  if (!header.every((cell) => ALIGNED_HEADER.test(cell))) return
  const column = left.split(GAP).length - 1
  let at = nameTo + brk.index + brk[0].length
  for (let n = 0; n < LINES_MAX && at < s.to; n++) {
    const rest = latinText(s.b, at, Math.min(s.to, at + ROW_MAX))
    const cut = rest.indexOf(brk[0])
    const text = cut < 0 ? rest : rest.slice(0, cut)
    s.spend(text.length + ROW_COST)
    if (!RULE.test(text)) {
      const cells = [...text.matchAll(/\S+(?: \S+)*/g)]
      // A data frame begins its rows with a number that has no name.
      const shift = cells.length - header.length
      const cell = cells[column + shift]
      if ((shift !== 0 && shift !== 1) || cell === undefined) return
      judgeCell(s, at + cell.index, cell[0], active, check)
    }
    if (cut < 0) return
    at += text.length + brk[0].length
  }
}

/** The line end within reach behind a name; from where none was found before nothing is read again. */
function breakBehind(s: ScannedValue, nameTo: number): RegExpExecArray | null {
  const end = Math.min(s.to, nameTo + HEADER_MAX)
  const done = s.reached(NO_BREAK)
  const from = done > nameTo ? done - 4 : nameTo
  const rest = latinText(s.b, from, end)
  const m = /\\r\\n|\\n|\r?\n/.exec(rest)
  if (m === null) s.advance(NO_BREAK, end)
  else m.index += from - nameTo
  return m
}

/** `"Host","Password"`: the quotes are those of the cell. */
function isQuotedCell(s: ScannedValue, from: number, to: number): boolean {
  return s.at(from - 1) === 0x22 && s.at(to) === 0x22
}

/** Behind the quote that opens the string the header stands in, when cells are not quoted themselves. */
function openQuote(before: string): number {
  const at = before.lastIndexOf('"')
  return /[:[,(=]\s?\\*"$/.test(before.slice(0, at + 1)) ? at : -1
}

function endOf(text: string, what: string): number {
  const at = text.lastIndexOf(what)
  return at < 0 ? -1 : at + what.length - 1
}

/** What stands beside the name: a comma, semicolon, tab or bar; '' when the name is no cell. */
function delimiterAt(s: ScannedValue, from: number, to: number): string {
  // A padded cell is followed by two blanks and more.
  const isPadded = s.at(to) === 0x20 && s.at(to + 1) === 0x20
  const right = /^[\\"'`* ]{0,4} {0,40}([,;|]|\t|\\t|\\r|\\n|\r?\n)/.exec(
    latinText(s.b, to, Math.min(s.to, to + (isPadded ? 48 : 8))),
  )?.[1]
  if (right === undefined) return ''
  if (right === ',' || right === ';' || right === '|' || right === '\t') return right
  if (right === '\\t') return '\\t'
  const left = /([,;|]|\t|\\t)[\\"'`* ]{0,4}$/.exec(
    latinText(s.b, Math.max(s.from, from - 8), from),
  )?.[1]
  return left ?? ''
}

/**
 * Columns of the value that was looked at last, and how far their cells were judged: a row that holds the name once more, as
 * data do, is no header of its own.
 */
const judged: { of: ScannedValue | null; value: number; to: Map<string, number> } = {
  of: null,
  value: 0,
  to: new Map(),
}
const COLUMNS_MAX = 1000

function judgedColumns(s: ScannedValue): Map<string, number> {
  if (judged.of !== s || judged.value !== s.serial || judged.to.size > COLUMNS_MAX) {
    judged.of = s
    judged.value = s.serial
    judged.to = new Map()
  }
  return judged.to
}

function scanRows(
  s: ScannedValue,
  start: number,
  brk: string,
  delimiter: string,
  cells: number,
  column: number,
  active: ActiveDetector,
  check: CellCheck,
): void {
  let at = start
  const key = `${delimiter}${brk}${cells} ${column} ${active.type}`
  const columns = judgedColumns(s)
  if (start <= (columns.get(key) ?? -1)) return
  while (at < s.to) {
    columns.set(key, at)
    const line = latinText(s.b, at, Math.min(s.to, at + ROW_MAX))
    const cut = line.indexOf(brk)
    const text = cut < 0 ? line : line.slice(0, cut)
    // A header made of many names reads a long table once for each.
    s.spend(text.length + ROW_COST)
    if (cut >= 0 && RULE.test(text)) {
      at += text.length + brk.length
      continue
    }
    const parts = splitRow(text, delimiter)
    if (parts.length !== cells && !(cut < 0 && parts.length > column)) return
    let from = at
    for (let i = 0; i < column; i++) from += (parts[i] as string).length + delimiter.length
    judgeCell(s, from, parts[column] as string, active, check)
    if (cut < 0) return
    at += text.length + brk.length
  }
}

/** Cells as they stand; a quoted one may hold the delimiter. */
function splitRow(text: string, delimiter: string): string[] {
  const parts = text.split(delimiter)
  if (!text.includes('"')) return parts
  const out: string[] = []
  for (const part of parts) {
    const last = out[out.length - 1]
    const isOpen =
      last !== undefined && last.trimStart().startsWith('"') && !/[^"]"\s*$|^\s*""\s*$/.test(last)
    if (isOpen) out[out.length - 1] = last + delimiter + part
    else out.push(part)
  }
  return out
}

function judgeCell(
  s: ScannedValue,
  from: number,
  cell: string,
  active: ActiveDetector,
  check: CellCheck,
): void {
  const m = /^([\s"'`*\\]*)(.*?)[\s"'`*\\}]*$/s.exec(cell)
  if (m === null || m[2] === '') return
  const start = from + (m[1] ?? '').length
  const end = start + (m[2] ?? '').length
  if (check(m[2] ?? '', s, start, end)) s.found(active.type, start, end, active.rank)
}

/** A header cell such as `ssn`: bare numbers below it need no other word. */
export function matchNumberColumn(
  s: ScannedValue,
  p: number,
  len: number,
  active: ActiveDetector,
): void {
  let from = p
  let to = p + len
  const isName = (c: number): boolean =>
    (c >= 48 && c <= 57) || ((c | 32) >= 97 && (c | 32) <= 122) || c === 0x5f || c === 0x2d
  while (from > s.from && from > p - 24 && isName(s.b[from - 1] as number)) from--
  while (to < s.to && to < p + 40 && isName(s.b[to] as number)) to++
  matchColumn(s, from, to, active, active.row.id === 'itin' ? ITIN_CELL : SSN_CELL)
}
