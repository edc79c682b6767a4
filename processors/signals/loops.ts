// Loops: an agent that calls one tool again and again with the same arguments. Sees one batch; the issue's
// identity is trace, tool and arguments, so that several batches of a trace make one issue.

import { hash } from 'node:crypto'
import type { ChainContext } from '../../core/component.ts'
import type { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'
import { signalId } from '../../core/identity.ts'
import { signalFrom } from './signal-from.ts'

const RULE = 'loop@1'
/** Bound on distinct calls remembered for one batch. */
const CALLS_MAX = 10_000

export function detectLoops(events: EventTable, repeats: number, ctx: ChainContext): void {
  let calls: Map<string, number> | null = null
  for (let e = 0; e < events.count; e++) {
    if (!events.has(e, R.tool_name)) continue
    if (!events.arena.equals(events.off(e, R.kind), events.len(e, R.kind), 'tool')) continue
    calls ??= new Map()
    const call = callKey(events, e)
    const n = (calls.get(call) ?? 0) + 1
    if (n > 1 || calls.size < CALLS_MAX) calls.set(call, n)
    if (n === repeats) report(events, e, call, repeats, ctx)
  }
}

function report(
  events: EventTable,
  e: number,
  call: string,
  repeats: number,
  ctx: ChainContext,
): void {
  const finding = {
    type: 'loop_detected',
    severity: 'high',
    value: repeats,
    threshold: repeats,
    evidence: { tool_name: events.text(e, R.tool_name), unit: 'equal calls' },
  } as const
  ctx.signal({ ...signalFrom(events, e, finding, RULE), signal_id: signalId(call, RULE) })
  ctx.count('observa_signals_total', 'type="loop_detected",severity="high"', 1)
}

/** Digest of project, trace, tool and arguments. */
function callKey(events: EventTable, e: number): string {
  const { buf } = events.arena
  const range = (r: number): Buffer => {
    const len = Math.max(0, events.len(e, r))
    return buf.subarray(events.off(e, r), events.off(e, r) + len)
  }
  const parts = [R.project_id, R.trace_id, R.tool_name, R.tool_arguments].map(range)
  return hash('sha256', Buffer.concat(parts.flatMap((p) => [p, Buffer.from([0])])), 'hex')
}
