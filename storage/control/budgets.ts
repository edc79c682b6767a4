// Budgets, and what was spent of them. Budgets are read and written as `observa_control` or `observa_app`. The spending is
// read as `observa_exporter`, or for the own tenant as `observa_app`.

import type { Statements } from '../postgres/connection.ts'
import type { Page } from '../queries/page.ts'
import { Conditions, type PageWanted } from './rows.ts'

export type BudgetScope = 'tenant' | 'project' | 'user' | 'agent' | 'model'
export type BudgetUnit = 'usd' | 'tokens'
export type BudgetWindow = 'day' | 'week' | 'month'

export interface BudgetRow {
  readonly tenant_id: string
  readonly budget_id: string
  readonly name: string
  readonly scope: BudgetScope
  readonly project_id: string | null
  readonly subject: string | null
  readonly unit: BudgetUnit
  readonly amount: number
  readonly per: BudgetWindow
  readonly created_at: Date
  readonly created_by: string
  readonly updated_at: Date
}

const COLUMNS =
  'tenant_id, budget_id, name, scope, project_id, subject, unit, amount, per, created_at, created_by, updated_at'

export async function listBudgets(
  client: Statements,
  wanted: PageWanted & { readonly tenantId: string; readonly scope?: BudgetScope | undefined },
): Promise<Page<BudgetRow>> {
  const q = new Conditions()
    .add(wanted.tenantId, (p) => `tenant_id = ${p}`)
    .add(wanted.scope, (p) => `scope = ${p}`)
  return await q.page(
    client,
    `${COLUMNS} FROM budgets`,
    { time: 'created_at', id: 'budget_id' },
    wanted,
  )
}

/** The budgets of all tenants that the role may see. */
export async function allBudgets(client: Statements, limit: number): Promise<readonly BudgetRow[]> {
  const found = await client.query<BudgetRow>(
    `SELECT ${COLUMNS} FROM budgets ORDER BY tenant_id, budget_id LIMIT $1`,
    [limit],
  )
  return found.rows
}

export async function findBudget(
  client: Statements,
  tenantId: string,
  budgetId: string,
): Promise<BudgetRow | null> {
  const found = await client.query<BudgetRow>(
    `SELECT ${COLUMNS} FROM budgets WHERE tenant_id = $1 AND budget_id = $2`,
    [tenantId, budgetId],
  )
  return found.rows[0] ?? null
}

export async function countBudgets(client: Statements, tenantId: string): Promise<number> {
  const found = await client.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM budgets WHERE tenant_id = $1',
    [tenantId],
  )
  return found.rows[0]?.n ?? 0
}

export async function writeBudget(
  client: Statements,
  b: Omit<BudgetRow, 'created_at' | 'updated_at'>,
): Promise<void> {
  await client.query(
    `INSERT INTO budgets (tenant_id, budget_id, name, scope, project_id, subject, unit, amount, per, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (tenant_id, budget_id) DO UPDATE SET name = $3, amount = $8, updated_at = now()`,
    [
      b.tenant_id,
      b.budget_id,
      b.name,
      b.scope,
      b.project_id,
      b.subject,
      b.unit,
      b.amount,
      b.per,
      b.created_by,
    ],
  )
}

export async function deleteBudget(
  client: Statements,
  tenantId: string,
  budgetId: string,
): Promise<void> {
  await client.query('DELETE FROM budgets WHERE tenant_id = $1 AND budget_id = $2', [
    tenantId,
    budgetId,
  ])
}

export interface Spent {
  /** The user, agent, model or project, or '' for the tenant. */
  readonly subject: string
  readonly used: number
  readonly window_start: Date
  readonly resets_at: Date
}

const SUMS: Readonly<
  Record<BudgetScope, { readonly table: string; readonly subject: string; readonly time: string }>
> = {
  tenant: { table: 'usage_daily', subject: "''", time: 'day' },
  project: { table: 'usage_daily', subject: 'project_id', time: 'day' },
  model: { table: 'usage_daily', subject: 'model', time: 'day' },
  agent: { table: 'usage_by_agent', subject: 'agent', time: 'day' },
  user: { table: 'trace_summaries', subject: 'user_id', time: 'start_time' },
}
const VALUE: Readonly<Record<BudgetUnit, string>> = { usd: 'cost_usd', tokens: 'total_tokens' }

/**
 * What was spent of a budget in its window, largest first: by its subject, or by each one that spent at least `least`. If
 * given, `subjects` limits the result, in all forms in which the ids may be stored.
 */
export async function spentOf(
  client: Statements,
  b: Pick<BudgetRow, 'tenant_id' | 'project_id' | 'scope' | 'subject' | 'unit' | 'per'>,
  {
    least,
    limit,
    subjects,
  }: { readonly least: number; readonly limit: number; readonly subjects?: readonly string[] },
): Promise<readonly Spent[]> {
  const { table, subject, time } = SUMS[b.scope]
  const wanted = subjects ?? (b.subject === null ? null : [b.subject])
  const start = `date_trunc('${b.per}', now() AT TIME ZONE 'UTC')`
  const from = time === 'day' ? `${start}::date` : `${start} AT TIME ZONE 'UTC'`
  const found = await client.query<Spent>(
    `SELECT ${subject} AS subject, sum(${VALUE[b.unit]})::float8 AS used, ${start} AT TIME ZONE 'UTC' AS window_start,
       (${start} + interval '1 ${b.per}') AT TIME ZONE 'UTC' AS resets_at
     FROM ${table}
     WHERE tenant_id = $1 AND ($2::text IS NULL OR project_id = $2) AND ${time} >= ${from}
       AND ${subject} IS NOT NULL AND ($3::text[] IS NULL OR ${subject} = ANY ($3))
     GROUP BY 1 HAVING sum(${VALUE[b.unit]}) >= $4 ORDER BY 2 DESC LIMIT $5`,
    [
      b.tenant_id,
      b.project_id,
      b.scope === 'tenant' || b.scope === 'project' ? null : wanted,
      least,
      limit,
    ],
  )
  return found.rows
}

export interface BudgetNotice {
  readonly tenant_id: string
  readonly budget_id: string
  readonly subject: string
  readonly window_start: Date
  readonly percent: number
  readonly used: number
  readonly amount: number
}

/** Returns false if the notice exists. Run it as `observa_control`. */
export async function addBudgetNotice(client: Statements, n: BudgetNotice): Promise<boolean> {
  const added = await client.query(
    `INSERT INTO budget_notices (tenant_id, budget_id, subject, window_start, percent, used, amount)
     VALUES ($1, $2, $3, ($4::timestamptz AT TIME ZONE 'UTC')::date, $5, $6, $7) ON CONFLICT DO NOTHING`,
    [n.tenant_id, n.budget_id, n.subject, n.window_start, n.percent, n.used, n.amount],
  )
  return added.rowCount === 1
}

export async function dropOldBudgetNotices(client: Statements): Promise<void> {
  await client.query("DELETE FROM budget_notices WHERE window_start < now() - interval '70 days'")
}

/** Takes the quota notices that nobody was notified about, and marks them as notified. Run it as `observa_exporter`. */
export async function takeQuotaNotices(client: Statements): Promise<readonly QuotaNoticeRow[]> {
  const found = await client.query<QuotaNoticeRow>(
    `UPDATE quota_notices SET told_at = now() WHERE told_at IS NULL
     RETURNING tenant_id, project_id, month::text AS month, quota, percent, used, quota_limit AS "limit"`,
  )
  return found.rows
}

export interface QuotaNoticeRow {
  readonly tenant_id: string
  readonly project_id: string
  readonly month: string
  readonly quota: string
  readonly percent: number
  readonly used: number
  readonly limit: number
}

/** The oldest project of a tenant. Run it as `observa_control`. */
export async function firstProject(client: Statements, tenantId: string): Promise<string | null> {
  const found = await client.query<{ project_id: string }>(
    'SELECT project_id FROM projects WHERE tenant_id = $1 AND archived_at IS NULL ORDER BY created_at, project_id LIMIT 1',
    [tenantId],
  )
  return found.rows[0]?.project_id ?? null
}

// ---------------------------------------------------------------- the issue

export interface BudgetSignal {
  readonly tenant: string
  readonly project: string
  readonly signalId: string
  readonly fingerprint: string
  readonly title: string
  readonly value: number
  readonly threshold: number
  readonly evidence: Readonly<Record<string, unknown>>
  readonly rule: string
}

/**
 * Stores the signal and updates its issue, once. Run it as `observa_exporter`. The signal does not come as telemetry, because
 * a budget over several projects belongs to no span.
 */
export async function raiseBudgetSignal(client: Statements, s: BudgetSignal): Promise<void> {
  const added = await client.query(
    `INSERT INTO signals (tenant_id, project_id, signal_id, type, severity, trace_id, span_id, event_id, at, value, threshold, evidence,
       rule, fingerprint)
     VALUES ($1, $2, $3, 'budget_exceeded', 'medium', '', '', '', now(), $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
    [s.tenant, s.project, s.signalId, s.value, s.threshold, s.evidence, s.rule, s.fingerprint],
  )
  if (added.rowCount !== 1) return
  await client.query(
    `INSERT INTO issues AS i (tenant_id, project_id, issue_id, fingerprint, type, severity, title, substatus, count, first_seen,
       last_seen, cost_usd, rule, evidence)
     VALUES ($1, $2, $3, $4, 'budget_exceeded', 'medium', $5, 'new', 1, now(), now(), 0, $6, $7)
     ON CONFLICT (tenant_id, project_id, issue_id) DO UPDATE SET count = i.count + 1, last_seen = now(), evidence = EXCLUDED.evidence,
       status = CASE WHEN i.status = 'resolved' THEN 'open' ELSE i.status END,
       substatus = CASE WHEN i.status = 'resolved' THEN 'regressed' ELSE i.substatus END,
       status_at = CASE WHEN i.status = 'resolved' THEN now() ELSE i.status_at END, updated_at = now()`,
    [
      s.tenant,
      s.project,
      s.fingerprint.replace(':', '-'),
      s.fingerprint,
      s.title,
      s.rule,
      s.evidence,
    ],
  )
}
