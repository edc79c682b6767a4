// Formats a comparison as text: one line for each day, model and key that differs, and the events behind it.

import type { Amounts } from '../../../storage/reconcile/billed.ts'
import {
  type Comparison,
  NAMES,
  type NamedEvent,
  type Reconciliation,
} from '../../../storage/reconcile/compare.ts'

/** How many events are printed below a line. The JSON output has all of them. */
const EVENTS_SHOWN = 10

export function reportText(result: Reconciliation): string {
  const differing = result.rows.filter((row) => row.status !== 'equal')
  return [
    `${result.provider}, ${result.from} to ${result.to} (UTC): ${result.equal} equal, ${result.different} different`,
    ...(result.notes ?? []).map((note) => `note     ${note}`),
    ...differing.flatMap(rowLines),
    `billed   ${amountsText(result.billed)}`,
    `counted  ${amountsText(result.counted)}`,
    ...inconsistentLine(result),
    '',
  ].join('\n')
}

function inconsistentLine({ usage_inconsistent: events, inconsistent }: Reconciliation): string[] {
  if (events === 0) return []
  const scopes = inconsistent.map((row) => `${row.scope_name ?? 'no scope'} ${row.events}`)
  return [`inconsistent  ${events} of the counted events do not add up: ${scopes.join(', ')}`]
}

const TITLES = {
  equal: '',
  different: 'differs',
  not_counted: 'billed, not counted',
  not_billed: 'counted, not billed',
} as const

function rowLines(row: Comparison): string[] {
  const key = row.key === null ? '' : `  key ${row.key}`
  const more = row.more_events + Math.max(0, row.events.length - EVENTS_SHOWN)
  return [
    '',
    `${row.day}  ${row.model === '' ? 'all models' : row.model}${key}  ${TITLES[row.status]}`,
    `  billed   ${amountsText(row.billed)}`,
    `  counted  ${amountsText(row.counted)}`,
    `  differs  ${amountsText(onlyChanged(row.difference), '+')}`,
    ...row.events.slice(0, EVENTS_SHOWN).map(eventLine),
    ...(more > 0 ? [`  and ${more} more events`] : []),
    ...(row.missing_calls.length > 0
      ? [`  billed calls without an event: ${row.missing_calls.slice(0, EVENTS_SHOWN).join(', ')}`]
      : []),
  ]
}

function onlyChanged(amounts: Partial<Amounts>): Partial<Amounts> {
  return Object.fromEntries(Object.entries(amounts).filter(([, n]) => n !== 0))
}

function amountsText(amounts: Partial<Amounts>, sign = ''): string {
  const parts = NAMES.flatMap((name) => {
    const n = amounts[name]
    if (n === undefined) return []
    const text = name === 'cost_usd' ? n.toFixed(6) : String(n)
    return [`${name} ${sign !== '' && n > 0 ? sign : ''}${text}`]
  })
  return parts.length === 0 ? 'nothing' : parts.join(', ')
}

function eventLine(event: NamedEvent): string {
  const tokens = `${event.input_tokens} in, ${event.output_tokens} out`
  return `  event ${event.event_id}  trace ${event.trace_id}  ${tokens}  ${event.reasons.join(', ')}`
}
