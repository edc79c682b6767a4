// The processes of an instance, found in `/proc`: the embedded stores have processes of their own, and Postgres outlives an
// instance that is killed.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDataDirectory } from '../../storage/postgres/engine/data-directory.ts'
import { serverUser } from '../../storage/postgres/engine/server-user.ts'
import type { Instance } from '../instance.ts'

/** The folder with the files of Postgres, which may be outside the data directory; the file `location` there names it. */
export function postgresFolder(dir: string): string {
  return openDataDirectory(join(dir, 'data/postgres'), serverUser()).dir
}

/** Process id of the embedded Postgres of an instance's directory; null when it does not run. */
export function postgresPid({ dir }: { readonly dir: string }): number | null {
  if (!existsSync(join(dir, 'data/postgres'))) return null
  const file = join(postgresFolder(dir), 'cluster/postmaster.pid')
  if (!existsSync(file)) return null
  const pid = Number(readFileSync(file, 'utf8').split('\n', 1)[0])
  return commandOf(pid).includes('postgres') ? pid : null
}

/** Ends Postgres, which would be left behind when a drill is interrupted. */
export function endPostgres(dir: string): void {
  const pid = postgresPid({ dir })
  if (pid !== null) process.kill(pid, 'SIGKILL')
}

/** Process id of the ClickHouse engine, which is a child process of the instance. */
export function clickHousePid(instance: Instance): number | null {
  const engine = allPids().find(
    (pid) => parentOf(pid) === instance.process.pid && commandOf(pid).includes('clickhouse/engine'),
  )
  return engine ?? null
}

/** The process, Postgres and the ClickHouse engine of an instance, with all processes that these started. */
export function processesOf(instance: Instance): readonly number[] {
  const found = [instance.process.pid, postgresPid(instance)].filter(
    (pid) => typeof pid === 'number',
  )
  const children = Map.groupBy(allPids(), parentOf)
  for (const pid of found)
    for (const child of children.get(pid) ?? []) if (!found.includes(child)) found.push(child)
  return found
}

const allPids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

function parentOf(pid: number): number | null {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    // The process has ended in the meantime.
    return null
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    // The process has ended in the meantime.
    return ''
  }
}

/** False also for a process that has ended and that its parent has not asked about yet: it has no command any more. */
export const isRunning = (pid: number): boolean => commandOf(pid) !== ''
