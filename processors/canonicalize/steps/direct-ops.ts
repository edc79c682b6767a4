// Executes the direct operations of `rules/direct-op.ts`: one comparison and one write instead of a transform. Every
// span has a dozen of them, so attribute columns are read here without a call for each.

import { ATTR, ATTR_STRIDE, VALUE } from '../../../core/batch.ts'
import { ID_BYTES_MAX } from '../readers/scalars.ts'
import { OP } from '../rules/direct-op.ts'
import { type CurrentSpan, NULL_BYTES_MAX } from '../span/current-span.ts'

/** True when the step was one of those that need no transform, and has set the field. */
export function isDone(span: CurrentSpan, attr: number, field: number, op: number): boolean {
  if (op === OP.TRANSFORM) return false
  const { attrs, nums } = span.batch
  const row = attr * ATTR_STRIDE
  const type = attrs[row + ATTR.TYPE] as number
  if (op === OP.TEXT || op === OP.ID) {
    const off = attrs[row + ATTR.OFF] as number
    const len = attrs[row + ATTR.LEN] as number
    if (type !== VALUE.STRING || len === 0 || len > ID_BYTES_MAX) return false
    // Words for an absent value are short and begin with N, n, u, < or (for ids) d.
    if (len <= NULL_BYTES_MAX) {
      const c = span.arena.bytes[off]
      if (c === 78 || c === 110 || c === 117 || c === 60 || c === 100) return false
    }
    span.events.setRange(span.event, field, off, len)
    return true
  }
  const n = nums[attr] as number
  if (op === OP.INT) {
    if (type !== VALUE.INT || !(n >= 0)) return false
    span.events.setNum(span.event, field, n)
    return true
  }
  if (type !== VALUE.DOUBLE || !Number.isFinite(n)) return false
  span.events.setNum(span.event, field, n * 1000)
  return true
}
