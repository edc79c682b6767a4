// One process for each data directory. The lock is one of the kernel's on an open file, so it goes when its process goes,
// however it dies, and holds between containers that share a volume: no pid, host name or time has to be compared. Node has
// no call for such locks; SQLite, which comes with it, takes one on its database file and nothing else of it is used.

import { readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, ObservaError } from '../../core/errors.ts'
import { errorCode } from './queue-fs.ts'

const LOCK_NAME = 'lock.db'
/** Who has the lock, for the message to somebody else; it decides nothing. */
const OWNER_NAME = 'lock'
/** SQLITE_BUSY: somebody else has the lock. */
const BUSY = 5

interface Owner {
  readonly pid: number
  readonly host: string
}

export type Unlock = () => Promise<void>

/** Takes the lock of `dir` or throws `OBS_LOG_LOCKED`. */
export async function lockDirectory(dir: string): Promise<Unlock> {
  await makePrivate(join(dir, LOCK_NAME))
  const file = openLocked(dir)
  if (file === null) throw lockedBy(await ownerOf(dir), dir)
  const mine: Owner = { pid: process.pid, host: hostname() }
  // On a full disk the log opens for its readers all the same.
  await writeFile(join(dir, OWNER_NAME), JSON.stringify(mine), { mode: 0o600 }).catch(() => {})
  let isHeld = true
  return () => {
    if (isHeld) file.close()
    isHeld = false
    return Promise.resolve()
  }
}

/**
 * Made here for its mode. A file that is there must not even be opened: closing it would take a lock away that this very
 * process holds on it.
 */
async function makePrivate(path: string): Promise<void> {
  try {
    await writeFile(path, '', { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
  }
}

/** The open file that holds the lock; null when another process has it. */
function openLocked(dir: string): DatabaseSync | null {
  const file = new DatabaseSync(join(dir, LOCK_NAME), { timeout: 0 })
  try {
    file.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    return file
  } catch (thrown) {
    file.close()
    if (thrown instanceof Error && 'errcode' in thrown && thrown.errcode === BUSY) return null
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
    // Torn, or not written yet: the message does without it.
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
