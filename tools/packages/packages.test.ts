import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { countPackages, FOUNDATIONS, faultsOf, type Lockfile, readLockfile } from './lockfile.ts'
import { makeBill, productionRefs, textOfBill } from './sbom.ts'

const root = join(import.meta.dirname, '../..')
const lock = readLockfile()

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>
  readonly optionalDependencies: Readonly<Record<string, string>>
  readonly overrides?: object
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

/** The lockfile with one entry changed, as a careless merge might change it. */
function changed(path: string, entry: object): Lockfile {
  return { packages: { ...lock.packages, [path]: { ...lock.packages[path], ...entry } } }
}

test('the lockfile is within its limits, and every entry has a checksum', () => {
  assert.deepEqual(faultsOf(lock), [])
})

test('an entry with no checksum, a weak one, or from outside the registry is reported', () => {
  const path = 'node_modules/zod'
  assert.match(faultsOf(changed(path, { integrity: undefined })).join(), /zod has no checksum/)
  assert.match(faultsOf(changed(path, { integrity: 'sha1-x' })).join(), /zod has a weak checksum/)
  assert.match(
    faultsOf(changed(path, { version: 'git+ssh://host/zod.git' })).join(),
    /zod comes from elsewhere/,
  )
})

test('an exception that is no longer needed is reported', () => {
  const known = { integrity: 'sha512-of-a-test' }
  assert.match(
    faultsOf(changed('node_modules/@chdb/lib-darwin-x64', known)).join(),
    /@chdb\/lib-darwin-x64 has a checksum now/,
  )
})

test('too many packages are reported, and packages of the foundations do not count', () => {
  const counts = countPackages(lock)
  assert.ok(counts.own > 10 && counts.own <= 90, `${counts.own} of our own`)
  assert.ok(counts.ofFoundations > 100, `${counts.ofFoundations} of the foundations`)
  assert.equal(counts.own + counts.ofFoundations, counts.all)
  for (const name of FOUNDATIONS) assert.equal(counts.byDependency[name], 0, name)
  const many = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`p${i}`, '1.0.0']))
  const packages = Object.keys(many).map((name) => [
    `node_modules/${name}`,
    { version: '1.0.0', integrity: 'sha512-of-a-test' },
  ])
  const own = lock.packages['']
  const grown: Lockfile = {
    packages: {
      ...lock.packages,
      ...Object.fromEntries(packages),
      '': { ...own, dependencies: { ...own?.dependencies, ...many } },
    },
  }
  assert.match(faultsOf(grown).join(), /of our own, \d+ are allowed/)
})

test('every dependency has a row in docs/packages.md with its purpose and a replacement', () => {
  const page = readFileSync(join(root, 'docs/packages.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `([^`]+)` \|((?:[^|]+\|){3})$/gm)]
  const named = rows.map(([, name]) => name as string)
  const wanted = Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies })
  // Engines and Node have one package for each platform, which share a row.
  const families = wanted.map((name) => name.replace(/(linux|darwin)-(arm64|x64)$/, '*'))
  assert.deepEqual(named.toSorted(), [...new Set(families)].toSorted())
  for (const [, name, cells = ''] of rows)
    for (const cell of cells.split('|').slice(0, 3))
      assert.ok(cell.trim().length > 2, `${name} has an empty cell`)
})

test('no version is overridden without an explanation, and no package script runs at installation', () => {
  assert.equal(manifest.overrides, undefined)
  assert.match(readFileSync(join(root, '.npmrc'), 'utf8'), /^ignore-scripts=true$/m)
})

test('the bill of materials has every package of production with its checksum, and is always the same', () => {
  const bill = makeBill()
  assert.equal(bill.bomFormat, 'CycloneDX')
  assert.equal(bill.metadata.component.name, 'observa')
  const listed = bill.components.map((c) => c['bom-ref'])
  assert.deepEqual(listed.toSorted(), [...productionRefs(lock)].toSorted())
  assert.ok(listed.some((ref) => ref.startsWith('zod@')))
  const [self] = bill.dependencies
  for (const name of Object.keys(manifest.dependencies))
    assert.ok(
      self?.dependsOn.some((ref) => ref.startsWith(`${name}@`)),
      name,
    )
  const zod = bill.components.find((c) => c.name === 'zod')
  const sha512 = Buffer.from(lock.packages['node_modules/zod']?.integrity?.slice(7) ?? '', 'base64')
  assert.deepEqual(zod?.hashes, [{ alg: 'SHA-512', content: sha512.toString('hex') }])
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
  assert.equal(digest(textOfBill(bill)), digest(textOfBill(makeBill())))
})
