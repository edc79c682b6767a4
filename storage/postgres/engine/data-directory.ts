// The files of the embedded Postgres, below the instance's data directory. When the process runs as root, the server
// runs as another user, who must be able to enter the directory. If that user cannot (below a home directory of mode
// 0700), the files are kept below /var/lib/observa, and the data directory has a file with their location.

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
import { makeDirectorySync } from '../../../core/files/make-directory.ts'
import { unreachable } from './binaries.ts'
import { isReachable, type ServerUser } from './server-user.ts'

const FALLBACK = '/var/lib/observa'
/** The file in the data directory with the location of the files. */
const LOCATION = 'location'
/** The file in a directory below /var/lib/observa with the data directory that it belongs to. */
const BELONGS_TO = 'belongs-to'

export interface DataDirectory {
  /** Contains `cluster`, `programs-*` and the log. The server's user can enter it. */
  readonly dir: string
  readonly cluster: string
  readonly log: string
  /** Readable only for the user of this process. */
  readonly passwordFile: string
  readonly adminPasswordFile: string
  readonly ownerFile: string
}

export function openDataDirectory(dataDir: string, user: ServerUser | null): DataDirectory {
  makeDirectorySync(dataDir, 0o700)
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
  // The location is written first, because another instance would delete a directory that belongs to a data directory
  // without a location.
  writeFileSync(remembered, `${dir}\n`, { mode: 0o600 })
  writeFileSync(join(dir, BELONGS_TO), resolve(dataDir), { mode: 0o600 })
  return dir
}

/**
 * Deletes directories whose data directory was in the system's temporary directory and has been deleted. Elsewhere a
 * missing data directory may be a disk that is not mounted, so nothing is deleted.
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
 * Lets the server's group enter, but not list, the data directory and the directory above it. This is done only if
 * both belong to root and are closed to all others. Directories further up are left alone.
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

/** Deletes all files of the server, for tests and for a start with empty data. */
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
    // Another instance has files there.
  }
}
