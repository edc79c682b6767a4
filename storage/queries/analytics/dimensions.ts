// What sums can be grouped by: the dimensions of events, as SQL over `canonical_events AS e` and, where the roll-up of hours has
// them, over `usage_rollup AS r`.

import { BREAKDOWNS, type Breakdown, EVENT_KEYS } from '../usage-sums.ts'

export interface Dimension {
  readonly event: string
  /** Null: hours were not added up by it. */
  readonly row: string | null
  /** A value that stands on one event of a trace holds for those that name none. */
  readonly ofTrace: 'route' | 'user_id' | 'session_id' | 'conversation_id' | null
}

const OF_EVENTS = {
  kind: 'e.kind',
  operation: 'e.operation',
  name: 'e.name',
  service: 'e.service_name',
  service_version: 'e.service_version',
  tool: 'e.tool_name',
  agent: 'e.agent_name',
  workflow: 'e.workflow_name',
  prompt: 'e.prompt_name',
  prompt_version: 'e.prompt_version',
  status: 'e.status',
  error_type: 'e.error_type',
  dialect: 'e.dialect',
} as const

const OF_TRACES = {
  user: 'user_id',
  session: 'session_id',
  conversation: 'conversation_id',
} as const

type EventDimension = keyof typeof OF_EVENTS
type TraceDimension = keyof typeof OF_TRACES
export type DimensionName = Breakdown | EventDimension | TraceDimension

const keysOf = <T extends object>(of: T): (keyof T)[] => Object.keys(of) as (keyof T)[]

export const DIMENSION_NAMES = [
  ...BREAKDOWNS,
  ...keysOf(OF_EVENTS),
  ...keysOf(OF_TRACES),
] as const satisfies readonly DimensionName[]

export const DIMENSIONS: Readonly<Record<DimensionName, Dimension>> = Object.fromEntries([
  ...BREAKDOWNS.map((name): [string, Dimension] => [
    name,
    { event: EVENT_KEYS[name], row: `r.${name}`, ofTrace: name === 'route' ? 'route' : null },
  ]),
  ...Object.entries(OF_EVENTS).map(([name, event]): [string, Dimension] => [
    name,
    { event, row: null, ofTrace: null },
  ]),
  ...Object.entries(OF_TRACES).map(([name, column]): [string, Dimension] => [
    name,
    { event: `coalesce(nullIf(e.${column}, ''), t.trace_${column})`, row: null, ofTrace: column },
  ]),
]) as Record<DimensionName, Dimension>
