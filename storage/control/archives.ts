// Rows of archives: which units there are, and what was asked to come back. As `observa_control`, but for what the API asks for as
// `observa_app`.

import type { ArchivedClass } from '../../core/deletion/retention.ts'
import type { Statements } from '../postgres/connection.ts'
import type { Page } from '../queries/page.ts'
import { Conditions, type PageWanted } from './rows.ts'

export interface ArchiveUnitRow {
  readonly tenant_id: string
  readonly project_id: string
  readonly class: ArchivedClass
  /** `2026-01-31`. */
  readonly day: string
  readonly files: number
  readonly rows: number
  readonly bytes: number
  readonly place: string
  readonly written_at: Date
}

const UNIT_COLUMNS = `tenant_id, project_id, class, to_char(day, 'YYYY-MM-DD') AS day, files, rows::float8 AS rows, bytes::float8 AS bytes,
  place, written_at`

export async function noteUnit(
  client: Statements,
  u: Omit<ArchiveUnitRow, 'written_at'>,
): Promise<void> {
  await client.query(
    `INSERT INTO archive_units (tenant_id, project_id, class, day, files, rows, bytes, place)
     SELECT $1, $2, $3, $4::date, $5, $6, $7, $8 WHERE EXISTS (SELECT FROM tenants WHERE tenant_id = $1)
     ON CONFLICT (tenant_id, project_id, class, day) DO UPDATE SET files = $5, rows = $6, bytes = $7, place = $8, written_at = now()`,
    [u.tenant_id, u.project_id, u.class, u.day, u.files, u.rows, u.bytes, u.place],
  )
}

export async function forgetUnit(
  client: Statements,
  u: Pick<ArchiveUnitRow, 'tenant_id' | 'project_id' | 'class' | 'day'>,
): Promise<void> {
  await client.query(
    'DELETE FROM archive_units WHERE tenant_id = $1 AND project_id = $2 AND class = $3 AND day = $4::date',
    [u.tenant_id, u.project_id, u.class, u.day],
  )
}

export interface ArchiveFilter extends PageWanted {
  readonly tenantId: string
  readonly projectId?: string | undefined
  readonly what?: string | undefined
}

/** The newest day first. */
export async function listUnits(
  client: Statements,
  f: ArchiveFilter,
): Promise<Page<ArchiveUnitRow>> {
  return await new Conditions()
    .add(f.tenantId, (p) => `tenant_id = ${p}`)
    .add(f.projectId, (p) => `project_id = ${p}`)
    .add(f.what, (p) => `class = ${p}`)
    .page(
      client,
      `${UNIT_COLUMNS} FROM archive_units`,
      { time: 'archive_units.day', id: "(project_id || ' ' || class)" },
      f,
    )
}

/** Whether a tenant has anything in an archive, as far as this database knows. */
export async function hasUnits(client: Statements, tenantId: string): Promise<boolean> {
  const found = await client.query<{ any: boolean }>(
    'SELECT EXISTS (SELECT FROM archive_units WHERE tenant_id = $1) AS any',
    [tenantId],
  )
  return found.rows[0]?.any ?? false
}

export interface RestoreRow {
  readonly tenant_id: string
  readonly restore_id: string
  readonly project_id: string
  readonly class: ArchivedClass
  readonly from_day: string
  readonly to_day: string
  readonly keep_days: number
  readonly state: 'waiting' | 'done' | 'failed'
  readonly units: number
  readonly rows: number
  readonly error_code: string | null
  readonly requested_by: string
  readonly requested_at: Date
  readonly finished_at: Date | null
  readonly kept_until: Date | null
}

const RESTORE_COLUMNS = `tenant_id, restore_id, project_id, class, to_char(from_day, 'YYYY-MM-DD') AS from_day,
  to_char(to_day, 'YYYY-MM-DD') AS to_day, keep_days, state, units, rows::float8 AS rows, error_code, requested_by, requested_at,
  finished_at, kept_until`

export async function insertRestore(
  client: Statements,
  r: Pick<
    RestoreRow,
    'tenant_id' | 'project_id' | 'class' | 'from_day' | 'to_day' | 'keep_days' | 'requested_by'
  >,
): Promise<RestoreRow> {
  const made = await client.query<RestoreRow>(
    `INSERT INTO archive_restores (tenant_id, project_id, class, from_day, to_day, keep_days, requested_by)
     VALUES ($1, $2, $3, $4::date, $5::date, $6, $7) RETURNING ${RESTORE_COLUMNS}`,
    [r.tenant_id, r.project_id, r.class, r.from_day, r.to_day, r.keep_days, r.requested_by],
  )
  const [row] = made.rows
  if (row === undefined) throw new Error('a restore that was added comes back')
  return row
}

export async function listRestores(
  client: Statements,
  f: PageWanted & { readonly tenantId: string },
): Promise<Page<RestoreRow>> {
  return await new Conditions()
    .add(f.tenantId, (p) => `tenant_id = ${p}`)
    .page(
      client,
      `${RESTORE_COLUMNS} FROM archive_restores`,
      { time: 'requested_at', id: 'restore_id' },
      f,
    )
}

/** Those that wait, the oldest first. */
export async function openRestores(client: Statements): Promise<readonly RestoreRow[]> {
  const found = await client.query<RestoreRow>(
    `SELECT ${RESTORE_COLUMNS} FROM archive_restores WHERE state = 'waiting' ORDER BY requested_at LIMIT 100`,
  )
  return found.rows
}

type RestoreKey = Pick<RestoreRow, 'tenant_id' | 'restore_id'>

/** Keeps retention from the days of a restore, from now on. */
export async function holdRestore(
  client: Statements,
  { tenant_id, restore_id }: RestoreKey,
): Promise<void> {
  await client.query(
    `UPDATE archive_restores SET kept_until = now() + make_interval(days => keep_days) WHERE tenant_id = $1 AND restore_id = $2`,
    [tenant_id, restore_id],
  )
}

export async function finishRestore(
  client: Statements,
  { tenant_id, restore_id }: RestoreKey,
  done:
    | { readonly state: 'done'; readonly units: number; readonly rows: number }
    | { readonly state: 'failed'; readonly errorCode: string },
): Promise<void> {
  const [units, rows, code] =
    done.state === 'done' ? [done.units, done.rows, null] : [0, 0, done.errorCode]
  await client.query(
    `UPDATE archive_restores SET state = $3, units = $4, rows = $5, error_code = $6, finished_at = now()
     WHERE tenant_id = $1 AND restore_id = $2`,
    [tenant_id, restore_id, done.state, units, rows, code],
  )
}

/** Days that retention leaves alone because they were restored: `tenant project class` by a line break, and their days. */
export async function heldDays(
  client: Statements,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = await client.query<{ key: string; days: string[] }>(
    `SELECT tenant_id || E'\\n' || project_id || E'\\n' || class AS key,
       array_agg(DISTINCT to_char(d, 'YYYY-MM-DD')) AS days
     FROM archive_restores, generate_series(from_day::timestamp, to_day::timestamp, interval '1 day') AS d
     WHERE kept_until > now() GROUP BY 1`,
  )
  return new Map(found.rows.map(({ key, days }) => [key, days]))
}
