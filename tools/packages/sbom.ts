// Makes the bill of materials: every production package with version, licence and checksum, as CycloneDX. npm makes it from
// the lockfile. Values that npm takes from the clock, random numbers and the folder name are replaced, so that a lockfile
// always gives the same bill.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Lockfile, nameAt, productionPaths, readLockfile } from './lockfile.ts'

const root = join(import.meta.dirname, '../..')
const BYTES_MAX = 64 * 1024 * 1024

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly version: string
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
}

export interface Bill {
  readonly bomFormat: string
  readonly specVersion: string
  readonly serialNumber: string
  readonly metadata: { readonly component: { readonly name: string } }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

/**
 * Makes the bill of the whole tree and removes development packages here, because `npm sbom --omit=dev` (11.19.1) also leaves
 * out production packages that a development package needs, such as zod and yaml.
 */
export function makeBill(): Bill {
  // Said explicitly, because `NODE_ENV=production`, which a build of the console sets, leaves development packages out.
  const args = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only', '--include=dev']
  const out = execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: BYTES_MAX })
  const whole = JSON.parse(out) as Bill & { readonly metadata: { readonly timestamp?: string } }
  const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string }
  const { timestamp: _, ...metadata } = whole.metadata
  const refs = productionRefs(readLockfile())
  const self = whole.dependencies[0]?.ref ?? ''
  return {
    ...whole,
    serialNumber: `urn:uuid:${uuidOf(readFileSync(join(root, 'package-lock.json')))}`,
    metadata: { ...metadata, component: { ...metadata.component, name } },
    components: whole.components.filter((c) => refs.has(c['bom-ref'])),
    dependencies: whole.dependencies
      .filter((d) => d.ref === self || refs.has(d.ref))
      .map((d) => ({ ...d, dependsOn: d.dependsOn.filter((ref) => refs.has(ref)) })),
  }
}

export const textOfBill = (bill: Bill): string => `${JSON.stringify(bill, null, 2)}\n`

/** Names and versions of the production packages, in the form in which the bill refers to them. */
export function productionRefs(lock: Lockfile): Set<string> {
  return new Set(
    productionPaths(lock).map((path) => `${nameAt(path)}@${lock.packages[path]?.version}`),
  )
}

/** A UUID of version 8, which may contain the bits of a hash. */
function uuidOf(bytes: Buffer): string {
  const hex = createHash('sha256').update(bytes).digest('hex')
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ]
  return [...parts, hex.slice(20, 32)].join('-')
}
