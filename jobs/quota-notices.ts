// Records when a project has used 80, 95 and 100 % of a quota, each once a month. The notice is an entry in the audit log of
// its tenant, and a row that notifications are made from.

import { z } from 'zod'
import { record } from '../accounts/audited-change.ts'
import {
  addNotice,
  dropStrandedLeases,
  listQuotas,
  type Notice,
  type ProjectQuota,
  type Usage,
  usageOf,
} from '../storage/control/quotas.ts'
import type { PostgresPool } from '../storage/postgres/pool.ts'
import { withinAs, withRole } from '../storage/postgres/roles.ts'
import { defineJobKind, type JobHandler } from './job-kind.ts'

const QUOTA_NOTICES = defineJobKind({
  name: 'quotas.notices',
  payload: z.object({}),
  concurrency: 1,
  everySeconds: 60,
})

const PERCENTS = [80, 95, 100] as const

export function quotaNotices(pool: PostgresPool): JobHandler<object> {
  return {
    kind: QUOTA_NOTICES,
    run: async ({ signal, log }) => {
      const quotas = await withRole(pool, 'observa_control', listQuotas, { readOnly: true, signal })
      for (const quota of quotas) {
        signal.throwIfAborted()
        const noted = await withRole(pool, 'observa_exporter', async (client) => {
          const usage = await usageOf(client, quota.tenant_id, quota.project_id)
          const fresh: Notice[] = []
          for (const notice of noticesOf(quota, usage))
            if (await addNotice(client, notice)) fresh.push(notice)
          // The audit entries belong to the same transaction, so that there is no notice without its entry.
          await withinAs(client, 'observa_control', async () => {
            for (const { tenant_id, project_id, ...metadata } of fresh)
              await record(
                { client, actor: { kind: 'system', id: null }, tenantId: tenant_id },
                { action: 'quota.notice', resource: project_id, metadata },
              )
          })
          return fresh.length
        })
        if (noted > 0) log.info({ project: quota.project_id, noted }, 'a quota is nearly used up')
      }
      await withRole(pool, 'observa_exporter', dropStrandedLeases)
    },
  }
}

/** Returns a notice for every limit and every percentage of it that the usage has reached. */
export function noticesOf(quota: ProjectQuota, usage: Usage): readonly Notice[] {
  const { tenant_id, project_id } = quota
  const all = [
    { quota: 'events', used: usage.events, limit: quota.events_per_month },
    { quota: 'bytes', used: usage.bytes, limit: quota.bytes_per_month },
    { quota: 'usd', used: usage.cost_usd, limit: quota.usd_per_month },
  ] as const
  return all.flatMap(({ quota: name, used, limit }) => {
    if (limit === null || used === 0) return []
    const reached = PERCENTS.filter((percent) => used >= (limit * percent) / 100)
    return reached.map((percent) => ({ tenant_id, project_id, quota: name, percent, used, limit }))
  })
}
