// A container that counts what the calls inside it did not report. Its event has the remainder in the counted fields,
// and what the container itself reported in `usage_details` under `reported_*`.

import type { EventTable } from '../../../core/event.ts'
import { N, R } from '../../../core/fields.ts'
import type { UsageCounts } from '../../../core/task.ts'
import { isRecord } from '../json/values.ts'

const PREFIX = 'reported_'
/** The counted fields and their names in `usage_details`. */
const FIELDS = [
  [N.input_tokens, 'input'],
  [N.output_tokens, 'output'],
  [N.total_tokens, 'total'],
  [N.cache_read_tokens, 'cache_read'],
  [N.cache_write_tokens, 'cache_write'],
  [N.reasoning_tokens, 'reasoning'],
] as const

/** Sets the counted fields to the remainder. */
export function countRest(events: EventTable, e: number, rest: UsageCounts): void {
  const details = detailsOf(events, e)
  if (!(events.num(e, N.usage_remainder) > 0)) keepReported(events, e, details)
  events.setNum(e, N.usage_remainder, 1)
  const isTotalOnly = Number.isNaN(events.num(e, N.input_tokens))
  if (isTotalOnly) events.setNum(e, N.total_tokens, rest.input)
  else {
    events.setNum(e, N.input_tokens, rest.input)
    events.setNum(e, N.output_tokens, rest.output)
    events.setNum(e, N.total_tokens, rest.input + rest.output)
    setPart(events, e, N.cache_read_tokens, rest.read)
    setPart(events, e, N.cache_write_tokens, rest.written)
    setPart(events, e, N.reasoning_tokens, rest.reasoning)
  }
  events.setText(e, R.usage_details, JSON.stringify(details))
}

/** Undoes a remainder, so that the event has all usage that it reported. */
export function countAll(events: EventTable, e: number): void {
  if (!(events.num(e, N.usage_remainder) > 0)) return
  events.setNum(e, N.usage_remainder, Number.NaN)
  const details = detailsOf(events, e)
  for (const [field, name] of FIELDS) {
    const n = details[PREFIX + name]
    if (n !== undefined) events.setNum(e, field, n)
    delete details[PREFIX + name]
  }
  const own = Object.entries(details).map(([name, n]) => [name.slice(PREFIX.length), n])
  if (own.length === 0) events.clear(e, R.usage_details)
  else events.setText(e, R.usage_details, JSON.stringify(Object.fromEntries(own)))
}

/**
 * Moves reported details aside. A breakdown of the reported usage (audio, cache lifetimes, searches) does not apply
 * to the remainder, and neither does a given cost: the remainder is priced by its own counts.
 */
function keepReported(events: EventTable, e: number, details: Record<string, number>): void {
  for (const [name, n] of Object.entries(details)) {
    delete details[name]
    details[PREFIX + name] = n
  }
  for (const [field, name] of FIELDS) {
    const n = events.num(e, field)
    if (!Number.isNaN(n)) details[PREFIX + name] = n
  }
  const cost = events.num(e, N.cost_usd)
  if (Number.isNaN(cost)) return
  events.addMetadataText(e, 'reported_cost_usd', String(cost))
  for (const field of [N.cost_usd, N.cost_input_usd, N.cost_output_usd])
    events.setNum(e, field, Number.NaN)
}

function setPart(events: EventTable, e: number, field: number, n: number): void {
  if (!Number.isNaN(events.num(e, field))) events.setNum(e, field, n)
}

function detailsOf(events: EventTable, e: number): Record<string, number> {
  const text = events.text(e, R.usage_details)
  const details: unknown = text === null ? null : JSON.parse(text)
  // This JSON was written here and is a map of numbers.
  return isRecord(details) ? { ...(details as Record<string, number>) } : {}
}
