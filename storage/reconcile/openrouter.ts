// OpenRouter: the activity API (one row a day, model and provider), the CSV of the activity page (one row a generation, with or
// without its id), and answers of the generation API.

import {
  type BilledRow,
  countOf,
  dayIn,
  type ExportNotes,
  type Fields,
  numberOf,
  said,
  textOf,
} from './billed.ts'

/** Returns the rows of an export, or null when it is not from OpenRouter. */
export function readOpenRouter(rows: readonly Fields[], notes: ExportNotes): BilledRow[] | null {
  const [first] = rows
  if (first === undefined) return null
  const isGenerations = isGeneration(first) && (idOf(first) !== '' || 'model_permaslug' in first)
  const isActivity = 'model_permaslug' in first && 'prompt_tokens' in first
  return isGenerations || isActivity ? rows.flatMap((row) => ofRow(row, notes)) : null
}

const isGeneration = (row: Fields): boolean =>
  'tokens_prompt' in row || 'native_tokens_prompt' in row
const idOf = (row: Fields): string => textOf(row, 'generation_id', 'id')

function ofRow(row: Fields, notes: ExportNotes): BilledRow[] {
  const day = dayIn(notes, row, 'created_at', 'date')
  if (day === null) return []
  return [
    {
      day,
      model: textOf(row, 'model_permaslug', 'model'),
      key: textOf(row, 'api_key_name', 'api_key') || null,
      callId: idOf(row) || null,
      amounts: said({
        calls: isGeneration(row) ? 1 : countOf(row, 'requests'),
        // Those of the model are paid for; the others are counted by one tokenizer for all models.
        input_tokens: countOf(row, 'native_tokens_prompt', 'tokens_prompt', 'prompt_tokens'),
        output_tokens: countOf(
          row,
          'native_tokens_completion',
          'tokens_completion',
          'completion_tokens',
        ),
        cache_read_tokens: countOf(row, 'native_tokens_cached', 'tokens_cached'),
        cost_usd: numberOf(row, 'cost_total', 'total_cost', 'usage'),
      }),
    },
  ]
}
