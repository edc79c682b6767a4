// Changes and reports how long data is kept, and asks for archived days to come back, which a job brings (`jobs/archive`).

import {
  type ArchivedClass,
  effectiveArchive,
  effectiveRetention,
  KEPT_FOR_EVER,
  type RetentionDays,
  retentionFault,
} from '../core/deletion/retention.ts'
import { insertRestore, type RestoreRow } from '../storage/control/archives.ts'
import {
  listRetention,
  type RetentionRow,
  readDefaults,
  writeRetention,
} from '../storage/control/retention.ts'
import { listProjects } from '../storage/control/tenants.ts'
import { type Change, nameOf, record } from './audited-change.ts'
import { ControlError } from './control-error.ts'
import { projectOf } from './tenants.ts'

export interface RetentionState {
  /** The project; null for the setting of the tenant, which applies to projects without their own. */
  readonly project_id: string | null
  /** The setting of this level. */
  readonly own: RetentionSetting
  /** The retention times that apply, after the settings of all levels were merged. */
  readonly kept: RetentionDays & { readonly archive: readonly ArchivedClass[] }
}

export interface RetentionSetting extends RetentionDays {
  /** Classes that are archived before they are removed; null: the next level decides. */
  readonly archive: readonly ArchivedClass[] | null
}

const PROJECTS_MAX = 1000

/** Returns the settings of the tenant, followed by those of its projects. */
export async function retentionStates({
  client,
  tenantId,
}: Pick<Change, 'client' | 'tenantId'>): Promise<readonly RetentionState[]> {
  const rows = (await listRetention(client)).filter((row) => row.tenant_id === tenantId)
  const defaults = await readDefaults(client)
  const of = (id: string): RetentionRow | null => rows.find((r) => r.project_id === id) ?? null
  const tenant = of('')
  const page = await listProjects(client, { tenantId, hasArchived: true, limit: PROJECTS_MAX })
  return [
    { project_id: null, own: settingOf(tenant), kept: keptBy(tenant, defaults) },
    ...page.rows.map(({ project_id }) => ({
      project_id,
      own: settingOf(of(project_id)),
      kept: keptBy(of(project_id), tenant, defaults),
    })),
  ]
}

/** Changes the given retention times. Null removes the setting of this level. If `projectId` is null, the tenant's setting is changed. */
export async function setRetention(
  change: Change,
  projectId: string | null,
  days: { readonly [Name in keyof RetentionSetting]?: RetentionSetting[Name] | undefined },
): Promise<void> {
  const { client, tenantId } = change
  if (projectId !== null) await projectOf(change, projectId)
  const rows = await listRetention(client)
  const row = rows.find((r) => r.tenant_id === tenantId && r.project_id === (projectId ?? ''))
  const given = Object.entries(days).filter(([, value]) => value !== undefined)
  const before = settingOf(row ?? null)
  const after = { ...before, ...Object.fromEntries(given) } as RetentionSetting
  const tenant =
    projectId === null ? null : rows.find((r) => r.tenant_id === tenantId && r.project_id === '')
  const defaults = await readDefaults(client)
  const fault = retentionFault(merged(after, tenant ?? null, defaults))
  if (fault !== null) throw new ControlError('INVALID', fault)
  await writeRetention(client, { tenant_id: tenantId, project_id: projectId ?? '', ...after })
  await record(change, {
    action: 'retention.update',
    resource: projectId ?? tenantId,
    metadata: { before, after },
  })
}

function settingOf(row: RetentionRow | null): RetentionSetting {
  if (row === null) return { ...KEPT_FOR_EVER, archive: null }
  const { content_days, events_days, figures_days, signals_days, metrics_days, archive } = row
  return { content_days, events_days, figures_days, signals_days, metrics_days, archive }
}

function keptBy(...levels: readonly (RetentionSetting | null)[]): RetentionState['kept'] {
  return { ...effectiveRetention(...levels), archive: effectiveArchive(...levels) }
}

/** Takes each retention time from the first level that has one, even if the result contradicts itself. */
function merged(
  own: RetentionDays,
  tenant: RetentionDays | null,
  defaults: RetentionDays,
): RetentionDays {
  const of = (name: keyof RetentionDays): number | null =>
    own[name] ?? tenant?.[name] ?? defaults[name]
  return {
    content_days: of('content_days'),
    events_days: of('events_days'),
    figures_days: of('figures_days'),
    signals_days: of('signals_days'),
    metrics_days: of('metrics_days'),
  }
}

export const KEEP_DAYS = 7
export const KEEP_DAYS_MAX = 3650
const DAYS_MAX = 3660
const DAY_MS = 86_400_000

export interface RestoreWanted {
  readonly projectId: string
  readonly what: ArchivedClass
  /** `2026-01-31`, both inclusive, UTC. */
  readonly from: string
  readonly to: string
  /** How long retention leaves them alone. */
  readonly keepDays: number
}

export async function requestRestore(
  change: Change,
  { projectId, what, from, to, keepDays }: RestoreWanted,
): Promise<RestoreRow> {
  const { client, actor, tenantId } = change
  await projectOf(change, projectId)
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1
  if (!(days >= 1))
    throw new ControlError('INVALID', 'The last day is before the first.', 'Exchange them.')
  if (days > DAYS_MAX)
    throw new ControlError('INVALID', `More than ${DAYS_MAX} days.`, 'Ask for fewer days at once.')
  const row = await insertRestore(client, {
    tenant_id: tenantId,
    project_id: projectId,
    class: what,
    from_day: from,
    to_day: to,
    keep_days: keepDays,
    requested_by: nameOf(actor),
  })
  await record(change, {
    action: 'archive.restore',
    resource: row.restore_id,
    metadata: { project_id: projectId, class: what, from, to, keep_days: keepDays },
  })
  return row
}
