// Ends a deletion whose store refuses the work at every try. Whoever asked for it sees the reason and what remains, and can start it again.

import { ClickHouseError } from '@clickhouse/client'
import { record } from '../../accounts/audited-change.ts'
import { countOpenTraces, countTraces } from '../../storage/control/deletion-traces.ts'
import { type DeletionRow, findDeletion, updateDeletion } from '../../storage/control/deletions.ts'
import { errorCodeOf, type Statements } from '../../storage/postgres/connection.ts'

type Key = Pick<DeletionRow, 'tenant_id' | 'deletion_id'>

/** Needs the role `observa_control`. Of the error only the code is kept, because its text may quote ids. */
export async function fail(client: Statements, key: Key, thrown: unknown): Promise<void> {
  const row = await findDeletion(client, key.tenant_id, key.deletion_id)
  if (row === null || row.state === 'done' || row.state === 'failed') return
  const isClickHouse = thrown instanceof ClickHouseError
  const errorCode = isClickHouse ? `CLICKHOUSE_${thrown.code}` : errorCodeOf(thrown)
  const store = isClickHouse ? 'clickhouse_events' : 'postgres'
  const [open, all] = [await countOpenTraces(client, key), await countTraces(client, key)]
  const why = isClickHouse && thrown.type !== undefined ? `${errorCode} ${thrown.type}` : errorCode
  const detail = `refused while ${row.state}: ${why}; ${open} of ${all} traces remain`
  await updateDeletion(client, key, {
    state: 'failed',
    errorCode,
    stores: { [store]: { ...row.stores[store], state: 'failed', detail } },
  })
  await record(
    { client, actor: { kind: 'system', id: null }, tenantId: key.tenant_id },
    { action: 'deletion.failed', resource: key.deletion_id, metadata: { code: errorCode, open } },
  )
}
