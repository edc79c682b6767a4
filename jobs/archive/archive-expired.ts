// Writes to the archive what retention is about to remove, day by day. A day that cannot be archived stays in the stores, and the next
// run tries again.

import type { ClickHouseClient } from '@clickhouse/client'
import type { Clock } from '../../core/clock.ts'
import type { ArchivedClass } from '../../core/deletion/retention.ts'
import { counter, type Metrics } from '../../core/metrics.ts'
import type { ArchivePlace } from '../../storage/archive/archive-place.ts'
import { type ArchiveUnit, readManifest } from '../../storage/archive/archive-unit.ts'
import { archiveInClickHouse, daysInClickHouse } from '../../storage/archive/clickhouse-archive.ts'
import { archiveInPostgres, daysInPostgres } from '../../storage/archive/postgres-archive.ts'
import { noteUnit } from '../../storage/control/archives.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import type { Expired } from '../../storage/retention/clickhouse-retention.ts'

const ROWS = 'observa_archive_rows_total'
const BYTES = 'observa_archive_bytes_total'
export const RESTORED = 'observa_archive_restored_rows_total'
export const ERASED = 'observa_archive_erased_rows_total'

export const ARCHIVE_METRICS = [
  counter(ROWS, 'Rows that were written to the archive, by class of data and store.', [
    'class',
    'store',
  ]),
  counter(BYTES, 'Bytes of files that were written to the archive.'),
  counter(RESTORED, 'Rows that came back from the archive, by class of data.', ['class']),
  counter(ERASED, 'Rows that deletions took out of archived files.'),
]

const DAY_MS = 86_400_000

export interface ArchiveDeps {
  readonly pool: PostgresPool
  readonly clickhouse: ClickHouseClient | null
  readonly place: ArchivePlace
  readonly clock: Clock
  readonly metrics: Metrics
}

/** Only whole days are archived: what is removed is what is older than this, ms since the epoch. */
export const wholeDays = (beforeMs: number): number => Math.floor(beforeMs / DAY_MS) * DAY_MS

/** Archives all days of a project and class before a time, but those that are held. Resolves with how many rows were written. */
export async function archiveExpired(
  deps: ArchiveDeps,
  what: ArchivedClass,
  { tenant, project, beforeMs, heldDays = [] }: Expired,
  signal: AbortSignal,
): Promise<number> {
  const { pool, clickhouse } = deps
  const of = { tenant, project, what }
  const days = new Set([
    ...(clickhouse === null ? [] : await daysInClickHouse(clickhouse, of, beforeMs)),
    ...(await daysInPostgres(pool, of, beforeMs)),
  ])
  let rows = 0
  for (const day of [...days].filter((d) => !heldDays.includes(d)).toSorted()) {
    signal.throwIfAborted()
    rows += await archiveDay(deps, { ...of, day }, signal)
  }
  return rows
}

async function archiveDay(
  { pool, clickhouse, place, clock, metrics }: ArchiveDeps,
  unit: ArchiveUnit,
  signal: AbortSignal,
): Promise<number> {
  const nowMs = (): number => clock.nowMs()
  const events =
    clickhouse === null
      ? { rows: 0, bytes: 0 }
      : await archiveInClickHouse({ client: clickhouse, place, nowMs }, unit, signal)
  const sums = await archiveInPostgres({ pool, place, nowMs }, unit, signal)
  if (events.rows > 0) metrics.add(ROWS, `class="${unit.what}",store="clickhouse"`, events.rows)
  if (sums.rows > 0) metrics.add(ROWS, `class="${unit.what}",store="postgres"`, sums.rows)
  metrics.add(BYTES, '', events.bytes + sums.bytes)
  await listUnit(pool, place, unit)
  return events.rows + sums.rows
}

/** Brings the row of a unit in line with its manifest. */
export async function listUnit(
  pool: PostgresPool,
  place: ArchivePlace,
  unit: ArchiveUnit,
): Promise<void> {
  const files = (await readManifest(place, unit))?.files ?? []
  if (files.length === 0) return
  const sum = (of: 'rows' | 'bytes'): number => files.reduce((n, f) => n + f[of], 0)
  await withRole(pool, 'observa_control', (c) =>
    noteUnit(c, {
      tenant_id: unit.tenant,
      project_id: unit.project,
      class: unit.what,
      day: unit.day,
      files: files.length,
      rows: sum('rows'),
      bytes: sum('bytes'),
      place: place.name,
    }),
  )
}
