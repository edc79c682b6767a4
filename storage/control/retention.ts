// Retention times of tenants and projects, read and written as `observa_control` or `observa_app`.

import {
  type ArchivedClass,
  KEPT_FOR_EVER,
  type RetentionDays,
} from '../../core/deletion/retention.ts'
import type { Statements } from '../postgres/connection.ts'

export interface RetentionRow extends RetentionDays {
  readonly tenant_id: string
  /** '' for all projects of the tenant. */
  readonly project_id: string
  /** Classes that are archived before they are removed; null: the next level decides. */
  readonly archive: readonly ArchivedClass[] | null
}

export interface RetentionDefaults extends RetentionDays {
  readonly archive: readonly ArchivedClass[] | null
}

const DAYS = 'content_days, events_days, figures_days, signals_days, metrics_days'

/** The retention times of all tenants that the role may see. */
export async function listRetention(client: Statements): Promise<readonly RetentionRow[]> {
  const found = await client.query<RetentionRow>(
    `SELECT tenant_id, project_id, ${DAYS}, archive FROM retention_policies`,
  )
  return found.rows
}

export async function readDefaults(client: Statements): Promise<RetentionDefaults> {
  const found = await client.query<RetentionDefaults>(
    `SELECT ${DAYS}, archive FROM retention_defaults`,
  )
  return found.rows[0] ?? { ...KEPT_FOR_EVER, archive: null }
}

const values = (d: RetentionDays): (number | null)[] => [
  d.content_days,
  d.events_days,
  d.figures_days,
  d.signals_days,
  d.metrics_days,
]

/** Stores the defaults from the configuration of the instances. */
export async function writeDefaults(client: Statements, days: RetentionDefaults): Promise<void> {
  await client.query(
    `INSERT INTO retention_defaults (${DAYS}, archive) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (is_only) DO UPDATE SET content_days = $1, events_days = $2, figures_days = $3, signals_days = $4, metrics_days = $5, archive = $6`,
    [...values(days), days.archive],
  )
}

export async function writeRetention(client: Statements, row: RetentionRow): Promise<void> {
  await client.query(
    `INSERT INTO retention_policies (tenant_id, project_id, ${DAYS}, archive) VALUES ($6, $7, $1, $2, $3, $4, $5, $8)
     ON CONFLICT (tenant_id, project_id) DO UPDATE SET content_days = $1, events_days = $2, figures_days = $3, signals_days = $4,
       metrics_days = $5, archive = $8, updated_at = now()`,
    [...values(row), row.tenant_id, row.project_id, row.archive],
  )
}
