// The keys of the pseudonyms of an instance. They are stored in Postgres if there is one, so that all instances share
// them, else in the data directory, readable for its owner only. Keys of the configuration are not stored. Postgres
// then stores their ids, so that an instance with another key is refused before one user gets two pseudonyms.

import { randomBytes } from 'node:crypto'
import { chmod, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { StoreAddress } from '../../core/config/store-address.ts'
import { codeOf, messageOf, ObservaError } from '../../core/errors.ts'
import {
  type InstanceSecrets,
  keyId,
  type PseudonymKeyRing,
} from '../../core/identity/pseudonym.ts'
import { PostgresUnavailableError, sqlStateOf } from '../../storage/postgres/connection.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'
import { changeKeyRows, type KeyRow } from '../../storage/queries/pseudonym-keys.ts'

export interface KeyPlace {
  readonly dataDir: string
  /** Null if the data directory is the only place. */
  readonly postgres: StoreAddress | null
  /** The key of the configuration, or null. */
  readonly configured: string | null
  readonly nowMs: number
  /** How often Postgres is tried, with a second between attempts, because both may be starting at the same moment. */
  readonly attempts?: number
}

const FILE = 'pseudonym-keys.json'
const KEY_BYTES = 32
const ATTEMPTS = 15
/** The SQLSTATE of a missing table: the Postgres exporter has not run its migrations yet. */
const UNDEFINED_TABLE = '42P01'

const rowsSchema = z.array(
  z.strictObject({
    key_id: z.string(),
    key: z.string().nullable(),
    created_at: z.string(),
    retired_at: z.string().nullable(),
  }),
)

/**
 * Returns the keys in use and makes one if there is none. Throws when this instance cannot know which key the others
 * use.
 */
export async function openPseudonymKeys(place: KeyPlace): Promise<PseudonymKeyRing> {
  return ringOf(await changeKeys(place, (rows) => withCurrent(rows, place)), place)
}

/** Makes a new key for new data. The previous one stays for look-ups. */
export async function rotatePseudonymKey(place: KeyPlace): Promise<readonly KeyRow[]> {
  if (place.configured !== null)
    throw new ObservaError(
      'OBS_PSEUDONYM_KEY',
      'the key of pseudonyms is set in the configuration, so it cannot be rotated here.',
      'Put a new one under pseudonym.key and the old one under pseudonym.retired_keys.',
    )
  return await changeKeys(place, (rows) => [...retired(rows, place.nowMs), newRow(place.nowMs)])
}

/** Deletes a retired key. Data that was stored under it can then no longer be looked up by the plain id. */
export async function dropPseudonymKey(place: KeyPlace, id: string): Promise<readonly KeyRow[]> {
  return await changeKeys(place, (rows) => {
    const found = rows.find((r) => r.key_id === id)
    const why =
      found === undefined ? 'there is none' : found.retired_at === null ? 'it is in use' : ''
    if (why !== '')
      throw new ObservaError(
        'OBS_PSEUDONYM_KEY',
        `key ${id} of pseudonyms cannot be dropped: ${why}.`,
      )
    return rows.filter((r) => r !== found)
  })
}

export function listPseudonymKeys(place: KeyPlace): Promise<readonly KeyRow[]> {
  return changeKeys(place, (rows) => rows)
}

/**
 * The keys as they are, for a command beside the instances: none is made, and none is copied to this machine. Null where there is
 * none, so that nothing can be stored under one.
 */
export async function knownPseudonymKeys(
  place: Pick<KeyPlace, 'dataDir' | 'configured'> & { readonly postgres: StoreAddress },
): Promise<PseudonymKeyRing | null> {
  const local = await readRows(join(place.dataDir, FILE))
  const stored = (await inPostgres(place.postgres, (rows) => rows, 1)) ?? []
  const rows = joined(stored, local)
  const isKnown = place.configured !== null || rows.some((r) => r.key !== null)
  return isKnown ? ringOf(rows, { ...place, nowMs: 0 }) : null
}

/** Secrets that are lost when the process ends. */
export function secretsOfOneRun(): InstanceSecrets {
  const { key_id: id, key } = newRow(0)
  return { pseudonymKeys: { current: { id, key: key as string }, retired: [] } }
}

type Change = (rows: readonly KeyRow[]) => readonly KeyRow[]

async function changeKeys(place: KeyPlace, change: Change): Promise<readonly KeyRow[]> {
  const file = join(place.dataDir, FILE)
  if (place.postgres === null) {
    const rows = change(await readRows(file))
    await writeRows(file, rows)
    return rows
  }
  // Adds a key from the data directory, which is older than the database, so that stored data can still be looked up.
  // An instance with a copy of the keys does not wait for Postgres.
  const local = await readRows(file)
  const attempts = local.length > 0 ? 1 : (place.attempts ?? ATTEMPTS)
  const rows = await inPostgres(place.postgres, (stored) => change(joined(stored, local)), attempts)
  if (rows !== null) {
    await writeRows(file, rows)
    return rows
  }
  if (local.length === 0 && place.configured === null) throw unreachable()
  return change(local)
}

/** Returns null when Postgres does not respond, or has no table for keys yet. */
async function inPostgres(
  address: StoreAddress,
  change: Change,
  attempts: number,
): Promise<readonly KeyRow[] | null> {
  const pool = new PostgresPool({
    url: address.url,
    max: 1,
    connectTimeoutMs: 5000,
    statementTimeoutMs: 10_000,
    applicationName: 'observa/pseudonym-keys',
  })
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await changeKeyRows(pool, change)
      } catch (thrown) {
        const isMissing = sqlStateOf(thrown) === UNDEFINED_TABLE
        if (!isMissing && !(thrown instanceof PostgresUnavailableError)) throw thrown
        if (attempt >= attempts) return null
        await new Promise((resolve) => setTimeout(resolve, 1000))
      }
    }
  } finally {
    await pool.end()
  }
}

/**
 * The stored keys, and the keys of the data directory that are not among them. The latter are retired if another key
 * is in use.
 */
function joined(stored: readonly KeyRow[], local: readonly KeyRow[]): readonly KeyRow[] {
  const isInUse = stored.some((r) => r.retired_at === null)
  const more = local.filter((l) => !stored.some((s) => s.key_id === l.key_id))
  return [
    ...more.map((r) => (isInUse ? { ...r, retired_at: r.retired_at ?? r.created_at } : r)),
    ...stored,
  ]
}

/**
 * Makes sure that the key in use is one that this instance has: the configured key, else the stored one, else a new
 * one.
 */
function withCurrent(rows: readonly KeyRow[], place: KeyPlace): readonly KeyRow[] {
  const current = rows.findLast((r) => r.retired_at === null)
  if (place.configured !== null) {
    const id = keyId(place.configured)
    if (rows.some((r) => r.key_id === id)) return rows
    const own = { key_id: id, key: null, created_at: timeOf(place.nowMs), retired_at: null }
    return [...retired(rows, place.nowMs), own]
  }
  if (current === undefined) return [...rows, newRow(place.nowMs)]
  if (current.key !== null) return rows
  throw new ObservaError(
    'OBS_PSEUDONYM_KEY',
    `the other instances make pseudonyms of ids with a configured key (${current.key_id.slice(0, 8)}) that this one does not have, so each user would get two pseudonyms.`,
    'Set processors.scrub.pseudonym.key to theirs.',
  )
}

const timeOf = (nowMs: number): string => new Date(nowMs).toISOString()

function newRow(nowMs: number): KeyRow {
  const key = randomBytes(KEY_BYTES).toString('base64url')
  return { key_id: keyId(key), key, created_at: timeOf(nowMs), retired_at: null }
}

function retired(rows: readonly KeyRow[], nowMs: number): readonly KeyRow[] {
  return rows.map((r) => ({ ...r, retired_at: r.retired_at ?? timeOf(nowMs) }))
}

function ringOf(rows: readonly KeyRow[], place: KeyPlace): PseudonymKeyRing {
  const known = rows.flatMap((r) => (r.key === null ? [] : [{ id: r.key_id, key: r.key, row: r }]))
  const current =
    place.configured === null
      ? known.findLast((k) => k.row.retired_at === null)
      : { id: keyId(place.configured), key: place.configured }
  if (current === undefined) throw unreachable()
  const others = known.filter((k) => k.key !== current.key)
  // The newest keys come first, because most look-ups need them.
  return {
    current: { id: current.id, key: current.key },
    retired: others.toReversed().map(({ id, key }) => ({ id, key })),
  }
}

async function readRows(file: string): Promise<readonly KeyRow[]> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return []
    throw unreadable(file, messageOf(thrown))
  }
  try {
    return rowsSchema.parse(JSON.parse(text))
  } catch {
    // A more exact reason could show a part of the key.
    throw unreadable(file, 'it is damaged')
  }
}

/** Writes the file completely or not at all, readable for its owner only. */
async function writeRows(file: string, rows: readonly KeyRow[]): Promise<void> {
  if (rows.length === 0) return
  const next = `${file}.next`
  await writeFile(next, JSON.stringify(rows), { mode: 0o600, flush: true })
  await chmod(next, 0o600)
  await rename(next, file)
}

function unreadable(file: string, why: string): ObservaError {
  return new ObservaError(
    'OBS_PSEUDONYM_KEY',
    `the keys of pseudonyms in ${file} cannot be read: ${why}.`,
    'Restore the file: without it nobody can be found by the plain id in what is stored.',
  )
}

function unreachable(): ObservaError {
  return new ObservaError(
    'OBS_PSEUDONYM_KEY',
    'the key of pseudonyms is kept in Postgres, which does not answer, and this instance has no copy of it.',
    'Start Postgres first, or set processors.scrub.pseudonym.key to the key of the other instances.',
  )
}
