// Notes about changes of issues, and the groups in which targets are notified about them. All statements run as
// `observa_control`, those that read issues as `observa_exporter`. Columns with `told` in their name are about the last
// notification.

import type { Statements } from '../postgres/connection.ts'

/** The lock that a planner holds until its transaction ends. The number only has to differ from those of other programs. */
const LOCK_KEY = 7_362_781_414

export interface NoticeRow {
  readonly tenant_id: string
  readonly project_id: string
  readonly issue_id: string
  readonly change: string
}

export interface IssueKey {
  readonly tenant_id: string
  readonly project_id: string
  readonly issue_id: string
}

/** An issue in the form that notifications need. */
export interface NotifiedIssue extends IssueKey {
  readonly fingerprint: string
  readonly type: string
  readonly severity: 'high' | 'medium' | 'low'
  readonly title: string
  readonly status: string
  readonly substatus: string | null
  readonly count: number
  readonly first_seen: Date
  readonly last_seen: Date
  readonly traces: number
  readonly users: number
  readonly cost_usd: number
  readonly environment: string | null
  readonly rule: string
  readonly evidence: Readonly<Record<string, unknown>>
  readonly trace_id: string | null
  readonly assignee: string | null
  readonly status_at: Date
}

export interface GroupKey {
  readonly tenant_id: string
  readonly target_id: string
  readonly group_key: string
}

export interface GroupRow extends GroupKey {
  readonly labels: Readonly<Record<string, string>>
  readonly due_at: Date | null
  readonly last_told_at: Date | null
}

export interface MemberRow extends GroupKey, IssueKey {
  readonly pending: string | null
  readonly told: 'firing' | 'acknowledged' | 'resolved' | null
  readonly told_at: Date | null
  readonly told_last_seen: Date | null
}

/** Returns false when another planner is working. The lock ends with the transaction. */
export async function lockPlanning(client: Statements): Promise<boolean> {
  const found = await client.query<{ is_mine: boolean }>(
    'SELECT pg_try_advisory_xact_lock($1) AS is_mine',
    [LOCK_KEY],
  )
  return found.rows[0]?.is_mine === true
}

/** Whether anything is due, by one look at three indexes. */
export async function hasWork(client: Statements, nowMs: number): Promise<boolean> {
  const found = await client.query<{ is_there: boolean }>(
    `SELECT EXISTS (SELECT FROM issue_notices) OR EXISTS (SELECT FROM notification_groups WHERE due_at <= to_timestamp($1::float8 / 1000))
       OR EXISTS (SELECT FROM notification_deliveries WHERE status = 'pending' AND next_attempt_at <= now()
         AND (queued_until IS NULL OR queued_until < now())) AS is_there`,
    [nowMs],
  )
  return found.rows[0]?.is_there === true
}

/** Takes notes in the order in which they were made. */
export async function takeNotices(
  client: Statements,
  limit: number,
): Promise<readonly NoticeRow[]> {
  const found = await client.query<NoticeRow>(
    `WITH taken AS (
       DELETE FROM issue_notices WHERE notice_id IN (SELECT notice_id FROM issue_notices ORDER BY notice_id LIMIT $1)
       RETURNING notice_id, tenant_id, project_id, issue_id, change)
     SELECT tenant_id, project_id, issue_id, change FROM taken ORDER BY notice_id`,
    [limit],
  )
  return found.rows
}

const ISSUE_COLUMNS = `i.tenant_id, i.project_id, i.issue_id, i.fingerprint, i.type, i.severity, i.title, i.status, i.substatus,
  i.count::float8 AS count, i.first_seen, i.last_seen, i.traces::float8 AS traces, i.users::float8 AS users, i.cost_usd,
  i.environment, i.rule, i.evidence, i.trace_id, i.assignee, i.status_at`

/** Run it as `observa_exporter`. */
export async function issuesOf(
  client: Statements,
  keys: readonly IssueKey[],
): Promise<readonly NotifiedIssue[]> {
  if (keys.length === 0) return []
  const found = await client.query<NotifiedIssue>(
    `SELECT ${ISSUE_COLUMNS} FROM issues AS i
     JOIN json_to_recordset($1::json) AS r(tenant_id text, project_id text, issue_id text)
       USING (tenant_id, project_id, issue_id)
     ORDER BY i.first_seen, i.issue_id`,
    [
      JSON.stringify(
        keys.map(({ tenant_id, project_id, issue_id }) => ({ tenant_id, project_id, issue_id })),
      ),
    ],
  )
  return found.rows
}

/** Open issues of these types that were seen lately and may suppress others. Run it as `observa_exporter`. */
export async function openIssuesOf(
  client: Statements,
  tenantIds: readonly string[],
  types: readonly string[],
  withinMinutes: number,
): Promise<readonly NotifiedIssue[]> {
  if (types.length === 0) return []
  const found = await client.query<NotifiedIssue>(
    `SELECT ${ISSUE_COLUMNS} FROM issues AS i
     WHERE tenant_id = ANY ($1) AND type = ANY ($2) AND status IN ('open', 'acknowledged')
       AND last_seen > now() - make_interval(mins => $3::int)
     ORDER BY first_seen, issue_id LIMIT 1000`,
    [tenantIds, types, withinMinutes],
  )
  return found.rows
}

/** Puts an issue into a group, which becomes due as `due` says unless it is due earlier already. */
export async function planMember(
  client: Statements,
  group: GroupKey & { readonly labels: Readonly<Record<string, string>> },
  issue: IssueKey,
  pending: string,
  due: { readonly firstAtMs: number; readonly intervalMs: number },
  nowMs: number,
): Promise<void> {
  const key = [group.tenant_id, group.target_id, group.group_key]
  await client.query(
    `INSERT INTO notification_groups AS g (tenant_id, target_id, group_key, labels, due_at)
     VALUES ($1, $2, $3, $4, to_timestamp($5::float8 / 1000))
     ON CONFLICT (tenant_id, target_id, group_key) DO UPDATE SET due_at = least(g.due_at, CASE
       WHEN g.last_told_at IS NULL OR g.last_told_at + make_interval(secs => $6::float8 / 1000) < to_timestamp($7::float8 / 1000) THEN EXCLUDED.due_at
       ELSE g.last_told_at + make_interval(secs => $6::float8 / 1000) END)`,
    [...key, group.labels, due.firstAtMs, due.intervalMs, nowMs],
  )
  await client.query(
    `INSERT INTO notification_members (tenant_id, target_id, group_key, project_id, issue_id, pending)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (tenant_id, target_id, group_key, project_id, issue_id) DO UPDATE SET pending = EXCLUDED.pending`,
    [...key, issue.project_id, issue.issue_id, pending],
  )
}

/** The groups that an issue is in. */
export async function membershipsOf(
  client: Statements,
  keys: readonly IssueKey[],
): Promise<readonly MemberRow[]> {
  const found = await client.query<MemberRow>(
    `SELECT m.* FROM notification_members AS m
     JOIN json_to_recordset($1::json) AS r(tenant_id text, project_id text, issue_id text)
       USING (tenant_id, project_id, issue_id)`,
    [
      JSON.stringify(
        keys.map(({ tenant_id, project_id, issue_id }) => ({ tenant_id, project_id, issue_id })),
      ),
    ],
  )
  return found.rows
}

export async function dueGroups(
  client: Statements,
  nowMs: number,
  limit: number,
): Promise<readonly GroupRow[]> {
  const found = await client.query<GroupRow>(
    `SELECT tenant_id, target_id, group_key, labels, due_at, last_told_at FROM notification_groups
     WHERE due_at <= to_timestamp($2::float8 / 1000) ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [limit, nowMs],
  )
  return found.rows
}

export async function membersOf(
  client: Statements,
  g: GroupKey,
  limit: number,
): Promise<readonly MemberRow[]> {
  const found = await client.query<MemberRow>(
    `SELECT * FROM notification_members WHERE tenant_id = $1 AND target_id = $2 AND group_key = $3
     ORDER BY pending IS NULL, told_at DESC NULLS FIRST LIMIT $4`,
    [g.tenant_id, g.target_id, g.group_key, limit],
  )
  return found.rows
}

/** Sets when the group is processed again; null if nothing waits. */
export async function settleGroup(
  client: Statements,
  g: GroupKey,
  { dueAtMs, isNotified }: { readonly dueAtMs: number | null; readonly isNotified: boolean },
  nowMs: number,
): Promise<void> {
  await client.query(
    `UPDATE notification_groups SET due_at = to_timestamp($4::float8 / 1000),
       last_told_at = CASE WHEN $5 THEN to_timestamp($6::float8 / 1000) ELSE last_told_at END
     WHERE tenant_id = $1 AND target_id = $2 AND group_key = $3`,
    [g.tenant_id, g.target_id, g.group_key, dueAtMs, isNotified, nowMs],
  )
}

export interface SettledMember extends IssueKey {
  readonly pending: string | null
  readonly told: MemberRow['told']
  readonly last_seen: string | null
}

export async function settleMembers(
  client: Statements,
  g: GroupKey,
  members: readonly SettledMember[],
  nowMs: number,
): Promise<void> {
  if (members.length === 0) return
  await client.query(
    `UPDATE notification_members AS m SET pending = r.pending, told = r.told,
       told_at = CASE WHEN r.last_seen IS NULL THEN m.told_at ELSE to_timestamp($5::float8 / 1000) END,
       told_last_seen = coalesce(r.last_seen::timestamptz, m.told_last_seen)
     FROM json_to_recordset($4::json) AS r(project_id text, issue_id text, pending text, told text, last_seen text)
     WHERE m.tenant_id = $1 AND m.target_id = $2 AND m.group_key = $3 AND m.project_id = r.project_id AND m.issue_id = r.issue_id`,
    [g.tenant_id, g.target_id, g.group_key, JSON.stringify(members), nowMs],
  )
}

/** Removes members that are finished: resolved and notified, or no longer to be notified. */
export async function dropMembers(
  client: Statements,
  g: GroupKey,
  issues: readonly IssueKey[],
): Promise<void> {
  if (issues.length === 0) return
  await client.query(
    `DELETE FROM notification_members AS m
     USING json_to_recordset($4::json) AS r(project_id text, issue_id text)
     WHERE m.tenant_id = $1 AND m.target_id = $2 AND m.group_key = $3 AND m.project_id = r.project_id AND m.issue_id = r.issue_id`,
    [
      g.tenant_id,
      g.target_id,
      g.group_key,
      JSON.stringify(issues.map(({ project_id, issue_id }) => ({ project_id, issue_id }))),
    ],
  )
}

/** Groups whose last notification is so long ago that it is repeated if one of their issues still occurs. */
export async function groupsToRepeat(
  client: Statements,
  nowMs: number,
  limit: number,
): Promise<readonly GroupRow[]> {
  const found = await client.query<GroupRow>(
    `SELECT g.tenant_id, g.target_id, g.group_key, g.labels, g.due_at, g.last_told_at FROM notification_groups AS g
     JOIN notification_targets AS t USING (tenant_id, target_id)
     WHERE g.due_at IS NULL AND t.is_enabled
       AND g.last_told_at < to_timestamp($2::float8 / 1000) - make_interval(secs => (t.timing ->> 'repeat_interval_ms')::float8 / 1000)
     ORDER BY g.last_told_at LIMIT $1 FOR UPDATE OF g SKIP LOCKED`,
    [limit, nowMs],
  )
  return found.rows
}

/** Deletes groups without members that had no notification for a week. */
export async function dropIdleGroups(client: Statements): Promise<number> {
  const done = await client.query(
    `DELETE FROM notification_groups AS g WHERE due_at IS NULL AND coalesce(last_told_at, '-infinity') < now() - interval '7 days'
       AND NOT EXISTS (SELECT FROM notification_members AS m WHERE m.tenant_id = g.tenant_id AND m.target_id = g.target_id
         AND m.group_key = g.group_key)`,
  )
  return done.rowCount ?? 0
}
