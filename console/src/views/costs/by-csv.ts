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

/** Quotes a CSV cell. A text that starts like a formula is escaped, because a spreadsheet would execute it. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
