// Reads a provider's usage export, whose form is recognised by its columns or members.

import { readAnthropic } from './anthropic.ts'
import { readBedrock } from './bedrock.ts'
import { type BilledRow, type Fields, isFields, type Provider } from './billed.ts'
import { parseCsv } from './csv.ts'
import { readOpenAi } from './openai.ts'
import { readOpenRouter } from './openrouter.ts'

const READERS: Readonly<Record<Provider, (rows: readonly Fields[]) => BilledRow[] | null>> = {
  openrouter: readOpenRouter,
  anthropic: readAnthropic,
  bedrock: readBedrock,
  openai: readOpenAi,
}

export interface ExportFile {
  readonly provider: Provider
  readonly rows: readonly BilledRow[]
}

/** Returns null for an unknown form. `content` is the text of the file, or JSON that was parsed already. */
export function readExport(content: unknown, provider: Provider | null): ExportFile | null {
  const rows = typeof content === 'string' ? rowsOfText(content) : rowsOfJson(content)
  if (rows === null || rows.length === 0) return null
  for (const [name, read] of Object.entries(READERS) as [Provider, (typeof READERS)[Provider]][]) {
    if (provider !== null && provider !== name) continue
    const found = read(rows)
    if (found !== null) return { provider: name, rows: found }
  }
  return null
}

function rowsOfText(text: string): readonly Fields[] | null {
  const start = text.trimStart()[0]
  if (start !== '{' && start !== '[') return parseCsv(text)
  const whole = parsed(text)
  if (whole !== undefined) return rowsOfJson(whole)
  // The file has one object a line: one page after another, or one record for each call.
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const values = lines.map(parsed)
  return values.includes(undefined) ? null : values.flatMap((value) => rowsOfJson(value) ?? [])
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
function rowsOfJson(value: unknown): readonly Fields[] | null {
  if (Array.isArray(value)) return value.flatMap((item) => rowsOfJson(item) ?? [])
  if (!isFields(value)) return null
  for (const name of ['data', 'ResultsByTime', 'records', 'results'])
    if (Array.isArray(value[name]) && !('start_time' in value) && !('starting_at' in value))
      return value[name].filter(isFields)
  return [value]
}
