// Brings archived days back into the stores: what `observa archive restore` and the API asked for. Retention leaves them alone for the
// time that was asked for; then they are removed again, and what is in the archive is not written a second time.

import { z } from 'zod'
import { codeOf } from '../../core/errors.ts'
import { readManifest, unitsOf } from '../../storage/archive/archive-unit.ts'
import { restoreInClickHouse } from '../../storage/archive/clickhouse-archive.ts'
import { restoreInPostgres } from '../../storage/archive/postgres-archive.ts'
import { dropLeftBehind } from '../../storage/archive/staging.ts'
import {
  finishRestore,
  holdRestore,
  openRestores,
  type RestoreRow,
} from '../../storage/control/archives.ts'
import { hasOpenDeletion } from '../../storage/control/deletions.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { unavailableStore } from '../../storage/unavailable.ts'
import { defineJobKind, type JobHandler } from '../job-kind.ts'
import { type ArchiveDeps, RESTORED } from './archive-expired.ts'

const RESTORE_ARCHIVES = defineJobKind({
  name: 'archives.restore',
  payload: z.object({}),
  concurrency: 1,
  timeoutMs: 60 * 60_000,
  everySeconds: 5,
})

export function restoreArchives(deps: ArchiveDeps): JobHandler<object> {
  return {
    kind: RESTORE_ARCHIVES,
    run: async ({ signal, log }) => {
      const done = await restoreAll(deps, signal)
      if (done > 0) log.info({ restores: done }, 'archived data is back')
    },
  }
}

/** Works all that waits. Resolves with how many were done. */
export async function restoreAll(deps: ArchiveDeps, signal: AbortSignal): Promise<number> {
  const { pool, clickhouse } = deps
  const open = await withRole(pool, 'observa_control', openRestores, { readOnly: true })
  if (open.length > 0 && clickhouse !== null) await dropLeftBehind(clickhouse)
  let done = 0
  for (const row of open) {
    signal.throwIfAborted()
    // What is being deleted must not come back in the middle: the deletion takes it out of the archive first.
    const waits = await withRole(pool, 'observa_control', (c) => hasOpenDeletion(c, row.tenant_id))
    if (waits) continue
    try {
      await restore(deps, row, signal)
      done++
    } catch (thrown) {
      const code = codeOf(thrown)
      const isLater = signal.aborted || unavailableStore(thrown) !== null
      if (isLater || code === 'OBS_ARCHIVE_UNREACHABLE') throw thrown
      await withRole(pool, 'observa_control', (c) =>
        finishRestore(c, row, { state: 'failed', errorCode: code ?? 'OBS_ARCHIVE_RESTORE' }),
      )
    }
  }
  return done
}

async function restore(deps: ArchiveDeps, row: RestoreRow, signal: AbortSignal): Promise<void> {
  const { pool, clickhouse, place, metrics } = deps
  await withRole(pool, 'observa_control', (c) => holdRestore(c, row))
  const all = await unitsOf(place, row.tenant_id, row.project_id)
  const wanted = all.filter(
    ({ what, day }) => what === row.class && day >= row.from_day && day <= row.to_day,
  )
  let rows = 0
  for (const unit of wanted) {
    signal.throwIfAborted()
    const files = (await readManifest(place, unit))?.files ?? []
    const back =
      (clickhouse === null
        ? 0
        : await restoreInClickHouse({ client: clickhouse, place }, unit, files)) +
      (await restoreInPostgres({ pool, place }, unit, files))
    metrics.add(RESTORED, `class="${unit.what}"`, back)
    rows += back
  }
  await withRole(pool, 'observa_control', (c) =>
    finishRestore(c, row, { state: 'done', units: wanted.length, rows }),
  )
}
