// Adds platform packages to `package-lock.json` that the registry in use does not serve. npm leaves an optional package out
// of the lockfile when it cannot see it, and then `npm ci` refuses the lockfile as incomplete on every machine. The versions
// are exact in the package that depends on them, and the platform is part of the name. Run this after every `npm install`;
// `--check` only reports whether something is missing.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface Locked {
  version?: string
  cpu?: string[]
  os?: string[]
  libc?: string[]
  optional?: boolean
  dev?: boolean
  optionalDependencies?: Record<string, string>
}

interface Lockfile {
  packages: Record<string, Locked>
}

const OS = /android|darwin|freebsd|linux|openharmony|win32|windows/
const CPU = /arm64|arm(?=[-_]|$)|x64|ia32|ppc64|riscv64|s390x/

const path = join(import.meta.dirname, '../package-lock.json')

/** The entry that npm would have written, without the checksum, which only the registry knows. */
function entryFor(name: string, version: string, parent: Locked): Locked {
  const os = OS.exec(name)?.[0].replace('windows', 'win32')
  const cpu = CPU.exec(name)?.[0]
  const libc = name.includes('musl') ? 'musl' : name.endsWith('-gnu') ? 'glibc' : undefined
  return {
    version,
    ...(cpu === undefined ? {} : { cpu: [cpu] }),
    ...(parent.dev === true ? { dev: true } : {}),
    ...(libc === undefined ? {} : { libc: [libc] }),
    optional: true,
    ...(os === undefined ? {} : { os: [os] }),
  }
}

/** Adds the missing entries to `lock` and returns the names of their packages. */
function complete(lock: Lockfile): string[] {
  const added: string[] = []
  for (const [at, parent] of Object.entries(lock.packages)) {
    if (at === '') continue
    for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
      const own = `${at}/node_modules/${name}`
      const top = `node_modules/${name}`
      if (lock.packages[own] !== undefined || lock.packages[top] !== undefined) continue
      // Resolving a version range would need the registry. Its lowest version is one that the range allows, and no
      // platform that is tested here installs it.
      const exact = /^[~^]?(\d+\.\d+\.\d+\S*)$/.exec(version)?.[1]
      if (exact === undefined) continue
      lock.packages[top] = entryFor(name, exact, parent)
      added.push(name)
    }
  }
  return added
}

const lock = JSON.parse(readFileSync(path, 'utf8')) as Lockfile
const added = complete(lock)
if (process.argv.includes('--check')) {
  for (const name of added) process.stdout.write(`package-lock.json lacks ${name}\n`)
  if (added.length > 0) process.stdout.write('Run: node deploy/complete-lockfile.ts\n')
  process.exitCode = added.length > 0 ? 1 : 0
} else {
  const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  lock.packages = Object.fromEntries(sorted)
  writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`)
  process.stdout.write(`${added.length} platform packages added to package-lock.json\n`)
}
