// How many messages were sent to a model, and whether they hold a summary that stands for what was said before.

import type { EventTable } from '../core/event.ts'
import { R } from '../core/fields.ts'
import { LiteralSet } from '../core/kernel/literal-set.ts'
import { rangeKernel } from '../core/kernel/range-kernel.ts'

const SUMMARY_BYTES_MAX = 16 * 1024
const ROLE = 0
/** One of the first three behind it stands in every text with a summary, some word of all in every phrase. */
const LITERALS: readonly string[] = [
  '"role"',
  'summar',
  'ompact',
  'ontinued',
  'ondensed',
  'ompressed',
]
const REASONS = 3
const SET = new LiteralSet(LITERALS.map((text) => Buffer.from(text)))
/** What a phrase may have before such a word, and behind it. */
const BEFORE = 80
const AFTER = 200
/** Words of one text that are looked at. */
const PLACES_MAX = 64

/** How frameworks and models introduce a summary that stands for what was said before. */
const SUMMARY =
  /\bsummary of (?:the |our |this |previous |earlier |prior |what )?(?:\w+ ){0,3}?(?:conversation|discussion|chat|session|messages|context|history|so far)|(?:conversation|context|history|session|chat|messages?)\b.{0,40}\b(?:summari[sz]ed|compacted|condensed|compressed)|(?:previous|prior|earlier) (?:conversation|context|messages) (?:summary|summari[sz]ed)|(?:conversation|context|session|chat|history)[ _-]summary|session is being continued|<\/?summary>|\[summary\]|summary so far|\bcompact(?:ed|ion)\b/i

export interface Sent {
  readonly messages: number
  readonly hasSummary: boolean
}

const NOTHING: Sent = { messages: 0, hasSummary: false }

/** What was sent to a model, in one pass over the bytes. */
export function sentTo(e: EventTable, event: number): Sent {
  const len = e.len(event, R.input_messages)
  if (len <= 0) return NOTHING
  const off = e.off(event, R.input_messages)
  const kernel = rangeKernel(e.arena)
  const count = kernel.findLiterals(SET, off, off + len)
  const { found } = kernel
  let messages = 0
  let isWorthALook = false
  const end = off + Math.min(len, SUMMARY_BYTES_MAX)
  for (let i = 0; i < count; i++) {
    const literal = found[2 * i + 1] as number
    if (literal === ROLE) messages++
    else if (literal <= REASONS && (found[2 * i] as number) < end) isWorthALook = true
  }
  return { messages, hasSummary: isWorthALook && isSummaryNear(e.arena.buf, found, off, end) }
}

/** Looks around each of the words: the phrases are slow over a whole text. `places`: pairs (position, literal). */
function isSummaryNear(buf: Buffer, places: Int32Array, off: number, end: number): boolean {
  let looks = 0
  for (let i = 0; i < places.length && looks < PLACES_MAX; i += 2) {
    const at = places[i] as number
    if (places[i + 1] === ROLE || at >= end) continue
    looks++
    const from = Math.max(off, at - BEFORE)
    if (SUMMARY.test(buf.utf8Slice(from, Math.min(end, at + AFTER)))) return true
  }
  return false
}
