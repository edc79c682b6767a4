// Quotas of projects. Limits are read and written as `observa_control` or `observa_app`; counts and the leases of instances
// as `observa_exporter`.

import type { Statements } from '../postgres/connection.ts'

export interface QuotaLimits {
  readonly events_per_month: number | null
  readonly bytes_per_month: number | null
  readonly usd_per_month: number | null
  readonly events_per_second: number | null
}

export interface ProjectQuota extends QuotaLimits {
  readonly tenant_id: string
  readonly project_id: string
}

const LIMITS = `events_per_month::float8 AS events_per_month, bytes_per_month::float8 AS bytes_per_month, usd_per_month,
  events_per_second`

/** The quotas of all tenants that the role may see. */
export async function listQuotas(client: Statements): Promise<readonly ProjectQuota[]> {
  const found = await client.query<ProjectQuota>(
    `SELECT tenant_id, project_id, ${LIMITS} FROM project_quotas ORDER BY tenant_id, project_id`,
  )
  return found.rows
}

export async function findQuota(
  client: Statements,
  tenantId: string,
  projectId: string,
): Promise<ProjectQuota | null> {
  const found = await client.query<ProjectQuota>(
    `SELECT tenant_id, project_id, ${LIMITS} FROM project_quotas WHERE tenant_id = $1 AND project_id = $2`,
    [tenantId, projectId],
  )
  return found.rows[0] ?? null
}

export async function writeQuota(client: Statements, q: ProjectQuota): Promise<void> {
  await client.query(
    `INSERT INTO project_quotas (tenant_id, project_id, events_per_month, bytes_per_month, usd_per_month, events_per_second)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (tenant_id, project_id) DO UPDATE SET events_per_month = $3, bytes_per_month = $4, usd_per_month = $5,
       events_per_second = $6, updated_at = now()`,
    [
      q.tenant_id,
      q.project_id,
      q.events_per_month,
      q.bytes_per_month,
      q.usd_per_month,
      q.events_per_second,
    ],
  )
}

export interface Usage {
  readonly events: number
  readonly bytes: number
  readonly cost_usd: number
  /** Amounts that instances hold in leases, or have accepted and not yet counted. */
  readonly held_events: number
  readonly held_bytes: number
  /** The first moment of the next month. */
  readonly resets_at: Date
}

const MONTH = "date_trunc('month', now() AT TIME ZONE 'UTC')::date"

export async function usageOf(
  client: Statements,
  tenantId: string,
  projectId: string,
): Promise<Usage> {
  const found = await client.query<Usage>(
    `SELECT coalesce(u.events, 0)::float8 AS events, coalesce(u.bytes, 0)::float8 AS bytes, coalesce(u.cost_usd, 0) AS cost_usd,
       l.events::float8 AS held_events, l.bytes::float8 AS held_bytes,
       (${MONTH} + interval '1 month') AT TIME ZONE 'UTC' AS resets_at
     FROM (SELECT coalesce(sum(events), 0) AS events, coalesce(sum(bytes), 0) AS bytes FROM quota_leases
       WHERE tenant_id = $1 AND project_id = $2) l
     LEFT JOIN project_usage u ON u.tenant_id = $1 AND u.project_id = $2 AND u.month = ${MONTH}`,
    [tenantId, projectId],
  )
  const [row] = found.rows
  if (row === undefined) throw new Error('a sum without groups has one row')
  return row
}

export interface Holder {
  readonly tenantId: string
  readonly projectId: string
  readonly instance: string
  readonly life: string
}

export interface Amounts {
  readonly events: number
  readonly bytes: number
}

export interface Grant extends Usage {
  readonly granted: Amounts
}

/** Largest amounts that one instance takes at once. It takes at most a quarter of its share of what is left. */
const EVENTS_AT_ONCE = 10_000
const BYTES_AT_ONCE = 64 * 1024 * 1024
const SHARE = 4

/**
 * Takes the requested amounts and, while plenty is left, some more, out of the rest of the limits. Takes nothing if they do
 * not fit. One instance at a time does this for a project, so that counted and held amounts together never exceed a limit.
 */
export async function takeLease(
  client: Statements,
  holder: Holder,
  limits: QuotaLimits,
  asked: Amounts,
): Promise<Grant> {
  const { tenantId, projectId, instance, life } = holder
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 7362781412))', [
    `${tenantId}\n${projectId}`,
  ])
  // Counts become visible with their commits, so events that the exporter is counting at this moment are still held by a lease.
  const usage = await usageOf(client, tenantId, projectId)
  const others = await client.query<{ instances: number }>(
    'SELECT count(DISTINCT instance)::int AS instances FROM quota_leases WHERE tenant_id = $1 AND project_id = $2 AND instance <> $3',
    [tenantId, projectId, instance],
  )
  const instances = 1 + (others.rows[0]?.instances ?? 0)
  const events = part(
    limits.events_per_month,
    usage.events + usage.held_events,
    asked.events,
    EVENTS_AT_ONCE,
    instances,
  )
  const bytes = part(
    limits.bytes_per_month,
    usage.bytes + usage.held_bytes,
    asked.bytes,
    BYTES_AT_ONCE,
    instances,
  )
  const granted = events === 0 || bytes === 0 ? { events: 0, bytes: 0 } : { events, bytes }
  if (granted.events > 0)
    await client.query(
      `INSERT INTO quota_leases AS l (tenant_id, project_id, instance, life, events, bytes) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (tenant_id, project_id, instance, life) DO UPDATE SET events = l.events + $5, bytes = l.bytes + $6,
         updated_at = now()`,
      [tenantId, projectId, instance, life, granted.events, granted.bytes],
    )
  return { ...usage, granted }
}

function part(
  limit: number | null,
  used: number,
  asked: number,
  atOnce: number,
  instances: number,
): number {
  const left = limit === null ? Number.MAX_SAFE_INTEGER : limit - used
  if (left < asked) return 0
  return Math.max(asked, Math.min(atOnce, Math.floor(left / (SHARE * instances))))
}

/**
 * Removes counted amounts, and amounts that will not be spent, from the lease. Bytes are counted here, events by the
 * exporter.
 */
export async function settleLease(
  client: Statements,
  { tenantId, projectId, instance, life }: Holder,
  { events, bytes, countedBytes }: Amounts & { readonly countedBytes: number },
): Promise<void> {
  if (countedBytes > 0)
    await client.query(
      `INSERT INTO project_usage AS u (tenant_id, project_id, month, bytes) VALUES ($1, $2, ${MONTH}, $3)
       ON CONFLICT (tenant_id, project_id, month) DO UPDATE SET bytes = u.bytes + $3`,
      [tenantId, projectId, countedBytes],
    )
  await client.query(
    `UPDATE quota_leases SET events = events - $5, bytes = bytes - $6, updated_at = now()
     WHERE tenant_id = $1 AND project_id = $2 AND instance = $3 AND life = $4`,
    [tenantId, projectId, instance, life, events, bytes],
  )
  await client.query(
    `DELETE FROM quota_leases WHERE tenant_id = $1 AND project_id = $2 AND instance = $3 AND life = $4
       AND events = 0 AND bytes = 0`,
    [tenantId, projectId, instance, life],
  )
}

/**
 * Drops the leases that earlier lives of an instance left. Everything that those lives accepted has been counted. How many bytes
 * of a lease they spent is not known, so all of them count as used.
 */
export async function dropEarlierLeases(
  client: Statements,
  instance: string,
  life: string,
): Promise<number> {
  await client.query(
    `INSERT INTO project_usage AS u (tenant_id, project_id, month, bytes)
     SELECT tenant_id, project_id, ${MONTH}, sum(bytes) FROM quota_leases WHERE instance = $1 AND life <> $2 AND bytes > 0
     GROUP BY tenant_id, project_id
     ON CONFLICT (tenant_id, project_id, month) DO UPDATE SET bytes = u.bytes + EXCLUDED.bytes`,
    [instance, life],
  )
  const dropped = await client.query(
    'DELETE FROM quota_leases WHERE instance = $1 AND life <> $2',
    [instance, life],
  )
  return dropped.rowCount ?? 0
}

export interface Notice {
  readonly tenant_id: string
  readonly project_id: string
  readonly quota: 'events' | 'bytes' | 'usd'
  readonly percent: number
  readonly used: number
  readonly limit: number
}

/** Returns null if the notice was made before in this month. */
export async function addNotice(client: Statements, n: Notice): Promise<boolean> {
  const added = await client.query(
    `INSERT INTO quota_notices (tenant_id, project_id, month, quota, percent, used, quota_limit)
     VALUES ($1, $2, ${MONTH}, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
    [n.tenant_id, n.project_id, n.quota, n.percent, n.used, n.limit],
  )
  return added.rowCount === 1
}

/** Drops leases of instances that never came back. A running instance settles or returns them far more often. */
export async function dropStrandedLeases(client: Statements): Promise<void> {
  await client.query("DELETE FROM quota_leases WHERE updated_at < now() - interval '7 days'")
}
