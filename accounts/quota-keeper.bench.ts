// Measures the CPU time of the quota check of a request, for a project without a quota and for a project with a lease.
//
//     node accounts/quota-keeper.bench.ts

import { systemClock } from '../core/clock.ts'
import { Metrics } from '../core/metrics.ts'
import { writeQuota } from '../storage/control/quotas.ts'
import { insertProject, insertTenant } from '../storage/control/tenants.ts'
import { withRole } from '../storage/postgres/roles.ts'
import { silentLog, startTestPostgres } from '../storage/testing/stores.ts'
import { QuotaKeeper } from './quota-keeper.ts'
import { NO_LIMITS } from './quotas.ts'

const CHECKS = 1_000_000
const server = await startTestPostgres()
await withRole(server.pool, 'observa_control', async (client) => {
  await insertTenant(client, 'acme', 'acme')
  await insertProject(client, 'acme', 'limited', 'limited')
  const limits = { ...NO_LIMITS, events_per_month: 1e12, events_per_second: 1e9 }
  await writeQuota(client, { tenant_id: 'acme', project_id: 'limited', ...limits })
})
const keeper = new QuotaKeeper({
  url: server.url,
  clock: systemClock,
  metrics: new Metrics(),
  log: silentLog,
  instance: 'bench',
  life: 'bench',
  position: () => ({ next: 1n, counted: 1n }),
})
await keeper.start()
for (const projectId of ['other', 'limited']) {
  const tenant = { tenantId: 'acme', projectId, environment: null, keyId: null }
  const question = { tenant, bytes: 1000, eventsMax: 40, count: () => 1 }
  // The first request takes the lease.
  await keeper.enter(question)
  const run = (times: number): void => {
    for (let i = 0; i < times; i++) {
      const entered = keeper.enter(question)
      // The request returns what it took, so that the lease is never used up.
      if (entered !== null && 'settle' in entered) entered.settle(0, false)
    }
  }
  run(20_000)
  const before = process.cpuUsage()
  run(CHECKS)
  const { user, system } = process.cpuUsage(before)
  const us = (user + system) / CHECKS
  process.stdout.write(`${projectId}: ${us.toFixed(2)} µs CPU a request\n`)
}
await keeper.stop()
await server.stop()
