// The printed form of a signal, from an event and what a rule found.

import type { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'
import { signalId } from '../../core/identity/identity.ts'
import type { Signal } from '../../core/signal.ts'
import type { Finding } from './rule.ts'

export function signalFrom(events: EventTable, e: number, finding: Finding, rule: string): Signal {
  const eventId = events.hex(e, R.event_id) ?? ''
  return {
    signal_id: signalId(eventId, `${rule}:${finding.type}`),
    type: finding.type,
    severity: finding.severity,
    trace_id: events.hex(e, R.trace_id) ?? '',
    span_id: events.hex(e, R.span_id) ?? '',
    event_id: eventId,
    tenant_id: events.text(e, R.tenant_id) ?? '',
    project_id: events.text(e, R.project_id) ?? '',
    at: String(events.timeNs(e, R.end_time) ?? events.timeNs(e, R.start_time) ?? 0n),
    value: finding.value,
    threshold: finding.threshold,
    evidence: finding.evidence,
    rule,
  }
}
