// Isolation in the database itself, on a real server: rows of two tenants in every table, seen with each role, with
// the tenant set rightly, not at all and wrongly; and a start where roles cannot be made.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { ObservaError } from '../../core/errors.ts'
import { migratePostgres } from '../migrations/postgres.ts'
import {
  addRow,
  addRows,
  isErasable,
  isHidden,
  isShared,
  isTelemetry,
  type TenantTable,
  tenantTables,
} from '../testing/rows-of-tenants.ts'
import { startTestPostgres, type TestPostgres } from '../testing/stores.ts'
import { sqlStateOf } from './connection.ts'
import { PostgresPool } from './pool.ts'
import { withRole, withTenant } from './roles.ts'

let server: TestPostgres
let pool: PostgresPool
let tables: readonly TenantTable[]

before(async () => {
  server = await startTestPostgres()
  // The pool has one connection, so that each transaction sees what the previous one left on it.
  pool = new PostgresPool({ url: server.url, max: 1 })
  tables = await tenantTables(pool)
  await addRows(pool, ['a', 'b'])
})
after(async () => {
  await pool.end()
  await server.stop()
})

const tenantsIn = (table: string): string => `SELECT tenant_id FROM ${table} ORDER BY 1`

const refusedWith = (state: string) => (error: unknown) => {
  assert.equal(sqlStateOf(error), state, String(error))
  return true
}

test('row-level security is enabled and forced on every table that has tenants', () => {
  assert.ok(tables.length >= 13, `${tables.length} tables`)
  assert.deepEqual(
    tables.filter((t) => !t.isSecured || !t.isForced),
    [],
  )
})

test('a tenant sees its own row of every table, and of no other', async () => {
  for (const { name } of tables)
    for (const tenant of ['a', 'b']) {
      if (isHidden(name)) {
        const seen = withTenant(pool, tenant, (c) => c.query(tenantsIn(name)))
        await assert.rejects(seen, refusedWith('42501'), name)
        continue
      }
      const { rows } = await withTenant(pool, tenant, (c) => c.query(tenantsIn(name)))
      assert.deepEqual(rows, [{ tenant_id: tenant }], name)
    }
})

test('no tenant, an empty one, an unknown one and a star see nothing', async () => {
  // Before its first use the setting is unset, afterwards it is empty. This connection has both.
  const fresh = new PostgresPool({ url: server.url, max: 1 })
  const readable = tables.filter((t) => !isHidden(t.name))
  for (const at of [fresh, pool])
    for (const { name } of readable) {
      const unset = await at.transaction(async (c) => {
        await c.query("SELECT set_config('role', 'observa_app', true)")
        return await c.query(tenantsIn(name))
      })
      assert.equal(unset.rowCount, 0, `${name}, unset`)
    }
  await fresh.end()
  for (const { name } of readable)
    for (const tenant of ['', '*', 'c', "a' OR 'a' = 'a", '%', 'A']) {
      const { rows } = await withTenant(pool, tenant, (c) => c.query(tenantsIn(name)))
      assert.deepEqual(rows, [], `${name}, ${tenant}`)
    }
})

test('the login itself, which owns the tables, sees nothing, whatever it sets', async () => {
  for (const { name } of tables)
    for (const tenant of ['a', '*']) {
      const seen = await pool.transaction(async (c) => {
        await c.query("SELECT set_config('observa.tenant_id', $1, true)", [tenant])
        return await c.query(tenantsIn(name))
      })
      assert.equal(seen.rowCount, 0, name)
    }
})

test('the API writes no telemetry, not of its own tenant either, and cannot name another in passing', async () => {
  for (const { name } of tables.filter((t) => isTelemetry(t.name))) {
    const asA = (sql: string) => withTenant(pool, 'a', (c) => c.query(sql), { readOnly: false })
    if (isErasable(name)) assert.equal(await changesAs('a', `DELETE FROM ${name}`), 1, name)
    else await assert.rejects(asA(`DELETE FROM ${name}`), refusedWith('42501'))
    await assert.rejects(asA(`UPDATE ${name} SET tenant_id = 'b'`), refusedWith('42501'))
  }
})

/** The result in a transaction that is rolled back. */
async function changesAs(tenant: string, sql: string): Promise<number | string> {
  let changed = 0
  const undo = new Error('undo')
  try {
    await withTenant(
      pool,
      tenant,
      async (c) => {
        changed = (await c.query(sql)).rowCount ?? 0
        throw undo
      },
      { readOnly: false },
    )
  } catch (thrown) {
    if (thrown !== undo) return sqlStateOf(thrown) ?? String(thrown)
  }
  return changed
}

test('a tenant changes rows of its own control plane, and none of another', async () => {
  const own = tables.filter((t) => !isTelemetry(t.name)).map((t) => t.name)
  assert.ok(own.includes('api_keys') && own.includes('audit_log'))
  for (const name of own) {
    for (const sql of [`DELETE FROM ${name}`, `UPDATE ${name} SET tenant_id = tenant_id`]) {
      const changed = await changesAs('a', sql)
      assert.ok(changed === 1 || changed === '42501', `${sql}: ${changed}`)
      assert.ok([0, '42501'].includes(await changesAs('a', `${sql} WHERE tenant_id = 'b'`)))
      assert.ok([0, '42501'].includes(await changesAs('', sql)), sql)
    }
  }
  const project = (tenant: string): string =>
    `INSERT INTO projects (tenant_id, project_id, name) VALUES ('${tenant}', 'new', 'new')`
  assert.equal(await changesAs('a', project('a')), 1)
  assert.equal(await changesAs('a', project('b')), '42501')
  assert.equal(await changesAs('a', "UPDATE members SET tenant_id = 'b'"), '42501')
  assert.equal(await changesAs('a', 'UPDATE api_keys SET revoked_at = now()'), 1)
})

test('what was written into the audit log stays, for every role', async () => {
  for (const sql of [
    'DELETE FROM audit_log',
    'UPDATE audit_log SET action = action',
    'TRUNCATE audit_log',
  ]) {
    assert.equal(await changesAs('a', sql), '42501')
    const asControl = withRole(pool, 'observa_control', (c) => c.query(sql))
    await assert.rejects(asControl, refusedWith('42501'))
  }
})

test('the API reads no digest of a key and no person of another tenant', async () => {
  const asA = (sql: string) => withTenant(pool, 'a', (c) => c.query(sql))
  await assert.rejects(asA('SELECT digest FROM api_keys'), refusedWith('42501'))
  await assert.rejects(asA('SELECT * FROM api_keys'), refusedWith('42501'))
  for (const secret of [
    'password_hash FROM users',
    'token_hash FROM invitations',
    '1 FROM login_sessions',
  ])
    await assert.rejects(asA(`SELECT ${secret}`), refusedWith('42501'), secret)
  assert.equal((await asA('SELECT email FROM users')).rowCount, 1)
  const alone = await withTenant(pool, 'c', (c) => c.query('SELECT email FROM users'))
  assert.equal(alone.rowCount, 0)
})

test('the exporter sees nothing of the control plane, and the control plane no telemetry', async () => {
  for (const { name } of tables.filter((t) => !isShared(t.name))) {
    const role = isTelemetry(name) ? 'observa_control' : 'observa_exporter'
    const seen = withRole(pool, role, (c) => c.query(tenantsIn(name)))
    await assert.rejects(seen, refusedWith('42501'), name)
  }
})

test('nothing of a role or a tenant is left on the connection', async () => {
  await withTenant(pool, 'a', (c) => c.query('SELECT 1'))
  await withRole(pool, 'observa_exporter', (c) => c.query('SELECT 1'))
  const { rows } = await pool.query(
    "SELECT current_user AS who, current_setting('observa.tenant_id', true) AS tenant",
  )
  assert.deepEqual(rows, [{ who: 'observa', tenant: '' }])
})

test('the plain roles cannot log in, own nothing and bypass nothing', async () => {
  const { rows } = await pool.query(
    `SELECT rolname, rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb AS may,
       (SELECT count(*)::int FROM pg_class WHERE relowner = r.oid) AS owns
     FROM pg_roles r WHERE rolname LIKE 'observa\\_%' AND rolname <> 'observa_admin' ORDER BY 1`,
  )
  assert.deepEqual(rows, [
    { rolname: 'observa_app', may: false, owns: 0 },
    { rolname: 'observa_control', may: false, owns: 0 },
    { rolname: 'observa_exporter', may: false, owns: 0 },
    { rolname: 'observa_jobs', may: false, owns: 0 },
  ])
})

/** Makes a login with a database on the same server, as an administrator does. */
async function withLogin(
  name: string,
  rights: string,
  work: (own: PostgresPool, admin: PostgresPool) => Promise<void>,
  on = server,
): Promise<void> {
  const url = new URL(on.url)
  url.username = 'observa_admin'
  url.password = readFileSync(join(on.dataDir, 'admin-password'), 'utf8')
  const admin = new PostgresPool({ url: url.href, max: 1 })
  await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD 'of-a-test' ${rights}`)
  await admin.query(`CREATE DATABASE ${name} OWNER ${name}`)
  url.username = name
  url.password = 'of-a-test'
  url.pathname = `/${name}`
  const own = new PostgresPool({ url: url.href, max: 1 })
  try {
    await work(own, admin)
  } finally {
    await own.end()
    await admin.query(`DROP DATABASE ${name}`)
    await admin.end()
  }
}

test('a login that may make no roles is told what an administrator has to run, and then goes on', async () => {
  await withLogin('modest', '', async (own, admin) => {
    let hint = ''
    await assert.rejects(migratePostgres(own), (error: unknown) => {
      assert.ok(error instanceof ObservaError)
      assert.equal(error.code, 'OBS_POSTGRES_ROLES')
      hint = error.hint
      return true
    })
    assert.match(hint, /GRANT observa_app TO "modest" WITH INHERIT FALSE, SET TRUE/)
    // Another database of this server has the roles already, so only the grants are missing.
    for (const statement of hint.slice(hint.indexOf(':') + 1).split(';'))
      if (statement.includes('GRANT')) await admin.query(statement)
    assert.ok((await migratePostgres(own)).length > 0)
    assert.deepEqual((await withTenant(own, 'a', (c) => c.query(tenantsIn('signals')))).rows, [])
  })
})

test('a superuser as the login is bound by the roles as well', async () => {
  await withLogin('mighty', 'SUPERUSER', async (own) => {
    await migratePostgres(own)
    for (const tenant of ['a', 'b']) await addRow(own, 'signals', tenant, 'observa_exporter')
    const seen = await withTenant(own, 'a', (c) => c.query(tenantsIn('signals')))
    assert.deepEqual(seen.rows, [{ tenant_id: 'a' }])
  })
})

test('a login that may make roles, as managed services give it, needs nobody', async () => {
  const fresh = await startTestPostgres({ migrate: false })
  try {
    const migrated = async (own: PostgresPool, admin: PostgresPool): Promise<void> => {
      await admin.query('DROP ROLE observa_app, observa_exporter, observa_control, observa_jobs')
      assert.ok((await migratePostgres(own)).length > 0)
      await addRow(own, 'signals', 'a', 'observa_exporter')
      const seen = await withTenant(own, 'a', (c) => c.query(tenantsIn('signals')))
      assert.deepEqual(seen.rows, [{ tenant_id: 'a' }])
      assert.equal((await own.query(tenantsIn('signals'))).rowCount, 0)
    }
    await withLogin('managed', 'CREATEROLE', migrated, fresh)
  } finally {
    await fresh.stop()
  }
})
