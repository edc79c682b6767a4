// Traces with scores from outside, which are feedback of people or programs.

import type { PostgresPool } from '../postgres/pool.ts'
import { withRole } from '../postgres/roles.ts'
import type { ChangedHour } from './stored-exchanges.ts'

const TRACES_MAX = 5000
/** Number of days that are searched, because feedback comes after the trace. */
const DAYS = 2

/** The traces of the project with feedback, newest first, as hex ids. */
export async function tracesWithFeedback(
  pool: PostgresPool,
  { tenantId, projectId }: ChangedHour,
): Promise<readonly string[]> {
  return await withRole(pool, 'observa_exporter', async (client) => {
    const found = await client.query<{ trace_id: string }>(
      `SELECT trace_id FROM scores WHERE tenant_id = $1 AND project_id = $2 AND at > now() - $3::int * interval '1 day'
         AND source NOT IN ('quality', 'judge', 'sdk') GROUP BY trace_id ORDER BY max(at) DESC LIMIT $4`,
      [tenantId, projectId, DAYS, TRACES_MAX],
    )
    return found.rows.map((row) => row.trace_id)
  })
}
