// Scrubs texts of many tenants that come one at a time, such as comments.

import type { ScrubText } from '../../../core/identity/stored-ids.ts'
import type { Judges } from '../judge/judge.ts'
import { TextScrubber } from './text.ts'

/** The tables are made when the first text comes. The scrubber of the last tenant is kept: it has a buffer of a megabyte. */
export function freeTextOf(judgesOf: () => Judges): ScrubText {
  let judges: Judges | null = null
  let last: { readonly tenantId: string; readonly scrubber: TextScrubber } | null = null
  return (tenantId, field, text) => {
    judges ??= judgesOf()
    if (last?.tenantId !== tenantId)
      last = { tenantId, scrubber: new TextScrubber(judges, tenantId) }
    return last.scrubber.scrub(text, field).text
  }
}
