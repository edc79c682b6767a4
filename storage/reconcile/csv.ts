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
  const [line = ''] = text.replaceAll(/"(?:[^"]|"")*"/g, '').split(/[\r\n]/, 1)
  const count = (separator: string): number => line.split(separator).length
  return SEPARATORS.reduce((best, s) => (count(s) > count(best) ? s : best))
}

/** Null when a quote is never closed: all behind it would be one field. */
function linesOf(text: string, separator: string): string[][] | null {
  const lines: string[][] = []
  let line: string[] = []
  const other = `[^${separator === '|' ? '\\|' : separator}\r\n]*`
  // A quote that does not begin a field is a character like others.
  const field = new RegExp(
    `("(?:[^"]|"")*"${other}|(?!")${other})(${separator === '|' ? '\\|' : separator}|\r\n|\n|\r|$)`,
    'gy',
  )
  while (field.lastIndex < text.length) {
    const m = field.exec(text)
    if (m === null) return null
    const [, value = '', end] = m
    line.push(unquoted(value))
    if (end === separator) continue
    lines.push(line)
    if (lines.length > LINES_MAX)
      throw new ExportError(`The export has more than ${LINES_MAX} lines: compare it in parts.`)
    line = []
    if (end === '') break
  }
  if (line.length > 0) lines.push(line)
  return lines
}

function unquoted(value: string): string {
  if (!value.startsWith('"')) return value
  const close = value.lastIndexOf('"')
  return value.slice(1, close).replaceAll('""', '"') + value.slice(close + 1)
}
