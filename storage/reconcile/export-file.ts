// Reads a provider's usage export, whose form is recognised by its columns or members.

import { readAnthropic } from './anthropic.ts'
import { readBedrock } from './bedrock.ts'
import {
  type BilledRow,
  dayOf,
  ExportError,
  ExportNotes,
  type Fields,
  isFields,
  msOf,
  type Provider,
} from './billed.ts'
import { parseCsv } from './csv.ts'
import { readOpenAi } from './openai.ts'
import { readOpenRouter } from './openrouter.ts'

type Reader = (rows: readonly Fields[], notes: ExportNotes) => BilledRow[] | null

const READERS: Readonly<Record<Provider, Reader>> = {
  openrouter: readOpenRouter,
  anthropic: readAnthropic,
  bedrock: readBedrock,
  openai: readOpenAi,
}

export interface ExportFile {
  readonly provider: Provider
  readonly rows: readonly BilledRow[]
  /** First and last day; null when no row and no bucket has one. */
  readonly days: { readonly from: string; readonly to: string } | null
  /** What the export is about, where it says so: without rows, nothing was billed in these times. */
  readonly covered: readonly Interval[] | null
  /** What was left out, in sentences. */
  readonly notes: readonly string[]
}

/** ms since the epoch, the end exclusive. */
export type Interval = readonly [fromMs: number, toMs: number]

/** Returns null for an unknown form. `content` is the text of the file, or JSON that was parsed already. */
export function readExport(content: unknown, provider: Provider | null): ExportFile | null {
  const pages = new ExportNotes()
  const rows = typeof content === 'string' ? rowsOfText(content, pages) : rowsOfJson(content, pages)
  if (rows === null || rows.length === 0) return null
  for (const [name, read] of Object.entries(READERS) as [Provider, Reader][]) {
    if (provider !== null && provider !== name) continue
    const notes = new ExportNotes()
    const found = read(rows, notes)
    if (found === null) continue
    const covered = coveredBy(rows)
    return {
      provider: name,
      rows: found,
      days: daysOf(found, covered),
      covered,
      notes: [...pages.texts(), ...notes.texts()],
    }
  }
  return null
}

/** The times of buckets, which are there also when nothing was billed; null when they are not told. */
function coveredBy(rows: readonly Fields[]): readonly Interval[] | null {
  const out: Interval[] = []
  for (const row of rows) {
    if (!Array.isArray(row['results'])) return null
    const from = msOf(row['start_time'] ?? row['starting_at'])
    const to = msOf(row['end_time'] ?? row['ending_at'])
    if (from === null || to === null || to <= from) return null
    out.push([from, to])
  }
  return out
}

function daysOf(
  rows: readonly BilledRow[],
  covered: readonly Interval[] | null,
): ExportFile['days'] {
  const days = rows.map((row) => row.day)
  for (const [from, to] of covered ?? []) days.push(dayOf(from) ?? '', dayOf(to - 1) ?? '')
  const [first, ...others] = days.toSorted()
  return first === undefined ? null : { from: first, to: others.at(-1) ?? first }
}

function rowsOfText(text: string, notes: ExportNotes): readonly Fields[] | null {
  const body = text.replace(/^\uFEFF/, '')
  const start = body.trimStart()[0]
  if (start !== '{' && start !== '[') {
    const table = parseCsv(body)
    if (table?.length === 0)
      throw new ExportError('The export has a line of columns and no rows: nothing to compare.')
    return table
  }
  const whole = parsed(body)
  if (whole !== undefined) return rowsOfJson(whole, notes)
  // The file has one object a line: one page after another, or one record for each call.
  const lines = body.split('\n').filter((line) => line.trim() !== '')
  const values = lines.map(parsed)
  return values.includes(undefined)
    ? null
    : values.flatMap((value) => rowsOfJson(value, notes) ?? [])
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch {
    // The text is not one JSON value. The caller reads it line by line.
    return undefined
  }
}

/** The objects of a list, of a page `{data}`, or of several pages. */
function rowsOfJson(value: unknown, notes: ExportNotes): readonly Fields[] | null {
  if (Array.isArray(value)) return value.flatMap((item) => rowsOfJson(item, notes) ?? [])
  if (!isFields(value)) return null
  for (const name of ['data', 'ResultsByTime', 'records', 'results']) {
    const inside = value[name]
    if (name === 'data' && isFields(inside)) return [inside]
    if (!Array.isArray(inside) || 'start_time' in value || 'starting_at' in value) continue
    if (value['has_more'] === true || typeof value['NextPageToken'] === 'string')
      notes.add('more_pages')
    return inside.filter(isFields)
  }
  return [value]
}
