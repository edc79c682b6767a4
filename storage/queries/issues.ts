// Issues out of Postgres, and the changes that people make to them.

import type { Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withTenant } from '../postgres/roles.ts'
import { type IdForms, type Page, type ProjectScope, pageOf } from './page.ts'
import { SEVERITY_RANK } from './signals.ts'
import { orderOf, type SortOf, since, sortsOf, WhereClause, withoutSort } from './where-clause.ts'

export type IssueStatus = 'open' | 'acknowledged' | 'snoozed' | 'resolved' | 'ignored'

/** What issues can be sorted by, and the SQL of it. */
const SORTED_BY = {
  last_seen: 'last_seen',
  first_seen: 'first_seen',
  count: 'count::float8',
  traces: 'traces::float8',
  users: 'users::float8',
  cost_usd: 'cost_usd',
  severity: SEVERITY_RANK,
} as const
export type IssueSort = SortOf<keyof typeof SORTED_BY>
export const ISSUE_SORTS = sortsOf(SORTED_BY)

export interface IssueFilter {
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
  readonly type?: string | undefined
  readonly severity?: string | undefined
  readonly status?: string | undefined
  readonly substatus?: string | undefined
  readonly assignee?: string | undefined
  readonly traceId?: string | undefined
  readonly environment?: string | undefined
  /** A text in the title. */
  readonly title?: string | undefined
  readonly minCostUsd?: number | undefined
  readonly userId?: IdForms | undefined
  readonly sort?: IssueSort | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface IssueRow {
  readonly issue_id: string
  readonly fingerprint: string
  readonly type: string
  readonly severity: string
  readonly title: string
  readonly status: IssueStatus
  readonly substatus: string | null
  readonly count: number
  readonly first_seen: Date
  readonly last_seen: Date
  readonly traces: number
  readonly users: number
  readonly cost_usd: number
  readonly environment: string | null
  readonly rule: string
  readonly evidence: unknown
  readonly trace_id: string | null
  readonly assignee: string | null
  readonly status_at: Date
  readonly until_at: Date | null
  readonly until_count: number | null
  readonly until_rate: number | null
  readonly tenant_id: string
  readonly project_id: string
}

const COLUMNS = `issue_id, fingerprint, type, severity, title, status, substatus, count::float8 AS count, first_seen, last_seen,
  traces::float8 AS traces, users::float8 AS users, cost_usd, environment, rule, evidence, trace_id, assignee, status_at,
  until_at, until_count::float8 AS until_count, until_rate, tenant_id, project_id`

function filtered(scope: ProjectScope, f: Omit<IssueFilter, 'limit'>): WhereClause {
  const q = new WhereClause(scope)
  q.add(f.fromMs, (p) => since('last_seen', p))
  q.add(f.toMs, (p) => `first_seen < to_timestamp(${p}::float8 / 1000)`)
  q.add(f.type, (p) => `type = ${p}`)
  q.add(f.severity, (p) => `severity = ${p}`)
  q.add(f.status, (p) => `status = ${p}`)
  q.add(f.substatus, (p) => `substatus = ${p}`)
  q.add(f.assignee, (p) => `assignee = ${p}`)
  q.add(
    f.traceId,
    (p) =>
      `issue_id IN (SELECT a.issue_id FROM issue_affected a WHERE a.tenant_id = $1 AND a.project_id = $2 AND a.kind = 'trace' AND a.id = ${p})`,
  )
  q.add(f.environment, (p) => `environment = ${p}`)
  q.add(f.title, (p) => `position(lower(${p}) IN lower(title)) > 0`)
  q.add(f.minCostUsd, (p) => `cost_usd >= ${p}`)
  q.add(
    f.userId,
    (p) =>
      `issue_id IN (SELECT a.issue_id FROM issue_affected a WHERE a.tenant_id = $1 AND a.project_id = $2 AND a.kind = 'user' AND a.id = ANY(${p}))`,
  )
  return q
}

/** Issues, the one with the newest occurrence first. */
export async function listIssues(
  pool: PostgresPool,
  scope: ProjectScope,
  f: IssueFilter,
): Promise<Page<IssueRow>> {
  const q = filtered(scope, f)
  const order = orderOf(f.sort ?? '-last_seen', SORTED_BY)
  const hour = order.sql === 'last_seen' ? 'last_hour' : null
  q.after(f.cursor, order.sql, 'issue_id', order, hour)
  const rows = await q.rows<IssueRow & { sort_time: string }>(
    pool,
    `SELECT ${COLUMNS}, ${order.sql}::text AS sort_time FROM issues WHERE ${q.sql}
     ORDER BY ${hour === null ? '' : `${hour} ${order.direction}, `}${order.sql} ${order.direction}, issue_id ${order.direction}`,
    f.limit + 1,
  )
  const page = pageOf(rows, f.limit, (r) => ({ time: r.sort_time, id: r.issue_id }))
  return { rows: page.rows.map(withoutSort), next: page.next }
}

export async function findIssue(
  pool: PostgresPool,
  scope: ProjectScope,
  issueId: string,
): Promise<IssueRow | null> {
  const q = new WhereClause(scope)
  q.add(issueId, (p) => `issue_id = ${p}`)
  const [row] = await q.rows<IssueRow>(pool, `SELECT ${COLUMNS} FROM issues WHERE ${q.sql}`, 1)
  return row ?? null
}

export interface IssueCount {
  readonly type: string
  readonly severity: string
  readonly status: string
  readonly issues: number
  readonly occurrences: number
}

/** Issues of a range by type, severity and status, most first. */
export async function countIssues(
  pool: PostgresPool,
  scope: ProjectScope,
  f: Omit<IssueFilter, 'limit' | 'cursor'>,
): Promise<readonly IssueCount[]> {
  const q = filtered(scope, f)
  return await q.rows<IssueCount>(
    pool,
    `SELECT type, severity, status, count(*)::float8 AS issues, sum(count)::float8 AS occurrences FROM issues WHERE ${q.sql}
     GROUP BY type, severity, status ORDER BY issues DESC, type, severity, status`,
    500,
  )
}

// ---------------------------------------------------------------- changes

export interface IssueUntil {
  readonly atMs?: number | undefined
  readonly count?: number | undefined
  readonly rateFactor?: number | undefined
}

export interface IssueChange {
  readonly status?: IssueStatus | undefined
  readonly until?: IssueUntil | undefined
  readonly assignee?: string | null | undefined
  readonly note?: string | undefined
  /** The `status_at` of the issue that was looked at. When it is another by now, nothing is changed. */
  readonly seenMs?: number | undefined
}

/** Somebody else, or a new occurrence, changed the status of an issue since it was looked at. */
export class IssueChanged extends Error {
  readonly now: IssueRow

  constructor(now: IssueRow) {
    super(`the issue is ${now.status} since ${now.status_at.toISOString()}`)
    this.now = now
  }
}

/** Changes an issue and writes down who did and what it was; null when the tenant has no such issue. */
export async function changeIssue(
  pool: PostgresPool,
  scope: ProjectScope,
  issueId: string,
  actor: string,
  to: IssueChange,
): Promise<IssueRow | null> {
  return await withTenant(
    pool,
    scope.tenantId,
    async (client) => {
      const key = [scope.tenantId, scope.projectId, issueId]
      const found = await client.query<IssueRow>(
        `SELECT ${COLUMNS} FROM issues WHERE tenant_id = $1 AND project_id = $2 AND issue_id = $3 FOR UPDATE`,
        key,
      )
      const before = found.rows[0]
      if (before === undefined) return null
      if (to.seenMs !== undefined && to.seenMs !== before.status_at.getTime())
        throw new IssueChanged(before)
      if (to.status !== undefined) await setStatus(client, key, before, actor, to)
      if (to.assignee !== undefined) await setAssignee(client, key, before, actor, to)
      const isNoteAlone = to.status === undefined && to.assignee === undefined
      if (isNoteAlone && to.note !== undefined)
        await addHistory(client, key, { actor, action: 'comment', note: to.note })
      const after = await client.query<IssueRow>(
        `SELECT ${COLUMNS} FROM issues WHERE tenant_id = $1 AND project_id = $2 AND issue_id = $3`,
        key,
      )
      return after.rows[0] ?? null
    },
    { readOnly: false },
  )
}

async function setStatus(
  client: Statements,
  key: readonly string[],
  before: IssueRow,
  actor: string,
  { status, until, note }: IssueChange,
): Promise<void> {
  await client.query(
    `UPDATE issues SET status = $4, status_at = now(), updated_at = now(), is_taken_back = false,
       substatus = CASE WHEN $4 = 'open' THEN 'ongoing' ELSE NULL END,
       until_at = to_timestamp($5::float8 / 1000), until_count = count + $6::bigint, until_rate = $7::float8,
       snoozed_count = CASE WHEN $4 = 'snoozed' THEN count END,
       snoozed_rate = CASE WHEN $4 = 'snoozed' THEN
         count / greatest(extract(epoch FROM last_seen - first_seen) / 3600, 1) END
     WHERE tenant_id = $1 AND project_id = $2 AND issue_id = $3`,
    [...key, status, until?.atMs ?? null, until?.count ?? null, until?.rateFactor ?? null],
  )
  await addHistory(client, key, {
    actor,
    action: 'status',
    before: before.status,
    after: status,
    note,
  })
}

async function setAssignee(
  client: Statements,
  key: readonly string[],
  before: IssueRow,
  actor: string,
  { assignee, note, status }: IssueChange,
): Promise<void> {
  await client.query(
    `UPDATE issues SET assignee = $4, updated_at = now()
     WHERE tenant_id = $1 AND project_id = $2 AND issue_id = $3`,
    [...key, assignee ?? null],
  )
  await addHistory(client, key, {
    actor,
    action: 'assignee',
    before: before.assignee,
    after: assignee,
    // The note stands beside the change of the status when there is one.
    note: status === undefined ? note : undefined,
  })
}

interface HistoryEntry {
  readonly actor: string
  readonly action: string
  readonly before?: string | null | undefined
  readonly after?: string | null | undefined
  readonly note?: string | undefined
}

async function addHistory(
  client: Statements,
  key: readonly string[],
  { actor, action, before, after, note }: HistoryEntry,
): Promise<void> {
  await client.query(
    `INSERT INTO issue_history (tenant_id, project_id, issue_id, actor, action, before, after, note)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [...key, actor, action, before ?? null, after ?? null, note ?? null],
  )
}

export interface HistoryRow {
  readonly at: Date
  readonly actor: string
  readonly action: string
  readonly before: string | null
  readonly after: string | null
  readonly note: string | null
}

/** What was done and said about an issue, newest first; only what was said when `isComments`. */
export async function listHistory(
  pool: PostgresPool,
  scope: ProjectScope,
  issueId: string,
  isComments: boolean,
  limit: number,
): Promise<readonly HistoryRow[]> {
  const q = new WhereClause(scope)
  q.add(issueId, (p) => `issue_id = ${p}`)
  const said = isComments ? ' AND note IS NOT NULL' : ''
  return await q.rows<HistoryRow>(
    pool,
    `SELECT at, actor, action, before, after, note FROM issue_history WHERE ${q.sql}${said} ORDER BY entry DESC`,
    limit,
  )
}
