// Takes a deleted subject out of archived files: a file with rows of it is written again without them, and removed. Other files stay as
// they are. May be interrupted anywhere and run again.

import type { ClickHouseClient } from '@clickhouse/client'
import { isOwnerKind } from '../../core/deletion/subject.ts'
import type { ArchivePlace } from '../../storage/archive/archive-place.ts'
import {
  type ArchivedFile,
  type ArchiveUnit,
  readManifest,
  removeStrays,
  removeUnit,
  unitsOf,
  writeManifest,
} from '../../storage/archive/archive-unit.ts'
import { withoutRows, withRowsOf } from '../../storage/archive/clickhouse-archive.ts'
import { withoutDocs } from '../../storage/archive/postgres-archive.ts'
import { forgetUnit } from '../../storage/control/archives.ts'
import type { DeletionTrace } from '../../storage/control/deletion-traces.ts'
import {
  eventsOfTraces,
  groupsOfEvents,
  type Subject,
  signalsOfTraces,
  tracesOf,
} from '../../storage/deletion/clickhouse-subject.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { listUnit } from './archive-expired.ts'

export interface ErasedArchive {
  /** Files that were written again or removed. */
  readonly files: number
  readonly rows: number
}

export interface EraseDeps {
  readonly pool: PostgresPool
  readonly clickhouse: ClickHouseClient | null
  readonly place: ArchivePlace
  readonly nowMs: () => number
}

/** Traces in one statement. */
const TRACES_AT_ONCE = 2000

export async function eraseArchived(
  deps: EraseDeps,
  subject: Subject,
  traces: readonly DeletionTrace[],
  signal: AbortSignal,
): Promise<ErasedArchive> {
  const units = await unitsOf(deps.place, subject.tenant, subject.project)
  const total = { files: 0, rows: 0 }
  if (subject.kind === 'tenant') {
    for (const unit of units) {
      const files = (await readManifest(deps.place, unit))?.files ?? []
      await removeUnit(deps.place, unit)
      await withRole(deps.pool, 'observa_control', (c) => forgetUnit(c, keyOf(unit)))
      total.files += files.length
      total.rows += files.reduce((n, file) => n + file.rows, 0)
    }
    return total
  }
  const found = await findArchived(deps, units, subject, traces, signal)
  for (const unit of units) {
    signal.throwIfAborted()
    const done = await eraseUnit(deps, unit, subject, found)
    total.files += done.files
    total.rows += done.rows
  }
  return total
}

const keyOf = ({ tenant, project, what, day }: ArchiveUnit) => ({
  tenant_id: tenant,
  project_id: project,
  class: what,
  day,
})

interface Found {
  /** By project. */
  readonly traces: ReadonlyMap<string, readonly DeletionTrace[]>
  /** Conversations and sessions that these events belong to: their archived sums go with them, for nothing can be subtracted there. */
  readonly groups: ReadonlySet<string>
}

/** Looks through all files first: a trace may lie on both sides of midnight, and its events without an owner go with it. */
async function findArchived(
  { clickhouse, place }: EraseDeps,
  units: readonly ArchiveUnit[],
  subject: Subject,
  traces: readonly DeletionTrace[],
  signal: AbortSignal,
): Promise<Found> {
  const all = new Map(traces.map((t) => [`${t.project_id}\n${t.trace_id}`, t]))
  const groups = new Set<string>()
  if (clickhouse === null) return { traces: Map.groupBy(traces, (t) => t.project_id), groups }
  for (const unit of units) {
    if (unit.what === 'signals') continue
    for (const file of (await readManifest(place, unit))?.files ?? []) {
      signal.throwIfAborted()
      if (file.store !== 'clickhouse') continue
      await withRowsOf({ client: clickhouse, place }, unit, file, async (table) => {
        for (const t of await tracesOf(clickhouse, subject, table))
          all.set(`${t.project_id}\n${t.trace_id}`, t)
        for (const group of await groupsOfEvents(clickhouse, subject, table)) groups.add(group)
      })
    }
  }
  return { traces: Map.groupBy(all.values(), (t) => t.project_id), groups }
}

async function eraseUnit(
  deps: EraseDeps,
  unit: ArchiveUnit,
  subject: Subject,
  found: Found,
): Promise<ErasedArchive> {
  const { pool, clickhouse, place, nowMs } = deps
  const manifest = await readManifest(place, unit)
  // Files of before that a run which was killed has left have the subject still.
  await removeStrays(place, unit, manifest)
  if (manifest === null) return { files: 0, rows: 0 }
  const traces = found.traces.get(unit.project) ?? []
  const kept: ArchivedFile[] = []
  let rows = 0
  let files = 0
  for (const file of manifest.files) {
    let rest: ArchivedFile | null = file
    if (file.store === 'postgres') {
      const done = await withoutDocs(place, unit, file, isGone(subject, traces, found.groups))
      rest = done.file
      rows += done.removed
    } else if (clickhouse !== null)
      for (let at = 0; at < traces.length && rest !== null; at += TRACES_AT_ONCE) {
        const some = traces.slice(at, at + TRACES_AT_ONCE)
        // Archived signals of a trace of several users go as a whole.
        const where =
          unit.what === 'signals' ? signalsOfTraces(subject, some) : eventsOfTraces(subject, some)
        const done = await withoutRows({ client: clickhouse, place }, unit, rest, where)
        rest = done.file
        rows += done.removed
      }
    if (rest !== file) files++
    if (rest !== null) kept.push(rest)
  }
  if (files === 0) return { files, rows }
  if (kept.length === 0) {
    await removeUnit(place, unit)
    await withRole(pool, 'observa_control', (c) => forgetUnit(c, keyOf(unit)))
    return { files, rows }
  }
  await writeManifest(place, unit, kept, nowMs())
  await removeStrays(place, unit, await readManifest(place, unit))
  await listUnit(pool, place, unit)
  return { files, rows }
}

/** Whether an archived row of Postgres names the subject, one of its traces, or a group that has its texts. */
function isGone(
  subject: Subject,
  traces: readonly DeletionTrace[],
  groups: ReadonlySet<string>,
): (row: Readonly<Record<string, unknown>>) => boolean {
  const ids = new Set(traces.map((t) => t.trace_id))
  const forms = new Set(subject.forms)
  const { kind } = subject
  return (row) => {
    if (typeof row['trace_id'] === 'string') return ids.has(row['trace_id'])
    if (isOwnerKind(kind) && forms.has(String(row[`${kind}_id`]))) return true
    return [row['conversation_id'], row['session_id']].some(
      (id) => typeof id === 'string' && groups.has(id),
    )
  }
}
