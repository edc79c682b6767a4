// The amounts that the events of a deletion have added to the sums in Postgres, read from ClickHouse before the events are
// deleted. They are computed in the same way as by the Postgres exporter (`exporters/postgres/encode.ts`).

import { hash } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'

/** The sums of those events of one trace that agree in owners and in the dimensions of a day's usage. */
export interface DeletedSums {
  readonly trace: string
  readonly user: string | null
  readonly session: string | null
  readonly conversation: string | null
  readonly day: string
  readonly environment: string
  readonly provider: string
  readonly model: string
  readonly isCall: boolean
  readonly events: number
  readonly errors: number
  readonly tools: number
  readonly unpriced: number
  readonly in: number
  readonly out: number
  readonly total: number
  readonly cache_read: number
  readonly cache_write: number
  readonly reasoning: number
  readonly cost: number
  /** ms since the epoch. */
  readonly first: number
  readonly last: number
}

const CALL = "(kind IN ('llm', 'embedding', 'rerank') AND NOT usage_aggregate)"
const tokens = (column: string): string =>
  `toFloat64(sumIf(least(greatest(ifNull(e.${column}, 0), 0), 1000000000000), NOT usage_aggregate))`

/** `where` selects the events. */
export async function deletedSums(
  client: ClickHouseClient,
  where: string,
): Promise<readonly DeletedSums[]> {
  const result = await client.query({
    query: `SELECT lower(hex(trace_id)) AS trace, user_id AS user, session_id AS session, conversation_id AS conversation,
        toString(toDate(start_time)) AS day, ifNull(nullIf(e.environment, ''), 'default') AS environment,
        ifNull(e.provider, '') AS provider, ifNull(coalesce(nullIf(response_model, ''), request_model), '') AS model,
        ifNull(${CALL}, false) AS isCall, toFloat64(count()) AS events, toFloat64(countIf(status = 'error')) AS errors,
        toFloat64(countIf(kind IN ('tool', 'mcp'))) AS tools,
        toFloat64(countIf(NOT usage_aggregate AND (e.total_tokens > 0 OR e.input_tokens > 0) AND e.cost_usd IS NULL)) AS unpriced,
        ${tokens('input_tokens')} AS \`in\`, ${tokens('output_tokens')} AS \`out\`, ${tokens('total_tokens')} AS \`total\`,
        ${tokens('cache_read_tokens')} AS cache_read, ${tokens('cache_write_tokens')} AS cache_write,
        ${tokens('reasoning_tokens')} AS reasoning,
        sumIf(least(greatest(ifNull(e.cost_usd, 0), -1e9), 1e9), NOT usage_aggregate) AS cost,
        min(toUnixTimestamp64Milli(start_time)) AS first, max(toUnixTimestamp64Milli(greatest(start_time, ifNull(end_time, start_time)))) AS last
      FROM canonical_events AS e FINAL WHERE ${where}
      GROUP BY trace, user, session, conversation, day, environment, provider, model, isCall`,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const rows = await result.json<DeletedSums>()
  return rows.map((r) => ({
    ...r,
    user: storedWord(r.user),
    session: storedWord(r.session),
    conversation: storedWord(r.conversation),
  }))
}

/** The sums of a trace that loses only a part of its events. */
export interface RemainingTrace {
  readonly trace: string
  readonly user: string | null
  readonly session: string | null
  readonly conversation: string | null
  readonly environment: string | null
  readonly service: string | null
  readonly root_name: string | null
  readonly root_kind: string | null
  /** ms since the epoch, with microseconds. */
  readonly root_at: number | null
  /** Nanoseconds since the epoch, as text: a number does not hold them. */
  readonly first: string
  readonly last: string
  readonly kinds: readonly string[]
  readonly models: readonly string[]
}

/** `where` selects all events of the traces, `gone` those that will be deleted. */
export async function remainingTraces(
  client: ClickHouseClient,
  where: string,
  gone: string,
): Promise<ReadonlyMap<string, RemainingTrace>> {
  const isRoot = "(parent_span_id IS NULL AND ifNull(event_type, '') != 'trace_end')"
  const result = await client.query({
    query: `SELECT lower(hex(trace_id)) AS trace, min(nullIf(user_id, '')) AS user, min(nullIf(session_id, '')) AS session,
        min(nullIf(conversation_id, '')) AS conversation, min(e.environment) AS environment, min(e.service_name) AS service,
        argMinIf(name, start_time, ${isRoot}) AS root_name, argMinIf(kind, start_time, ${isRoot}) AS root_kind,
        if(countIf(${isRoot}) = 0, NULL, toUnixTimestamp64Micro(minIf(start_time, ${isRoot})) / 1000) AS root_at,
        toString(min(toUnixTimestamp64Nano(start_time))) AS first,
        toString(max(toUnixTimestamp64Nano(greatest(start_time, ifNull(end_time, start_time))))) AS last,
        arraySlice(arraySort(groupUniqArray(ifNull(kind, 'span'))), 1, 16) AS kinds,
        arraySlice(arraySort(arrayFilter(m -> m != '', groupUniqArray(ifNull(coalesce(response_model, request_model), '')))), 1, 16) AS models
      FROM canonical_events AS e FINAL WHERE (${where}) AND NOT ifNull(${gone}, false) GROUP BY trace`,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  })
  const rows = await result.json<RemainingTrace>()
  return new Map(
    rows.map((r) => [
      r.trace,
      {
        ...r,
        user: storedWord(r.user),
        session: storedWord(r.session),
        conversation: storedWord(r.conversation),
      },
    ]),
  )
}

const ID_CHARS_MAX = 256

/** An id in the form that the Postgres exporter stores: without U+0000, and a long one cut with a hash at its end. */
export function storedWord(text: string | null): string | null {
  if (text === null || text === '') return null
  const clean = text.replaceAll('\u0000', '')
  if (clean.length <= ID_CHARS_MAX) return clean === '' ? null : clean
  return `${clean.slice(0, ID_CHARS_MAX - 17).toWellFormed()}#${hash('sha256', clean, 'hex').slice(0, 16)}`
}
