// Finds the service tier of a call in its metadata, where no parameter and no answer names it. Clients that can only pass on what they
// know as metadata write it there.

import { R } from '../../../core/fields.ts'
import type { CurrentSpan } from '../span/current-span.ts'
import { ENTRY } from '../span/map-entries.ts'

/** Words for other prices than those of the list. An application may have tiers of its own, and they are other words. */
const TIER = /^(?:(?:service_tier|on_demand|traffic_type)_)?(?:flex|batch|priority|scale|fast)$/i
const WORD_MAX = 32
/** Longer objects are no facts about one call. */
const OBJECT_MAX = 16 * 1024
const NAMES = ['"service_tier"', '"serviceTier"']

const CALLS: ReadonlySet<string> = new Set(['llm', 'embedding', 'rerank'])

export function findServiceTier(span: CurrentSpan): void {
  const { metadata } = span.entries
  if (metadata.length === 0 || !CALLS.has(span.kind)) return
  if (span.entries.paramNamed('service_tier') >= 0) return
  for (let i = 0; i < metadata.length; i += ENTRY) {
    const word = wordAt(span, i)
    if (word === null || !TIER.test(word)) continue
    span.entries.addParam('service_tier', JSON.stringify(word))
    return
  }
}

/** What the entry says of a tier, or null. */
function wordAt(span: CurrentSpan, row: number): string | null {
  const { arena, entries } = span
  const keyOff = entries.metadata.at(row)
  const keyLen = entries.metadata.at(row + 1)
  const off = entries.metadata.at(row + 2)
  const len = entries.metadata.at(row + 3)
  if (isTierKey(arena.bytes, keyOff + keyLen, keyLen) || isSpeed(span, keyOff, keyLen))
    return len > WORD_MAX ? null : arena.text(off, len)
  // The brace of an object.
  if (arena.bytes[off] !== 123 || len > OBJECT_MAX) return null
  const body = arena.buf.subarray(off, off + len)
  for (const name of NAMES) {
    const at = body.indexOf(name, 0, 'latin1')
    if (at < 0) continue
    const from = at + name.length
    return /^\s*:\s*"([^"]*)"/.exec(body.toString('latin1', from, from + WORD_MAX))?.[1] ?? null
  }
  return null
}

/** `service_tier`, `serviceTier`, `acme.service_tier`, `ls_service_tier`. Most keys end with other letters. */
function isTierKey(b: Uint8Array, end: number, len: number): boolean {
  if (len < 11 || b[end - 1] !== 0x72 || b[end - 2] !== 0x65 || b[end - 3] !== 0x69) return false
  const key = Buffer.from(b.subarray(end - Math.min(len, 12), end)).toString('latin1')
  return key.endsWith('service_tier') || key.endsWith('serviceTier')
}

/** Anthropic's fast mode costs more than its usual tier, which it is beside. */
function isSpeed(span: CurrentSpan, off: number, len: number): boolean {
  if (len !== SPEED.length || !span.arena.equals(off, len, SPEED)) return false
  return MODELS.some((field) => /claude/i.test(span.fieldText(field) ?? ''))
}
const SPEED = 'speed'
const MODELS = [R.request_model, R.response_model]
