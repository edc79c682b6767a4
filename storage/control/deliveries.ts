// Deliveries: notifications to targets, each with its state and attempts. The planner and the sender run their statements as
// `observa_control`.

import type { Statements } from '../postgres/connection.ts'
import type { Page } from '../queries/page.ts'
import { Conditions, type PageWanted } from './rows.ts'

export type DeliveryReason = 'issues' | 'repeat' | 'digest' | 'budget' | 'quota' | 'test'
export type DeliveryStatus = 'pending' | 'delivered' | 'failed' | 'cancelled'

export interface DeliveredIssue {
  readonly project_id: string
  readonly issue_id: string
  readonly change: string
}

export interface DeliveryRow {
  readonly tenant_id: string
  readonly delivery_id: string
  readonly target_id: string
  readonly project_id: string | null
  readonly group_key: string
  readonly labels: Readonly<Record<string, string>>
  readonly reason: DeliveryReason
  readonly issues: readonly DeliveredIssue[]
  readonly notice: Readonly<Record<string, unknown>> | null
  readonly status: DeliveryStatus
  readonly attempts: number
  readonly next_attempt_at: Date
  readonly response_status: number | null
  readonly error_code: string | null
  readonly error: string | null
  readonly created_at: Date
  readonly delivered_at: Date | null
}

const COLUMNS = `tenant_id, delivery_id, target_id, project_id, group_key, labels, reason, issues, notice, status, attempts,
  next_attempt_at, response_status, error_code, error, created_at, delivered_at`

export type NewDelivery = Pick<
  DeliveryRow,
  | 'tenant_id'
  | 'delivery_id'
  | 'target_id'
  | 'project_id'
  | 'group_key'
  | 'labels'
  | 'reason'
  | 'issues'
  | 'notice'
>

export async function insertDelivery(client: Statements, d: NewDelivery): Promise<void> {
  await client.query(
    `INSERT INTO notification_deliveries (tenant_id, delivery_id, target_id, project_id, group_key, labels, reason, issues, notice)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      d.tenant_id,
      d.delivery_id,
      d.target_id,
      d.project_id,
      d.group_key,
      d.labels,
      d.reason,
      JSON.stringify(d.issues),
      d.notice === null ? null : JSON.stringify(d.notice),
    ],
  )
}

export async function listDeliveries(
  client: Statements,
  wanted: PageWanted & {
    readonly tenantId: string
    readonly targetId?: string | undefined
    readonly status?: DeliveryStatus | undefined
    readonly reason?: DeliveryReason | undefined
    readonly from?: Date | undefined
    readonly to?: Date | undefined
  },
): Promise<Page<DeliveryRow>> {
  const q = new Conditions()
    .add(wanted.tenantId, (p) => `tenant_id = ${p}`)
    .add(wanted.targetId, (p) => `target_id = ${p}`)
    .add(wanted.status, (p) => `status = ${p}`)
    .add(wanted.reason, (p) => `reason = ${p}`)
    .add(wanted.from, (p) => `created_at >= ${p}`)
    .add(wanted.to, (p) => `created_at < ${p}`)
  const by = { time: 'created_at', id: 'delivery_id' }
  return await q.page(client, `${COLUMNS} FROM notification_deliveries`, by, wanted)
}

export async function findDelivery(
  client: Statements,
  tenantId: string,
  deliveryId: string,
): Promise<DeliveryRow | null> {
  const found = await client.query<DeliveryRow>(
    `SELECT ${COLUMNS} FROM notification_deliveries WHERE tenant_id = $1 AND delivery_id = $2`,
    [tenantId, deliveryId],
  )
  return found.rows[0] ?? null
}

/** Makes the delivery due at once, with the same id and its earlier attempts. */
export async function retryDelivery(
  client: Statements,
  tenantId: string,
  deliveryId: string,
): Promise<void> {
  await client.query(
    `UPDATE notification_deliveries SET status = 'pending', attempts = 0, next_attempt_at = now(), queued_until = NULL,
       error_code = NULL, error = NULL
     WHERE tenant_id = $1 AND delivery_id = $2`,
    [tenantId, deliveryId],
  )
}

/** Takes due deliveries that have no job. For the given number of seconds they count as having one. */
export async function takeDue(
  client: Statements,
  limit: number,
  seconds: number,
): Promise<readonly Pick<DeliveryRow, 'tenant_id' | 'delivery_id' | 'reason'>[]> {
  const found = await client.query<Pick<DeliveryRow, 'tenant_id' | 'delivery_id' | 'reason'>>(
    `UPDATE notification_deliveries SET queued_until = now() + make_interval(secs => $2)
     WHERE (tenant_id, delivery_id) IN (
       SELECT tenant_id, delivery_id FROM notification_deliveries
       WHERE status = 'pending' AND next_attempt_at <= now() AND (queued_until IS NULL OR queued_until < now())
       ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED)
     RETURNING tenant_id, delivery_id, reason`,
    [limit, seconds],
  )
  return found.rows
}

/**
 * Counts an attempt before it is made, so that an attempt which kills the process is counted too. Returns null if the
 * delivery is no longer pending.
 */
export async function beginAttempt(
  client: Statements,
  tenantId: string,
  deliveryId: string,
): Promise<DeliveryRow | null> {
  const found = await client.query<DeliveryRow>(
    `UPDATE notification_deliveries SET attempts = attempts + 1
     WHERE tenant_id = $1 AND delivery_id = $2 AND status = 'pending' RETURNING ${COLUMNS}`,
    [tenantId, deliveryId],
  )
  return found.rows[0] ?? null
}

export interface AttemptResult {
  readonly status: DeliveryStatus
  readonly nextAttemptMs: number | null
  readonly responseStatus: number | null
  readonly errorCode: string | null
  readonly error: string | null
}

export async function endAttempt(
  client: Statements,
  tenantId: string,
  deliveryId: string,
  r: AttemptResult,
): Promise<void> {
  await client.query(
    `UPDATE notification_deliveries SET status = $3, queued_until = NULL,
       next_attempt_at = CASE WHEN $4::float8 IS NULL THEN next_attempt_at ELSE now() + make_interval(secs => $4 / 1000) END,
       response_status = $5, error_code = $6, error = $7,
       delivered_at = CASE WHEN $3 = 'delivered' THEN now() ELSE delivered_at END
     WHERE tenant_id = $1 AND delivery_id = $2 AND status = 'pending'`,
    [tenantId, deliveryId, r.status, r.nextAttemptMs, r.responseStatus, r.errorCode, r.error],
  )
}

/** Deletes old deliveries, and the oldest ones of a tenant with very many. */
export async function dropOldDeliveries(
  client: Statements,
  days: number,
  keptOfTenant: number,
): Promise<number> {
  const old = await client.query(
    `DELETE FROM notification_deliveries WHERE status <> 'pending' AND created_at < now() - make_interval(days => $1)`,
    [days],
  )
  const many = await client.query(
    `DELETE FROM notification_deliveries AS d USING (
       SELECT tenant_id, delivery_id, row_number() OVER (PARTITION BY tenant_id ORDER BY created_at DESC) AS n
       FROM notification_deliveries WHERE status <> 'pending') AS r
     WHERE d.tenant_id = r.tenant_id AND d.delivery_id = r.delivery_id AND r.n > $1`,
    [keptOfTenant],
  )
  return (old.rowCount ?? 0) + (many.rowCount ?? 0)
}
