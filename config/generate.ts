// `npm run generate` writes every generated document. With `--check` it writes nothing, names the documents that would change
// and exits 1. As a script, this is the one file of the folder that may import the registry.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { registry } from '../collector/registry.ts'
import { PARTS } from '../collector/service/declared-metrics.ts'
import {
  configurationPage,
  foldersOf,
  readmeWithOptions,
  schemaDocument,
} from './documents/documents.ts'
import { metricsPage } from './documents/metrics-page.ts'
import { type AnyComponent, SECTIONS } from './registry-type.ts'

const root = join(import.meta.dirname, '..')
/** Scripts of components that generate documents from their own tables. Each accepts `--check` too. */
const OTHER_GENERATORS = [
  'processors/scrub/scripts/generate-docs.ts',
  'processors/canonicalize/generate-docs.ts',
  'processors/cost/generate-docs.ts',
  'processors/signals/scripts/generate-docs.ts',
  'bench/normalizer/compare.ts',
  'semantic/quality/generate-figures.ts',
  'tools/openapi/generate-client.ts',
]

/** The text that each generated document should have, by its path in the repository. */
async function documents(): Promise<Map<string, string>> {
  const wanted = new Map<string, string>()
  wanted.set('docs/schema.json', formatted('docs/schema.json', schemaDocument(registry)))
  wanted.set('docs/configuration.md', configurationPage(registry))
  wanted.set('docs/metrics.md', metricsPage(PARTS, registry))
  for (const factory of SECTIONS.flatMap((s): AnyComponent[] => [...registry[s].values()])) {
    const path = foldersOf(factory)
      .map((folder) => `${folder}/README.md`)
      .find((readme) => existsSync(join(root, readme)))
    if (path === undefined) continue
    wanted.set(path, readmeWithOptions(await readFile(join(root, path), 'utf8'), factory))
  }
  return wanted
}

/** Formats the text as Biome would, so that `npm run format` never changes a generated document. */
function formatted(path: string, text: string): string {
  const biome = join(root, 'node_modules/.bin/biome')
  const done = spawnSync(biome, ['format', `--stdin-file-path=${path}`], {
    cwd: root,
    input: text,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (done.status !== 0) throw new Error(`biome cannot format ${path}: ${done.stderr}`)
  return done.stdout
}

/** Describes where two texts differ: the lines between their common beginning and their common end. */
function difference(before: string, after: string): string {
  const a = before.split('\n')
  const b = after.split('\n')
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail))
    tail++
  return `from line ${head + 1}: ${a.length - head - tail} lines become ${b.length - head - tail}`
}

function runOtherGenerators(isCheck: boolean): boolean {
  let isFresh = true
  for (const script of OTHER_GENERATORS) {
    if (!existsSync(join(root, script))) continue
    const args = [join(root, script), ...(isCheck ? ['--check'] : [])]
    const done = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    process.stdout.write(done.stdout + done.stderr)
    if (done.status !== 0) {
      process.stdout.write(`${isCheck ? 'stale' : 'failed'}  ${script}\n`)
      isFresh = false
    }
  }
  return isFresh
}

async function generate(isCheck: boolean): Promise<number> {
  // The scripts of the components run first, because they may change a README that gets its option table afterwards.
  let stale = runOtherGenerators(isCheck) ? 0 : 1
  for (const [path, text] of await documents()) {
    const full = join(root, path)
    const before = existsSync(full) ? await readFile(full, 'utf8') : ''
    if (before === text) continue
    stale++
    process.stdout.write(`${isCheck ? 'stale' : 'wrote'}  ${path}, ${difference(before, text)}\n`)
    if (isCheck) continue
    await mkdir(dirname(full), { recursive: true })
    await writeFile(full, text)
  }
  if (!isCheck || stale === 0) return 0
  process.stdout.write('Run: npm run generate\n')
  return 1
}

process.exitCode = await generate(process.argv.includes('--check'))
