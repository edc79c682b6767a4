// The roles with which every statement of the running program works, and the transactions that use them. No role owns
// anything or may bypass row-level security. The login that owns the tables is used for migrations only.
//
//     observa_app       the REST API, for one tenant: sees the rows of the tenant in the setting `observa.tenant_id`
//     observa_exporter  writes telemetry of all tenants, sees nothing of the control plane
//     observa_control   tenants, people and keys of all tenants, sees no telemetry: key checks, sign-in, the command
// line
//     observa_jobs      the queue of jobs and nothing else; a job itself works as one of the others
//
// A role is set for a transaction (SET LOCAL), which works behind poolers too and leaves nothing on a connection.

import { ObservaError } from '../../core/errors.ts'
import { type Statements, sqlStateOf } from './connection.ts'
import type { PostgresPool } from './pool.ts'

export const PLAIN_ROLES = [
  'observa_app',
  'observa_exporter',
  'observa_control',
  'observa_jobs',
] as const
export type PlainRole = (typeof PLAIN_ROLES)[number]

export interface RoleOptions {
  readonly readOnly?: boolean
  readonly signal?: AbortSignal
}

/**
 * Runs `work` in a transaction that reads and writes rows of this tenant only. It is read-only unless told otherwise.
 */
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

/** Runs `work` in a transaction with a role for all tenants. */
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

/** Runs `work` as another role in a transaction that is open, and goes on as before. When it throws, the transaction is over. */
export async function withinAs<T>(
  client: Statements,
  role: PlainRole,
  work: () => Promise<T>,
): Promise<T> {
  const found = await client.query<{ role: string }>("SELECT current_setting('role') AS role")
  await client.query("SELECT set_config('role', $1, true)", [role])
  const result = await work()
  await client.query("SELECT set_config('role', $1, true)", [found.rows[0]?.role ?? 'none'])
  return result
}

/** Makes the missing roles and lets `login` use them, as far as the connection may do that. */
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
        // Another start makes the role at this moment, or this login may not make it. The check below finds out
        // which.
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

/** The roles that do not exist, or that the login cannot use. */
async function missingRoles(client: Statements, login: string): Promise<readonly PlainRole[]> {
  // Before version 16 every member may use a role, and the word SET is unknown.
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
 * The statements that make a role. The login does not inherit the rights of the roles, because then it would see
 * everything under its own name. Before version 16 there is no such grant.
 */
function statementsFor(role: PlainRole, login: string, version: number): readonly string[] {
  const how = version >= 160_000 ? ' WITH INHERIT FALSE, SET TRUE' : ''
  return [
    `CREATE ROLE ${role} NOLOGIN NOSUPERUSER NOBYPASSRLS`,
    `GRANT ${role} TO "${login.replaceAll('"', '""')}"${how}`,
  ]
}
