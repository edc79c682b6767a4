// Removes expired sessions and invitations.

import { z } from 'zod'
import { removeEnded } from '../storage/control/sessions.ts'
import type { PostgresPool } from '../storage/postgres/pool.ts'
import { withRole } from '../storage/postgres/roles.ts'
import { defineJobKind, type JobHandler } from './job-kind.ts'

const CLEAN_SESSIONS = defineJobKind({
  name: 'sessions.clean',
  payload: z.object({}),
  concurrency: 1,
  everySeconds: 600,
})

export function cleanSessions(pool: PostgresPool): JobHandler<object> {
  return {
    kind: CLEAN_SESSIONS,
    run: async ({ signal, log }) => {
      const removed = await withRole(pool, 'observa_control', removeEnded, { signal })
      if (removed > 0) log.info({ removed }, 'expired sessions and invitations were removed')
    },
  }
}
