// Rows of ClickHouse to an archive and back. Rows are removed only when the files of the unit, read back from the place, have every one
// of them; so a kill at any point loses nothing, and what was written before is not written again.

import type { ClickHouseClient } from '@clickhouse/client'
import type { ArchivedClass } from '../../core/deletion/retention.ts'
import { ObservaError } from '../../core/errors.ts'
import { count, deleteRows, sqlText } from '../deletion/clickhouse-subject.ts'
import { CONTENT_COLUMNS, CONTENT_MAPS } from '../retention/clickhouse-retention.ts'
import type { ArchivePlace } from './archive-place.ts'
import {
  type ArchivedFile,
  type ArchiveUnit,
  damaged,
  folderOf,
  newFileName,
  readManifest,
  removeStrays,
  writeManifest,
} from './archive-unit.ts'
import { withVerified, writeFileTo } from './archived-file.ts'
import { ROW_HASH, STATEMENT_S, Staging } from './staging.ts'

const TABLE: Readonly<Record<ArchivedClass, 'canonical_events' | 'signals'>> = {
  content: 'canonical_events',
  events: 'canonical_events',
  signals: 'signals',
}

/** Of uncompressed rows in a file, about. The embedded engine holds a whole answer in memory. */
const FILE_BYTES = 64 * 1024 * 1024
const FILES_MAX = 10_000
/** Rows that came while a unit was written are written as well; more often than this none come. */
const ROUNDS_MAX = 5
const SETTINGS = {
  max_execution_time: STATEMENT_S,
  output_format_parquet_compression_method: 'zstd',
  output_format_parquet_fixed_string_as_fixed_byte_array: 1,
} as const

export const dayStartMs = (day: string): number => Date.parse(`${day}T00:00:00Z`)

const HAS_CONTENT = [
  ...CONTENT_COLUMNS.map((c) => `${c} IS NOT NULL`),
  ...CONTENT_MAPS.map((c) => `notEmpty(${c})`),
].join(' OR ')

function rowsOfUnit({ tenant, project, what, day }: ArchiveUnit): string {
  const at = (ms: number): string => `toDateTime64(${ms / 1000}, 3, 'UTC')`
  const from = dayStartMs(day)
  const where = `tenant_id = ${sqlText(tenant)} AND project_id = ${sqlText(project)} AND received_at >= ${at(from)} AND received_at < ${at(from + 86_400_000)}`
  return what === 'content' ? `${where} AND (${HAS_CONTENT})` : where
}

/** Days before a time of which a project has rows of this class, oldest first. */
export async function daysInClickHouse(
  client: ClickHouseClient,
  { tenant, project, what }: Omit<ArchiveUnit, 'day'>,
  beforeMs: number,
): Promise<readonly string[]> {
  const result = await client.query({
    query: `SELECT DISTINCT toString(toDate(received_at, 'UTC')) AS day FROM ${TABLE[what]}
      WHERE tenant_id = {tenant:String} AND project_id = {project:String} AND received_at < toDateTime({before:UInt32}, 'UTC')
        ${what === 'content' ? `AND (${HAS_CONTENT})` : ''} ORDER BY day`,
    query_params: { tenant, project, before: Math.floor(beforeMs / 1000) },
    format: 'JSONEachRow',
  })
  return (await result.json<{ day: string }>()).map((row) => row.day)
}

export interface Archived {
  readonly rows: number
  readonly bytes: number
}

export interface ArchiveDeps {
  readonly client: ClickHouseClient
  readonly place: ArchivePlace
  readonly nowMs: () => number
}

/**
 * Writes what the place does not have of a unit, then removes the unit from the store; content is left to whoever empties it. Resolves
 * with what was written by this call.
 */
export async function archiveInClickHouse(
  { client, place, nowMs }: ArchiveDeps,
  unit: ArchiveUnit,
  signal: AbortSignal,
): Promise<Archived> {
  const table = TABLE[unit.what]
  const where = rowsOfUnit(unit)
  const manifest = await readManifest(place, unit)
  await removeStrays(place, unit, manifest)
  const files: ArchivedFile[] = [...(manifest?.files ?? [])]
  return await Staging.use(client, table, async (staging) => {
    for (const file of files)
      if (file.store === 'clickhouse') await loadFile(place, unit, file, staging)
    const written = { rows: 0, bytes: 0 }
    for (let round = 0; ; round++) {
      signal.throwIfAborted()
      const state = await compare(client, table, where, staging)
      if (state.missing === 0) {
        // What comes after this look is newer than the rows that it saw, and stays.
        const seen = table === 'canonical_events' ? ` AND version <= ${state.version}` : ''
        if (unit.what !== 'content') await deleteRows(client, table, `${where}${seen}`)
        return written
      }
      if (round === ROUNDS_MAX) throw unverified(place, unit, state.missing)
      const parts = Math.min(FILES_MAX, Math.ceil(state.bytes / FILE_BYTES))
      for (let part = 0; part < parts; part++) {
        signal.throwIfAborted()
        const sql = `SELECT * FROM ${table} FINAL WHERE ${where} AND ${ROW_HASH} NOT IN (SELECT ${ROW_HASH} FROM ${staging.table})
          AND ${table === 'signals' ? 'sipHash64(signal_id)' : 'sipHash64(event_id)'} % ${parts} = ${part}`
        const file = await writeRows({ client, place }, unit, table, sql, staging)
        if (file === null) continue
        files.push(file)
        written.rows += file.rows
        written.bytes += file.bytes
      }
      await writeManifest(place, unit, files, nowMs())
    }
  })
}

/** Rows of the unit that staging does not have, their size, and the highest version of any row. */
async function compare(
  client: ClickHouseClient,
  table: string,
  where: string,
  staging: Staging,
): Promise<{ readonly missing: number; readonly bytes: number; readonly version: string }> {
  const version = table === 'canonical_events' ? 'toString(max(version))' : "'0'"
  const isMissing = `${ROW_HASH} NOT IN (SELECT ${ROW_HASH} FROM ${staging.table})`
  const result = await client.query({
    query: `SELECT toFloat64(countIf(is_missing)) AS missing, toFloat64(sumIf(bytes, is_missing)) AS bytes, ${version} AS version
      FROM (SELECT ${isMissing} AS is_missing, byteSize(*) AS bytes, ${table === 'canonical_events' ? 'version' : '0 AS version'}
        FROM ${table} FINAL WHERE ${where})`,
    format: 'JSONEachRow',
    clickhouse_settings: { max_execution_time: STATEMENT_S },
  })
  const [row] = await result.json<{ missing: number; bytes: number; version: string }>()
  const { missing = 0, bytes = 0, version: highest = '0' } = row ?? {}
  if (!/^\d+$/.test(highest)) throw new Error('a version is a number')
  return { missing, bytes, version: highest }
}

/** Writes the rows of a query as a file and reads it back into staging. Null where there are none. */
async function writeRows(
  { client, place }: Pick<ArchiveDeps, 'client' | 'place'>,
  unit: ArchiveUnit,
  table: string,
  sql: string,
  staging: Staging,
): Promise<ArchivedFile | null> {
  const { stream } = await client.exec({
    query: `${sql} FORMAT Parquet`,
    clickhouse_settings: SETTINGS,
  })
  const written = await writeFileTo(place, unit, newFileName(table, 'parquet'), stream)
  const rows = await withVerified(place, unit, written, (file) => staging.load(file))
  if (rows > 0) return { ...written, store: 'clickhouse', table, rows }
  await place.remove(`${folderOf(unit)}${written.name}`)
  return null
}

async function loadFile(
  place: ArchivePlace,
  unit: ArchiveUnit,
  file: ArchivedFile,
  staging: Staging,
): Promise<void> {
  const rows = await withVerified(place, unit, file, (local) => staging.load(local))
  if (rows !== file.rows)
    throw damaged(
      place,
      `${folderOf(unit)}${file.name}`,
      `it has ${rows} rows instead of ${file.rows}`,
    )
}

function unverified(place: ArchivePlace, unit: ArchiveUnit, missing: number): ObservaError {
  return new ObservaError(
    'OBS_ARCHIVE_UNVERIFIED',
    `${missing} rows of ${folderOf(unit)} were written to ${place.name} and are not the same when they are read back.`,
    'Nothing was removed from the store. Please report this.',
  )
}

/** Brings the rows of a unit back that are not there. Resolves with how many. */
export async function restoreInClickHouse(
  { client, place }: Pick<ArchiveDeps, 'client' | 'place'>,
  unit: ArchiveUnit,
  files: readonly ArchivedFile[],
): Promise<number> {
  const table = TABLE[unit.what]
  const where = rowsOfUnit(unit)
  return await Staging.use(client, table, async (staging) => {
    let rows = 0
    for (const file of files) {
      if (file.store !== 'clickhouse' || file.table !== table) continue
      await staging.empty()
      await loadFile(place, unit, file, staging)
      if ((await staging.count(`NOT (${where})`)) > 0)
        throw damaged(
          place,
          `${folderOf(unit)}${file.name}`,
          'it has rows of another tenant, project or day',
        )
      const isMissing = `${ROW_HASH} NOT IN (SELECT ${ROW_HASH} FROM ${table} FINAL WHERE ${where})`
      rows += await count(client, staging.table, isMissing)
      const summed = table === 'signals' ? [] : await summedHours(client, unit, staging.table)
      await client.command({
        query: `INSERT INTO ${table} SELECT * FROM ${staging.table} WHERE ${isMissing}`,
        // Rows that were here before and were removed are no repetition of a batch.
        clickhouse_settings: { insert_deduplicate: 0, max_execution_time: STATEMENT_S },
      })
      await keepSums(client, unit, summed)
    }
    return rows
  })
}

/** Hours of the events in staging whose sums are made, s since the epoch. */
async function summedHours(
  client: ClickHouseClient,
  { tenant, project }: ArchiveUnit,
  staging: string,
): Promise<readonly number[]> {
  const latest = (table: string): string =>
    `(SELECT hour, max(changed_at) AS changed FROM ${table} WHERE tenant_id = {tenant:String} AND project_id = {project:String} GROUP BY hour)`
  const result = await client.query({
    query: `SELECT toUnixTimestamp(e.hour) AS hour FROM ${latest('event_hours')} AS e INNER JOIN ${latest('rolled_hours')} AS r
        ON e.hour = r.hour AND e.changed = r.changed
      WHERE e.hour IN (SELECT DISTINCT toStartOfHour(start_time) FROM ${staging})`,
    query_params: { tenant, project },
    format: 'JSONEachRow',
  })
  return (await result.json<{ hour: number }>()).map((row) => row.hour)
}

/**
 * The sums of these hours stay as they are: they were made when all events of the hour were there, and a restore may bring a part of
 * them. Without this the insert would make them to be summed anew.
 */
async function keepSums(
  client: ClickHouseClient,
  { tenant, project }: ArchiveUnit,
  hours: readonly number[],
): Promise<void> {
  if (hours.length === 0) return
  await client.command({
    query: `INSERT INTO rolled_hours (tenant_id, project_id, hour, changed_at)
      SELECT tenant_id, project_id, hour, max(changed_at) FROM event_hours
      WHERE tenant_id = {tenant:String} AND project_id = {project:String} AND toUnixTimestamp(hour) IN (${hours.join(', ')})
      GROUP BY tenant_id, project_id, hour`,
    query_params: { tenant, project },
  })
}

/**
 * Takes rows out of a file. Resolves with the file that has the rest, the same when none was taken, or null when nothing is left; and
 * with how many went. The earlier file stays until no manifest names it.
 */
export async function withoutRows(
  { client, place }: Pick<ArchiveDeps, 'client' | 'place'>,
  unit: ArchiveUnit,
  file: ArchivedFile,
  where: string,
): Promise<{ readonly file: ArchivedFile | null; readonly removed: number }> {
  return await Staging.use(client, TABLE[unit.what], async (staging) => {
    await loadFile(place, unit, file, staging)
    const removed = await staging.count(where)
    if (removed === 0) return { file, removed }
    if (removed === file.rows) return { file: null, removed }
    // What a condition does not know of, such as a user that is null, it does not hold for.
    const rest = `SELECT * FROM ${staging.table} WHERE NOT ifNull((${where}), false)`
    return await Staging.use(client, TABLE[unit.what], async (check) => {
      const written = await writeRows({ client, place }, unit, file.table, rest, check)
      const isRight = written?.rows === file.rows - removed && (await check.count(where)) === 0
      if (!isRight) throw unverified(place, unit, file.rows - removed)
      return { file: written, removed }
    })
  })
}

/** Reads a file into a table for a question about its rows. */
export async function withRowsOf<T>(
  { client, place }: Pick<ArchiveDeps, 'client' | 'place'>,
  unit: ArchiveUnit,
  file: ArchivedFile,
  ask: (table: string) => Promise<T>,
): Promise<T> {
  return await Staging.use(client, TABLE[unit.what], async (staging) => {
    await loadFile(place, unit, file, staging)
    return await ask(staging.table)
  })
}
