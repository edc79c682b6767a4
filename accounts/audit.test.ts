// Tests the audit log of the control plane on a real Postgres: a change and its audit entry are one transaction.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { keyDigest } from '../accounts/api-key.ts'
import { withRole } from '../storage/postgres/roles.ts'
import { startTestPostgres, type TestPostgres } from '../storage/testing/stores.ts'
import type { Change } from './audited-change.ts'
import { createKey, revokeOwnKey, rotateKey } from './keys.ts'
import { createProject, createTenant } from './tenants.ts'

let server: TestPostgres

before(async () => {
  server = await startTestPostgres()
  await change(async (c) => {
    await createTenant(c, 'Acme')
    await createProject(c, { id: 'shop', name: 'Shop', environments: ['prod'] })
  })
})
after(async () => {
  await server.stop()
})

const actor = {
  kind: 'operator',
  id: 'test',
  ip: '192.0.2.1',
  userAgent: 'a'.repeat(2000),
  requestId: 'request-1',
} as const

function change<T>(work: (change: Change) => Promise<T>): Promise<T> {
  return withRole(server.pool, 'observa_control', (client) =>
    work({ client, actor, tenantId: 'acme' }),
  )
}

async function rows(table: string): Promise<readonly Record<string, unknown>[]> {
  return await change(
    async ({ client }) =>
      (await client.query<Record<string, unknown>>(`SELECT * FROM ${table} ORDER BY 1`)).rows,
  )
}

const create = () =>
  change((c) => createKey(c, { projectId: 'shop', kind: 'sk', environment: 'prod' }, null))

test('an audit entry has actor, action, resource, address and request id, and no key', async () => {
  const made = await create()
  const entry = (await rows('audit_log')).find((row) => row['action'] === 'key.create')
  assert.ok(entry !== undefined)
  assert.deepEqual(
    [entry['tenant_id'], entry['actor_kind'], entry['actor'], entry['resource'], entry['outcome']],
    ['acme', 'operator', 'test', made.row.key_id, 'done'],
  )
  assert.deepEqual([entry['ip'], entry['request_id']], ['192.0.2.1', 'request-1'])
  assert.equal(String(entry['user_agent']).length, 500)
  assert.ok(entry['at'] instanceof Date)
  const text = JSON.stringify(entry)
  assert.ok(!text.includes(made.key.slice(16)))
  assert.ok(!text.includes(keyDigest(made.key, null).toString('hex')))
})

test('if the audit entry cannot be written, the change is rolled back', async () => {
  const kept = await create()
  const before = await rows('api_keys')
  const owner = (sql: string) => server.pool.query(sql)
  await owner('REVOKE INSERT ON audit_log FROM observa_control')
  const keyId = kept.row.key_id
  for (const refused of [
    create,
    () => change((c) => rotateKey(c, keyId, {}, null)),
    () => change((c) => revokeOwnKey(c, keyId)),
    () => change((c) => createProject(c, { id: 'more', name: 'More', environments: [] })),
  ])
    await assert.rejects(refused(), /permission denied for table audit_log/)
  await owner('GRANT INSERT ON audit_log TO observa_control')
  assert.deepEqual(await rows('api_keys'), before)
  assert.ok(!(await rows('projects')).some((row) => row['project_id'] === 'more'))
  await change((c) => revokeOwnKey(c, keyId))
  assert.ok((await rows('audit_log')).some((row) => row['action'] === 'key.revoke'))
})
