// Lists the models without a price, with instructions. Their tokens are counted, but not their cost.

import type { JSX } from 'preact'
import type { BreakdownRow } from '../../api/types.ts'
import { useApi } from '../../api/use-query.ts'
import { CopyButton } from '../../parts/basics.tsx'
import { many, oneLine } from '../../parts/format.ts'
import { useLocation } from '../../state/location.ts'
import { useTimeRange } from '../../state/time-range.ts'

const ROWS_MAX = 1000

export function Unpriced(): JSX.Element | null {
  const { query } = useLocation()
  const range = useTimeRange()
  const answer = useApi<{ readonly data: readonly BreakdownRow[] }>(
    '/api/v1/costs/breakdown',
    () => ({ ...range.bounds(), by: 'provider,model', limit: ROWS_MAX }),
    { key: [range.key, 'unpriced', query.get('project')] },
  )
  const rows = (answer.data?.data ?? []).filter((row) => row.unpriced > 0)
  if (rows.length === 0) return null
  return (
    <section class="panel to-do">
      <div class="panel-head">
        <h2>Prices to add</h2>
        <CopyButton label="Copy a price override" text={() => overrideOf(rows)} />
      </div>
      <p class="muted">
        These calls are counted with their tokens, but their cost is not known, so it is in no sum.
        Put the prices into a file that <code>processors.cost.overrides</code> names.
      </p>
      <ul class="plain ranked">
        {rows.map((row) => (
          <li key={`${row.provider} ${row.model}`}>
            <span>
              <strong>{oneLine(row.model ?? 'a model without a name', 60)}</strong>{' '}
              <span class="muted">{oneLine(row.provider ?? 'no provider', 24)}</span>
            </span>
            <span class="push">
              {many(row.unpriced, 'call')} · {many(row.total_tokens, 'token')}
            </span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Returns the models in the form of a price override file. The prices must be filled in by a person, because 0 would be a valid price. */
function overrideOf(rows: readonly BreakdownRow[]): string {
  const providers = Map.groupBy(rows, (row) => row.provider ?? 'unknown')
  const modelLines = (row: BreakdownRow): string => {
    const name = JSON.stringify(row.model ?? '')
    return `      - id: ${name}\n        match: { equals: ${name} }\n        prices: { input_mtok: ?, output_mtok: ? }\n`
  }
  const blocks = [...providers].map(
    ([id, models]) =>
      `  - id: ${JSON.stringify(id)}\n    models:\n${models.map(modelLines).join('')}`,
  )
  return `version: ours\nproviders:\n${blocks.join('')}`
}
