// `pipe --explain`: which source key and rule filled which field. The event is compared before and after each rule,
// so that rules that fill several fields need not report them. It only runs on request.

import type { EventTable, Provenance } from '../../../core/event.ts'
import { FIELDS, numberIndex, rangeIndex } from '../../../core/fields.ts'
import { type CurrentSpan } from '../span/current-span.ts'
import { ENTRY } from '../span/map-entries.ts'

/** Where the fields come from that no attribute filled. */
export const SOURCES: Readonly<Record<string, string>> = {
  event_id: 'project, trace_id, span_id, event_type',
  tenant_id: 'credential',
  project_id: 'credential',
  trace_id: 'trace_id',
  span_id: 'span_id',
  parent_span_id: 'parent_span_id',
  name: 'name',
  start_time: 'start_time',
  end_time: 'end_time',
  duration_ms: 'start_time, end_time',
  status: 'status',
  error_message: 'status',
  service_name: 'resource:service.name',
  service_version: 'resource:service.version',
  sdk_language: 'resource:telemetry.sdk.language',
  environment: 'resource:deployment.environment.name',
  scope_name: 'scope',
  scope_version: 'scope',
  input_messages: 'event',
  output_messages: 'event',
  system_instructions: 'event',
  error_type: 'event:exception',
  error_stack: 'event:exception',
  dialect: 'scope and marker keys',
  dialects: 'scope and marker keys',
  total_tokens: 'input_tokens, output_tokens',
}

/** Each set field with its value as text. Parameters and metadata are listed by name. */
export type Snapshot = ReadonlyMap<string, string>

export function snapshot(span: CurrentSpan): Snapshot {
  const out = new Map<string, string>()
  const { events, event: e } = span
  for (const field of FIELDS) {
    const r = rangeIndex(field.name)
    if (r >= 0 && events.has(e, r)) out.set(field.name, `${events.off(e, r)}:${events.len(e, r)}`)
    const n = numberIndex(field.name)
    if (n >= 0 && !Number.isNaN(events.num(e, n))) out.set(field.name, String(events.num(e, n)))
  }
  for (const [field, rows] of [
    ['request_params', span.entries.params],
    ['usage_details', span.entries.details],
  ] as const)
    for (let i = 0; i < rows.length; i += ENTRY)
      out.set(
        `${field}.${span.arena.text(rows.at(i), rows.at(i + 1))}`,
        span.arena.text(rows.at(i + 2), rows.at(i + 3)),
      )
  for (let i = 0; i < span.entries.metadata.length; i += 4)
    out.set(
      `metadata.${span.arena.text(span.entries.metadata.at(i), span.entries.metadata.at(i + 1))}`,
      String(i),
    )
  if (span.kind !== '') out.set('kind', span.kind)
  if (span.operation !== '') out.set('operation', span.operation)
  return out
}

/** The names that are new or changed in `after`. */
export function changed(before: Snapshot, after: Snapshot): string[] {
  return [...after].filter(([name, v]) => before.get(name) !== v).map(([name]) => name)
}

/** Adds entries for fields that are set and have no entry yet: those of the span itself and derived ones. */
export function explainRest(events: EventTable, e: number): void {
  const list = events.explain?.[e]
  if (list === undefined) return
  const said = new Set(list.map((p) => p.field))
  for (const field of FIELDS) {
    const r = rangeIndex(field.name)
    const n = numberIndex(field.name)
    const isSet = (r >= 0 && events.has(e, r)) || (n >= 0 && !Number.isNaN(events.num(e, n)))
    if (!isSet || said.has(field.name) || hasPart(said, field.name)) continue
    const source = SOURCES[field.name]
    const entry: Provenance =
      source === undefined
        ? { field: field.name, source: 'derived', rule: 'from other fields' }
        : { field: field.name, source, rule: 'of the span' }
    list.push(entry)
  }
}

function hasPart(said: ReadonlySet<string>, name: string): boolean {
  for (const x of said) if (x.startsWith(`${name}.`)) return true
  return false
}
