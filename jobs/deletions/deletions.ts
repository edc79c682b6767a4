// The jobs of deletions. One runs a deletion as far as possible. The other makes sure every few seconds that each open deletion has such a
// job, so that a deletion which waits for an instance or for ClickHouse is continued.

import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import {
  type DeletionState,
  dropOldTombstones,
  findDeletion,
  openDeletions,
  updateDeletion,
} from '../../storage/control/deletions.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { unavailableStore } from '../../storage/unavailable.ts'
import { defineJobKind, type JobHandler, type RunningJob } from '../job-kind.ts'
import type { JobQueue } from '../job-queue.ts'
import { type DeletionDeps, DeletionRun } from './deletion-run.ts'
import { fail } from './failed.ts'
import { finish } from './proof.ts'

const payload = z.strictObject({ tenant_id: z.string(), deletion_id: z.uuid() })
type Payload = z.output<typeof payload>

export const RUN_DELETION = defineJobKind({
  name: 'deletions.run',
  payload,
  concurrency: 2,
  // The limit is high, because mutations of ClickHouse wait for merges.
  timeoutMs: 15 * 60_000,
})

const CONTINUE_DELETIONS = defineJobKind({
  name: 'deletions.continue',
  payload: z.object({}),
  concurrency: 1,
  everySeconds: 5,
})

/** How long one job waits for instances and stores. After that it ends, and a new job is enqueued later. */
const WAIT_MS = 20_000
const LOOK_MS = 250

export function runDeletion(deps: DeletionDeps): JobHandler<Payload> {
  return {
    kind: RUN_DELETION,
    run: async (job) => {
      try {
        await runJob(deps, job)
      } catch (thrown) {
        // A store that is away comes back, and a worker that stops gives its job to another one: both are continued.
        const isForGood = job.attempt > RUN_DELETION.retries && unavailableStore(thrown) === null
        const { tenant_id, deletion_id } = job.payload
        if (isForGood && !job.signal.aborted)
          await withRole(deps.pool, 'observa_control', (c) =>
            fail(c, { tenant_id, deletion_id }, thrown),
          )
        throw thrown
      }
    },
  }
}

async function runJob(
  deps: DeletionDeps,
  { payload: { tenant_id, deletion_id }, signal, log }: RunningJob<Payload>,
): Promise<void> {
  const { pool } = deps
  for (;;) {
    signal.throwIfAborted()
    const row = await withRole(pool, 'observa_control', (c) =>
      findDeletion(c, tenant_id, deletion_id),
    )
    if (row === null) return
    const run = new DeletionRun(deps, row, { signal, log })
    const turn = async (state: DeletionState): Promise<void> =>
      await withRole(pool, 'observa_control', (c) => updateDeletion(c, row, { state }))
    switch (row.state) {
      case 'waiting':
        if (!(await waitFor(() => run.isSettled(), signal))) return
        await turn('deleting')
        break
      case 'deleting':
        await run.delete()
        await run.countAfter()
        await turn('erasing')
        break
      case 'erasing': {
        if (!(await waitFor(() => run.isErased(), signal))) return
        const left = await run.countAfter()
        await withRole(pool, 'observa_control', (c) => finish(c, row, left))
        log.info({ deletion: deletion_id, left }, 'a deletion is done')
        return
      }
      case 'done':
      case 'failed':
        return
    }
  }
}

async function waitFor(holds: () => Promise<boolean>, signal: AbortSignal): Promise<boolean> {
  const deadline = performance.now() + WAIT_MS
  while (!(await holds())) {
    if (performance.now() > deadline) return false
    await delay(LOOK_MS, undefined, { signal })
  }
  return true
}

export function continueDeletions(
  { pool }: Pick<DeletionDeps, 'pool'>,
  queue: () => JobQueue,
): JobHandler<object> {
  return {
    kind: CONTINUE_DELETIONS,
    run: async ({ log }) => {
      const open = await withRole(pool, 'observa_control', openDeletions)
      for (const key of open) await queue().enqueue(RUN_DELETION, key, { key: key.deletion_id })
      const gone = await withRole(pool, 'observa_control', dropOldTombstones)
      if (gone > 0) log.info({ gone }, 'tombstones whose time is over were taken away')
    },
  }
}
