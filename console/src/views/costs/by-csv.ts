// The table of costs as a CSV file.

import type { GroupedUsage } from '../../api/types.ts'
import type { Dimension } from './dimensions.ts'

const CSV_FIELDS = [
  'calls',
  'errors',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'reasoning_tokens',
  'total_tokens',
  'cost_usd',
  'unpriced',
] as const

/** Returns the table as a CSV file in a data URL. */
export function csvAddress(rows: readonly GroupedUsage[], by: Dimension): string {
  const lines = rows.map((row) =>
    [csvCell(row.by[by] ?? ''), ...CSV_FIELDS.map((f) => String(row[f]))].join(','),
  )
  const text = [[by, ...CSV_FIELDS].join(','), ...lines].join('\r\n')
  return `data:text/csv;charset=utf-8,${encodeURIComponent(`${text}\r\n`)}`
}

/** What is never seen, and what a spreadsheet takes away before it reads a cell. */
const BEFORE_A_FORMULA = /^[\s\p{Cc}\p{Default_Ignorable_Code_Point}"']+/u

/** Quotes a CSV cell as the lists of the API do: a spreadsheet would execute a text that begins like a formula. */
export function csvCell(text: string): string {
  const head = text.replace(BEFORE_A_FORMULA, '').slice(0, 200).normalize('NFKC')
  const isFormula = /^[\t\r\n]/.test(text) || /^[=+\-@\u2212]/.test(head)
  const safe = isFormula ? `'${text}` : text
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
