// The part of a signal's evidence that a credential without the scope `content` may see: figures, and texts that name
// something. Texts that may repeat a prompt or an answer, such as error messages, are left out, and a title that contains one
// is made again without it.

import type { Evidence, Signal } from '../core/signals/signal.ts'
import { titleOf } from '../core/signals/signal-title.ts'

/** Texts under these names are names or describe a measurement. Any other text may be content. */
const NAMES: ReadonlySet<string> = new Set([
  'agent_name',
  'cost_source',
  'environment',
  'error_type',
  'families',
  'finish_reasons',
  'how',
  'measure',
  'model',
  'name',
  'note',
  'of',
  'place',
  'provider',
  'route',
  'service',
  'new_normal_from',
  'tool',
  'tool_name',
  'types',
  'unit',
  'what',
])
/** Objects whose texts are names and ids. */
const OF_NAMES: ReadonlySet<string> = new Set(['series', 'context'])

export function shownEvidence(evidence: unknown, mayReadContent: boolean): unknown {
  if (mayReadContent || typeof evidence !== 'object' || evidence === null) return evidence
  const entries = Object.entries(evidence).filter(
    ([name, value]) => typeof value !== 'string' || NAMES.has(name),
  )
  const isShown = ([name, value]: readonly [string, unknown]): boolean =>
    typeof value !== 'object' || value === null || OF_NAMES.has(name)
  const shown = entries.filter(isShown)
  if (shown.length === Object.keys(evidence).length) return evidence
  return { ...Object.fromEntries(shown), content_omitted: true }
}

const TITLES_WITH_CONTENT: ReadonlySet<string> = new Set(['tool_error', 'llm_error', 'error'])

/** The title of an issue of this type and evidence. */
export function shownTitle(
  issue: { readonly type: string; readonly title: string; readonly evidence: unknown },
  mayReadContent: boolean,
): string {
  if (mayReadContent || !TITLES_WITH_CONTENT.has(issue.type)) return issue.title
  const evidence = shownEvidence(issue.evidence, false) as Evidence
  // The type is right: the set above has names of types only.
  const type = issue.type as Signal['type']
  return titleOf({ type, evidence, value: null, threshold: null })
}
