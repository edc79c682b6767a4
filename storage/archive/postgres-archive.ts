// Rows of Postgres to an archive and back, as JSON lines: lists of traces, conversations, sessions and users, scores and signals. A page
// of rows is removed when the file with them is verified and the manifest names it, and of it only rows that have not changed since.

import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { gunzipSync, gzipSync } from 'node:zlib'
import { z } from 'zod'
import type { ArchivedClass } from '../../core/deletion/retention.ts'
import type { Statements } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withRole } from '../postgres/roles.ts'
import type { ArchivePlace } from './archive-place.ts'
import {
  type ArchivedFile,
  type ArchiveUnit,
  damaged,
  folderOf,
  newFileName,
  readManifest,
  writeManifest,
} from './archive-unit.ts'
import { withVerified, writeFileTo } from './archived-file.ts'

/** Tables and the time that decides of which day a row is. The beginning of a conversation's text goes with its events. */
const TABLES: Readonly<Record<ArchivedClass, readonly (readonly [table: string, at: string])[]>> = {
  content: [],
  events: [
    ['trace_summaries', 'end_time'],
    ['conversations', 'last_at'],
    ['sessions', 'last_at'],
    ['end_users', 'last_at'],
    ['scores', 'at'],
  ],
  signals: [['signals', 'at']],
}

const PAGE_ROWS = 5000
const INSERT_ROWS = 500
const TEXT_BYTES_MAX = 1024 ** 3
/** Hashes of rows that are archived already are kept for so many; of more a row may be written twice, and restored once. */
const KNOWN_MAX = 1_000_000

type Doc = Readonly<Record<string, unknown>>
const docSchema = z.record(z.string(), z.unknown())
const docOf = (line: string): Doc => docSchema.parse(JSON.parse(line))

const inUnit = (at: string): string =>
  `tenant_id = $1 AND project_id = $2 AND ${at} >= $3::date::timestamp AT TIME ZONE 'UTC' AND ${at} < ($3::date + 1)::timestamp AT TIME ZONE 'UTC'`

/** Days before a time of which a project has rows of this class, oldest first. */
export async function daysInPostgres(
  pool: PostgresPool,
  { tenant, project, what }: Omit<ArchiveUnit, 'day'>,
  beforeMs: number,
): Promise<readonly string[]> {
  const days = new Set<string>()
  for (const [table, at] of TABLES[what]) {
    const found = await exporter(pool, (c) =>
      c.query<{ day: string }>(
        `SELECT DISTINCT to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day FROM ${table}
         WHERE tenant_id = $1 AND project_id = $2 AND ${at} < $3`,
        [tenant, project, new Date(beforeMs)],
      ),
    )
    for (const { day } of found.rows) days.add(day)
  }
  return [...days].toSorted()
}

export interface PostgresArchiveDeps {
  readonly pool: PostgresPool
  readonly place: ArchivePlace
  readonly nowMs: () => number
}

/** Writes the rows of a unit to the place and removes them. Resolves with what was written by this call. */
export async function archiveInPostgres(
  { pool, place, nowMs }: PostgresArchiveDeps,
  unit: ArchiveUnit,
  signal: AbortSignal,
): Promise<{ readonly rows: number; readonly bytes: number }> {
  const written = { rows: 0, bytes: 0 }
  for (const [table, at] of TABLES[unit.what]) {
    const files = [...((await readManifest(place, unit))?.files ?? [])]
    const known = new Set<string>()
    for (const file of files.filter((f) => f.store === 'postgres' && f.table === table))
      for (const line of await linesOf(place, unit, file))
        if (known.size < KNOWN_MAX) known.add(hash('md5', line))
    for (;;) {
      signal.throwIfAborted()
      const page = await exporter(pool, (c) =>
        c.query<{ at: string; doc: string }>(
          `SELECT ctid::text AS at, to_jsonb(t)::text AS doc FROM ${table} AS t WHERE ${inUnit(at)} LIMIT ${PAGE_ROWS}`,
          [unit.tenant, unit.project, unit.day],
        ),
      )
      if (page.rows.length === 0) break
      const fresh = page.rows.filter(({ doc }) => !known.has(hash('md5', doc)))
      if (fresh.length > 0) {
        const docs = fresh.map((row) => row.doc)
        const file = await writeDocs(place, unit, table, docs)
        files.push(file)
        await writeManifest(place, unit, files, nowMs())
        for (const doc of docs) if (known.size < KNOWN_MAX) known.add(hash('md5', doc))
        written.rows += file.rows
        written.bytes += file.bytes
      }
      await removePage(pool, table, page.rows)
    }
  }
  return written
}

/** Removes exactly these rows. One that changed meanwhile stays, and is written with the next page. */
async function removePage(
  pool: PostgresPool,
  table: string,
  rows: readonly { readonly at: string; readonly doc: string }[],
): Promise<void> {
  await exporter(pool, (c) =>
    c.query(
      `DELETE FROM ${table} AS t USING unnest($1::tid[], $2::text[]) AS gone(at, doc)
       WHERE t.ctid = gone.at AND to_jsonb(t)::text = gone.doc`,
      [rows.map((r) => r.at), rows.map((r) => r.doc)],
    ),
  )
}

async function writeDocs(
  place: ArchivePlace,
  unit: ArchiveUnit,
  table: string,
  docs: readonly string[],
): Promise<ArchivedFile> {
  const body = Readable.from([gzipSync(docs.map((doc) => `${doc}\n`).join(''))])
  const written = await writeFileTo(place, unit, newFileName(table, 'ndjson.gz'), body)
  const file: ArchivedFile = { ...written, store: 'postgres', table, rows: docs.length }
  const lines = await linesOf(place, unit, file)
  if (lines.some((line, i) => line !== docs[i]))
    throw damaged(place, `${folderOf(unit)}${file.name}`, 'it reads otherwise than it was written')
  return file
}

/** The rows of a file, each as it was in the table. */
async function linesOf(
  place: ArchivePlace,
  unit: ArchiveUnit,
  file: ArchivedFile,
): Promise<readonly string[]> {
  // A file has a page of rows at most.
  const text = await withVerified(place, unit, file, async (local) =>
    gunzipSync(await readFile(local), { maxOutputLength: TEXT_BYTES_MAX }).toString('utf8'),
  )
  const lines = text.split('\n').slice(0, -1)
  if (lines.length !== file.rows)
    throw damaged(
      place,
      `${folderOf(unit)}${file.name}`,
      `it has ${lines.length} rows instead of ${file.rows}`,
    )
  return lines
}

/** Brings the rows of a unit back that are not there. Resolves with how many. */
export async function restoreInPostgres(
  { pool, place }: Pick<PostgresArchiveDeps, 'pool' | 'place'>,
  unit: ArchiveUnit,
  files: readonly ArchivedFile[],
): Promise<number> {
  let rows = 0
  for (const file of files) {
    if (!TABLES[unit.what].some(([table]) => file.store === 'postgres' && file.table === table))
      continue
    const docs: string[] = []
    for (const line of await linesOf(place, unit, file)) {
      const { tenant_id, project_id } = docOf(line)
      if (tenant_id !== unit.tenant || project_id !== unit.project)
        throw damaged(
          place,
          `${folderOf(unit)}${file.name}`,
          'it has rows of another tenant or project',
        )
      docs.push(line)
    }
    for (let at = 0; at < docs.length; at += INSERT_ROWS)
      rows += await exporter(pool, (c) =>
        insertDocs(c, file.table, docs.slice(at, at + INSERT_ROWS)),
      )
  }
  return rows
}

/** Columns that the archived rows do not have, because they came later, get what the table gives by default. */
async function insertDocs(c: Statements, table: string, docs: readonly string[]): Promise<number> {
  const [first = '{}'] = docs
  const has = new Set(Object.keys(docOf(first)))
  const known = await c.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    [table],
  )
  const columns = known.rows.map((r) => r.name).filter((name) => has.has(name))
  const list = columns.map((name) => `"${name}"`).join(', ')
  const done = await c.query(
    `INSERT INTO ${table} (${list}) SELECT ${list} FROM jsonb_populate_recordset(NULL::${table}, $1::jsonb) ON CONFLICT DO NOTHING`,
    [`[${docs.join(',')}]`],
  )
  return done.rowCount ?? 0
}

/** Takes rows out of a file, as `withoutRows` does. */
export async function withoutDocs(
  place: ArchivePlace,
  unit: ArchiveUnit,
  file: ArchivedFile,
  isGone: (row: Doc) => boolean,
): Promise<{ readonly file: ArchivedFile | null; readonly removed: number }> {
  const rest: string[] = []
  for (const line of await linesOf(place, unit, file)) if (!isGone(docOf(line))) rest.push(line)
  const removed = file.rows - rest.length
  if (removed === 0) return { file, removed }
  if (rest.length === 0) return { file: null, removed }
  return { file: await writeDocs(place, unit, file.table, rest), removed }
}

function exporter<T>(pool: PostgresPool, work: (c: Statements) => Promise<T>): Promise<T> {
  return withRole(pool, 'observa_exporter', work)
}
