// Ensures that one process uses a data directory. The lock is a kernel lock on an open file: it ends with its process
// in every case, and works between containers that share a volume, without comparing pids, host names or times. Node
// has no call for such locks. SQLite, which is part of Node, locks its database file; no other part of SQLite is
// used.

import { readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, ObservaError } from '../../core/errors.ts'
import { errorCode } from './queue-fs.ts'

const LOCK_NAME = 'lock.db'
/** The file that names the owner of the lock, for the error message of another process. */
const OWNER_NAME = 'lock'
/** SQLITE_BUSY: another process holds the lock. */
const BUSY = 5
/** SQLITE_FULL: not one byte can be written. */
const FULL = 13

interface Owner {
  readonly pid: number
  readonly host: string
}

/** The locks of this process. A database that nothing refers to is closed by the garbage collector, and its lock would be gone. */
const held = new Set<DatabaseSync>()

export type Unlock = () => Promise<void>

/** Locks `dir`, or throws `OBS_LOG_LOCKED`. */
export async function lockDirectory(dir: string): Promise<Unlock> {
  await makePrivate(join(dir, LOCK_NAME))
  const file = openLocked(dir)
  if (file === null) throw lockedBy(await ownerOf(dir), dir)
  const mine: Owner = { pid: process.pid, host: hostname() }
  // If the disk is full the log still opens, so that its records can be sent.
  await writeFile(join(dir, OWNER_NAME), JSON.stringify(mine), { mode: 0o600 }).catch(() => {})
  held.add(file)
  return () => {
    if (held.delete(file)) file.close()
    return Promise.resolve()
  }
}

/**
 * Creates the file with its mode. An existing file must not even be opened, because closing it would release a lock
 * that this process holds on it.
 */
async function makePrivate(path: string): Promise<void> {
  try {
    await writeFile(path, '', { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}

/** Opens the file and locks it. Returns null when another process holds the lock. */
function openLocked(dir: string): DatabaseSync | null {
  const file = new DatabaseSync(join(dir, LOCK_NAME), { timeout: 0 })
  try {
    // With the journal in memory nothing is written, so a full disk can be locked too: its records must be sent to free it.
    file.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return file
  } catch (thrown) {
    file.close()
    const code = thrown instanceof Error && 'errcode' in thrown ? thrown.errcode : null
    if (code === BUSY) return null
    if (code === FULL)
      throw new ObservaError(
        'OBS_LOG_LOCK',
        `The data directory ${dir} cannot be locked: the disk is full.`,
        'Free some space, then start again.',
        { cause: thrown },
      )
    throw new ObservaError(
      'OBS_LOG_LOCK',
      `The data directory ${dir} cannot be locked: ${messageOf(thrown)}.`,
      'It must be on a file system with locks, and writable.',
      { cause: thrown },
    )
  }
}

async function ownerOf(dir: string): Promise<Owner | null> {
  try {
    const { pid, host } = JSON.parse(await readFile(join(dir, OWNER_NAME), 'utf8')) as Owner
    return typeof pid === 'number' && typeof host === 'string' ? { pid, host } : null
  } catch {
    // The file is incomplete or not written yet. The message is then without the owner.
    return null
  }
}

function lockedBy(owner: Owner | null, dir: string): ObservaError {
  const who = owner === null ? 'another process' : `process ${owner.pid} on ${owner.host}`
  return new ObservaError(
    'OBS_LOG_LOCKED',
    `The data directory ${dir} is in use by ${who}.`,
    'Stop that process, or give this one its own data directory.',
  )
}
