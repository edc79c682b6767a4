// What is known of the hours of a project: which have events and how many, which are added up in `usage_rollup`, which columns
// any event fills. Nearly every read of events begins with it, so equal reads share it (`shareHours`).

import type { ClickHouseClient } from '@clickhouse/client'
import type { SharedReads } from '../../shared-reads.ts'
import type { ProjectScope } from '../page.ts'
import { unusedColumns } from '../used-columns.ts'

export interface Hour {
  /** Start, s since the epoch. */
  readonly hour: number
  /** Rows that were inserted; those that came twice count twice. */
  readonly inserted: number
  /** Whether `usage_rollup` has the sums of all that was inserted. */
  readonly isRolled: boolean
}

export interface ProjectHours {
  /** Newest first. */
  readonly hours: readonly Hour[]
  /** Columns that no event of the project has. */
  readonly unused: ReadonlySet<string>
  /** Whether there are log records, which belong to spans. */
  readonly hasLogs: boolean
}

type Row = readonly [
  hour: number,
  inserted: number,
  logs: number,
  used1: string,
  used2: string,
  changed: number,
  rolled: number,
]

const shared = new WeakMap<ClickHouseClient, SharedReads<ProjectHours>>()

/** From now on reads through this client share what is known of hours. */
export function shareHours(client: ClickHouseClient, reads: SharedReads<ProjectHours>): void {
  shared.set(client, reads)
}

export async function projectHours(
  client: ClickHouseClient,
  scope: ProjectScope,
): Promise<ProjectHours> {
  const read = (): Promise<ProjectHours> => readHours(client, scope)
  const reads = shared.get(client)
  if (reads === undefined) return await read()
  return await reads.get(keyOf(scope), read)
}

/**
 * What was known last, however old it is; null when nothing is. Who reads with it checks afterwards, with what `projectHours`
 * says, that it still held.
 */
export async function lastKnownHours(
  client: ClickHouseClient,
  scope: ProjectScope,
): Promise<ProjectHours | null> {
  const latest = shared.get(client)?.latest(keyOf(scope))
  return (await latest?.catch(() => null)) ?? null
}

const keyOf = ({ tenantId, projectId }: ProjectScope): string =>
  JSON.stringify([tenantId, projectId])

async function readHours(client: ClickHouseClient, scope: ProjectScope): Promise<ProjectHours> {
  const result = await client.query({
    query: `SELECT hour, sum(inserted), sum(logs), toString(groupBitOr(used_1)), toString(groupBitOr(used_2)),
        max(changed), max(rolled)
      FROM (
        SELECT toUnixTimestamp(hour) AS hour, inserted, logs, used_1, used_2,
          toUnixTimestamp64Milli(changed_at) AS changed, 0 AS rolled
        FROM event_hours WHERE tenant_id = {tenant:String} AND project_id = {project:String}
        UNION ALL
        SELECT toUnixTimestamp(hour) AS hour, 0, 0, 0, 0, 0, toUnixTimestamp64Milli(changed_at)
        FROM rolled_hours WHERE tenant_id = {tenant:String} AND project_id = {project:String}
      )
      GROUP BY hour HAVING sum(inserted) > 0 ORDER BY hour DESC`,
    query_params: { tenant: scope.tenantId, project: scope.projectId },
    format: 'JSONCompactEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0, max_threads: 1 },
  })
  let used1 = 0n
  let used2 = 0n
  let logs = 0
  const hours = (await result.json<Row>()).map((row): Hour => {
    const [hour, inserted, logsOfHour, bits1, bits2, changed, rolled] = row
    used1 |= BigInt(bits1)
    used2 |= BigInt(bits2)
    logs += logsOfHour
    return { hour, inserted, isRolled: changed === rolled }
  })
  return { hours, unused: unusedColumns(used1, used2), hasLogs: logs > 0 }
}
