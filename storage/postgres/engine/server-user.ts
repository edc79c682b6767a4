// Selects the user that the Postgres server runs as. The server refuses to run as root. So when the process runs as
// root, an existing unprivileged user is selected; no user is added to the system.

import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ObservaError } from '../../../core/errors.ts'

export interface ServerUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** The candidates in order: users that are meant for it, then one that exists everywhere. */
const CANDIDATES = ['observa', 'postgres', 'nobody']

/** Null when the process does not run as root, so that the server runs as the same user. */
export function serverUser(): ServerUser | null {
  if (process.getuid?.() !== 0) return null
  const known = new Map(readFileSync('/etc/passwd', 'utf8').split('\n').map(parseUser))
  for (const name of CANDIDATES) {
    const user = known.get(name)
    if (user !== undefined && user !== null && user.uid > 0) return user
  }
  throw new ObservaError(
    'OBS_POSTGRES_ENGINE_ROOT',
    'Postgres does not run as root, and this system has none of the users observa, postgres and nobody.',
    'Run Observa as an ordinary user, or add a system user named observa.',
  )
}

function parseUser(line: string): readonly [string, ServerUser | null] {
  const [name = '', , uid, gid] = line.split(':')
  return [name, uid === undefined ? null : { name, uid: Number(uid), gid: Number(gid) }]
}

/** True when the user may enter `path` and every directory above it. */
export function isReachable(path: string, user: ServerUser): boolean {
  for (let p = resolve(path); ; p = dirname(p)) {
    if (!mayEnter(p, user)) return false
    if (p === dirname(p)) return true
  }
}

function mayEnter(path: string, user: ServerUser): boolean {
  const s = statSync(path)
  if (s.uid === user.uid) return (s.mode & 0o100) !== 0
  if (s.gid === user.gid) return (s.mode & 0o010) !== 0
  return (s.mode & 0o001) !== 0
}
