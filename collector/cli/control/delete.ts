// `observa delete`: deletes what was stored of a user, session, conversation, trace or tenant, and shows how far that is.

import { z } from 'zod'
import { ControlError } from '../../../accounts/control-error.ts'
import { KEEP_OUT_DAYS_MAX, requestDeletion, retryDeletion } from '../../../accounts/deletions.ts'
import * as input from '../../../accounts/input.ts'
import { SUBJECT_KINDS, type SubjectKind } from '../../../core/deletion/subject.ts'
import {
  type DeletionRow,
  findDeletion,
  listDeletions,
} from '../../../storage/control/deletions.ts'
import { parse } from '../args.ts'
import type { Io } from '../io.ts'
import { CONTROL_OPTIONS, type ControlSession, withControl } from './database.ts'
import { allPages, checked, day, type Line, printRow, printRows, usageOf } from './print.ts'

const OPTIONS = {
  ...CONTROL_OPTIONS,
  tenant: { type: 'string' },
  project: { type: 'string' },
  state: { type: 'string' },
  days: { type: 'string' },
  yes: { type: 'boolean', default: false },
} as const

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values']

const isKind = (text: string | undefined): text is SubjectKind =>
  SUBJECT_KINDS.some((kind) => kind === text)

export async function deleteVerb(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('delete', args, OPTIONS)
  const [action, id = ''] = positionals
  const run = (work: (s: ControlSession) => Promise<void>): Promise<number> =>
    withControl('delete', values, io, work)
  if (isKind(action) && positionals.length === 2)
    return await run(async (s) => {
      printRow(io, await request(s, values, action, id), values.json, deletionLine)
      io.err('A running instance or worker does it; see: observa delete list\n')
    })
  if (action === 'list' && positionals.length === 1)
    return await run(async ({ client }) => {
      const filter = { tenantId: values.tenant, state: values.state }
      const rows = await allPages(values.limit, (w) => listDeletions(client, { ...filter, ...w }))
      printRows(io, rows, values.json, deletionLine)
    })
  if (action === 'show' && positionals.length === 2)
    return await run(async (s) => {
      const deletion = checked(z.uuid(), id, 'ID')
      const found = await findDeletion(s.client, s.change().tenantId, deletion)
      if (found === null)
        throw new ControlError('NOT_FOUND', `There is no deletion ${id}.`, 'Is --tenant right?')
      printRow(io, found, values.json, deletionLine)
      if (!values.json) printRows(io, storesOf(found), false, (line) => line)
    })
  if (action === 'retry' && positionals.length === 2)
    return await run(async (s) => {
      const row = await retryDeletion(s.change(), checked(z.uuid(), id, 'ID'))
      printRow(io, row, values.json, deletionLine)
    })
  return usageOf(
    'delete',
    'user|session|conversation|trace|tenant ID [--tenant T] [--project P] [--days N] | list | show ID | retry ID',
    io,
  )()
}

async function request(
  s: ControlSession,
  values: Values,
  kind: SubjectKind,
  id: string,
): Promise<DeletionRow> {
  if (kind === 'tenant' && !values.yes)
    throw new ControlError(
      'INVALID',
      `This deletes everything of the tenant ${id}, its projects, keys and members too.`,
      'Repeat the command with --yes.',
    )
  const projectId =
    values.project === undefined ? null : checked(input.anyId, values.project, '--project')
  const days = z.coerce.number().int().min(1).max(KEEP_OUT_DAYS_MAX)
  const wanted = {
    kind,
    id,
    projectId,
    keepOutDays: values.days === undefined ? undefined : checked(days, values.days, '--days'),
  }
  const change = s.change(kind === 'tenant' ? id : undefined)
  return await requestDeletion(change, wanted, await s.storedIds())
}

const deletionLine = (d: DeletionRow): Line => ({
  DELETION: d.deletion_id,
  TENANT: d.tenant_id,
  PROJECT: d.project_id ?? 'all',
  OF: d.subject_id === null ? d.subject_kind : `${d.subject_kind} ${d.subject_id}`,
  STATE: d.state,
  REQUESTED: day(d.requested_at),
  BY: d.requested_by,
  FINISHED: day(d.finished_at),
})

function storesOf({ stores }: DeletionRow): readonly Line[] {
  return Object.entries(stores).map(([name, s]) => ({
    STORE: name,
    STATE: s.state,
    BEFORE: s.before === undefined ? '' : String(s.before),
    AFTER: s.after === undefined ? '' : String(s.after),
    MORE: s.detail ?? '',
  }))
}
