// CSV by RFC 4180: quoted fields may contain commas, quotes and line ends. The first line names the columns.

import type { Fields } from './billed.ts'

/** The most lines of a file. More are refused; no usage export has that many. */
export const LINES_MAX = 500_000

/** Returns one object for each line, or null when the text is not a table. */
export function parseCsv(text: string): readonly Fields[] | null {
  const lines = linesOf(text.replace(/^\uFEFF/, ''))
  const header = lines[0]?.map((name) => name.trim())
  if (header === undefined || header.length < 2 || new Set(header).size < header.length) return null
  const rows = lines.slice(1).filter((line) => line.some((field) => field !== ''))
  return rows.map((line) => Object.fromEntries(header.map((name, i) => [name, line[i] ?? ''])))
}

function linesOf(text: string): string[][] {
  const lines: string[][] = []
  let line: string[] = []
  const field = /("(?:[^"]|"")*"|[^,\r\n"]*)(,|\r\n|\n|\r|$)/gy
  while (field.lastIndex < text.length && lines.length <= LINES_MAX) {
    const m = field.exec(text)
    if (m === null) break
    const [, value = '', end] = m
    line.push(value.startsWith('"') ? value.slice(1, -1).replaceAll('""', '"') : value)
    if (end === ',') continue
    lines.push(line)
    line = []
    if (end === '') break
  }
  if (line.length > 0) lines.push(line)
  return lines
}
