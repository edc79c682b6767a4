// CSV by RFC 4180 and as spreadsheets write it: quoted fields may contain separators, quotes and line ends; the separator is a comma, a
// semicolon, a tab or a bar, whichever the first line has most of. That line names the columns.

import { ExportError, type Fields } from './billed.ts'

/** The most lines of a file. More are refused; no usage export has that many. */
export const LINES_MAX = 500_000

const SEPARATORS = [',', ';', '\t', '|'] as const

/** Returns one object for each line, or null when the text is not a table. */
export function parseCsv(text: string): readonly Fields[] | null {
  const body = text.replace(/^\uFEFF/, '').replace(/^\s+/, '')
  // The first line of a spreadsheet may do nothing but name the separator.
  const told = /^"?sep=([,;\t|])"?\r?\n/i.exec(body)
  const lines = linesOf(body.slice(told?.[0].length ?? 0), told?.[1] ?? separatorOf(body))
  const header = lines?.[0]?.map((name) => name.trim())
  if (header === undefined || header.length < 2 || new Set(header).size < header.length) return null
  const rows = lines?.slice(1).filter((line) => line.some((field) => field.trim() !== '')) ?? []
  return rows.map((line) => Object.fromEntries(header.map((name, i) => [name, line[i] ?? ''])))
}

function separatorOf(text: string): string {
  const line = firstLine(text)
  const count = (separator: string): number => line.split(separator).length
  return SEPARATORS.reduce((best, s) => (count(s) > count(best) ? s : best))
}

/** The first line without what stands in quotes, where a line end may be, too. */
function firstLine(text: string): string {
  let line = ''
  for (let at = 0; at < text.length; ) {
    const quote = indexOr(text, '"', at)
    const end = Math.min(indexOr(text, '\n', at), indexOr(text, '\r', at))
    if (end <= quote) return line + text.slice(at, end)
    line += text.slice(at, quote)
    at = indexOr(text, '"', quote + 1) + 1
  }
  return line
}

const indexOr = (text: string, part: string, from: number): number => {
  const at = text.indexOf(part, from)
  return at < 0 ? text.length : at
}

/** Null when a quote is never closed: all behind it would be one field. */
function linesOf(text: string, separator: string): string[][] | null {
  const lines: string[][] = []
  let line: string[] = []
  for (let at = 0; at < text.length; ) {
    // A quote that does not begin a field is a character like others.
    const close = text[at] === '"' ? closingQuote(text, at) : at
    if (close < 0) return null
    const end = endOfField(text, close, separator)
    line.push(unquoted(text.slice(at, end), close - at))
    at = end + (text.startsWith('\r\n', end) ? 2 : 1)
    if (text[end] === separator) {
      if (at === text.length) line.push('')
      continue
    }
    lines.push(line)
    if (lines.length > LINES_MAX)
      throw new ExportError(`The export has more than ${LINES_MAX} lines: compare it in parts.`)
    line = []
  }
  if (line.length > 0) lines.push(line)
  return lines
}

/** The quote that closes the one at `from`; two together are one in the text. -1 if there is none. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at
  return -1
}

function endOfField(text: string, from: number, separator: string): number {
  for (let at = from; at < text.length; at++) {
    const c = text[at]
    if (c === separator || c === '\n' || c === '\r') return at
  }
  return text.length
}

/** `close` is where the closing quote stands, 0 for a field without quotes. */
function unquoted(value: string, close: number): string {
  return close === 0 ? value : value.slice(1, close).replaceAll('""', '"') + value.slice(close + 1)
}
