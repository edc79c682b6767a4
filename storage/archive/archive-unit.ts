// The unit of an archive: what a project received on one day, of one class of data. It is a folder with files and a manifest, which
// is written last and says what belongs to it: a file that it does not name is none.

import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { ARCHIVED_CLASSES, type ArchivedClass } from '../../core/deletion/retention.ts'
import { ObservaError } from '../../core/errors.ts'
import { type ArchivePlace, bytesOf, idOfSegment, segmentOf } from './archive-place.ts'

export interface ArchiveUnit {
  readonly tenant: string
  readonly project: string
  readonly what: ArchivedClass
  /** `2026-01-31`, UTC. */
  readonly day: string
}

const fileSchema = z.strictObject({
  /** In the folder of the unit. */
  name: z.string().regex(/^[a-z_]{1,40}-[0-9a-f]{16}\.(parquet|ndjson\.gz)$/),
  store: z.enum(['clickhouse', 'postgres']),
  table: z.string().regex(/^[a-z_]{1,40}$/),
  rows: z.int().min(1),
  bytes: z.int().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
})

const manifestSchema = z.strictObject({
  format: z.literal(1),
  tenant_id: z.string(),
  project_id: z.string(),
  class: z.enum(ARCHIVED_CLASSES),
  day: z.iso.date(),
  written_at: z.iso.datetime(),
  files: z.array(fileSchema),
})

export type ArchivedFile = z.output<typeof fileSchema>
export type Manifest = z.output<typeof manifestSchema>

const MANIFEST = 'manifest.json'
const MANIFEST_BYTES_MAX = 64 * 1024 * 1024

export const folderOf = ({ tenant, project, what, day }: ArchiveUnit): string =>
  `${segmentOf(tenant)}/${segmentOf(project)}/${what}/${day}/`

/** A name that no earlier file of the unit has. */
export const newFileName = (table: string, kind: 'parquet' | 'ndjson.gz'): string =>
  `${table}-${randomBytes(8).toString('hex')}.${kind}`

/** The manifest of a unit; null for one that was not archived, or not to its end. */
export async function readManifest(
  place: ArchivePlace,
  unit: ArchiveUnit,
): Promise<Manifest | null> {
  const path = `${folderOf(unit)}${MANIFEST}`
  const body = await place.read(path)
  if (body === null) return null
  const text = (await bytesOf(body, MANIFEST_BYTES_MAX)).toString('utf8')
  const found = manifestSchema.safeParse(jsonOf(text))
  if (!found.success) throw damaged(place, path, 'the manifest is not one')
  const m = found.data
  // A folder that was copied to that of another tenant must not become the other's.
  const isOwn =
    m.tenant_id === unit.tenant &&
    m.project_id === unit.project &&
    m.class === unit.what &&
    m.day === unit.day
  if (!isOwn) throw damaged(place, path, 'the manifest is that of another tenant, project or day')
  return m
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // What is no JSON fails the schema as well.
    return null
  }
}

/** Replaces the manifest. From then on these files are the unit. */
export async function writeManifest(
  place: ArchivePlace,
  unit: ArchiveUnit,
  files: readonly ArchivedFile[],
  nowMs: number,
): Promise<void> {
  const manifest: Manifest = {
    format: 1,
    tenant_id: unit.tenant,
    project_id: unit.project,
    class: unit.what,
    day: unit.day,
    written_at: new Date(nowMs).toISOString(),
    files: [...files],
  }
  const local = await spoolFile(place)
  await writeFile(local, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  await place.put(`${folderOf(unit)}${MANIFEST}`, local)
}

/** Removes the files of a unit that its manifest does not name, such as those of a run that was killed; without a manifest all. */
export async function removeStrays(
  place: ArchivePlace,
  unit: ArchiveUnit,
  manifest: Manifest | null,
): Promise<void> {
  const folder = folderOf(unit)
  const known = new Set((manifest?.files ?? []).map((f) => `${folder}${f.name}`))
  if (manifest !== null) known.add(`${folder}${MANIFEST}`)
  for (const { path } of await place.list(folder)) if (!known.has(path)) await place.remove(path)
}

/** Removes a unit as a whole; its manifest goes first, so that what is left of it is no unit. */
export async function removeUnit(place: ArchivePlace, unit: ArchiveUnit): Promise<void> {
  await place.remove(`${folderOf(unit)}${MANIFEST}`)
  await removeStrays(place, unit, null)
}

/** A new path in the spool directory. */
export async function spoolFile(place: ArchivePlace): Promise<string> {
  await mkdir(place.spoolDir, { recursive: true, mode: 0o700 })
  return join(place.spoolDir, randomBytes(12).toString('hex'))
}

/** The units of a tenant that have a manifest, by path. */
export async function unitsOf(
  place: ArchivePlace,
  tenant: string,
  project: string | null = null,
): Promise<readonly ArchiveUnit[]> {
  const prefix = `${segmentOf(tenant)}/${project === null ? '' : `${segmentOf(project)}/`}`
  return (await place.list(prefix)).flatMap(({ path }): ArchiveUnit[] => {
    const [, of = '', what = '', day = '', name = ''] = path.split('/')
    const known = ARCHIVED_CLASSES.find((c) => c === what)
    if (name !== MANIFEST || known === undefined || !/^\d{4}-\d\d-\d\d$/.test(day)) return []
    return [{ tenant, project: idOfSegment(of), what: known, day }]
  })
}

export function damaged(place: ArchivePlace, path: string, why: string): ObservaError {
  return new ObservaError(
    'OBS_ARCHIVE_DAMAGED',
    `${path} in ${place.name}: ${why}.`,
    'Restore this folder from a copy. Nothing was removed from the stores because of it.',
  )
}
