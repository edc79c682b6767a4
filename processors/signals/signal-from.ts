// Makes a signal, in the form in which it is printed, from an event and a rule's finding.

import type { EventTable } from '../../core/event.ts'
import { N, R } from '../../core/fields.ts'
import { fingerprintOf } from '../../core/identity/fingerprint.ts'
import { eventId as eventIdOf, projectDigest, signalId } from '../../core/identity/identity.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type { Finding } from './rules/rule.ts'

export function signalFrom(
  events: EventTable,
  event: number,
  finding: Finding,
  rule: string,
): Signal {
  const eventId = events.hex(event, R.event_id) ?? ''
  // Two reports of the same call give the same signal.
  const tenant = events.text(event, R.tenant_id) ?? ''
  const project = events.text(event, R.project_id) ?? ''
  const callId =
    events.hex(event, R.usage_duplicate_of) ?? spanOf(events, event, tenant, project) ?? eventId
  return {
    signal_id: signalId(callId, `${rule}:${finding.type}`),
    type: finding.type,
    severity: finding.severity,
    trace_id: events.hex(event, R.trace_id) ?? '',
    span_id: events.hex(event, R.span_id) ?? '',
    event_id: eventId,
    tenant_id: tenant,
    project_id: project,
    at: String(events.timeNs(event, R.end_time) ?? events.timeNs(event, R.start_time) ?? 0n),
    value: finding.value,
    threshold: finding.threshold,
    evidence: placed(events, event, finding),
    rule,
    fingerprint: fingerprintOf(tenant, project, finding.type, finding.dimensions),
  }
}

/**
 * The id of the span's event, of a log record that reports the usage of a span: it repeats that event, also when it comes first and nothing
 * is known of it yet. Null for all other events.
 */
function spanOf(events: EventTable, event: number, tenant: string, project: string): string | null {
  const isRecord = events.text(event, R.event_type)?.startsWith('log:') === true
  if (!isRecord || !events.has(event, R.trace_id) || !events.has(event, R.span_id)) return null
  const reports = [N.input_tokens, N.output_tokens, N.total_tokens]
  if (!reports.some((field) => events.num(event, field) > 0)) return null
  const [trace, span] = [events.off(event, R.trace_id), events.off(event, R.span_id)]
  const digest = projectDigest(tenant, project)
  return eventIdOf(digest, events.arena.bytes, trace, span, 'span').toString('hex')
}

/** Where the call was made, by which issues are told apart by people, silenced and routed. Lists of secrets have no room for it. */
function placed(
  events: EventTable,
  event: number,
  { type, evidence }: Finding,
): Signal['evidence'] {
  if (type === 'secret_detected' || type === 'pii_detected') return evidence
  const out: Record<string, string | number | boolean | null> = { ...evidence }
  for (const [name, field] of PLACES) {
    const value = events.text(event, field)
    if (value !== null && value !== '') out[name] ??= value
  }
  return out
}

const PLACES: readonly (readonly [name: string, field: number])[] = [
  ['service', R.service_name],
  ['route', R.route],
  ['provider', R.provider],
]
