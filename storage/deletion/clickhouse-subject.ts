// Finds and deletes the events of a subject in ClickHouse. Of people only digests of their ids are known; the stored forms of
// the ids are found here and stay in memory. Every statement may be repeated.

import type { ClickHouseClient } from '@clickhouse/client'
import {
  digestInput,
  isOwnerKind,
  type OwnerKind,
  type SubjectKind,
} from '../../core/deletion/subject.ts'
import type { DeletionTrace } from '../control/deletion-traces.ts'

export interface Subject {
  readonly tenant: string
  /** Null for all projects. */
  readonly project: string | null
  readonly kind: SubjectKind
  /** For a trace: its id, 32 hex digits. */
  readonly traceId: string | null
  /** For users, sessions and conversations: the stored forms of the id. */
  readonly forms: readonly string[]
}

const COLUMN: Readonly<Record<OwnerKind, string>> = {
  user: 'user_id',
  session: 'session_id',
  conversation: 'conversation_id',
}

/** Attributes of metrics that name the owner of a data point. */
const METRIC_KEYS: Readonly<Record<OwnerKind, readonly string[]>> = {
  user: ['user.id', 'enduser.id', 'user_id', 'langfuse.user.id', 'end_user_id'],
  session: ['session.id', 'session_id', 'langfuse.session.id'],
  conversation: ['gen_ai.conversation.id', 'conversation_id', 'thread_id'],
}

const NO_TRACE = '00000000000000000000000000000000'
/** Time limit of a mutation, s. Mutations wait for each other and for merges. */
const MUTATION_S = 600

/** A text as SQL that needs no escaping, whatever it contains. */
export const sqlText = (text: string): string => `unhex('${Buffer.from(text).toString('hex')}')`
const list = (texts: readonly string[]): string => `(${texts.map(sqlText).join(', ')})`
export const sqlTraces = (traces: readonly string[]): string =>
  `(${traces.map((t) => `unhex('${hexOnly(t)}')`).join(', ')})`

function hexOnly(trace: string): string {
  if (!/^[0-9a-f]{32}$/.test(trace)) throw new RangeError('a trace id has 32 hex digits')
  return trace
}

const placeOf = ({ tenant, project }: Pick<Subject, 'tenant' | 'project'>): string =>
  `tenant_id = ${sqlText(tenant)}${project === null ? '' : ` AND project_id = ${sqlText(project)}`}`

export const rowsOfTenant = (tenant: string): string => placeOf({ tenant, project: null })

/** Finds the stored forms of an owner by their digests. */
export async function formsOf(
  client: ClickHouseClient,
  { tenant, project, kind }: Pick<Subject, 'tenant' | 'project'> & { readonly kind: OwnerKind },
  digests: readonly Buffer[],
): Promise<readonly string[]> {
  if (digests.length === 0) return []
  const column = COLUMN[kind]
  const prefix = digestInput(kind, tenant, project ?? '', '')
  const hashed = digests.map((d) => `unhex('${d.toString('hex')}')`).join(', ')
  return await columnOf(
    client,
    `SELECT ${column} AS v FROM canonical_events WHERE ${placeOf({ tenant, project })} AND ${column} != ''
     GROUP BY ${column} HAVING SHA256(concat(${sqlText(prefix)}, assumeNotNull(${column}))) IN (${hashed})`,
  )
}

async function columnOf(client: ClickHouseClient, query: string): Promise<string[]> {
  const result = await client.query({ query, format: 'JSONEachRow' })
  return (await result.json<{ v: string }>()).map((row) => row.v)
}

/** The traces that have an event of the subject. Empty for a tenant, which is deleted as a whole. */
export async function tracesOf(
  client: ClickHouseClient,
  subject: Subject,
  table = 'canonical_events',
): Promise<readonly DeletionTrace[]> {
  const { kind, forms, traceId } = subject
  if (kind === 'tenant' || (isOwnerKind(kind) && forms.length === 0)) return []
  const which = isOwnerKind(kind)
    ? `${COLUMN[kind]} IN ${list(forms)}`
    : `trace_id IN ${sqlTraces([traceId ?? NO_TRACE])}`
  const result = await client.query({
    query: `SELECT DISTINCT project_id, lower(hex(trace_id)) AS trace_id FROM ${table} WHERE ${placeOf(subject)} AND ${which}`,
    format: 'JSONEachRow',
  })
  return await result.json<DeletionTrace>()
}

/**
 * A condition for the events of the subject in these traces of one project. An event that names no owner belongs to the owner
 * that other events of its trace name. An event without a trace does not.
 */
export function eventsOfTraces(subject: Subject, traces: readonly DeletionTrace[]): string {
  const { kind, forms } = subject
  const [first] = traces
  if (first === undefined) return 'false'
  const place = placeOf({ tenant: subject.tenant, project: first.project_id })
  const ids = traces.map((t) => t.trace_id)
  const inTraces = `${place} AND trace_id IN ${sqlTraces(ids)}`
  if (!isOwnerKind(kind)) return inTraces
  const column = COLUMN[kind]
  return `${inTraces} AND (${column} IN ${list(forms)} OR (ifNull(${column}, '') = '' AND trace_id != unhex('${NO_TRACE}')))`
}

/** Conversations and sessions of the events that name the subject. */
export async function groupsOfEvents(
  client: ClickHouseClient,
  subject: Subject,
  table: string,
): Promise<readonly string[]> {
  return await columnOf(
    client,
    `SELECT DISTINCT arrayJoin([ifNull(conversation_id, ''), ifNull(session_id, '')]) AS v FROM ${table} WHERE ${eventsOfSubject(subject)} AND v != ''`,
  )
}

/** A condition for all events that name the subject themselves, to count them. */
function eventsOfSubject(subject: Subject): string {
  const { kind, forms, traceId } = subject
  if (kind === 'tenant') return placeOf(subject)
  if (kind === 'trace')
    return `${placeOf(subject)} AND trace_id IN ${sqlTraces([traceId ?? NO_TRACE])}`
  if (forms.length === 0) return 'false'
  return `${placeOf(subject)} AND ${COLUMN[kind]} IN ${list(forms)}`
}

export async function countEvents(client: ClickHouseClient, subject: Subject): Promise<number> {
  return await count(client, 'canonical_events FINAL', eventsOfSubject(subject))
}

export async function count(
  client: ClickHouseClient,
  table: string,
  where: string,
): Promise<number> {
  const result = await client.query({
    query: `SELECT toUInt32(count()) AS n FROM ${table} WHERE ${where}`,
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ n: number }>()
  return Number(row?.n ?? 0)
}

export const signalsOfTraces = (subject: Subject, traces: readonly DeletionTrace[]): string => {
  const [first] = traces
  if (first === undefined) return 'false'
  const place = placeOf({ tenant: subject.tenant, project: first.project_id })
  return `${place} AND trace_id IN ${sqlTraces(traces.map((t) => t.trace_id).filter((t) => t !== NO_TRACE))}`
}

/** Time for which hours stay marked as changing: longer than a step takes, so that nobody computes their sums during one. */
const OPEN_MINUTES = 20

/**
 * Marks hours that lose events, so that they are read from the events until their sums are computed again (`queries/hours`).
 * They are marked before anything is deleted, with a time in the future, so that the sums are computed after the deletion.
 */
export async function reopenHours(client: ClickHouseClient, where: string): Promise<void> {
  await client.command({
    query: `INSERT INTO event_hours (tenant_id, project_id, hour, changed_at)
      SELECT DISTINCT tenant_id, project_id, toStartOfHour(start_time) AS hour, now64(3) + toIntervalMinute(${OPEN_MINUTES})
      FROM canonical_events WHERE ${where}`,
  })
}

/** Deletes rows. When this resolves no query returns them any more; `applyMasks` removes their bytes. */
export async function deleteRows(
  client: ClickHouseClient,
  table: string,
  where: string,
): Promise<void> {
  if ((await count(client, table, where)) === 0) return
  await client.command({
    query: `DELETE FROM ${table} WHERE ${where}`,
    clickhouse_settings: {
      mutations_sync: '2',
      lightweight_deletes_sync: '2',
      max_execution_time: MUTATION_S,
    },
  })
}

/** All tables with rows of tenants, so that tables of later versions are included. */
export async function tenantTables(client: ClickHouseClient): Promise<readonly string[]> {
  return await columnOf(
    client,
    `SELECT DISTINCT table AS v FROM system.columns WHERE database = currentDatabase() AND name = 'tenant_id'
       AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree') ORDER BY v`,
  )
}

/** Deletes rows about these traces or events from other tables, such as computed scores. They hold ids as hex digits. */
export async function deleteDerived(
  client: ClickHouseClient,
  subject: Subject,
  traces: readonly DeletionTrace[],
  events: string,
): Promise<void> {
  const [first] = traces
  if (first === undefined) return
  const place = placeOf({ tenant: subject.tenant, project: first.project_id })
  const withColumn = async (name: string): Promise<readonly string[]> =>
    await columnOf(
      client,
      `SELECT table AS v FROM system.columns WHERE database = currentDatabase() AND name = '${name}' AND type = 'String'
         AND table IN (SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree')`,
    )
  const ofTraces = await withColumn('trace_id')
  for (const table of ofTraces)
    await deleteRows(
      client,
      table,
      `${place} AND trace_id IN ${list(traces.map((t) => t.trace_id))}`,
    )
  const ofEvents = (await withColumn('event_id')).filter((table) => !ofTraces.includes(table))
  if (ofEvents.length === 0) return
  const ids = await columnOf(
    client,
    `SELECT DISTINCT lower(hex(event_id)) AS v FROM canonical_events WHERE ${events}`,
  )
  if (ids.length === 0) return
  for (const table of ofEvents)
    await deleteRows(client, table, `${place} AND event_id IN ${list(ids)}`)
}

/** A condition for the data points of metrics that name the owner. */
export function metricsOf(subject: Subject): string {
  const { kind, forms } = subject
  if (kind === 'tenant') return placeOf(subject)
  if (!isOwnerKind(kind) || forms.length === 0) return 'false'
  const named = METRIC_KEYS[kind].flatMap((key) =>
    ['attributes', 'resource'].map((map) => `${map}[${sqlText(key)}] IN ${list(forms)}`),
  )
  return `${placeOf(subject)} AND (${named.join(' OR ')})`
}

/**
 * Deletes signals about these events. The ids are read first, because a delete on replicated tables cannot have a subquery.
 */
export async function deleteSignalsOf(
  client: ClickHouseClient,
  subject: Subject,
  traces: readonly DeletionTrace[],
  events: string,
): Promise<void> {
  const places = signalsOfTraces(subject, traces)
  const ids = await columnOf(
    client,
    `SELECT DISTINCT hex(event_id) AS v FROM signals WHERE ${places} AND event_id IN (SELECT event_id FROM canonical_events WHERE ${events})`,
  )
  if (ids.length === 0) return
  const literals = ids.map((id) => `unhex('${id}')`).join(', ')
  await deleteRows(client, 'signals', `${places} AND event_id IN (${literals})`)
}
