// The documents of the stream `deltas`, which an earlier version wrote: sums by trace, conversation, session, user
// and day that were made before it was known which events are new. They may wait in a log over an upgrade.
// Their sums are added as they are, and never move.

import type { IssueRow } from './facts.ts'
import type { GroupRow, UsageRow } from './rollup.ts'
import { addSums, addToSet, lesser, noSums, type Sums } from './sums.ts'
import { settle, type TraceRow } from './trace-state.ts'

export const DELTAS_STREAM = 'deltas'

interface OldSums {
  readonly tenant: string
  readonly project: string
  readonly events: number
  readonly llm: number
  readonly errors: number
  readonly in: number
  readonly out: number
  readonly total: number
  readonly cost: number
}

interface OldDetails {
  readonly cache_read: number
  readonly cache_write: number
  readonly reasoning: number
  readonly unpriced: number
}

export interface OldTrace extends OldSums, OldDetails {
  readonly trace: string
  readonly start: number
  readonly end: number
  readonly tools: number
  readonly environment: string | null
  readonly root_name: string | null
  readonly root_kind: string | null
  readonly service: string | null
  readonly user: string | null
  readonly session: string | null
  readonly conversation: string | null
  readonly kinds: readonly string[]
  readonly models: readonly string[]
}

export interface OldGroup extends OldSums {
  readonly id: string
  readonly first: number
  readonly last: number
  readonly user: string | null
  readonly session: string | null
  readonly messages: number | null
  readonly text: string | null
  readonly text_at: number
}

export interface OldUsage extends OldSums, OldDetails {
  readonly day: string
  readonly environment: string
  readonly provider: string
  readonly model: string
}

export interface OldDocument {
  readonly traces: readonly OldTrace[]
  readonly conversations: readonly OldGroup[]
  readonly sessions: readonly OldGroup[]
  readonly users: readonly OldGroup[]
  readonly usage: readonly OldUsage[]
  readonly issues: readonly IssueRow[]
}

export function addOldTrace(row: TraceRow, old: OldTrace): void {
  settle(row)
  const inherited = row.inherited ?? {}
  const settled = inherited.settled ?? noSums()
  addSums(settled, sumsOf(old, old.start, old.end))
  inherited.settled = settled
  row.inherited = inherited
  row.spans += old.events
  row.llm += old.llm
  row.errors += old.errors
  row.in += old.in
  row.out += old.out
  row.total += old.total
  row.cost += old.cost
  row.tools += old.tools
  row.cache_read += old.cache_read
  row.cache_write += old.cache_write
  row.reasoning += old.reasoning
  row.unpriced += old.unpriced
  row.start = Math.min(row.start, old.start)
  row.end = Math.max(row.end, old.end)
  row.root_name ??= old.root_name
  row.root_kind ??= old.root_kind
  row.environment = lesser(row.environment, old.environment)
  row.service = lesser(row.service, old.service)
  row.user = lesser(row.user, old.user)
  row.session = lesser(row.session, old.session)
  row.conversation = lesser(row.conversation, old.conversation)
  for (const kind of old.kinds) addToSet(row.kinds, kind)
  for (const model of old.models) addToSet(row.models, model)
}

export function addOldGroup(row: GroupRow, old: OldGroup): void {
  addSums(row, {
    ...sumsOf(old, old.first, old.last),
    messages: old.messages ?? 0,
    text: old.text,
    text_at: old.text_at,
  })
  row.user = lesser(row.user, old.user)
  row.session = lesser(row.session, old.session)
}

export function addOldUsage(row: UsageRow, old: OldUsage): void {
  row.events += old.events
  row.llm += old.llm
  row.errors += old.errors
  row.in += old.in
  row.out += old.out
  row.total += old.total
  row.cost += old.cost
  row.cache_read += old.cache_read
  row.cache_write += old.cache_write
  row.reasoning += old.reasoning
  row.unpriced += old.unpriced
}

function sumsOf(old: OldSums, first: number, last: number): Sums {
  const { events, llm, errors, total, cost } = old
  return { ...noSums(), events, llm, errors, in: old.in, out: old.out, total, cost, first, last }
}
