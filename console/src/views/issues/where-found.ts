// Where in a trace stands what a signal is about: its span, and the part of the span that answers why.

import type { Params } from '../../state/location.ts'

/** All others are explained best by their evidence. The content has no name in the address. */
const TABS: Readonly<Record<string, string | null>> = {
  secret_detected: null,
  pii_detected: null,
  llm_error: null,
  tool_error: null,
  cost_spike: 'usage',
  token_spike: 'usage',
}

/** Returns the parameters of a link to the trace of a signal. */
export function whereFound(signal: {
  readonly type: string
  readonly span_id: string | null
}): Params {
  if (signal.span_id === null) return {}
  const tab = TABS[signal.type]
  return { span: signal.span_id, tab: tab === undefined ? 'signals' : tab }
}
