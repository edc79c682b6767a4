// The plain roles that every statement of the running program works as, and the transactions that take them on. None
// owns anything or may bypass row-level security; the login that owns the tables is for migrations alone.
//
//     observa_app       the REST API, for one tenant: sees the rows of the tenant in the setting `observa.tenant_id`
//     observa_exporter  writes telemetry of all tenants, sees nothing of the control plane
//     observa_control   tenants, people and keys of all tenants, sees no telemetry: key checks, sign-in, the command line
//
// A role is taken on for a transaction (SET LOCAL), which works behind poolers too and leaves nothing on a connection.

import { ObservaError } from '../../core/errors.ts'
import { type Statements, sqlStateOf } from './connection.ts'
import type { PostgresPool } from './pool.ts'

export const PLAIN_ROLES = ['observa_app', 'observa_exporter', 'observa_control'] as const
export type PlainRole = (typeof PLAIN_ROLES)[number]

export interface RoleOptions {
  readonly readOnly?: boolean
  readonly signal?: AbortSignal
}

/** Runs `work` in a transaction that sees and writes rows of this tenant and no others; read-only unless told otherwise. */
export async function withTenant<T>(
  pool: PostgresPool,
  tenantId: string,
  work: (client: Statements) => Promise<T>,
  options: RoleOptions = {},
): Promise<T> {
  return await pool.transaction(
    async (client) => {
      await client.query(
        "SELECT set_config('role', 'observa_app', true), set_config('observa.tenant_id', $1, true)",
        [tenantId],
      )
      return await work(client)
    },
    { readOnly: true, ...options },
  )
}

/** Runs `work` in a transaction as a role that is for all tenants. */
export async function withRole<T>(
  pool: PostgresPool,
  role: Exclude<PlainRole, 'observa_app'>,
  work: (client: Statements) => Promise<T>,
  options: RoleOptions = {},
): Promise<T> {
  return await pool.transaction(async (client) => {
    await client.query("SELECT set_config('role', $1, true)", [role])
    return await work(client)
  }, options)
}

/** Makes the roles that are missing and lets `login` take them on, as far as the connection may. */
export async function ensureRoles(client: Statements, login: string): Promise<void> {
  const isReady = async (): Promise<boolean> => {
    const missing = await missingRoles(client, login)
    return missing.length === 0
  }
  if (await isReady()) return
  const version = await serverVersion(client)
  for (const role of await missingRoles(client, login))
    for (const statement of statementsFor(role, login, version))
      await client.query(statement).catch((thrown: unknown) => {
        // Made in this moment by another start, or not ours to make, which is found out below.
        if (!/^(42501|42710|23505|XX000)$/.test(sqlStateOf(thrown) ?? '')) throw thrown
      })
  const left = await missingRoles(client, login)
  if (left.length === 0) return
  const script = left.flatMap((role) => statementsFor(role, login, version)).join('; ')
  throw new ObservaError(
    'OBS_POSTGRES_ROLES',
    `The Postgres login ${login} may not make the roles ${left.join(', ')}, or not take them on.`,
    `Run once as an administrator of the server: ${script};`,
  )
}

/** Of the plain roles those that are not there, or that the login cannot take on. */
async function missingRoles(client: Statements, login: string): Promise<readonly PlainRole[]> {
  // Before version 16 every member may take a role on; the word SET is not known there.
  const right = (await serverVersion(client)) >= 160_000 ? 'SET' : 'MEMBER'
  const found = await client.query<{ rolname: string }>(
    `SELECT rolname FROM pg_roles WHERE rolname = ANY($1) AND pg_has_role($2, oid, '${right}')`,
    [[...PLAIN_ROLES], login],
  )
  const there = new Set(found.rows.map((row) => row.rolname))
  return PLAIN_ROLES.filter((role) => !there.has(role))
}

async function serverVersion(client: Statements): Promise<number> {
  const found = await client.query<{ version: string }>(
    "SELECT current_setting('server_version_num') AS version",
  )
  return Number(found.rows[0]?.version)
}

/**
 * A login that inherited the rights of all three would see with its own name what each may see, so it only takes them on.
 * Before version 16 there is no grant of that kind.
 */
function statementsFor(role: PlainRole, login: string, version: number): readonly string[] {
  const how = version >= 160_000 ? ' WITH INHERIT FALSE, SET TRUE' : ''
  return [
    `CREATE ROLE ${role} NOLOGIN NOSUPERUSER NOBYPASSRLS`,
    `GRANT ${role} TO "${login.replaceAll('"', '""')}"${how}`,
  ]
}
