// Issues as the Postgres exporter stores them, by its own statements.

import { ISSUES, REOPENED } from '../../exporters/postgres/issue-statements.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import type { TestPostgres } from '../../storage/testing/stores.ts'

export interface Occurrence {
  readonly tenant: string
  readonly id: string
  readonly type: string
  readonly severity: 'high' | 'medium' | 'low'
  readonly title: string
  readonly count: number
  readonly atMs: number
  readonly evidence: Readonly<Record<string, unknown>>
}

export async function occur(
  server: TestPostgres,
  o: Partial<Occurrence> & Pick<Occurrence, 'tenant' | 'id'>,
): Promise<void> {
  const {
    tenant,
    id,
    type = 'tool_error',
    severity = 'high',
    title = `search failed: ${id}`,
    count = 1,
  } = o
  const { atMs = Date.now(), evidence = { tool_name: 'search', service: 'shop' } } = o
  const row = {
    tenant,
    project: 'default',
    id,
    fingerprint: id.replace('-', ':'),
    type,
    severity,
    title,
    count,
    first: atMs,
    last: atMs,
    cost: 0,
    environment: 'prod',
    rule: 'error@1',
    evidence,
    trace: null,
  }
  await withRole(server.pool, 'observa_exporter', async (client) => {
    await client.query(ISSUES, [JSON.stringify([row])])
    await client.query(REOPENED, [JSON.stringify([{ tenant, project: 'default', id }])])
  })
}

/** Changes the status as a person does in the API. */
export async function setStatus(
  server: TestPostgres,
  tenant: string,
  id: string,
  status: string,
): Promise<void> {
  await withRole(server.pool, 'observa_exporter', (client) =>
    client.query(
      `UPDATE issues SET status = $3, substatus = CASE WHEN $3 = 'open' THEN 'ongoing' END, status_at = now()
       WHERE tenant_id = $1 AND issue_id = $2`,
      [tenant, id, status],
    ),
  )
}
