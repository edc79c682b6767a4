// Tests the notices at 80, 95 and 100 % of a quota: each is made once a month, in the audit log of the tenant.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listAudit } from '../storage/control/audit.ts'
import { writeQuota } from '../storage/control/quotas.ts'
import { insertProject, insertTenant } from '../storage/control/tenants.ts'
import { withRole } from '../storage/postgres/roles.ts'
import { silentLog, startTestPostgres } from '../storage/testing/stores.ts'
import { quotaNotices } from './quota-notices.ts'

test('a quota that is nearly used up is noted once for each share', async (t) => {
  const server = await startTestPostgres()
  t.after(() => server.stop())
  const asControl = <T>(work: Parameters<typeof withRole<T>>[2]) =>
    withRole(server.pool, 'observa_control', work)
  await asControl(async (client) => {
    await insertTenant(client, 'acme', 'acme')
    await insertProject(client, 'acme', 'shop', 'shop')
    await writeQuota(client, {
      tenant_id: 'acme',
      project_id: 'shop',
      events_per_month: 100,
      bytes_per_month: 1000,
      usd_per_month: null,
      events_per_second: null,
    })
  })
  const handler = quotaNotices(server.pool)
  const signal = new AbortController().signal
  const job = { id: 'x', payload: {}, attempt: 1, signal, log: silentLog }
  const noted = async (events: number, bytes: number): Promise<unknown[]> => {
    await withRole(server.pool, 'observa_exporter', (client) =>
      client.query(
        `INSERT INTO project_usage (tenant_id, project_id, month, events, bytes)
         VALUES ('acme', 'shop', date_trunc('month', now() AT TIME ZONE 'UTC')::date, $1, $2)
         ON CONFLICT (tenant_id, project_id, month) DO UPDATE SET events = $1, bytes = $2`,
        [events, bytes],
      ),
    )
    await handler.run(job)
    await handler.run(job)
    const { rows } = await asControl((client) =>
      listAudit(client, { tenantId: 'acme', action: 'quota.notice', limit: 100 }),
    )
    return rows
      .map(({ metadata }) => `${String(metadata['quota'])} ${String(metadata['percent'])}`)
      .sort()
  }
  assert.equal(handler.kind.everySeconds, 60)
  assert.deepEqual(await noted(79, 100), [])
  assert.deepEqual(await noted(80, 100), ['events 80'])
  assert.deepEqual(await noted(99, 950), ['bytes 80', 'bytes 95', 'events 80', 'events 95'])
  assert.equal((await noted(100, 1000)).length, 6)
})
