// Detects loops: an agent that calls one tool again and again with the same arguments. A search covers one batch. The
// signal's id is made from trace, tool and arguments, so that several batches of a trace give the same signal.

import { hash } from 'node:crypto'
import type { ChainContext } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'
import { signalId } from '../../core/identity/identity.ts'
import { signalFrom } from './signal-from.ts'

export const LOOP_TYPE = 'loop_detected'
const RULE = 'loop@1'
/** Most distinct calls remembered for one batch. */
const CALLS_MAX = 10_000

export function detectLoops(events: EventTable, repeats: number, ctx: ChainContext): void {
  let calls: Map<number, number> | null = null
  for (let event = 0; event < events.count; event++) {
    if (!events.has(event, R.tool_name)) continue
    if (!events.arena.equals(events.off(event, R.kind), events.len(event, R.kind), 'tool')) continue
    const masked = maskedOf(events, event)
    if (masked === null) continue
    calls ??= new Map()
    const call = callHash(events, event, masked)
    const n = (calls.get(call) ?? 0) + 1
    if (n > 1 || calls.size < CALLS_MAX) calls.set(call, n)
    if (n === repeats) report(events, event, repeats, masked, ctx)
  }
}

function report(
  events: EventTable,
  event: number,
  repeats: number,
  masked: string,
  ctx: ChainContext,
): void {
  const finding = {
    type: LOOP_TYPE,
    severity: 'high',
    value: repeats,
    threshold: repeats,
    evidence: { tool_name: events.text(event, R.tool_name), unit: 'equal calls' },
    dimensions: [events.text(event, R.agent_name), events.text(event, R.tool_name)],
  } as const
  ctx.signal({
    ...signalFrom(events, event, finding, RULE),
    signal_id: signalId(callDigest(events, event, masked), RULE),
  })
  ctx.count('observa_signals_total', 'type="loop_detected",severity="high"', 1)
}

/** Two calls are equal when these fields are. */
const CALL = [R.project_id, R.trace_id, R.tool_name, R.tool_arguments]

const MARKER = '[REDACTED'

/**
 * A keyed digest of the values that were scrubbed from the arguments; '' when nothing was. Without it, ten mails to ten
 * different people would look like a loop, because their arguments are equal after scrubbing. Null when the digest is not
 * known.
 */
function maskedOf(events: EventTable, event: number): string | null {
  const off = events.off(event, R.tool_arguments)
  const len = events.len(event, R.tool_arguments)
  if (len <= 0 || !events.arena.buf.subarray(off, off + len).includes(MARKER)) return ''
  return events.batch.maskedDigests.get(events.spanOf[event] as number) ?? null
}

/** A 53-bit hash of a call, used only for counting within a batch. */
function callHash(events: EventTable, event: number, masked: string): number {
  const b = events.arena.bytes
  let h0 = 0x811c9dc5
  let h1 = 0x9e3779b9
  for (const r of CALL) {
    const off = events.off(event, r)
    const end = off + Math.max(0, events.len(event, r))
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

/** SHA-256 of a call, used for the id of the signal. */
function callDigest(events: EventTable, event: number, masked: string): string {
  const { buf } = events.arena
  const parts = CALL.map((r) => {
    const off = events.off(event, r)
    return buf.subarray(off, off + Math.max(0, events.len(event, r)))
  })
  if (masked !== '') parts.push(Buffer.from(masked))
  return hash('sha256', Buffer.concat(parts.flatMap((p) => [p, Buffer.from([0])])), 'hex')
}
