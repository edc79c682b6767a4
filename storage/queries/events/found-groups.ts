// Which traces, conversations, sessions or users have an event of a kind that only the store of events can tell: with words in its
// messages, of a route, a provider, a tool.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ProjectScope } from '../page.ts'
import { conditionsOf, type EventFilter } from './event-filter.ts'
import { WORDS_SETTINGS } from './words.ts'

export const FOUND_MAX = 20_000

const IDS = {
  traces: 'lower(hex(e.trace_id))',
  conversations: 'e.conversation_id',
  sessions: 'e.session_id',
  users: 'e.user_id',
} as const

/** Null when there are more than `FOUND_MAX`: the answer would be a part that looks like the whole. */
export async function groupsWith(
  client: ClickHouseClient,
  scope: ProjectScope,
  kind: keyof typeof IDS,
  filter: EventFilter,
): Promise<readonly string[] | null> {
  const { where, params } = conditionsOf(scope, filter)
  const result = await client.query({
    query: `SELECT DISTINCT ${IDS[kind]} AS id FROM canonical_events AS e
      WHERE ${where.join(' AND ')} AND ifNull(${IDS[kind]}, '') != '' LIMIT ${FOUND_MAX + 1}`,
    query_params: params,
    format: 'JSONCompactEachRow',
    clickhouse_settings: filter.words === undefined ? { use_skip_indexes: 0 } : WORDS_SETTINGS,
  })
  const rows = await result.json<[string]>()
  return rows.length > FOUND_MAX ? null : rows.map(([id]) => id)
}
