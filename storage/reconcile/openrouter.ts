// OpenRouter: the activity API (one row a day, model and provider) and the CSV of the activity page (one row a
// generation, with its id).

import { type BilledRow, dayOf, type Fields, numberOf, said, textOf } from './billed.ts'

/** Returns the rows of an export, or null when it is not from OpenRouter. */
export function readOpenRouter(rows: readonly Fields[]): BilledRow[] | null {
  const [first] = rows
  if (first === undefined) return null
  const isGenerations = 'generation_id' in first && 'tokens_prompt' in first
  const isActivity = 'model_permaslug' in first && 'prompt_tokens' in first
  return isGenerations || isActivity ? rows.flatMap(ofRow) : null
}

function ofRow(row: Fields): BilledRow[] {
  const day = dayOf(row['created_at'] ?? row['date'])
  if (day === null) return []
  const callId = textOf(row, 'generation_id') || null
  return [
    {
      day,
      model: textOf(row, 'model_permaslug', 'model'),
      key: textOf(row, 'api_key_name', 'api_key') || null,
      callId,
      amounts: said({
        calls: callId === null ? numberOf(row, 'requests') : 1,
        input_tokens: numberOf(row, 'tokens_prompt', 'prompt_tokens'),
        output_tokens: numberOf(row, 'tokens_completion', 'completion_tokens'),
        cache_read_tokens: numberOf(row, 'tokens_cached'),
        cost_usd: numberOf(row, 'cost_total', 'usage'),
      }),
    },
  ]
}
