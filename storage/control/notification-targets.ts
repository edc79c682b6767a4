// Notification targets and mutes. The API reads targets without their secrets; the sender reads them as `observa_control`.

import type { Statements } from '../postgres/connection.ts'
import type { Page } from '../queries/page.ts'
import { Conditions, type PageWanted } from './rows.ts'

export type TargetKind =
  | 'email'
  | 'webhook'
  | 'slack'
  | 'alertmanager_webhook'
  | 'alertmanager'
  | 'pagerduty'

/** The stored JSON has the forms of `notifications/target.ts`. */
export interface TargetRow {
  readonly tenant_id: string
  readonly target_id: string
  readonly project_id: string | null
  readonly name: string
  readonly kind: TargetKind
  readonly settings: Readonly<Record<string, unknown>>
  readonly filter: Readonly<Record<string, unknown>>
  readonly timing: Readonly<Record<string, unknown>>
  readonly is_enabled: boolean
  readonly disabled_reason: string | null
  readonly created_at: Date
  readonly created_by: string
  readonly updated_at: Date
}

export interface SecretTargetRow extends TargetRow {
  readonly secrets: Readonly<Record<string, string>>
}

const COLUMNS = `tenant_id, target_id, project_id, name, kind, settings, filter, timing, is_enabled, disabled_reason,
  created_at, created_by, updated_at`

export async function listTargets(
  client: Statements,
  wanted: PageWanted & { readonly tenantId: string },
): Promise<Page<TargetRow>> {
  const by = { time: 'created_at', id: 'target_id' }
  return await new Conditions()
    .add(wanted.tenantId, (p) => `tenant_id = ${p}`)
    .page(client, `${COLUMNS} FROM notification_targets`, by, wanted)
}

export async function findTarget(
  client: Statements,
  tenantId: string,
  targetId: string,
): Promise<TargetRow | null> {
  const found = await client.query<TargetRow>(
    `SELECT ${COLUMNS} FROM notification_targets WHERE tenant_id = $1 AND target_id = $2`,
    [tenantId, targetId],
  )
  return found.rows[0] ?? null
}

export async function countTargets(client: Statements, tenantId: string): Promise<number> {
  const found = await client.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM notification_targets WHERE tenant_id = $1',
    [tenantId],
  )
  return found.rows[0]?.n ?? 0
}

export type NewTarget = Omit<
  SecretTargetRow,
  'created_at' | 'updated_at' | 'disabled_reason' | 'is_enabled'
>

export async function insertTarget(client: Statements, t: NewTarget): Promise<void> {
  await client.query(
    `INSERT INTO notification_targets (tenant_id, target_id, project_id, name, kind, settings, secrets, filter, timing, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      t.tenant_id,
      t.target_id,
      t.project_id,
      t.name,
      t.kind,
      t.settings,
      t.secrets,
      t.filter,
      t.timing,
      t.created_by,
    ],
  )
}

export interface TargetChange {
  readonly name?: string | undefined
  readonly settings?: Readonly<Record<string, unknown>> | undefined
  readonly secrets?: Readonly<Record<string, string>> | undefined
  readonly filter?: Readonly<Record<string, unknown>> | undefined
  readonly timing?: Readonly<Record<string, unknown>> | undefined
  readonly is_enabled?: boolean | undefined
}

/** Changes the given columns. Enabling a target removes the reason why it was disabled. */
export async function updateTarget(
  client: Statements,
  tenantId: string,
  targetId: string,
  to: TargetChange,
): Promise<void> {
  // The API may not read the secrets, so they are set in a statement of their own.
  if (to.secrets !== undefined)
    await client.query(
      'UPDATE notification_targets SET secrets = $3 WHERE tenant_id = $1 AND target_id = $2',
      [tenantId, targetId, to.secrets],
    )
  await client.query(
    `UPDATE notification_targets SET name = coalesce($3, name), settings = coalesce($4, settings), filter = coalesce($5, filter),
       timing = coalesce($6, timing), is_enabled = coalesce($7, is_enabled),
       disabled_reason = CASE WHEN $7 THEN NULL ELSE disabled_reason END, updated_at = now()
     WHERE tenant_id = $1 AND target_id = $2`,
    [
      tenantId,
      targetId,
      to.name ?? null,
      to.settings ?? null,
      to.filter ?? null,
      to.timing ?? null,
      to.is_enabled ?? null,
    ],
  )
}

export async function deleteTarget(
  client: Statements,
  tenantId: string,
  targetId: string,
): Promise<boolean> {
  const done = await client.query(
    'DELETE FROM notification_targets WHERE tenant_id = $1 AND target_id = $2',
    [tenantId, targetId],
  )
  return done.rowCount === 1
}

/** The enabled targets of these tenants, with their secrets. Run it as `observa_control`. */
export async function targetsOf(
  client: Statements,
  tenantIds: readonly string[],
): Promise<readonly SecretTargetRow[]> {
  const found = await client.query<SecretTargetRow>(
    `SELECT ${COLUMNS}, secrets FROM notification_targets WHERE tenant_id = ANY ($1) AND is_enabled ORDER BY tenant_id, target_id`,
    [tenantIds],
  )
  return found.rows
}

export async function disableTarget(
  client: Statements,
  tenantId: string,
  targetId: string,
  reason: string,
): Promise<void> {
  await client.query(
    `UPDATE notification_targets SET is_enabled = false, disabled_reason = $3, updated_at = now()
     WHERE tenant_id = $1 AND target_id = $2`,
    [tenantId, targetId, reason],
  )
}

// ---------------------------------------------------------------- mutes

export interface MuteRow {
  readonly tenant_id: string
  readonly mute_id: string
  readonly project_id: string | null
  readonly matchers: Readonly<Record<string, readonly string[]>>
  readonly starts_at: Date
  readonly ends_at: Date | null
  readonly windows: unknown
  readonly time_zone: string
  readonly reason: string
  readonly created_at: Date
  readonly created_by: string
}

const MUTE_COLUMNS =
  'tenant_id, mute_id, project_id, matchers, starts_at, ends_at, windows, time_zone, reason, created_at, created_by'

export async function listMutes(
  client: Statements,
  wanted: PageWanted & { readonly tenantId: string; readonly isActive?: boolean | undefined },
): Promise<Page<MuteRow>> {
  const q = new Conditions().add(wanted.tenantId, (p) => `tenant_id = ${p}`)
  if (wanted.isActive === true) q.and('(ends_at IS NULL OR ends_at > now()) AND starts_at <= now()')
  if (wanted.isActive === false)
    q.and('NOT ((ends_at IS NULL OR ends_at > now()) AND starts_at <= now())')
  return await q.page(
    client,
    `${MUTE_COLUMNS} FROM mutes`,
    { time: 'created_at', id: 'mute_id' },
    wanted,
  )
}

export async function findMute(
  client: Statements,
  tenantId: string,
  muteId: string,
): Promise<MuteRow | null> {
  const found = await client.query<MuteRow>(
    `SELECT ${MUTE_COLUMNS} FROM mutes WHERE tenant_id = $1 AND mute_id = $2`,
    [tenantId, muteId],
  )
  return found.rows[0] ?? null
}

export async function countMutes(client: Statements, tenantId: string): Promise<number> {
  const found = await client.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM mutes WHERE tenant_id = $1 AND (ends_at IS NULL OR ends_at > now())',
    [tenantId],
  )
  return found.rows[0]?.n ?? 0
}

export async function insertMute(
  client: Statements,
  m: Omit<MuteRow, 'created_at'>,
): Promise<void> {
  await client.query(
    `INSERT INTO mutes (tenant_id, mute_id, project_id, matchers, starts_at, ends_at, windows, time_zone, reason, created_by)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      m.tenant_id,
      m.mute_id,
      m.project_id,
      m.matchers,
      m.starts_at,
      m.ends_at,
      m.windows === null ? null : JSON.stringify(m.windows),
      m.time_zone,
      m.reason,
      m.created_by,
    ],
  )
}

/** Ends the mute; it stays in the list with its end. */
export async function endMute(client: Statements, tenantId: string, muteId: string): Promise<void> {
  await client.query(
    `UPDATE mutes SET ends_at = greatest(now(), starts_at + interval '1 microsecond')
     WHERE tenant_id = $1 AND mute_id = $2 AND (ends_at IS NULL OR ends_at > now())`,
    [tenantId, muteId],
  )
}

/** The mutes of these tenants that are in force now or may be, depending on their hours. */
export async function mutesOf(
  client: Statements,
  tenantIds: readonly string[],
): Promise<readonly MuteRow[]> {
  const found = await client.query<MuteRow>(
    `SELECT ${MUTE_COLUMNS} FROM mutes WHERE tenant_id = ANY ($1) AND starts_at <= now() AND (ends_at IS NULL OR ends_at > now())
     ORDER BY created_at DESC LIMIT 10000`,
    [tenantIds],
  )
  return found.rows
}
