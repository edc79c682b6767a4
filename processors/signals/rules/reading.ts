// Functions with which rules read events. Nearly every event passes all rules without a finding, so rules compare ranges of bytes
// and decode text only for a finding.

import type { EventTable } from '../../../core/event.ts'
import { R } from '../../../core/fields.ts'

/** Whether the field equals this ASCII text. */
export function is(events: EventTable, event: number, field: number, text: string): boolean {
  return events.arena.equals(events.off(event, field), events.len(event, field), text)
}

export const isError = (events: EventTable, event: number): boolean =>
  is(events, event, R.status, 'error')

export function kindOf(events: EventTable, event: number): string {
  return events.arena.latin1(events.off(event, R.kind), Math.max(0, events.len(event, R.kind)))
}

/** The model of the response, or of the request if the response names none. */
export const modelOf = (events: EventTable, event: number): string | null =>
  events.text(event, R.response_model) ?? events.text(event, R.request_model)

/** The name that distinguishes issues about a call: the tool, the model or the agent, or else the span's name. */
export function subjectOf(events: EventTable, event: number): string | null {
  return (
    events.text(event, R.tool_name) ??
    events.text(event, R.request_model) ??
    events.text(event, R.response_model) ??
    events.text(event, R.agent_name) ??
    events.text(event, R.name)
  )
}

export const numberOrNull = (n: number): number | null => (Number.isNaN(n) ? null : n)
