import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { COMMANDS } from '../collector/cli/commands.ts'
import { processIo } from '../collector/cli/io.ts'
import { testCommand } from '../collector/cli/unit-tests/test-command.ts'
import { registry } from '../collector/registry.ts'
import { validateCommand } from '../config/commands.ts'

const root = join(import.meta.dirname, '..')
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** The source code of the product, as one text. */
function code(): string {
  const areas =
    '{core,proto,usage,detection,collector,processors,exporters,config,storage,accounts,jobs,semantic,notifications,api}'
  const files = globSync(`${areas}/**/*.ts`, { cwd: root })
  return files
    .filter((f) => !/\.(test|bench)\.ts$/.test(f))
    .map(textOf)
    .join('\n')
}

test('every test named in the guarantees exists, and every label is listed once and used', () => {
  const page = textOf('docs/guarantees.md')
  const rows = [...page.matchAll(/^\| ([A-Z]\d+) \| (.+?) \| \[(.+?)\]\(\.\.\/(.+?)\) \|$/gm)]
  assert.ok(rows.length >= 30, `${rows.length} rows`)
  for (const [, label, name = '', shown, file = ''] of rows) {
    assert.equal(shown, file)
    assert.ok(textOf(file).includes(name), `${label}: ${file} has no test "${name}"`)
  }
  const listed = rows.map(([, label = '']) => label)
  const claims = page.slice(0, page.indexOf('## The tests'))
  const used = [...claims.matchAll(/\b([A-Z]\d+)\b/g)].map(([, label = '']) => label)
  assert.deepEqual([...new Set(used)].toSorted(), listed.toSorted())
})

test('every metric, error code and file named in the documents exists', () => {
  const source = code()
  for (const page of [
    'docs/operations.md',
    'docs/guarantees.md',
    'SECURITY.md',
    'deploy/README.md',
    'docs/clients.md',
    'docs/scale-out.md',
    'docs/runbooks.md',
    'docs/installation.md',
  ]) {
    const text = textOf(page)
    for (const [name] of text.matchAll(/\b(?:observa_(?:[a-z]+_)+[a-z]+|otelcol_[a-z_]+)\b/g))
      assert.ok(source.includes(name), `${page} names the metric ${name}`)
    for (const [name] of text.matchAll(/\bOBS_[A-Z_]+[A-Z]\b/g))
      assert.ok(source.includes(`${name}'`) || name === 'OBS_CONFIG', `${page} names ${name}`)
    for (const [, link = ''] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
      assert.ok(existsSync(join(root, dirname(page), link)), `${page} links to ${link}`)
  }
})

test('every link to a heading of a document leads to one', () => {
  const pages = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', ...markdownIn('docs')]
  const headings = new Map<string, ReadonlySet<string>>()
  for (const page of pages)
    for (const [, to = '', anchor = ''] of textOf(page).matchAll(/\]\(([^)#:]*)#([^)]+)\)/g)) {
      const file = to === '' ? page : join(dirname(page), to)
      if (!file.endsWith('.md')) continue
      const known = headings.get(file) ?? anchorsOf(textOf(file))
      headings.set(file, known)
      assert.ok(known.has(anchor), `${page} links to ${to}#${anchor}`)
    }
})

const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(folder, name))

/** As GitHub makes them of headings. */
const anchorsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replace(/\s/g, '-'),
    ),
  )

test('every error code that a user can see is in the troubleshooting table', () => {
  const text = textOf('docs/operations.md')
  const codes = new Set([...code().matchAll(/'(OBS_[A-Z_]+)'/g)].map(([, c = '']) => c))
  // OBS_CONFIG_ and OBS_NEW_ errors name their place themselves.
  const told = [...codes].filter((c) => !/^OBS_(CONFIG|NEW)_/.test(c) && c !== 'OBS_LOG_CLOSED')
  assert.ok(told.length > 20)
  assert.deepEqual(
    told.filter((c) => !text.includes(c)),
    [],
  )
})

test('every configuration in a document is valid', async () => {
  const pages = ['README.md', 'deploy/README.md', 'accounts/README.md', ...markdownIn('docs')]
  const env = {
    CLICKHOUSE_URL: 'http://clickhouse:8123',
    DATABASE_URL: 'postgres://observa:example@db:5432/observa',
    KAFKA_BROKERS: 'kafka:9092',
  }
  let found = 0
  for (const page of pages)
    for (const [, yaml = ''] of textOf(page).matchAll(/```yaml\n([\s\S]*?)```/g)) {
      if (!/^service:/m.test(yaml)) continue
      found++
      let out = ''
      const print = (text: string): void => {
        out += text
      }
      const readFile = async (): Promise<string> => yaml
      const io = { stdout: print, stderr: print, registry, env, readFile }
      assert.equal(await validateCommand(['--config', 'observa.yaml'], io), 0, `${page}: ${out}`)
    }
  assert.ok(found >= 2, `${found} configurations`)
})

test('the lines for a client stand in an app that is run against an instance, in their order', () => {
  const page = textOf('docs/clients.md')
  const blocks = [
    ...page.matchAll(
      /\*\* — \[[^\]]+\]\(\.\.\/(.+?)\)[^`]*(?:`[^`]+`[^`]*)*?```\w+\n([\s\S]*?)```/g,
    ),
  ]
  for (const [, file = '', snippet = ''] of blocks) {
    let rest = textOf(file)
    for (const line of snippet.trimEnd().split('\n')) {
      const at = rest.indexOf(line.trim())
      assert.ok(at >= 0, `${file}: ${line}`)
      rest = rest.slice(at + line.trim().length)
    }
  }
  assert.equal(blocks.length, 15)
  assert.equal(blocks.length, [...page.matchAll(/```\w+\n/g)].length)
})

test('every command in a document is one, with options that it knows', () => {
  const pages = ['README.md', 'deploy/README.md', 'accounts/README.md', ...markdownIn('docs')]
  let found = 0
  for (const page of pages)
    for (const [, line = ''] of textOf(page).matchAll(
      /^ {4}(?:npm run -s )?(observa (?:-- )?[a-z].*)$/gm,
    )) {
      const words = (line.split(/\s(?:#|\||>| {2,})/)[0] ?? '')
        .split(/\s+/)
        .filter((w) => w !== '--')
      const command = COMMANDS.get(words[1] ?? '')
      assert.ok(command !== undefined, `${page}: ${line}`)
      found++
      for (const word of words.slice(2)) {
        const [option] = word.split('=')
        if (option?.startsWith('--'))
          assert.ok(command.help.includes(option), `${page}: ${line}: ${option}`)
      }
    }
  assert.ok(found > 30, `${found} commands`)
})

test('the example of configuration tests in docs/operations.md passes', async () => {
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(textOf('docs/operations.md')) ?? []
  const dir = await mkdtemp(join(tmpdir(), 'observa-docs-'))
  try {
    const file = join(dir, 'observa.yaml')
    await writeFile(file, yaml)
    let out = ''
    const print = (text: string): void => {
      out += text
    }
    const io = { ...processIo(), out: print, err: print }
    assert.equal(await testCommand(['--config', file], io), 0, out)
    assert.match(out, /2 passed, 0 failed/)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})

test('every fragment of a change has a kind and a text', () => {
  const names = readdirSync(join(root, 'changes')).filter((f) => f !== 'README.md')
  const kinds = /^kind: (added|changed|deprecated|removed|fixed|security)\n\n\S/
  for (const name of names) {
    assert.match(name, /^[a-z0-9-]+\.md$/)
    assert.match(textOf(`changes/${name}`), kinds, name)
  }
})
