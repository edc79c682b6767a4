// Which user the Postgres server runs as. It refuses root, so that a root start uses an unprivileged user
// that exists already; nothing is added to the system.

import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { ObservaError } from '../../../core/errors.ts'

export interface ServerUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** In this order: a user meant for it, then one that exists everywhere. */
const CANDIDATES = ['observa', 'postgres', 'nobody']

/** Null: as ourselves, we are not root. */
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

/** True when the user may enter every directory down to `path` and `path` itself. */
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
