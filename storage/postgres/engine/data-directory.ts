// Where the embedded Postgres keeps its files: below the instance's data directory. A root start needs a
// place the server's user can enter; where the way there is closed (a 0700 home directory), the files go
// below /var/lib/observa and the data directory remembers where.

import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { messageOf } from '../../../core/errors.ts'
import { unreachable } from './binaries.ts'
import { isReachable, type ServerUser } from './server-user.ts'

const FALLBACK = '/var/lib/observa'
/** In the data directory: where the files are. */
const LOCATION = 'location'
/** In a directory of the fallback: whose it is. */
const BELONGS_TO = 'belongs-to'

export interface DataDirectory {
  /** Holds `cluster`, `programs-*`, the log; enterable for the server's user. */
  readonly dir: string
  readonly cluster: string
  readonly log: string
  /** Readable by us alone. */
  readonly passwordFile: string
  readonly adminPasswordFile: string
  readonly ownerFile: string
}

export function openDataDirectory(dataDir: string, user: ServerUser | null): DataDirectory {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const dir = user === null ? dataDir : reachableDir(dataDir, user)
  return {
    dir,
    cluster: join(dir, 'cluster'),
    log: join(dir, 'server.log'),
    passwordFile: join(dataDir, 'password'),
    adminPasswordFile: join(dataDir, 'admin-password'),
    ownerFile: join(dataDir, 'owner.json'),
  }
}

function reachableDir(dataDir: string, user: ServerUser): string {
  const remembered = join(dataDir, LOCATION)
  if (existsSync(remembered)) {
    const dir = readFileSync(remembered, 'utf8').trim()
    if (existsSync(dir)) return dir
  }
  openWay(dataDir, user)
  if (isReachable(dataDir, user)) return dataDir
  const dir = join(FALLBACK, `postgres-${randomBytes(6).toString('hex')}`)
  try {
    mkdirSync(FALLBACK, { recursive: true, mode: 0o711 })
    dropOrphans()
    mkdirSync(dir, { mode: 0o710 })
    chownSync(dir, 0, user.gid)
  } catch (cause) {
    throw Object.assign(unreachable(dataDir, user), { cause: messageOf(cause) })
  }
  if (!isReachable(dir, user)) throw unreachable(dir, user)
  // In this order: a mark without a location is an orphan to another instance.
  writeFileSync(remembered, `${dir}\n`, { mode: 0o600 })
  writeFileSync(join(dir, BELONGS_TO), resolve(dataDir), { mode: 0o600 })
  return dir
}

/**
 * Deletes what instances in the system's temporary directory left here when that was cleaned. Elsewhere a
 * missing data directory may be a disk that is not mounted, so nothing is deleted for it.
 */
function dropOrphans(): void {
  for (const name of readdirSync(FALLBACK)) {
    const mark = join(FALLBACK, name, BELONGS_TO)
    if (!existsSync(mark)) continue
    const owner = readFileSync(mark, 'utf8')
    const isOrphan = owner.startsWith(`${resolve(tmpdir())}/`) && !existsSync(join(owner, LOCATION))
    if (isOrphan && !existsSync(join(FALLBACK, name, 'cluster', 'postmaster.pid')))
      rmSync(join(FALLBACK, name), { recursive: true, force: true })
  }
}

/**
 * Lets the server's group enter, not list, our own directory and the instance's directory above it. Only
 * where both are ours and closed to all others; directories further up belong to somebody else.
 */
function openWay(dataDir: string, user: ServerUser): void {
  for (const dir of [dirname(resolve(dataDir)), resolve(dataDir)]) {
    const s = statSync(dir)
    if (s.uid !== 0 || (s.mode & 0o777) !== 0o700) continue
    if (dir !== resolve(dataDir) && !isReachable(dirname(dir), user)) return
    if (dir === '/root') continue
    chownSync(dir, 0, user.gid)
    chmodSync(dir, 0o710)
  }
}

/** Deletes everything of it: for tests and for a start that has to begin anew. */
export function removeDataDirectory(dataDir: string): void {
  const remembered = join(dataDir, LOCATION)
  if (existsSync(remembered)) {
    rmSync(readFileSync(remembered, 'utf8').trim(), { recursive: true, force: true })
    removeIfEmpty(FALLBACK)
  }
  rmSync(dataDir, { recursive: true, force: true })
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir)
  } catch {
    // Another instance keeps its files there.
  }
}
