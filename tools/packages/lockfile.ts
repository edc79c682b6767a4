// Reads from `package-lock.json` which packages production has, which dependency needs each of them, and what is wrong with
// the file. Nothing is downloaded, and `node_modules` is not read.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** Packages that the product is specified to use. Their own dependencies do not count as the project's choice. */
export const FOUNDATIONS = [
  '@clickhouse/client',
  '@fastify/compress',
  '@opentelemetry/api',
  '@opentelemetry/otlp-transformer',
  '@opentelemetry/sdk-node',
  'fastify',
  'kafkajs',
  'pg',
  'pino',
  'piscina',
  'protobufjs',
  'zod',
] as const

/**
 * Limit on the packages that no foundation needs, on all platforms together. It is a little above the present number, so that
 * a new dependency needs a decision and a new version of a present one usually does not. The aim is at most 90.
 */
export const OWN_MAX = 78
/** Limit on all production packages, including variants for other platforms. */
export const ALL_MAX = 280

/**
 * Platform packages without a known checksum, because the registry with which this lockfile is made does not serve them. On
 * those platforms npm has nothing to verify the download with.
 */
const WITHOUT_CHECKSUM: ReadonlySet<string> = new Set([
  '@chdb/lib-darwin-arm64',
  '@chdb/lib-darwin-x64',
  '@chdb/lib-linux-arm64-gnu',
  'napi-windows-process-start-time',
])

interface Locked {
  readonly version?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

export interface Lockfile {
  readonly packages: Readonly<Record<string, Locked>>
}

export interface Counts {
  readonly all: number
  readonly ofFoundations: number
  readonly own: number
  /** How many of the project's own packages `npm ci --omit=optional` leaves out. */
  readonly ownOptional: number
  /** For each dependency of the project, how many packages it needs that no foundation needs. */
  readonly byDependency: Readonly<Record<string, number>>
}

export function readLockfile(): Lockfile {
  return JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile
}

/** Lockfile paths of the packages in an installation without development packages. */
export function productionPaths(lock: Lockfile): string[] {
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== '' && entry.dev !== true && entry.devOptional !== true)
    .map(([path]) => path)
}

export function countPackages(lock: Lockfile): Counts {
  const own = lock.packages[''] ?? {}
  const required = Object.keys(own.dependencies ?? {})
  const optional = Object.keys(own.optionalDependencies ?? {})
  const foundations = reachable(lock, FOUNDATIONS)
  const all = reachable(lock, [...required, ...optional])
  const without = reachable(lock, required)
  const ours = [...all].filter((path) => !foundations.has(path))
  const brings = (name: string): number =>
    [...reachable(lock, [name])].filter((path) => !foundations.has(path)).length
  return {
    all: all.size,
    ofFoundations: foundations.size,
    own: ours.length,
    ownOptional: ours.filter((path) => !without.has(path)).length,
    byDependency: Object.fromEntries(
      [...required, ...optional].map((name) => [name, brings(name)] as const),
    ),
  }
}

/** One sentence for each fault of the lockfile; empty when there is none. */
export function faultsOf(lock: Lockfile): string[] {
  const counts = countPackages(lock)
  const faults: string[] = []
  if (counts.own > OWN_MAX)
    faults.push(`${counts.own} packages of our own, ${OWN_MAX} are allowed: do without, or say why`)
  if (counts.all > ALL_MAX)
    faults.push(`${counts.all} packages of production, ${ALL_MAX} are allowed: as above`)
  for (const [path, entry] of Object.entries(lock.packages)) {
    const name = nameAt(path)
    if (path === '') continue
    if (entry.integrity === undefined && !WITHOUT_CHECKSUM.has(name))
      faults.push(`${name} has no checksum: ${REPAIR}`)
    if (entry.integrity !== undefined && WITHOUT_CHECKSUM.has(name))
      faults.push(`${name} has a checksum now: it is no exception any more`)
    if (entry.integrity !== undefined && !entry.integrity.startsWith('sha512-'))
      faults.push(`${name} has a weak checksum: ${entry.integrity}`)
    if (!/^\d+\.\d+\.\d+/.test(entry.version ?? ''))
      faults.push(`${name} comes from elsewhere than a registry: ${entry.version}`)
  }
  return faults
}

const REPAIR =
  'remove its entry, then run npm install --package-lock-only and node deploy/complete-lockfile.ts'

export function nameAt(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}

/** Lockfile paths of the named packages and of everything they need, resolved like npm does. */
function reachable(lock: Lockfile, names: readonly string[]): Set<string> {
  const found = new Set<string>()
  const queue = names.map((name) => pathOf(lock, '', name))
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (path === null || found.has(path)) continue
    found.add(path)
    const entry = lock.packages[path] ?? {}
    for (const name of needsOf(entry)) queue.push(pathOf(lock, path, name))
  }
  return found
}

function needsOf(entry: Locked): string[] {
  const peers = Object.keys(entry.peerDependencies ?? {}).filter(
    (name) => entry.peerDependenciesMeta?.[name]?.optional !== true,
  )
  return [
    ...Object.keys(entry.dependencies ?? {}),
    ...Object.keys(entry.optionalDependencies ?? {}),
    ...peers,
  ]
}

/** The lockfile entry that `from` gets for a package name: its own, or that of the nearest folder above. */
function pathOf(lock: Lockfile, from: string, name: string): string | null {
  for (let at = from; ; ) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (lock.packages[path] !== undefined) return path
    if (at === '') return null
    const above = at.lastIndexOf('/node_modules/')
    at = above < 0 ? '' : at.slice(0, above)
  }
}
