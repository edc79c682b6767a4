// Changes and reports the quotas of projects.

import {
  findQuota,
  type QuotaLimits,
  type Usage,
  usageOf,
  writeQuota,
} from '../storage/control/quotas.ts'
import type { Statements } from '../storage/postgres/connection.ts'
import { type Change, record } from './audited-change.ts'
import { projectOf } from './tenants.ts'

export const NO_LIMITS: QuotaLimits = {
  events_per_month: null,
  bytes_per_month: null,
  usd_per_month: null,
  events_per_second: null,
}

/** Changes the limits that are present in `limits`. Null removes a limit. */
export async function setQuota(
  change: Change,
  projectId: string,
  limits: { readonly [Name in keyof QuotaLimits]?: QuotaLimits[Name] | undefined },
): Promise<QuotaLimits> {
  const { client, tenantId } = change
  await projectOf(change, projectId)
  const before = (await findQuota(client, tenantId, projectId)) ?? NO_LIMITS
  const given = Object.entries(limits).filter(([, value]) => value !== undefined)
  const after = { ...limitsOf(before), ...Object.fromEntries(given) } as QuotaLimits
  await writeQuota(client, { tenant_id: tenantId, project_id: projectId, ...after })
  const metadata = { before: limitsOf(before), after }
  await record(change, { action: 'quota.update', resource: projectId, metadata })
  return after
}

export interface QuotaState extends QuotaLimits {
  readonly project_id: string
  readonly used: Pick<Usage, 'events' | 'bytes' | 'cost_usd'>
  /** Amounts in leases of instances: unspent, or accepted and not yet counted. */
  readonly held: { readonly events: number; readonly bytes: number }
  readonly resets_at: Date
}

/** Returns limits and usage of a project. `usage` runs its argument with a database role that may read the counters. */
export async function quotaState(
  change: Pick<Change, 'client' | 'tenantId'>,
  projectId: string,
  usage: <T>(work: (client: Statements) => Promise<T>) => Promise<T>,
): Promise<QuotaState> {
  const { client, tenantId } = change
  await projectOf(change as Change, projectId)
  const limits = (await findQuota(client, tenantId, projectId)) ?? NO_LIMITS
  const { events, bytes, cost_usd, held_events, held_bytes, resets_at } = await usage((c) =>
    usageOf(c, tenantId, projectId),
  )
  return {
    project_id: projectId,
    ...limitsOf(limits),
    used: { events, bytes, cost_usd },
    held: { events: held_events, bytes: held_bytes },
    resets_at,
  }
}

function limitsOf(row: QuotaLimits): QuotaLimits {
  const { events_per_month, bytes_per_month, usd_per_month, events_per_second } = row
  return { events_per_month, bytes_per_month, usd_per_month, events_per_second }
}
