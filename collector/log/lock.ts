// One process for each data directory: a lock file with the pid, the host and when that process began.
// A lock left behind by a killed process is taken over, also when its pid was given to somebody else
// since (in a container the pid is always 1).

import { readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ObservaError } from '../../core/errors.ts'
import { errorCode, isMissing } from './queue-fs.ts'

const LOCK_NAME = 'lock'
const ATTEMPTS_MAX = 5

interface Owner {
  readonly pid: number
  readonly host: string
  /** Start time of the process as the kernel knows it, with the boot; '' where there is no /proc. */
  readonly start: string
}

export type Unlock = () => Promise<void>

/** Takes the lock of `dir` or throws `OBS_LOG_LOCKED`. */
export async function lockDirectory(dir: string): Promise<Unlock> {
  const path = join(dir, LOCK_NAME)
  const mine = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    start: await startOf(process.pid),
  })
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (await created(path, mine)) return () => release(path, mine)
    const text = await textOf(path)
    if (text === null) continue
    const owner = parseOwner(text)
    if (owner !== null && (await isAlive(owner))) throw lockedBy(owner, dir)
    await takeAway(path, text)
  }
  throw lockedBy(null, dir)
}

async function created(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw error
  }
}

async function release(path: string, mine: string): Promise<void> {
  if ((await textOf(path)) === mine) await unlink(path)
}

/** Renames the stale lock away; puts it back when another process was quicker and the file is its new lock. */
async function takeAway(path: string, stale: string): Promise<void> {
  const aside = `${path}.stale-${process.pid}`
  try {
    await rename(path, aside)
  } catch (error) {
    if (isMissing(error)) return
    throw error
  }
  if ((await textOf(aside)) === stale) await unlink(aside)
  else await rename(aside, path)
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function parseOwner(text: string): Owner | null {
  try {
    const v: unknown = JSON.parse(text)
    if (typeof v !== 'object' || v === null) return null
    const { pid, host, start } = v as Record<string, unknown>
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof start !== 'string')
      return null
    return { pid, host, start }
  } catch {
    // A torn lock file: its writer died (power cut) before it wrote the pid.
    return null
  }
}

async function isAlive(owner: Owner): Promise<boolean> {
  // Another host on a shared volume cannot be asked; refusing is the safe answer.
  if (owner.host !== hostname()) return !isPodRestart(owner)
  try {
    process.kill(owner.pid, 0)
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false
  }
  const start = await startOf(owner.pid)
  return start === '' || owner.start === '' || start === owner.start
}

/** A pod gets a new host name at each restart and its volume is attached to one pod only. */
function isPodRestart(owner: Owner): boolean {
  return owner.pid === 1 && process.pid === 1
}

/** Field 22 of /proc/<pid>/stat counts from boot, so the boot's id belongs to it. */
async function startOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return `${fields[19]}@${boot.trim()}`
  } catch {
    // No /proc (macOS), or the process is gone: the pid alone must do.
    return ''
  }
}

function lockedBy(owner: Owner | null, dir: string): ObservaError {
  const who = owner === null ? 'another process' : `process ${owner.pid} on ${owner.host}`
  return new ObservaError(
    'OBS_LOG_LOCKED',
    `The data directory ${dir} is in use by ${who}.`,
    `Stop that process, or give this one its own data directory. If it is certainly gone, delete ${join(dir, LOCK_NAME)}.`,
  )
}
