// Decides the reasons why a response ended.

import { Literal } from '../../../core/arena.ts'
import { R } from '../../../core/fields.ts'
import type { Message } from '../content/content-types.ts'
import type { CurrentSpan } from '../span/current-span.ts'

const FINISH_REASON_KEY = '"finish_reason"'

/** Uses the reasons in the messages if no attribute has them. */
export function decideFinishReasons(span: CurrentSpan): void {
  if (span.hasRange(R.finish_reasons) || !span.hasRange(R.output_messages)) return
  if (span.content.reasonCount === 0) return
  if (span.content.reasonCount === 1) return putReason(span)
  const off = span.events.off(span.event, R.output_messages)
  const len = span.events.len(span.event, R.output_messages)
  const literal = span.arena.literal(FINISH_REASON_KEY)
  if (literal >= 0 && !span.json.contains(off, len, literal)) return
  const list = JSON.parse(span.arena.text(off, len)) as Message[]
  const reasons = list.map((m) => m.finish_reason).filter((x) => x !== undefined)
  if (reasons.length > 0) span.setJson(R.finish_reasons, reasons)
}

const LIST_BEGIN = new Literal('["')

const LIST_END = new Literal('"]')

function putReason(span: CurrentSpan): void {
  span.out.begin(span.arena)
  span.out.literal(LIST_BEGIN)
  span.out.copy(span.content.reasonOff, span.content.reasonLen)
  span.out.literal(LIST_END)
  span.setOut(R.finish_reasons)
}
