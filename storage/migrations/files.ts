// The migrations as files: `NNNN_name.sql`, in order, each with a checksum. `clickhouse.ts` and `postgres.ts` apply
// them.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ObservaError } from '../../core/errors.ts'

export interface Migration {
  /** 1, 2, .. without gaps. */
  readonly version: number
  readonly name: string
  /** The SHA-256 of the file, as hex, because an applied migration must never change. */
  readonly checksum: string
  readonly sql: string
}

export function migrationsOf(store: 'clickhouse' | 'postgres'): readonly Migration[] {
  const dir = directoryOf(store)
  const files = readdirSync(dir).filter((name) => /^\d{4}_\w+\.sql$/.test(name))
  return files.toSorted().map((file, i) => {
    const sql = readFileSync(join(dir, file), 'utf8')
    const version = Number(file.slice(0, 4))
    if (version !== i + 1) throw new Error(`migration ${file} is number ${i + 1} in its directory`)
    return {
      version,
      name: file.slice(5, -4),
      checksum: createHash('sha256').update(sql).digest('hex'),
      sql,
    }
  })
}

/** The folder of the files, beside this one. A build uses those in the source tree of its package. */
function directoryOf(store: string): string {
  const beside = join(import.meta.dirname, store)
  if (existsSync(beside)) return beside
  return join(import.meta.dirname, '..', '..', '..', 'storage', 'migrations', store)
}

/** The migrations that a database has, by version. */
export type Applied = ReadonlyMap<number, { readonly checksum: string; readonly name: string }>

/** The migrations that are not applied yet. Throws when the files contradict those that are applied. */
export function pending(
  all: readonly Migration[],
  applied: Applied,
  store: string,
): readonly Migration[] {
  const first = applied.get(1)
  if (first !== undefined && first.name !== all[0]?.name) throw unreleased(store)
  const later = [...applied].filter(([version]) => version > all.length)
  if (later.length > 0) {
    const names = later.map(([version, { name }]) => `${version} (${name})`).join(', ')
    throw new ObservaError(
      'OBS_MIGRATION_FROM_THE_FUTURE',
      `${store} has migration ${names}, this version of Observa knows ${all.length}.`,
      `Run the newer version of Observa that migrated this database, or restore a backup of ${store} from before migration ${later[0]?.[0]}.`,
    )
  }
  for (const m of all) {
    const known = applied.get(m.version)
    if (known === undefined || known.checksum === m.checksum) continue
    throw new ObservaError(
      'OBS_MIGRATION_CHANGED',
      `Migration ${m.version} (${known.name}) of ${store} was applied in another form than this version of Observa has.`,
      'Do not change migrations; restore the database or the program to versions that belong together.',
    )
  }
  return all.filter((m) => !applied.has(m.version))
}

/**
 * The error for a database of an unreleased version. The migrations before the first release were merged into one, so
 * such a database has another form.
 */
function unreleased(store: string): ObservaError {
  return new ObservaError(
    'OBS_MIGRATION_UNRELEASED',
    `${store} was set up by a version of Observa before its first release, whose data cannot be taken over.`,
    'Start anew: for an embedded store stop Observa and remove its data directory (`data_dir`, .observa unless configured); for a server give an empty database.',
  )
}

/** Splits SQL into statements, which end with `;` at the end of a line. No migration may have that elsewhere. */
export function statementsOf(sql: string): readonly string[] {
  return sql
    .split(/;[ \t]*$/m)
    .map((s) => s.trim())
    .filter((s) => s.replace(/^\s*--.*$/gm, '').trim() !== '')
}
