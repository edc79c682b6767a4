// Requests a deletion: writes its row, its tombstones and its entry in the audit log in one transaction. After the commit every instance
// drops new data of the subject; a job does the rest (`jobs/deletions`).

import {
  isOwnerKind,
  type SubjectKind,
  type TombstoneKind,
  tombstoneDigest,
} from '../core/deletion/subject.ts'
import type { StoredIds } from '../core/identity/stored-ids.ts'
import {
  type DeletionRow,
  findDeletion,
  insertDeletion,
  restartDeletion,
} from '../storage/control/deletions.ts'
import { type Change, nameOf, record } from './audited-change.ts'
import { ControlError } from './control-error.ts'
import { projectOf } from './tenants.ts'

export const KEEP_OUT_DAYS = 90
export const KEEP_OUT_DAYS_MAX = 3650

export interface DeletionWanted {
  readonly kind: SubjectKind
  /** The id in its original form, such as an e-mail address. Stored events contain only its pseudonym. */
  readonly id: string
  /** The project; null for all projects of the tenant. */
  readonly projectId: string | null
  /** The directory or S3 URL to which the events are exported before they are deleted. */
  readonly keepOutDays?: number | undefined
}

export async function requestDeletion(
  change: Change,
  wanted: DeletionWanted,
  ids: StoredIds,
): Promise<DeletionRow> {
  const { client, actor, tenantId } = change
  const { kind, projectId } = wanted
  const id = checkedId(change, wanted)
  // A deletion in a project that does not exist would find nothing and be done: a proof of nothing.
  if (projectId !== null) await projectOf(change, projectId)
  const forms = isOwnerKind(kind) ? ids.of(tenantId, `${kind}_id`, id) : [id]
  const place = kind === 'tenant' ? '' : (projectId ?? '')
  const row = await insertDeletion(client, {
    tenantId,
    projectId,
    kind,
    subjectId: isOwnerKind(kind) ? null : id,
    forms: isOwnerKind(kind) ? forms : [],
    requestedBy: nameOf(actor),
    keepOutDays: wanted.keepOutDays ?? KEEP_OUT_DAYS,
    tombstones: forms.map((form) => ({
      kind: kind satisfies TombstoneKind,
      digest: tombstoneDigest(kind, tenantId, place, form),
    })),
  })
  await record(change, {
    action: 'deletion.request',
    resource: row.deletion_id,
    // The entry must not contain the id, because the audit log cannot be changed and would keep the name of the deleted person.
    metadata: { kind, project_id: projectId },
  })
  return row
}

/** Starts a deletion again that failed. */
export async function retryDeletion(change: Change, id: string): Promise<DeletionRow> {
  const { client, tenantId } = change
  const isStarted = await restartDeletion(client, tenantId, id)
  const row = await findDeletion(client, tenantId, id)
  if (row === null) throw new ControlError('NOT_FOUND', `There is no deletion ${id}.`)
  if (!isStarted)
    throw new ControlError(
      'CONFLICT',
      `The deletion is ${row.state}; only failed ones are started again.`,
    )
  await record(change, { action: 'deletion.retry', resource: id })
  return row
}

function checkedId({ tenantId, by }: Change, { kind, id, projectId }: DeletionWanted): string {
  if (kind === 'trace') {
    const trace = id.toLowerCase().replaceAll('-', '')
    if (!/^[0-9a-f]{32}$/.test(trace))
      throw new ControlError('INVALID', 'The id of a trace has 32 hexadecimal digits.')
    return trace
  }
  if (kind !== 'tenant') return id
  if (id !== tenantId) throw new ControlError('NOT_FOUND', `There is no tenant ${id}.`)
  if (projectId !== null)
    throw new ControlError('INVALID', 'A tenant is deleted with all its projects.')
  if (by !== undefined && by !== 'owner')
    throw new ControlError('FORBIDDEN', 'Only an owner may delete the tenant.')
  return id
}
