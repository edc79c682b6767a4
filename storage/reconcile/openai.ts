// OpenAI: pages of the usage and costs APIs (`/v1/organization/usage/...`, `/v1/organization/costs`), and the CSV of
// the usage page.

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

/** Returns the rows of an export, or null when it is not from OpenAI. */
export function readOpenAi(rows: readonly Fields[], notes: ExportNotes): BilledRow[] | null {
  const buckets = rows.filter((row) => Array.isArray(row['results']) && 'start_time' in row)
  if (buckets.length > 0) return buckets.flatMap((bucket) => ofBucket(bucket, notes))
  const [first] = rows
  if (first === undefined) return null
  const isUsage =
    'model' in first && ('num_model_requests' in first || 'input_cached_tokens' in first)
  const isCosts = 'amount_value' in first && 'line_item' in first
  const isLegacy = 'n_context_tokens_total' in first
  return isUsage || isCosts || isLegacy ? rows.flatMap((row) => ofResult(row, row, notes)) : null
}

function ofBucket(bucket: Fields, notes: ExportNotes): BilledRow[] {
  const results = Array.isArray(bucket['results']) ? bucket['results'] : []
  return results.filter(isFields).flatMap((result) => ofResult(result, bucket, notes))
}

const DAYS = ['start_time_iso', 'start_time', 'aggregation_timestamp', 'timestamp', 'date'] as const

function ofResult(result: Fields, bucket: Fields, notes: ExportNotes): BilledRow[] {
  const day = dayIn(notes, { ...result, ...bucket }, ...DAYS)
  if (day === null) return []
  const amount = isFields(result['amount']) ? result['amount'] : {}
  const item = textOf(result, 'line_item')
  const model = textOf(result, 'model', 'snapshot_id') || modelOfItem(item)
  return [
    {
      day,
      model,
      key: textOf(result, 'api_key_name', 'api_key_id', 'api_key') || null,
      callId: null,
      amounts: said({
        calls: countOf(result, 'num_model_requests', 'num_requests', 'n_requests'),
        input_tokens: withMedia(
          result,
          'input',
          countOf(result, 'input_tokens', 'n_context_tokens_total'),
        ),
        output_tokens: withMedia(
          result,
          'output',
          countOf(result, 'output_tokens', 'n_generated_tokens_total'),
        ),
        cache_read_tokens: countOf(result, 'input_cached_tokens', 'n_cached_context_tokens_total'),
        cost_usd: usd(
          notes,
          sumOf(numberOf(amount, 'value'), numberOf(result, 'amount_value')),
          textOf(amount, 'currency') || textOf(result, 'amount_currency'),
        ),
      }),
    },
  ]
}

/** OpenAI's counts are those of text, and what was spoken stands beside them, unless the parts say that it is in them. */
function withMedia(
  result: Fields,
  side: 'input' | 'output',
  tokens: number | undefined,
): number | undefined {
  const audio = countOf(result, `${side}_audio_tokens`)
  const text = countOf(result, `${side}_text_tokens`)
  const isWhole = text !== undefined && tokens !== undefined && text < tokens
  return isWhole ? tokens : sumOf(tokens, audio)
}

/** `gpt-4o-2024-08-06, input` -> the model. */
function modelOfItem(item: string): string {
  return item.split(',', 1)[0]?.trim() ?? ''
}
