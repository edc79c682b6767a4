// Compares what a provider billed with what was counted, by day, model and key, and finds the events that can explain
// a difference.

import type { AmountName, Amounts, BilledRow, Provider } from './billed.ts'
import type { ExportFile } from './export-file.ts'
import { modelKey } from './model-key.ts'

/** The parts of a stored event that are needed to count it and to name it. */
export interface CountedEvent {
  readonly event_id: string
  readonly trace_id: string
  readonly span_id: string
  /** The UTC day. */
  readonly day: string
  /** ms since the epoch. */
  readonly at_ms: number
  /** False when nothing says who is paid: it is compared where its model is in the export. */
  readonly names_provider: boolean
  /** True within an hour of midnight, because the provider may count the event on the other day. */
  readonly near_midnight: boolean
  readonly model: string
  readonly key: string | null
  readonly response_id: string | null
  readonly kind: string
  readonly status: string
  readonly amounts: Amounts
  /** True if the event's numbers are in the sums. */
  readonly counts: boolean
  readonly has_usage: boolean
  readonly has_cost: boolean
  readonly cost_source: string
  readonly inconsistent: boolean
  readonly scope_name: string | null
  readonly remainder: boolean
  readonly duplicate_of: string | null
}

/** The reasons why an event may explain a difference. */
export const REASONS = {
  not_billed: 'The export has calls by id, and none of them is this one.',
  duplicate:
    'Taken for a second report of another call and not counted; two calls if both were billed.',
  no_usage:
    'A call without token counts: a stream that was cut, a client that does not report them.',
  failed: 'Failed, and reports tokens all the same.',
  inconsistent: 'Its counts do not add up to the total that it reports.',
  remainder: 'Counted from a container, for calls that were not seen themselves.',
  near_midnight: 'Within an hour of midnight UTC: the provider may have it on the other day.',
  cached: 'Answered by a cache: nothing was paid.',
  other_day: 'Of the day before or after, within an hour of midnight UTC.',
  unpriced: 'Counted without a cost, or with a part of it.',
  exact: 'Its tokens are the difference.',
} as const

export type Reason = keyof typeof REASONS

export interface NamedEvent {
  readonly event_id: string
  readonly trace_id: string
  readonly span_id: string
  readonly response_id: string | null
  readonly model: string
  readonly input_tokens: number
  readonly output_tokens: number
  readonly cost_usd: number | null
  readonly reasons: readonly Reason[]
}

export interface Comparison {
  readonly day: string
  readonly model: string
  readonly key: string | null
  /** The names of the model in the export and in events. */
  readonly billed_models: readonly string[]
  readonly counted_models: readonly string[]
  readonly status: 'equal' | 'different' | 'not_counted' | 'not_billed'
  readonly billed: Partial<Amounts>
  readonly counted: Amounts
  /** Counted minus billed, for the amounts that the export has. */
  readonly difference: Partial<Amounts>
  readonly events: readonly NamedEvent[]
  /** How many further events can explain the difference, besides those that are named. */
  readonly more_events: number
  /** The ids of billed calls that no event has. */
  readonly missing_calls: readonly string[]
}

export interface Reconciliation {
  readonly provider: Provider
  readonly from: string
  readonly to: string
  readonly rows: readonly Comparison[]
  readonly billed: Partial<Amounts>
  readonly counted: Amounts
  readonly equal: number
  readonly different: number
  /** Events that were counted although their counts add up to the total they reported in no reading. */
  readonly usage_inconsistent: number
  /** Those by instrumentation scope, the most frequent first. */
  readonly inconsistent: readonly InconsistentEvents[]
  /** What of the export was not compared, in sentences. */
  readonly notes: readonly string[]
}

export interface InconsistentEvents {
  readonly scope_name: string | null
  readonly events: number
}

export const NAMES: readonly AmountName[] = [
  'calls',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'cost_usd',
]
const NOTHING: Amounts = {
  calls: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  cost_usd: 0,
}

/** The most named events of one row. */
export const EVENTS_NAMED_MAX = 50
/**
 * A cost that differs by less than this share is not a difference: bills are rounded to cents a line, and the prices
 * of the table may be a day old.
 */
const COST_TOLERANCE = 0.005

interface Group {
  readonly day: string
  readonly model: string
  readonly key: string | null
  readonly billed: BilledRow[]
  readonly events: CountedEvent[]
}

export interface CompareOptions {
  /** True to compare by key as well. Events then name the provider's key as the export does. */
  readonly byKey: boolean
}

/** Compares the export with `events`, which are those of its days and of an hour before and after. */
export function compare(
  file: ExportFile,
  events: readonly CountedEvent[],
  { byKey }: CompareOptions,
): Reconciliation {
  const billed = file.rows
  // An export that is not grouped by model has only sums over all models.
  const byModel = billed.some((row) => row.model !== '') || billed.length === 0
  const groups = new Map<string, Group>()
  const groupOf = (day: string, model: string, key: string | null): Group => {
    const own = byKey ? key : null
    const id = JSON.stringify([day, byModel ? modelKey(model) : '', own])
    const known = groups.get(id)
    if (known !== undefined) return known
    const made: Group = { day, model: byModel ? model : '', key: own, billed: [], events: [] }
    groups.set(id, made)
    return made
  }
  for (const row of billed) groupOf(row.day, row.model, row.key).billed.push(row)
  const compared = comparedEvents(file, events)
  for (const event of compared) groupOf(event.day, event.model, event.key).events.push(event)
  const ids = new Set(billed.flatMap((row) => (row.callId === null ? [] : [row.callId])))
  const rows = [...groups.values()]
    .map((group) => comparisonOf(group, events, { ids, byModel }))
    .filter((row) => row.billed_models.length > 0 || row.counted.calls > 0)
    .toSorted((a, b) => order(a).localeCompare(order(b)))
  return {
    provider: file.provider,
    from: file.days?.from ?? '',
    to: file.days?.to ?? '',
    notes: [...file.notes, ...partialNotes(file, events.length - compared.length)],
    rows,
    billed: sumBilled(rows.map((row) => row.billed)),
    counted: sumCounted(rows.map((row) => row.counted)),
    equal: rows.filter((row) => row.status === 'equal').length,
    different: rows.filter((row) => row.status !== 'equal').length,
    ...inconsistentOf([...groups.values()].flatMap((group) => group.events)),
  }
}

/** The events of the export's times that its provider sold. */
function comparedEvents(
  { days, covered, rows }: ExportFile,
  events: readonly CountedEvent[],
): readonly CountedEvent[] {
  const models = new Set(rows.map((row) => modelKey(row.model)))
  const isCovered = ({ day, at_ms: at }: CountedEvent): boolean =>
    covered === null
      ? days !== null && day >= days.from && day <= days.to
      : covered.some(([from, to]) => at >= from && at < to)
  return events.filter(
    (event) => isCovered(event) && (event.names_provider || models.has(modelKey(event.model))),
  )
}

const DAY_MS = 86_400_000

/** Says when days are compared in part. */
function partialNotes({ covered }: ExportFile, leftOut: number): string[] {
  if (covered === null || leftOut === 0) return []
  const days = new Map<number, number>()
  for (const [from, to] of covered)
    for (let day = Math.floor(from / DAY_MS); day * DAY_MS < to; day++) {
      const part = Math.min(to, (day + 1) * DAY_MS) - Math.max(from, day * DAY_MS)
      days.set(day, (days.get(day) ?? 0) + part)
    }
  const partial = [...days].filter(([, ms]) => ms < DAY_MS).map(([day]) => day * DAY_MS)
  if (partial.length === 0) return []
  const names = partial
    .toSorted((a, b) => a - b)
    .map((ms) => new Date(ms).toISOString().slice(0, 10))
  return [
    `The export has only a part of ${names.join(', ')}: events outside of it are not compared.`,
  ]
}

function inconsistentOf(
  events: readonly CountedEvent[],
): Pick<Reconciliation, 'usage_inconsistent' | 'inconsistent'> {
  const found = events.filter((event) => event.counts && event.inconsistent)
  const byScope = Map.groupBy(found, (event) => event.scope_name)
  return {
    usage_inconsistent: found.length,
    inconsistent: [...byScope]
      .map(([scope_name, list]) => ({ scope_name, events: list.length }))
      .toSorted((a, b) => b.events - a.events),
  }
}

const order = (row: Comparison): string => `${row.day} ${row.model} ${row.key ?? ''}`

interface Whole {
  /** The calls that the export has by id. */
  readonly ids: ReadonlySet<string>
  readonly byModel: boolean
}

function comparisonOf(group: Group, all: readonly CountedEvent[], whole: Whole): Comparison {
  const counting = group.events.filter((event) => event.counts)
  const billed = sumBilled(group.billed.map((row) => row.amounts))
  const counted = sumCounted(counting.map((event) => event.amounts))
  const isBilled = group.billed.length > 0
  const difference = isBilled ? differenceOf(billed, counted) : counted
  const isEqual = isBilled && NAMES.every((name) => isSame(name, billed[name], counted[name]))
  const found = isEqual ? [] : suspects(group, difference, all, whole)
  const seen = new Set(group.events.map((event) => event.response_id))
  return {
    day: group.day,
    model: group.billed[0]?.model ?? group.model,
    key: group.key,
    billed_models: unique(group.billed.map((row) => row.model)),
    counted_models: unique(counting.map((event) => event.model)),
    status: isEqual
      ? 'equal'
      : !isBilled
        ? 'not_billed'
        : counting.length === 0
          ? 'not_counted'
          : 'different',
    billed,
    counted,
    difference,
    events: found.slice(0, EVENTS_NAMED_MAX),
    more_events: Math.max(0, found.length - EVENTS_NAMED_MAX),
    missing_calls: group.billed
      .flatMap(({ callId }) => (callId === null || seen.has(callId) ? [] : [callId]))
      .slice(0, EVENTS_NAMED_MAX),
  }
}

const unique = (names: readonly string[]): string[] => [...new Set(names)].toSorted()

function isSame(name: AmountName, billed: number | undefined, counted: number): boolean {
  if (billed === undefined) return true
  if (name !== 'cost_usd') return billed === counted
  return Math.abs(billed - counted) <= Math.max(0.01, COST_TOLERANCE * Math.max(billed, counted))
}

function differenceOf(billed: Partial<Amounts>, counted: Amounts): Partial<Amounts> {
  const entries = NAMES.flatMap((name) => {
    const amount = billed[name]
    return amount === undefined ? [] : [[name, rounded(counted[name] - amount)] as const]
  })
  return Object.fromEntries(entries)
}

/** Rounds the noise of floating-point sums away, at a millionth of a cent. */
const rounded = (n: number): number => Math.round(n * 1e8) / 1e8

function sumBilled(parts: readonly Partial<Amounts>[]): Partial<Amounts> {
  const entries = NAMES.flatMap((name) => {
    const given = parts.flatMap((part) => (part[name] === undefined ? [] : [part[name]]))
    return given.length === 0 ? [] : [[name, rounded(given.reduce((a, b) => a + b, 0))] as const]
  })
  return Object.fromEntries(entries)
}

function sumCounted(parts: readonly Amounts[]): Amounts {
  const sums = { ...NOTHING }
  for (const part of parts) for (const name of NAMES) sums[name] = rounded(sums[name] + part[name])
  return sums
}

/** The events that can explain the difference, the most likely first. */
function suspects(
  group: Group,
  difference: Partial<Amounts>,
  all: readonly CountedEvent[],
  { ids, byModel }: Whole,
): NamedEvent[] {
  const key = modelKey(group.model)
  const beside = all.filter(
    (event) =>
      event.day !== group.day &&
      event.near_midnight &&
      event.counts &&
      (!byModel || modelKey(event.model) === key) &&
      isBeside(event.day, group.day),
  )
  const otherDay: readonly Reason[] = ['other_day']
  const found = [
    ...group.events.map((event) => ({ event, reasons: reasonsOf(event, difference, ids) })),
    ...beside.map((event) => ({ event, reasons: otherDay })),
  ].filter(({ reasons }) => reasons.length > 0)
  return found
    .toSorted(
      (a, b) =>
        weight(b.reasons) - weight(a.reasons) || a.event.event_id.localeCompare(b.event.event_id),
    )
    .map(({ event, reasons }) => named(event, reasons))
}

function isBeside(day: string, other: string): boolean {
  return Math.abs(Date.parse(day) - Date.parse(other)) <= 86_400_000
}

function reasonsOf(
  event: CountedEvent,
  difference: Partial<Amounts>,
  ids: ReadonlySet<string>,
): Reason[] {
  const reasons: Reason[] = []
  const say = (isSo: boolean, reason: Reason): void => {
    if (isSo) reasons.push(reason)
  }
  say(isExact(event, difference), 'exact')
  say(ids.size > 0 && event.counts && !ids.has(event.response_id ?? ''), 'not_billed')
  say(!event.counts && event.duplicate_of !== null, 'duplicate')
  say(!event.has_usage && event.kind !== 'agent' && event.kind !== 'chain', 'no_usage')
  if (!event.counts) return reasons
  say(event.status === 'error' && event.has_usage, 'failed')
  say(event.inconsistent, 'inconsistent')
  say(event.remainder, 'remainder')
  say(event.cost_source === 'given' && event.has_cost && event.amounts.cost_usd === 0, 'cached')
  say(
    difference.cost_usd !== undefined &&
      event.has_usage &&
      (!event.has_cost || event.cost_source === 'partial'),
    'unpriced',
  )
  say(event.near_midnight, 'near_midnight')
  return reasons
}

/** True if this event is exactly the difference: counted and not billed, or billed and not counted. */
function isExact(event: CountedEvent, difference: Partial<Amounts>): boolean {
  const { input_tokens: input, output_tokens: output } = difference
  if (input === undefined || output === undefined || (input === 0 && output === 0)) return false
  const sign = event.counts ? 1 : -1
  return (
    event.has_usage &&
    event.amounts.input_tokens === sign * input &&
    event.amounts.output_tokens === sign * output
  )
}

const WEIGHTS = Object.keys(REASONS)

function weight(reasons: readonly Reason[]): number {
  if (reasons.includes('exact')) return WEIGHTS.length + 1
  return Math.max(...reasons.map((reason) => WEIGHTS.length - WEIGHTS.indexOf(reason)))
}

function named(event: CountedEvent, reasons: readonly Reason[]): NamedEvent {
  return {
    event_id: event.event_id,
    trace_id: event.trace_id,
    span_id: event.span_id,
    response_id: event.response_id,
    model: event.model,
    input_tokens: event.amounts.input_tokens,
    output_tokens: event.amounts.output_tokens,
    cost_usd: event.has_cost ? event.amounts.cost_usd : null,
    reasons,
  }
}
