// `npm run changelog` writes the unreleased changes into CHANGELOG.md. `-- --check` only checks fragments and changelog. `--
// --release VERSION` turns the fragments into the section of that version and removes them; commit the result together with
// the new version.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { strayItems, withRelease, withUnreleased } from './changelog.ts'
import { readFragments } from './fragments.ts'

const root = join(import.meta.dirname, '../..')
const path = join(root, 'CHANGELOG.md')
const folder = join(root, 'changes')

function main(): number {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, release: { type: 'string' } },
  })
  const { fragments, mistakes } = readFragments(folder)
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const stray = values.check === true ? strayItems(before, fragments) : []
  const all = [
    ...mistakes.map((m) => `changes/${m}`),
    ...stray.map((s) => `CHANGELOG.md: no fragment says this; npm run changelog\n${s}`),
  ]
  for (const line of all) process.stderr.write(`${line}\n`)
  if (all.length > 0) return 1
  if (values.check === true) return 0
  if (values.release === undefined) {
    writeFileSync(path, withUnreleased(before, fragments))
    process.stdout.write(`CHANGELOG.md: ${fragments.length} changes not released\n`)
    return 0
  }
  return release(values.release, before, fragments)
}

function release(
  version: string,
  before: string,
  fragments: ReturnType<typeof readFragments>['fragments'],
): number {
  if (!/^\d+\.\d+\.\d+$/.test(version) || before.includes(`\n## ${version} (`)) {
    process.stderr.write(`${version} is no new version such as 1.2.3\n`)
    return 1
  }
  const date = new Date().toISOString().slice(0, 10)
  writeFileSync(path, withRelease(before, fragments, version, date))
  for (const { file } of fragments) rmSync(join(folder, file))
  process.stdout.write(`CHANGELOG.md: ${version} with ${fragments.length} changes\n`)
  return 0
}

process.exitCode = main()
