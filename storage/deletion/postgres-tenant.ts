// Deletes a tenant as a whole from Postgres, out of every table that has tenants, with the role that may delete from it.
// Tables are found in the catalog, so that tables of later versions are included. The audit log stays, and so do the rows
// that prove the deletion.

import type { Statements } from '../postgres/connection.ts'

const STAYS = ['audit_log', 'deletions', 'tombstones', 'deletion_traces']

type Role = 'observa_exporter' | 'observa_control' | 'observa_app'

async function tablesOf(client: Statements, role: Role): Promise<readonly string[]> {
  const found = await client.query<{ name: string }>(
    `SELECT quote_ident(c.relname) AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
     WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND NOT a.attisdropped
       AND has_table_privilege($1, c.oid, 'DELETE') AND NOT c.relname = ANY ($2) ORDER BY c.relname`,
    [role, STAYS],
  )
  return found.rows.map((row) => row.name)
}

/** Run it with `role`. Returns the number of deleted rows, without those that the deletion of the tenant removes. */
export async function deleteTenantRows(
  client: Statements,
  role: Role,
  tenant: string,
): Promise<number> {
  let rows = 0
  for (const table of await tablesOf(client, role)) {
    const gone = await client.query(`DELETE FROM ${table} WHERE tenant_id = $1`, [tenant])
    rows += gone.rowCount ?? 0
  }
  return rows
}

export async function countTenantRows(
  client: Statements,
  role: Role,
  tenant: string,
): Promise<number> {
  let rows = 0
  for (const table of await tablesOf(client, role)) {
    const found = await client.query<{ n: number }>(
      `SELECT count(*)::float8 AS n FROM ${table} WHERE tenant_id = $1`,
      [tenant],
    )
    rows += found.rows[0]?.n ?? 0
  }
  return rows
}

/**
 * Deletes projects, keys, members and invitations with the tenant, and people who are in no other tenant. Run it as
 * `observa_control`.
 */
export async function deleteControlPlane(client: Statements, tenant: string): Promise<number> {
  const people = await client.query<{ user_id: string }>(
    'SELECT user_id FROM members WHERE tenant_id = $1',
    [tenant],
  )
  const gone = await client.query('DELETE FROM tenants WHERE tenant_id = $1', [tenant])
  const rows = await deleteTenantRows(client, 'observa_control', tenant)
  const users = await client.query(
    `DELETE FROM users u WHERE user_id = ANY ($1::uuid[]) AND NOT EXISTS (SELECT 1 FROM members m WHERE m.user_id = u.user_id)`,
    [people.rows.map((row) => row.user_id)],
  )
  return (gone.rowCount ?? 0) + rows + (users.rowCount ?? 0)
}
