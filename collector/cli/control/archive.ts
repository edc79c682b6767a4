// `observa archive`: what is in the archive, and bringing it back.

import { z } from 'zod'
import { ControlError } from '../../../accounts/control-error.ts'
import * as input from '../../../accounts/input.ts'
import {
  KEEP_DAYS,
  KEEP_DAYS_MAX,
  type RestoreWanted,
  requestRestore,
} from '../../../accounts/retention.ts'
import { formatBytes } from '../../../core/config/units.ts'
import { ARCHIVED_CLASSES } from '../../../core/deletion/retention.ts'
import {
  type ArchiveUnitRow,
  listRestores,
  listUnits,
  type RestoreRow,
} from '../../../storage/control/archives.ts'
import { parse } from '../args.ts'
import type { Io } from '../io.ts'
import { CONTROL_OPTIONS, type ControlSession, withArguments, withControl } from './database.ts'
import { allPages, checked, day, type Line, printRow, printRows, usageOf } from './print.ts'

const OPTIONS = {
  ...CONTROL_OPTIONS,
  tenant: { type: 'string' },
  project: { type: 'string' },
  class: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  days: { type: 'string' },
} as const

type Values = ReturnType<typeof parse<typeof OPTIONS>>['values']

export async function archiveVerb(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = parse('archive', args, OPTIONS)
  const action = positionals.join(' ')
  const run = (work: (s: ControlSession) => Promise<void>): Promise<number> =>
    withControl('archive', values, io, work)
  if (action === 'list')
    return await run(async (s) => {
      const { tenantId } = s.change()
      const filter = { tenantId, projectId: values.project, what: values.class }
      const rows = await allPages(values.limit, (w) => listUnits(s.client, { ...filter, ...w }))
      printRows(io, rows, values.json, unitLine)
    })
  if (action === 'restore')
    return await withArguments(
      'archive',
      io,
      () => wantedOf(values),
      (wanted) =>
        run(async (s) => {
          const row = await requestRestore(s.change(), wanted)
          printRow(io, row, values.json, restoreLine)
          io.err('A running instance or worker brings it back; see: observa archive restores\n')
        }),
    )
  if (action === 'restores')
    return await run(async (s) => {
      const { tenantId } = s.change()
      const rows = await allPages(values.limit, (w) => listRestores(s.client, { tenantId, ...w }))
      printRows(io, rows, values.json, restoreLine)
    })
  return usageOf(
    'archive',
    'list [--project P] [--class C] | restore --project P --class C --from DAY [--to DAY] [--days N] | restores',
    io,
  )()
}

function wantedOf({ project, class: what, from, to, days }: Values): RestoreWanted {
  if (project === undefined || what === undefined || from === undefined)
    throw new ControlError(
      'INVALID',
      'restore needs --project, --class and --from.',
      'Such as: observa archive restore --project shop --class events --from 2026-01-01 --to 2026-01-31',
    )
  return {
    projectId: checked(input.anyId, project, '--project'),
    what: checked(z.enum(ARCHIVED_CLASSES), what, '--class'),
    from: checked(z.iso.date(), from, '--from'),
    to: checked(z.iso.date(), to ?? from, '--to'),
    keepDays: checked(
      z.coerce.number().int().min(1).max(KEEP_DAYS_MAX),
      days ?? String(KEEP_DAYS),
      '--days',
    ),
  }
}

const unitLine = (u: ArchiveUnitRow): Line => ({
  PROJECT: u.project_id,
  CLASS: u.class,
  DAY: u.day,
  ROWS: String(u.rows),
  FILES: String(u.files),
  SIZE: formatBytes(u.bytes),
  WRITTEN: day(u.written_at),
  PLACE: u.place,
})

const restoreLine = (r: RestoreRow): Line => ({
  RESTORE: r.restore_id,
  PROJECT: r.project_id,
  CLASS: r.class,
  FROM: r.from_day,
  TO: r.to_day,
  STATE: r.error_code === null ? r.state : `${r.state}: ${r.error_code}`,
  ROWS: String(r.rows),
  KEPT: r.kept_until === null ? '' : `until ${day(r.kept_until)}`,
  BY: r.requested_by,
})
