// Errors and signals of a trace, conversation, session or user.

import type { JSX } from 'preact'
import { Badge } from './basics.tsx'
import { many, NONE } from './format.ts'

export function Findings({
  row,
}: {
  readonly row: { readonly errors: number; readonly signals: number }
}): JSX.Element {
  return (
    <span class="marks">
      {row.errors > 0 ? <Badge tone="bad">{many(row.errors, 'error')}</Badge> : null}
      {row.signals > 0 ? <Badge tone="warn">{many(row.signals, 'signal')}</Badge> : null}
      {row.errors + row.signals === 0 ? <span class="muted">{NONE}</span> : null}
    </span>
  )
}
