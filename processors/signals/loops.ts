// Loops: an agent that calls one tool again and again with the same arguments. Sees one batch; the signal's
// identity is trace, tool and arguments, so that several batches of a trace make one signal.

import { hash } from 'node:crypto'
import type { ChainContext } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'
import { signalId } from '../../core/identity/identity.ts'
import { signalFrom } from './signal-from.ts'

export const LOOP_TYPE = 'loop_detected'
const RULE = 'loop@1'
/** Bound on distinct calls remembered for one batch. */
const CALLS_MAX = 10_000

export function detectLoops(events: EventTable, repeats: number, ctx: ChainContext): void {
  let calls: Map<number, number> | null = null
  for (let e = 0; e < events.count; e++) {
    if (!events.has(e, R.tool_name)) continue
    if (!events.arena.equals(events.off(e, R.kind), events.len(e, R.kind), 'tool')) continue
    const masked = maskedOf(events, e)
    if (masked === null) continue
    calls ??= new Map()
    const call = callHash(events, e, masked)
    const n = (calls.get(call) ?? 0) + 1
    if (n > 1 || calls.size < CALLS_MAX) calls.set(call, n)
    if (n === repeats) report(events, e, repeats, masked, ctx)
  }
}

function report(
  events: EventTable,
  e: number,
  repeats: number,
  masked: string,
  ctx: ChainContext,
): void {
  const finding = {
    type: LOOP_TYPE,
    severity: 'high',
    value: repeats,
    threshold: repeats,
    evidence: { tool_name: events.text(e, R.tool_name), unit: 'equal calls' },
  } as const
  ctx.signal({
    ...signalFrom(events, e, finding, RULE),
    signal_id: signalId(callDigest(events, e, masked), RULE),
  })
  ctx.count('observa_signals_total', 'type="loop_detected",severity="high"', 1)
}

/** What makes two calls the same. */
const CALL = [R.project_id, R.trace_id, R.tool_name, R.tool_arguments]

const MARKER = '[REDACTED'

/**
 * What the arguments had in the place of markers, as a keyed digest; '' where there are none. Null when nobody can say: ten
 * mails to ten people are no loop.
 */
function maskedOf(events: EventTable, e: number): string | null {
  const off = events.off(e, R.tool_arguments)
  const len = events.len(e, R.tool_arguments)
  if (len <= 0 || !events.arena.buf.subarray(off, off + len).includes(MARKER)) return ''
  return events.batch.maskedDigests.get(events.spanOf[e] as number) ?? null
}

/** 53 bits over the bytes of a call: to count, not to name. */
function callHash(events: EventTable, e: number, masked: string): number {
  const b = events.arena.bytes
  let h0 = 0x811c9dc5
  let h1 = 0x9e3779b9
  for (const r of CALL) {
    const off = events.off(e, r)
    const end = off + Math.max(0, events.len(e, r))
    for (let i = off; i < end; i++) {
      const c = b[i] as number
      h0 = Math.imul(h0 ^ c, 0x01000193)
      h1 = Math.imul(h1 ^ c, 0x5f356495)
      h1 = (h1 << 13) | (h1 >>> 19)
    }
    h0 = Math.imul(h0 ^ 0xff, 0x01000193)
  }
  for (let i = 0; i < masked.length; i++) {
    h0 = Math.imul(h0 ^ masked.charCodeAt(i), 0x01000193)
    h1 = Math.imul(h1 ^ masked.charCodeAt(i), 0x5f356495)
  }
  return (h0 >>> 0) * 2097152 + (h1 >>> 11)
}

/** Digest of a call, for the identity of the signal. */
function callDigest(events: EventTable, e: number, masked: string): string {
  const { buf } = events.arena
  const parts = CALL.map((r) => {
    const off = events.off(e, r)
    return buf.subarray(off, off + Math.max(0, events.len(e, r)))
  })
  if (masked !== '') parts.push(Buffer.from(masked))
  return hash('sha256', Buffer.concat(parts.flatMap((p) => [p, Buffer.from([0])])), 'hex')
}
