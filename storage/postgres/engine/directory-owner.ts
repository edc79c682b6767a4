// Records which process uses a data directory, by pid and start time, because pids are reused.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { codeOf, ObservaError } from '../../../core/errors.ts'

interface Owner {
  readonly pid: number
  readonly startedAt: string
}

/** Records this process as the owner. Throws when another running process owns the directory. */
export function takeOwnership(file: string): void {
  const owner = readOwner(file)
  if (owner !== null && owner.pid !== process.pid && isSameProcess(owner))
    throw new ObservaError(
      'OBS_POSTGRES_ENGINE_LOCKED',
      `The data directory of the embedded Postgres is in use by process ${owner.pid}.`,
      'Stop the other Observa that uses this directory, or give this one a data directory of its own.',
    )
  const mine: Owner = { pid: process.pid, startedAt: startTimeOf(process.pid) }
  writeFileSync(file, JSON.stringify(mine), { mode: 0o600 })
}

export function isOwnedByAnother(file: string): boolean {
  const owner = readOwner(file)
  return owner !== null && owner.pid !== process.pid && isSameProcess(owner)
}

export function dropOwnership(file: string): void {
  if (readOwner(file)?.pid === process.pid) rmSync(file, { force: true })
}

function readOwner(file: string): Owner | null {
  if (!existsSync(file)) return null
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Owner
  } catch {
    // A killed process wrote only a part of the file, so nobody owns the directory.
    return null
  }
}

function isSameProcess(owner: Owner): boolean {
  return isAlive(owner.pid) && startTimeOf(owner.pid) === owner.startedAt
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM means that the process runs and belongs to another user.
    return codeOf(error) === 'EPERM'
  }
}

/** The time at which the process started, in clock ticks since boot. '' if the system does not report it. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may contain blanks. The start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    // macOS has no /proc, so only the pid is compared.
    return ''
  }
}
