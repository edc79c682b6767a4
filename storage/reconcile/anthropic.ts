// Anthropic: pages of the usage and cost reports (`/v1/organizations/usage_report/messages`, `/cost_report`), and the
// CSVs of the console. Its input counts do not include cached tokens.

import {
  type BilledRow,
  countOf,
  dayIn,
  type ExportNotes,
  type Fields,
  isFields,
  numberOf,
  said,
  sumOf,
  textOf,
  usd,
} from './billed.ts'

/** Returns the rows of an export, or null when it is not from Anthropic. */
export function readAnthropic(rows: readonly Fields[], notes: ExportNotes): BilledRow[] | null {
  const buckets = rows.filter((row) => Array.isArray(row['results']) && 'starting_at' in row)
  if (buckets.length > 0)
    return buckets.flatMap((bucket) =>
      (bucket['results'] as unknown[]).filter(isFields).flatMap((x) => ofReport(x, bucket, notes)),
    )
  const [first] = rows
  if (first === undefined || !('usage_date_utc' in first)) return null
  return rows.flatMap((line) => ofLine(line, notes))
}

function ofReport(result: Fields, bucket: Fields, notes: ExportNotes): BilledRow[] {
  const day = dayIn(notes, bucket, 'starting_at')
  if (day === null) return []
  const writes = isFields(result['cache_creation']) ? result['cache_creation'] : {}
  const cacheWrite = sumOf(
    countOf(writes, 'ephemeral_5m_input_tokens'),
    countOf(writes, 'ephemeral_1h_input_tokens'),
  )
  const cacheRead = countOf(result, 'cache_read_input_tokens')
  // Amounts of the cost report are in cents.
  const cents = 'currency' in result ? numberOf(result, 'amount') : undefined
  return [
    {
      day,
      model: textOf(result, 'model') || modelOfDescription(textOf(result, 'description')),
      key: textOf(result, 'api_key_id', 'workspace_id') || null,
      callId: null,
      amounts: said({
        input_tokens: sumOf(countOf(result, 'uncached_input_tokens'), cacheRead, cacheWrite),
        output_tokens: countOf(result, 'output_tokens'),
        cache_read_tokens: cacheRead,
        cache_write_tokens: cacheWrite,
        cost_usd: usd(
          notes,
          cents === undefined ? undefined : cents / 100,
          textOf(result, 'currency'),
        ),
      }),
    },
  ]
}

/** `Claude Sonnet 4.5 Usage - Input Tokens` -> `claude-sonnet-4-5`. */
function modelOfDescription(text: string): string {
  const [name = ''] = text.split(/ usage\b| - /i)
  return name.trim().toLowerCase().replaceAll(/[ .]+/g, '-')
}

function ofLine(line: Fields, notes: ExportNotes): BilledRow[] {
  const day = dayIn(notes, line, 'usage_date_utc')
  if (day === null) return []
  const cacheRead = countOf(line, 'usage_input_tokens_cache_read')
  const cacheWrite = sumOf(
    countOf(line, 'usage_input_tokens_cache_write_5m', 'usage_input_tokens_cache_write'),
    countOf(line, 'usage_input_tokens_cache_write_1h'),
  )
  return [
    {
      day,
      model: textOf(line, 'model_version', 'model'),
      key: textOf(line, 'api_key', 'workspace') || null,
      callId: null,
      amounts: said({
        input_tokens: sumOf(countOf(line, 'usage_input_tokens_no_cache'), cacheRead, cacheWrite),
        output_tokens: countOf(line, 'usage_output_tokens'),
        cache_read_tokens: cacheRead,
        cache_write_tokens: cacheWrite,
        cost_usd: numberOf(line, 'cost_usd'),
      }),
    },
  ]
}
