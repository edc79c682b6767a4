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
 * `---`, `unknown`; how languages write that there is nothing, and an id of zeros only.
 */
const ALONE =
  /^(?:[[<({]{1,3}[\p{L}][\p{L} _-]{1,40}[\]>)}]{1,3}|(?:redacted|masked|scrubbed|censored|anonymi[sz]ed|removed for privacy|unknown|n\/a|not (?:set|available|provided)|null|none|nil|undefined|nan)|0{8}(?:-0{4}){3}-0{12}|0{16,48}|[x*.#_-]{3,}|-)$/iu
/** The length of the longest placeholder that is a whole value. */
const ALONE_MAX = 48
const BRACKET = 0x5b
const ZERO = 0x30
const NINE = 0x39

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
  if (!mayBePlaceholder(events.arena.view, off, len)) return false
  const text = events.text(event, field) ?? ''
  return MARKER.test(text) || ALONE.test(text)
}

/** Nearly all ids contain a digit and no bracket, and do not begin with four zeros. */
function mayBePlaceholder(v: DataView, off: number, len: number): boolean {
  const end = off + len
  let hasDigit = false
  let i = off
  for (; i + 4 <= end; i += 4) {
    const four = v.getInt32(i, true)
    if (hasBracket(four)) return true
    hasDigit ||= hasDigitIn(four)
  }
  for (; i < end; i++) {
    const c = v.getUint8(i)
    if (c === BRACKET) return true
    hasDigit ||= c >= ZERO && c <= NINE
  }
  if (len > ALONE_MAX) return false
  return !hasDigit || (len >= 16 && v.getInt32(off, true) === ZEROS)
}

// An id has some thirty bytes, and every span has several ids. So four bytes are compared at once: what is added carries into the
// highest bit of those that do not match, and never beyond.
const LOW_BITS = 0x7f7f7f7f
const HIGH_BITS = 0x80808080
const BRACKETS = 0x5b5b5b5b
const ZEROS = 0x30303030
/** 0x80 - 10 in every byte. */
const ABOVE_NINE = 0x76767676

function hasBracket(four: number): boolean {
  const x = four ^ BRACKETS
  return (~(((x & LOW_BITS) + LOW_BITS) | x) & HIGH_BITS) !== 0
}

function hasDigitIn(four: number): boolean {
  const x = four ^ ZEROS
  return (~(((x & LOW_BITS) + ABOVE_NINE) | x) & HIGH_BITS) !== 0
}
