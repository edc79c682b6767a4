// Connections to Postgres, with the limits of the operating promise: 20 connections, idle ones closed after
// 30 s, 10 s to connect. And the way to a tenant's rows: a transaction that names the tenant.

import { lookup } from 'node:dns/promises'
import pg from 'pg'
import { isLinkLocalHost } from '../../core/config-types.ts'
import { ObservaError } from '../../core/errors.ts'

export interface PoolOptions {
  /** `postgres://user:password@host:port/database?sslmode=require`. Never log it. */
  readonly url: string
  readonly max?: number
  readonly statementTimeoutMs?: number
  readonly connectTimeoutMs?: number
  readonly applicationName?: string
}

export function createPostgresPool(options: PoolOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max ?? 20,
    idleTimeoutMillis: 30_000,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    // A peer that is gone is noticed by its silence, also while nothing is asked.
    keepAlive: true,
    application_name: options.applicationName ?? 'observa',
  })
  pool.on('error', () => {
    // An idle connection broke; the pool has dropped it, and the next query opens another.
  })
  return pool
}

/** Refuses a host that is, or resolves to, a link-local or metadata address. */
export async function refuseLinkLocal(url: string): Promise<void> {
  const host = new URL(url).hostname
  const addresses = await lookup(host, { all: true }).catch(() => [])
  if (!isLinkLocalHost(host) && !addresses.some((a) => isLinkLocalHost(a.address))) return
  throw new ObservaError(
    'OBS_POSTGRES_LINK_LOCAL',
    `The Postgres host ${host} is a link-local or cloud metadata address.`,
    'Set allow_link_local: true if it is meant to be.',
  )
}

/** Runs `work` in a read-only transaction that sees the rows of this tenant and no others. */
export async function withTenant<T>(
  pool: pg.Pool,
  tenantId: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return await transaction(pool, tenantId, 'BEGIN READ ONLY', work)
}

/** As `withTenant`, and may write. */
export async function withTenantWriting<T>(
  pool: pg.Pool,
  tenantId: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return await transaction(pool, tenantId, 'BEGIN', work)
}

async function transaction<T>(
  pool: pg.Pool,
  tenantId: string,
  begin: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let isBroken: unknown = null
  try {
    await client.query(begin)
    await client.query("SELECT set_config('observa.tenant_id', $1, true)", [tenantId])
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    // A connection that cannot even roll back is thrown away with whatever it was doing.
    await client.query('ROLLBACK').catch((e: unknown) => {
      isBroken = e
    })
    throw error
  } finally {
    client.release(isBroken !== null)
  }
}
