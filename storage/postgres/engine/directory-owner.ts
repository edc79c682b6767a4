// Who uses a data directory: the process that started the server, by pid and start time, because pids are
// given out again.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { ObservaError } from '../../../core/errors.ts'

interface Owner {
  readonly pid: number
  readonly startedAt: string
}

/** Throws when another living process owns the directory; else writes us down. */
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
    // Half written by a killed process: nobody owns it.
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
    // EPERM: alive, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Clock ticks since boot at which the process began; '' where the system does not say. */
function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold blanks; the start time is the 20th field after it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    // No /proc on macOS: the pid alone has to do.
    return ''
  }
}
