// Adds a row of each tenant to every table that has tenants. The tables are read from the catalog, so that the tests
// of isolation include a new table at once.

import type { Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { type PlainRole, withRole, withTenant } from '../postgres/roles.ts'

export interface TenantTable {
  readonly name: string
  readonly isSecured: boolean
  readonly isForced: boolean
}

/** All tables with a column `tenant_id`. */
export async function tenantTables(pool: PostgresPool): Promise<readonly TenantTable[]> {
  const found = await pool.query<{ name: string; secured: boolean; forced: boolean }>(
    `SELECT c.relname AS name, c.relrowsecurity AS secured, c.relforcerowsecurity AS forced
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace AND NOT a.attisdropped
     ORDER BY c.relname`,
  )
  return found.rows.map((r) => ({ name: r.name, isSecured: r.secured, isForced: r.forced }))
}

/** Values of columns whose type alone is not enough; `$tenant` is the tenant. */
const VALUES: Readonly<Record<string, string>> = {
  'signals.severity': "'low'",
  'issues.severity': "'low'",
  'issue_affected.kind': "'trace'",
  'issue_history.action': "'comment'",
  'members.user_id': '(SELECT user_id FROM users LIMIT 1)',
  'members.role': "'member'",
  'project_roles.user_id': '(SELECT user_id FROM users LIMIT 1)',
  'project_roles.role': "'viewer'",
  'invitations.role': "'member'",
  'api_keys.last4': "'abcd'",
  'api_keys.scopes': "'{ingest}'",
  'audit_log.actor_kind': "'system'",
  'audit_log.outcome': "'done'",
  'quota_notices.quota': "'events'",
  'quota_notices.percent': '80',
  'notification_targets.kind': "'slack'",
  'notification_deliveries.reason': "'test'",
  'issue_notices.change': "'opened'",
  'scores.trace_id': "repeat('a', 32)",
  'saved_views.query': "'{}'",
  'deletions.subject_kind': "'trace'",
  'tombstones.kind': "'trace'",
  'tombstones.deletion_id': "(SELECT deletion_id FROM deletions WHERE tenant_id = '$tenant')",
  'deletion_traces.deletion_id': "(SELECT deletion_id FROM deletions WHERE tenant_id = '$tenant')",
  'budgets.scope': "'tenant'",
  'budgets.unit': "'usd'",
  'budgets.per': "'day'",
  'budget_notices.percent': '80',
  'archive_units.class': "'events'",
  'archive_restores.class': "'events'",
  'archive_restores.keep_days': '7',
}

const BY_TYPE: Readonly<Record<string, string>> = {
  text: "'x'",
  'timestamp with time zone': 'now()',
  date: 'now()',
  bigint: '1',
  integer: '1',
  'double precision': '1',
  jsonb: "'{}'",
  boolean: 'false',
  ARRAY: "'{}'",
  uuid: 'gen_random_uuid()',
}

/** Other tables refer to these, so they come first. */
const FIRST = [
  'tenants',
  'projects',
  'environments',
  'members',
  'notification_targets',
  'notification_groups',
  'deletions',
  'budgets',
]

/** The tables that the exporter writes. All others belong to the control plane. */
const TELEMETRY = [
  'signals',
  'derived_signals',
  'derived_spans',
  'judge_requests',
  'judge_verdicts',
  'semantic_spend',
  'semantic_reservations',
  'issues',
  'issue_affected',
  'issue_history',
  'trace_summaries',
  'counted_events',
  'conversations',
  'sessions',
  'end_users',
  'usage_daily',
  'usage_by_agent',
  'project_usage',
  'quota_leases',
  'quota_notices',
]

/** Tables that only the API writes. */
const OF_API = ['scores', 'score_changes', 'saved_views', 'idempotent_requests']

/** Columns that may be null alone, but not all of them. */
const MORE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  scores: { number_value: '1' },
}

/** Tables that no role of a tenant may read. */
const HIDDEN = ['counted_events', 'issue_notices', 'notification_groups', 'notification_members']

export const isHidden = (table: string): boolean => HIDDEN.includes(table)

/** Tables that are written by the API and, with the exporter's role, by jobs. */
export const isShared = (table: string): boolean => table === 'scores' || table === 'score_changes'

export const isTelemetry = (table: string): boolean => TELEMETRY.includes(table)

/** Telemetry that a deletion removes with the role of its tenant. */
const ERASABLE = ['judge_requests', 'judge_verdicts']

export const isErasable = (table: string): boolean => ERASABLE.includes(table)

/** Adds a row of each tenant to every table. */
export async function addRows(pool: PostgresPool, tenants: readonly string[]): Promise<void> {
  await withRole(pool, 'observa_control', (c) =>
    c.query("INSERT INTO users (email) VALUES ('somebody@test.invalid')"),
  )
  const names = (await tenantTables(pool)).map((t) => t.name)
  for (const name of [...FIRST, ...names.filter((n) => !FIRST.includes(n))])
    for (const tenant of tenants) await addRow(pool, name, tenant, writerOf(name))
}

function writerOf(table: string): PlainRole {
  if (OF_API.includes(table)) return 'observa_app'
  return isTelemetry(table) ? 'observa_exporter' : 'observa_control'
}

interface Column {
  readonly name: string
  readonly type: string
}

/** Adds one row for `tenant`, with the role that writes this table. */
export async function addRow(
  pool: PostgresPool,
  table: string,
  tenant: string,
  role: PlainRole,
): Promise<void> {
  const { rows } = await pool.query<Column>(
    `SELECT column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_schema = current_schema() AND table_name = $1 AND is_nullable = 'NO' AND column_default IS NULL
       AND is_identity = 'NO' AND is_generated = 'NEVER'`,
    [table],
  )
  const valueOf = ({ name, type }: Column): string => {
    if (name === 'tenant_id') return `'${tenant}'`
    if (name === 'key_id') return `'sk_test_${tenant.padStart(8, '0')}'`
    // Digests are unique over all tenants.
    if (type === 'bytea') return `sha256('${tenant}')`
    const value = VALUES[`${table}.${name}`] ?? BY_TYPE[type]
    if (value === undefined) throw new Error(`no value is known for ${table}.${name}, a ${type}`)
    return value.replaceAll('$tenant', tenant)
  }
  const more = Object.entries(MORE[table] ?? {})
  const names = [...rows.map((c) => c.name), ...more.map(([name]) => name)].join(', ')
  const values = [...rows.map(valueOf), ...more.map(([, value]) => value)].join(', ')
  const insert = async (client: Statements): Promise<void> => {
    await client.query(`INSERT INTO ${table} (${names}) VALUES (${values})`)
  }
  if (role === 'observa_app') await withTenant(pool, tenant, insert, { readOnly: false })
  else await withRole(pool, role, insert)
}
