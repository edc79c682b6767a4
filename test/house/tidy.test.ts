// The house rules that a program can check: which area may import which, file and function sizes, first comments, forbidden
// paths and words. Each rule checks how many files it looked at, because a rule that looks at none would always pass.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { filesNamedIn, type Import, importsOf, projectFiles, root, textOf } from './source-files.ts'

const AREAS = [
  'core',
  'proto',
  'usage',
  'detection',
  'processors',
  'exporters',
  'collector',
  'config',
  'storage',
  'accounts',
  'jobs',
  'semantic',
  'notifications',
  'api',
] as const

/** Areas that each area may import, besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  proto: ['core'],
  usage: ['core'],
  detection: ['core'],
  processors: ['core', 'proto', 'usage'],
  exporters: ['core', 'proto', 'storage'],
  config: ['core'],
  storage: ['core'],
  accounts: ['core', 'storage'],
  jobs: ['core', 'storage', 'accounts'],
  semantic: ['core', 'storage', 'accounts', 'jobs'],
  notifications: ['core', 'storage', 'accounts', 'jobs'],
  api: ['core', 'storage', 'accounts', 'jobs', 'semantic', 'notifications'],
  collector: [
    'core',
    'proto',
    'usage',
    'detection',
    'processors',
    'exporters',
    'config',
    'storage',
    'accounts',
    'jobs',
    'semantic',
    'notifications',
    'api',
  ],
}

/** Scripts that a person starts. They may import from the whole project. */
const SCRIPTS: ReadonlySet<string> = new Set(['config/generate.ts'])

/** Where the page of the console begins; a browser loads it. */
const CONSOLE_ENTRY = 'console/src/main.tsx'

const FILES_MIN = 150
const LINES_MAX = 700
const FUNCTION_LINES_MAX = 120
const FUNCTION_LINES_GOOD = 80
/** Tables are exempt from the limit on file length: they are as long as the facts they hold. */
const TABLES =
  /\/dialects\/|\/markers\/|detectors|phone-plans|fields\.ts$|prices|\.generated\.|-schema\.ts$|\/migrations\//

let files: string[] = []
let sources: string[] = []
let product: string[] = []
const texts = new Map<string, string>()
let imports: Import[] = []

/** Tests, benches and files that only they import (`sample-events.ts`). They are not part of the product. */
const support = new Set<string>()
const isTest = (path: string): boolean =>
  /\.(test|bench)\.ts$/.test(path) || /^(test|bench)\//.test(path) || support.has(path)
const areaOf = (path: string): string => path.split('/', 1)[0] as string
const isArea = (path: string): boolean => (AREAS as readonly string[]).includes(areaOf(path))

before(() => {
  files = projectFiles()
  sources = files.filter((f) => /\.tsx?$/.test(f) && !f.includes('/testdata/'))
  for (const path of sources) texts.set(path, textOf(path))
  imports = sources.flatMap((path) => importsOf(path, texts.get(path) as string))
  findSupport()
  product = sources.filter((f) => isArea(f) && !isTest(f))
})

/** Finds files that only tests import, until no more are found. */
function findSupport(): void {
  for (let before = -1; before !== support.size; ) {
    before = support.size
    for (const path of sources) {
      const importers = imports.filter((i) => i.to === path)
      if (importers.length > 0 && importers.every((i) => isTest(i.from))) support.add(path)
    }
  }
}

/** Fails with a list of all breaches, one a line. */
function none(breaches: readonly string[], seen: number, atLeast: number): void {
  assert.ok(seen >= atLeast, `looked at ${seen} files only, expected at least ${atLeast}`)
  assert.equal(breaches.length, 0, `\n${breaches.join('\n')}`)
}

test('the import reader finds files in every area, and imports that are known to exist', () => {
  for (const area of AREAS)
    assert.ok(sources.filter((f) => areaOf(f) === area).length >= 3, `no sources in ${area}`)
  const has = (from: string, to: string): boolean =>
    imports.some((i) => i.from === from && i.to === to)
  assert.ok(has('config/load.ts', 'config/tree/tree.ts'))
  assert.ok(has('collector/components.ts', 'processors/scrub/index.ts'))
  assert.ok(has('core/config/config-types.ts', 'zod'))
  assert.ok(imports.some((i) => i.isTypeOnly && i.to === 'core/batch.ts'))
  const missing = imports.filter((i) => i.isOurs && !files.includes(i.to))
  none(
    missing.map((i) => `${i.from} imports ${i.to}, which is not there`),
    sources.length,
    FILES_MIN,
  )
})

test('the import reader knows every form of import that the project uses', () => {
  const text = [
    "import a from './a.ts'",
    "import type { B } from './b.ts'",
    "import { type C, type D as E } from './c.ts'",
    "import { type C, d } from './d.ts'",
    "import {\n  e,\n} from './e.ts'",
    "export { f } from './f.ts'",
    `const g = await ${'imp'}ort('./g.ts')`,
    `let h: ${'imp'}ort('./h.ts').H`,
    "// import i from './i.ts'",
    "import './j.ts'",
    'const k = "from \'./k.ts\'"',
  ].join('\n')
  const seen = importsOf('core/x.ts', text).map((i) => `${i.to}${i.isTypeOnly ? ' type' : ''}`)
  assert.deepEqual(seen.toSorted(), [
    'core/a.ts',
    'core/b.ts type',
    'core/c.ts type',
    'core/d.ts',
    'core/e.ts',
    'core/f.ts',
    'core/g.ts',
    'core/h.ts type',
    'core/j.ts',
  ])
})

test('areas import only the areas below them', () => {
  const breaches = imports
    .filter((i) => i.isOurs && isArea(i.from) && !isTest(i.from) && !SCRIPTS.has(i.from))
    .filter((i) => areaOf(i.to) !== areaOf(i.from))
    .filter((i) => !MAY_IMPORT[areaOf(i.from)]?.includes(areaOf(i.to)))
    .filter((i) => !isScript(i.from))
  none(
    breaches.map((i) => `${i.from} imports ${i.to}`),
    product.length,
    FILES_MIN / 2,
  )
})

/** A script of a component (`generate-docs.ts`, `update-prices.ts`), which no product code imports. */
function isScript(path: string): boolean {
  return (
    isArea(path) && !imports.some((i) => i.to === path && !isTest(i.from)) && hasTopLevelWork(path)
  )
}

function hasTopLevelWork(path: string): boolean {
  return /^(await |process\.exitCode|process\.exit\(|void main|main\()/m.test(texts.get(path) ?? '')
}

const COMPONENT = /^(?:processors|exporters|collector\/receivers|collector\/extensions)\/[^/]+/

function componentOf(path: string): string | null {
  return COMPONENT.exec(path)?.[0] ?? null
}

test('the console takes nothing but types of the server, and the server nothing of the console', () => {
  const own = sources.filter((f) => f.startsWith('console/src/'))
  const outwards = imports.filter(
    (i) => i.from.startsWith('console/src/') && i.isOurs && !i.to.startsWith('console/src/'),
  )
  const inwards = imports.filter((i) => isArea(i.from) && i.to.startsWith('console/'))
  const node = imports.filter((i) => i.from.startsWith('console/src/') && i.to.startsWith('node:'))
  none(
    [...outwards.filter((i) => !i.isTypeOnly), ...inwards, ...node].map(
      (i) => `${i.from} imports ${i.to}`,
    ),
    own.length,
    50,
  )
})

test('the console makes no markup of texts and asks no other origin', () => {
  const seen = sources.filter((f) => f.startsWith('console/src/'))
  const risky =
    /dangerouslySetInnerHTML|\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|\beval\(|new Function\(|https?:\/\/(?!www\.w3\.org\/2000\/svg)/
  const text = (f: string): string => withoutComments(texts.get(f) ?? '')
  none(
    seen.filter((f) => risky.test(text(f))).map((f) => `${f} holds ${risky.exec(text(f))?.[0]}`),
    seen.length,
    50,
  )
})

test('no component imports another, and other code imports only its index.ts and encode.ts', () => {
  const breaches = imports
    .filter((i) => i.isOurs && isArea(i.from) && !isTest(i.from) && !isScript(i.from))
    .filter((i) => {
      const target = componentOf(i.to)
      if (target === null || target === componentOf(i.from)) return false
      if (componentOf(i.from) !== null) return true
      return i.to !== `${target}/index.ts` && i.to !== `${target}/encode.ts`
    })
  none(
    breaches.map((i) => `${i.from} imports ${i.to}`),
    product.length,
    FILES_MIN / 2,
  )
})

/** `start` and every file that loading it loads. */
function closure(start: string): Set<string> {
  const reached = new Set<string>()
  const queue = [start]
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (reached.has(path)) continue
    reached.add(path)
    for (const i of imports)
      if (i.from === path && i.isOurs && !i.isTypeOnly && i.to.endsWith('.ts')) queue.push(i.to)
  }
  return reached
}

const WORKER_PARTS = /^(processors\/[^/]+\/index|exporters\/[^/]+\/encode)\.ts$/
const IO_MODULES =
  /^(node:(fs|net|http|https|http2|tls|dgram|child_process|worker_threads|cluster|dns)(\/|$)|pino|fastify|pg$|kafkajs|@clickhouse|@platformatic|chdb)/
const IO_WORDS =
  /\b(Date\.now|Math\.random|performance\.now|process\.env|setTimeout|setInterval|console\.\w+)\b/

test('processors and encoders use no I/O, clock, randomness or logger, whatever they import', () => {
  const parts = sources.filter((f) => WORKER_PARTS.test(f))
  const breaches: string[] = []
  for (const part of parts)
    for (const path of closure(part)) {
      for (const i of imports)
        if (i.from === path && !i.isOurs && !i.isTypeOnly && IO_MODULES.test(i.to))
          breaches.push(`${part} reaches ${path}, which imports ${i.to}`)
      const word = IO_WORDS.exec(withoutComments(texts.get(path) ?? ''))
      if (word !== null && !path.startsWith('core/'))
        breaches.push(`${part} reaches ${path}, which uses ${word[0]}`)
    }
  none(breaches, parts.length, 9)
})

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;])\/\/.*$/gm, '$1')
}

test('only storage/postgres uses the Postgres client and makes or checks out connections', () => {
  // A connection without a listener for its errors ends the process when it breaks.
  const owner = /^storage\/postgres\/(connection|pool)\.ts$/
  const breaches = imports.filter((i) => /^pg(-pool)?$/.test(i.to) && !owner.test(i.from))
  none(
    breaches.map((i) => `${i.from} imports ${i.to}`),
    imports.filter((i) => i.to === 'pg').length,
    2,
  )
  const makers = sources.filter(
    (f) => !owner.test(f) && !f.endsWith('.test.ts') && /new Connection\(/.test(texts.get(f) ?? ''),
  )
  none(makers, sources.length, FILES_MIN)
})

/** Groups of files that import each other in a cycle, types included. */
function circles(): string[][] {
  const edges = new Map<string, string[]>(sources.map((f) => [f, []]))
  for (const i of imports) if (i.isOurs && edges.has(i.to)) edges.get(i.from)?.push(i.to)
  const left = new Set(sources)
  // A file whose remaining imports are all removed is in no cycle, so remove it too; repeat until nothing changes.
  for (let size = -1; size !== left.size; ) {
    size = left.size
    for (const f of left) if (!edges.get(f)?.some((to) => left.has(to))) left.delete(f)
  }
  const reach = (from: string): Set<string> => {
    const reached = new Set<string>()
    const queue = [from]
    for (let f = queue.pop(); f !== undefined; f = queue.pop())
      for (const to of edges.get(f) ?? [])
        if (left.has(to) && !reached.has(to)) {
          reached.add(to)
          queue.push(to)
        }
    return reached
  }
  const reaches = new Map([...left].map((f) => [f, reach(f)]))
  const members = [...left].filter((f) => reaches.get(f)?.has(f))
  return members.map((f) => [
    f,
    ...members.filter((g) => g !== f && reaches.get(f)?.has(g) && reaches.get(g)?.has(f)),
  ])
}

test('no files import each other in a cycle, not even for types', () => {
  none(
    circles().map((circle) => circle.join(' <-> ')),
    sources.length,
    FILES_MIN,
  )
})

test('SQL is in storage and in exporters only', () => {
  const seen = product.filter((f) => !/^(storage|exporters)\//.test(f))
  const sql =
    /['"`]\s*(SELECT\s(?!1\b)|INSERT INTO\s|CREATE TABLE\s|DELETE FROM\s|UPDATE \w+ SET\s)/
  none(
    seen.filter((f) => sql.test(texts.get(f) ?? '')).map((f) => `${f} holds SQL`),
    seen.length,
    FILES_MIN / 2,
  )
})

test('every source file begins with a comment that says what it holds', () => {
  // Test files are exempt, because the names of their tests say what they check.
  const seen = sources.filter((f) => !f.endsWith('.test.ts'))
  const without = seen.filter((f) => {
    const text = (texts.get(f) ?? '').replace(/^#!.*\n/, '')
    return !text.startsWith('//') && !text.startsWith('/*')
  })
  none(without, seen.length, FILES_MIN)
})

test('no file has a name without a subject: utils, helpers, common, misc', () => {
  const drawers = sources.filter((f) => /(^|\/)(utils?|helpers?|common|misc)\.ts$/.test(f))
  none(drawers, sources.length, FILES_MIN)
})

test('files are kebab-case', () => {
  const odd = sources.filter(
    (f) => !/^[a-z0-9]+(?:[-.][a-z0-9]+)*\.tsx?$/.test(f.split('/').at(-1) ?? ''),
  )
  none(odd, sources.length, FILES_MIN)
})

test('files are short, except tables', (t) => {
  const seen = sources.filter((f) => !TABLES.test(f) && !isTest(f))
  const long = seen
    .map((f) => ({ f, lines: (texts.get(f) ?? '').split('\n').length - 1 }))
    .filter(({ lines }) => lines > 400)
  for (const { f, lines } of long) t.diagnostic(`${f} has ${lines} lines`)
  none(
    long.filter(({ lines }) => lines > LINES_MAX).map(({ f, lines }) => `${f}: ${lines} lines`),
    seen.length,
    FILES_MIN / 2,
  )
})

test('functions are short', (t) => {
  const done = spawnSync(
    join(root, 'node_modules/.bin/oxlint'),
    ['--config', 'test/house/function-length.oxlintrc.json', '--format', 'json', '.'],
    { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  )
  const report = JSON.parse(done.stdout) as {
    number_of_files: number
    diagnostics: { message: string; filename: string; labels: { span: { line: number } }[] }[]
  }
  const long = report.diagnostics.map((d) => ({
    where: `${d.filename}:${d.labels[0]?.span.line}`,
    lines: Number(/\((\d+)\)/.exec(d.message)?.[1]),
    message: d.message,
  }))
  assert.ok(
    long.every((f) => f.lines > FUNCTION_LINES_GOOD),
    'the message of the linter has changed',
  )
  for (const f of long) t.diagnostic(`${f.where} ${f.message}`)
  none(
    long.filter((f) => f.lines > FUNCTION_LINES_MAX).map((f) => `${f.where}: ${f.lines} lines`),
    report.number_of_files,
    FILES_MIN / 2,
  )
})

test('every source file is used by a command, a test or a bench', () => {
  const scripts = Object.values(
    (JSON.parse(textOf('package.json')) as { scripts: Record<string, string> }).scripts,
  )
  const started = scripts.flatMap((s) => s.match(/[\w./-]+\.ts/g) ?? [])
  assert.ok(started.length >= 8, 'package.json starts fewer scripts than expected')
  const reached = new Set<string>()
  const queue = [
    ...started,
    CONSOLE_ENTRY,
    'console/vite.config.ts',
    ...sources.filter((f) => f.endsWith('.test.ts') || f.endsWith('.d.ts') || isScript(f)),
    ...sources.filter((f) => f.startsWith('bench/') || f.endsWith('.bench.ts')),
  ]
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const text = texts.get(path)
    if (text === undefined || reached.has(path)) continue
    reached.add(path)
    for (const i of imports) if (i.from === path && i.isOurs) queue.push(i.to)
    queue.push(...filesNamedIn(path, text))
  }
  none(
    sources.filter((f) => !reached.has(f)).map((f) => `${f} is used by nothing`),
    reached.size,
    FILES_MIN,
  )
})

/** Text files that people read or machines run. Recorded samples are excluded, because they stay as recorded. */
function readable(): string[] {
  return files.filter(
    (f) =>
      /\.(tsx?|css|html|md|json|ya?ml|sh|sql|service|toml|mjs|c)$/.test(f) &&
      !f.includes('/testdata/') &&
      f !== 'package-lock.json',
  )
}

/** Suffixes of files that belong in the project. Profiles, dumps and archives do not, and pictures only where a script makes them. */
const KINDS =
  /\.(tsx?|css|html|svg|py|md|json|jsonl|ya?ml|sh|sql|service|mjs|as|c|go|mod|sum|pb|txt|tmpl|tpl|proto|gz|example|gitignore|dockerignore|npmrc)$|(^|\/)(Dockerfile|LICENSE|NOTICE)$|^\.ci\/run$|^docs\/console\/[\w-]+\.webp$/

test('every file has a suffix that belongs in the project', () => {
  none(
    files.filter((f) => !KINDS.test(f)).map((f) => `${f} is of no known kind`),
    files.length,
    FILES_MIN,
  )
})

test('no file contains a path of somebody’s machine', () => {
  const machine = new RegExp(
    `(^|[\\s'"\`(=:]|file://)(${['/wo' + 'rk/', '/t' + 'mp/', '/ro' + 'ot/', '/ho' + 'me/\\w+/', '/Us' + 'ers/\\w+/'].join('|')})`,
    'm',
  )
  // All text files are searched, except recorded requests, which name the machines they were recorded on, and templates with
  // made-up paths.
  const seen = files.filter(
    (f) => !/\.(pb|gz|tmpl)$|\/testdata\/|^test\/captures\/|^package-lock/.test(f),
  )
  none(
    seen.filter((f) => machine.test(textOf(f))).map((f) => `${f} holds a machine path`),
    seen.length,
    FILES_MIN,
  )
})

test('no source has a mark of unfinished work', () => {
  const marks = new RegExp(
    `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b`,
  )
  const seen = readable().filter((f) => !f.endsWith('.generated.json'))
  none(
    seen
      .filter((f) => marks.test(textOf(f)))
      .map((f) => `${f} holds ${marks.exec(textOf(f))?.[0]}`),
    seen.length,
    FILES_MIN,
  )
})

test('the lockfile names no registry, and every dependency has an exact version', () => {
  const lock = textOf('package-lock.json')
  const hosts = lock.match(/"resolved"|https?:\/\/[^"]*(registry|npm)[^"]*\.tgz/g) ?? []
  none(hosts, lock.length, 1000)
  const own = JSON.parse(textOf('package.json')) as Record<string, Record<string, string>>
  for (const group of ['dependencies', 'devDependencies', 'optionalDependencies'])
    for (const [name, version] of Object.entries(own[group] ?? {}))
      assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${name} is not an exact version`)
})

test('no test runs alone with only, and no test sleeps', () => {
  const seen = sources.filter((f) => f.endsWith('.test.ts'))
  const only = seen.filter((f) =>
    /\b(test|it|describe)\.only\(|\bonly: true/.test(texts.get(f) ?? ''),
  )
  none(
    only.map((f) => `${f} runs only some of its tests`),
    seen.length,
    20,
  )
})

test('migrations are numbered 1, 2, .. in each store', () => {
  for (const store of ['clickhouse', 'postgres'] as const) {
    const all = readdirSync(join(root, 'storage/migrations', store))
    const names = all.filter((name) => name.endsWith('.sql'))
    assert.ok(names.length > 3, store)
    assert.deepEqual(
      names.toSorted().map((name) => Number(name.slice(0, 4))),
      names.map((_, i) => i + 1),
      `${store}: take the next free number`,
    )
  }
})
