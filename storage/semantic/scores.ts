// Scores of answers. All of them are in ClickHouse; those that are shown beside a trace are in Postgres too. The id is made
// of what was scored, so a repetition does no harm in either.

import { createHash } from 'node:crypto'
import type { ClickHouseClient } from '@clickhouse/client'
import type { Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withRole } from '../postgres/roles.ts'
import { storableText } from '../postgres/storable-text.ts'
import type { ProjectScope } from '../queries/page.ts'
import { insertRows, rowsOf } from './clickhouse-rows.ts'

export interface Score extends ProjectScope {
  readonly environment: string
  readonly traceId: string
  readonly spanId: string
  readonly eventId: string
  readonly name: string
  /** Null for a score that is a category. */
  readonly value: number | null
  readonly label: string
  /** The reason of the score, as facts and quotes. */
  readonly evidence: Readonly<Record<string, unknown>>
  readonly source: 'quality' | 'judge' | 'sdk'
  /** The check with its version, or the judge. */
  readonly evaluator: string
  readonly model: string
  /** Start of the event, ns since the epoch. */
  readonly at: string
}

/** 32 hex digits, made of event, name and source. */
export function scoreId(score: Score): string {
  const { tenantId, projectId, eventId, name, source } = score
  const text = ['observa-score', tenantId, projectId, eventId, name, source].join('\0')
  return createHash('sha256').update(text).digest('hex').slice(0, 32)
}

export async function storeScores(
  client: ClickHouseClient,
  scores: readonly Score[],
): Promise<void> {
  await insertRows(
    client,
    'scores',
    scores.map((s) => ({
      tenant_id: s.tenantId,
      project_id: s.projectId,
      score_id: scoreId(s),
      environment: s.environment,
      trace_id: s.traceId,
      span_id: s.spanId,
      event_id: s.eventId,
      name: s.name,
      value: s.value,
      label: s.label,
      evidence: JSON.stringify(s.evidence),
      source: s.source,
      evaluator: s.evaluator,
      model: s.model,
      at: timeOf(s.at),
    })),
  )
}

const TEXT_CHARS_MAX = 10_000
const ROWS_AT_ONCE = 500

/** Shows scores beside traces and in `GET scores`. Call it within a transaction as `observa_exporter`. */
export async function showScores(client: Statements, scores: readonly Score[]): Promise<void> {
  for (let i = 0; i < scores.length; i += ROWS_AT_ONCE) {
    const rows = scores.slice(i, i + ROWS_AT_ONCE).map((s) => ({
      tenant_id: s.tenantId,
      project_id: s.projectId,
      score_id: scoreId(s),
      trace_id: s.traceId,
      span_id: /^0*$/.test(s.spanId) ? null : s.spanId,
      name: storableText(s.name.slice(0, 255)),
      number_value: s.value,
      text_value: s.value === null ? storableText(s.label) : null,
      comment: commentOf(s),
      source: s.source,
      author: storableText(s.evaluator.slice(0, 255)),
    }))
    await client.query(
      `INSERT INTO scores (tenant_id, project_id, score_id, trace_id, span_id, name, number_value, text_value, comment, source, author)
       SELECT * FROM jsonb_to_recordset($1::jsonb) AS r (tenant_id text, project_id text, score_id text, trace_id text, span_id text,
         name text, number_value double precision, text_value text, comment text, source text, author text)
       ON CONFLICT (tenant_id, project_id, score_id) DO UPDATE SET number_value = excluded.number_value,
         text_value = excluded.text_value, comment = excluded.comment, author = excluded.author`,
      [JSON.stringify(rows)],
    )
  }
}

export async function showScoresOf(pool: PostgresPool, scores: readonly Score[]): Promise<void> {
  if (scores.length === 0) return
  await withRole(pool, 'observa_exporter', (client) => showScores(client, scores))
}

function commentOf({ label, evidence }: Score): string {
  const facts = Object.entries(evidence).map(
    ([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const text = [...(label === '' ? [] : [label]), ...facts].join('\n')
  return storableText(text.slice(0, TEXT_CHARS_MAX))
}

export interface ScoredEvent extends ProjectScope {
  readonly hour: string
  readonly eventId: string
  readonly model: string
  readonly route: string
  readonly checks: readonly string[]
  readonly values: readonly number[]
  readonly faults: readonly string[]
}

export async function storeScoredEvents(
  client: ClickHouseClient,
  events: readonly ScoredEvent[],
): Promise<void> {
  await insertRows(
    client,
    'scored_events',
    events.map(({ tenantId, projectId, eventId, ...rest }) => ({
      tenant_id: tenantId,
      project_id: projectId,
      event_id: eventId,
      ...rest,
    })),
  )
}

export interface FaultShare extends ProjectScope {
  readonly name: string
  readonly model: string
  readonly seen: number
  readonly faults: number
  readonly seenBefore: number
  readonly faultsBefore: number
}

/** How often each check found a fault in the last hours, and in the days before, by project and model. */
export async function faultShares(
  client: ClickHouseClient,
  options: { readonly hours: number; readonly daysBefore: number },
): Promise<readonly FaultShare[]> {
  return await rowsOf<FaultShare>(
    client,
    `SELECT tenant_id AS tenantId, project_id AS projectId, name, model,
       countIf(is_now) AS seen, countIf(is_now AND is_fault) AS faults,
       countIf(NOT is_now) AS seenBefore, countIf(NOT is_now AND is_fault) AS faultsBefore
     FROM (SELECT tenant_id, project_id, model, arrayJoin(checks) AS name, has(faults, name) AS is_fault,
         hour > now() - toIntervalHour({hours:UInt32}) AS is_now
       FROM scored_events FINAL WHERE hour > now() - toIntervalDay({days:UInt32}))
     GROUP BY tenant_id, project_id, name, model HAVING seen > 0 AND seenBefore > 0`,
    { hours: options.hours, days: options.daysBefore },
  )
}

/** Traces of the newest faults, as examples. */
export async function faultExamples(
  client: ClickHouseClient,
  scope: ProjectScope,
  name: string,
  hours: number,
): Promise<readonly string[]> {
  const rows = await rowsOf<{ trace_id: string }>(
    client,
    `SELECT trace_id FROM scores FINAL WHERE tenant_id = {tenant:String} AND project_id = {project:String}
       AND name = {name:String} AND source = 'quality' AND at > now() - toIntervalHour({hours:UInt32}) ORDER BY at DESC LIMIT 3`,
    { tenant: scope.tenantId, project: scope.projectId, name, hours },
  )
  return rows.map((row) => row.trace_id)
}

/** A time in ns since the epoch as ClickHouse reads it. */
export function timeOf(ns: string): string {
  const digits = ns.padStart(10, '0')
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`
}
