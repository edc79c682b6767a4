// Runs the checks over the calls of one hour that were not checked yet. Data that the event itself does not contain, such as earlier turns
// or retrieved documents, is looked up in the other stored events of the trace and the conversation.

import type { ClickHouseClient } from '@clickhouse/client'
import type { Score, ScoredEvent } from '../../storage/semantic/scores.ts'
import {
  type ChangedHour,
  type ExchangeRow,
  retrievedIn,
  type SaidRow,
  saidIn,
  unseenExchanges,
} from '../../storage/semantic/stored-exchanges.ts'
import { type CheckState, checked } from './checks.ts'
import {
  documentsIn,
  type Exchange,
  exchangeOf,
  type SourceDocument,
  type Turn,
} from './exchange.ts'

export interface ScoredBatch {
  readonly events: readonly ScoredEvent[]
  readonly scores: readonly Score[]
}

/** Checks the next `limit` calls of the hour. The result has no events if none is left. */
export async function scoreNext(
  client: ClickHouseClient,
  hour: ChangedHour,
  states: readonly CheckState[],
  limit: number,
): Promise<ScoredBatch> {
  const rows = await unseenExchanges(client, hour, limit)
  const exchanges = await completeExchanges(client, hour, rows)
  const scored = rows.map((row) => scoredOf(hour, row, exchanges.get(row.event_id), states))
  return { events: scored.map((s) => s.event), scores: scored.flatMap((s) => s.scores) }
}

/** Builds the exchange of each row, with documents and earlier turns from other events. */
export async function completeExchanges(
  client: ClickHouseClient,
  scope: Pick<ChangedHour, 'tenantId' | 'projectId'>,
  rows: readonly ExchangeRow[],
): Promise<ReadonlyMap<string, Exchange>> {
  const calls = rows.filter((row) => row.output_messages !== null || row.output !== null)
  const traces = [...new Set(calls.map((row) => row.trace_id))]
  const retrieved = await retrievedIn(client, scope, traces)
  const plain = new Map(calls.map((row) => [row.event_id, exchangeOf(row)]))
  const lonely = calls.filter((row) => row.conversation_id !== null && turnsOf(plain, row) === 1)
  const said = await saidIn(client, scope, [
    ...new Set(lonely.flatMap((row) => row.conversation_id ?? [])),
  ])
  return new Map(
    calls.map((row) => {
      const documents = documentsBefore(row, retrieved)
      const exchange = exchangeOf(row, documents)
      const isLonely = lonely.includes(row)
      const turns = isLonely ? [...turnsBefore(row, said), ...exchange.turns] : exchange.turns
      return [row.event_id, { ...exchange, turns }]
    }),
  )
}

const turnsOf = (exchanges: ReadonlyMap<string, Exchange>, row: ExchangeRow): number =>
  exchanges.get(row.event_id)?.turns.length ?? 0

function documentsBefore(
  row: ExchangeRow,
  retrieved: Awaited<ReturnType<typeof retrievedIn>>,
): readonly SourceDocument[] {
  return retrieved
    .filter((r) => r.trace_id === row.trace_id && BigInt(r.at) <= BigInt(row.at))
    .flatMap((r) => documentsIn(r.documents))
}

/** Finds the question and answer of the previous turn of the same conversation. */
function turnsBefore(row: ExchangeRow, said: readonly SaidRow[]): readonly Turn[] {
  const before = said.findLast(
    (s) => s.conversation_id === row.conversation_id && BigInt(s.at) < BigInt(row.at),
  )
  if (before === undefined) return []
  const exchange = exchangeOf({ ...row, ...before })
  return [...exchange.turns.slice(-1), { role: 'assistant', text: exchange.answer }]
}

function scoredOf(
  hour: ChangedHour,
  row: ExchangeRow,
  exchange: Exchange | undefined,
  states: readonly CheckState[],
): { readonly event: ScoredEvent; readonly scores: readonly Score[] } {
  const results = exchange === undefined ? [] : checked(exchange, states)
  const place = { tenantId: hour.tenantId, projectId: hour.projectId }
  const faults = results.filter((r) => r.isFault)
  const event = {
    ...place,
    hour: hour.hour,
    eventId: row.event_id,
    model: row.model,
    route: row.route,
    checks: results.map((r) => r.check.name),
    values: results.map((r) => r.value),
    faults: faults.map((r) => r.check.name),
  }
  const about = {
    ...place,
    environment: row.environment,
    traceId: row.trace_id,
    spanId: row.span_id,
    eventId: row.event_id,
    at: row.at,
  }
  const own = faults.map(
    (r): Score => ({
      ...about,
      name: r.check.name,
      value: r.value,
      label: 'fault',
      evidence: r.evidence,
      source: 'quality',
      evaluator: `${r.check.name}@${r.check.version}`,
      model: '',
    }),
  )
  return { event, scores: [...own, ...sentWith(row, about)] }
}

/** Returns the evaluation that a client sent as this event or in its attributes. */
function sentWith(
  row: ExchangeRow,
  about: Pick<
    Score,
    'tenantId' | 'projectId' | 'environment' | 'traceId' | 'spanId' | 'eventId' | 'at'
  >,
): readonly Score[] {
  if (row.evaluation_name === null || row.evaluation_name === '') return []
  const explanation = row.evaluation_explanation
  return [
    {
      ...about,
      name: row.evaluation_name,
      value: row.evaluation_score,
      label: row.evaluation_label ?? '',
      evidence: explanation === null ? {} : { explanation },
      source: 'sdk',
      evaluator: row.name === '' ? 'sdk' : row.name,
      model: '',
    },
  ]
}
