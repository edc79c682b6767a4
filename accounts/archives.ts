// Asks for archived days to come back. A job brings them (`jobs/archive`).

import type { ArchivedClass } from '../core/deletion/retention.ts'
import { insertRestore, type RestoreRow } from '../storage/control/archives.ts'
import { type Change, nameOf, record } from './audited-change.ts'
import { ControlError } from './control-error.ts'
import { projectOf } from './tenants.ts'

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
