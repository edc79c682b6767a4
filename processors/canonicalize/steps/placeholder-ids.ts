// Removes ids that are placeholders. What a sender, a proxy or our own masking writes instead of an id is the same
// for everybody, so counting, grouping or joining by it would merge many users, conversations or calls. Such an event
// has no id.

import { R } from '../../../core/fields.ts'
import type { CurrentSpan } from '../span/current-span.ts'

const ID_FIELDS = [
  R.user_id,
  R.session_id,
  R.conversation_id,
  R.response_id,
  R.tool_call_id,
  R.agent_id,
  R.mcp_session_id,
]

/** Our own marker, anywhere in the value. `[email:4f1c..]` is a pseudonym and not such a marker. */
const MARKER = /\[REDACTED(?::[a-z0-9_]{1,64})?\]/
/**
 * Placeholders of others: words in brackets (`<EMAIL_ADDRESS>`, `[Filtered]`, `{{user}}`), `REDACTED`, `***`, `xxxx`,
 * `---`, `unknown`.
 */
const ALONE =
  /^(?:[[<({]{1,3}[\p{L}][\p{L} _-]{1,40}[\]>)}]{1,3}|(?:redacted|masked|scrubbed|censored|anonymi[sz]ed|removed for privacy|unknown|n\/a|not (?:set|available|provided))|[x*.#_-]{3,}|-)$/iu
/** The length of the longest placeholder that is a whole value. */
const ALONE_MAX = 48
const BRACKET = 0x5b

export function dropPlaceholderIds(span: CurrentSpan): void {
  const { events, event } = span
  for (const field of ID_FIELDS)
    if (events.has(event, field) && isPlaceholder(span, field)) {
      events.clear(event, field)
      span.addQuality('masked_id')
    }
}

function isPlaceholder(span: CurrentSpan, field: number): boolean {
  const { events, event } = span
  const off = events.off(event, field)
  const len = events.len(event, field)
  const { bytes } = events.arena
  if (!mayBePlaceholder(bytes, off, len)) return false
  const text = events.text(event, field) ?? ''
  return MARKER.test(text) || ALONE.test(text)
}

/** Nearly all ids contain a digit and no bracket. */
function mayBePlaceholder(b: Uint8Array, off: number, len: number): boolean {
  let digits = 0
  for (let i = off; i < off + len; i++) {
    const c = b[i] as number
    if (c === BRACKET) return true
    if (c >= 48 && c <= 57) digits++
  }
  return digits === 0 && len <= ALONE_MAX
}
