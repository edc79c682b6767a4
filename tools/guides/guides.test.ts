// Follows every guide exactly as written in a copy of the project, and runs the tests that the guide names. All guides share
// one copy, because a project must also work with all of these additions at once.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { projectFiles, root } from '../../test/house/source-files.ts'
import { followGuide } from './guide.ts'

const GUIDES = [
  'docs/adding-a-processor.md',
  'docs/adding-a-dialect.md',
  'docs/adding-a-detector.md',
  'docs/adding-a-signal-rule.md',
  'docs/adding-an-exporter.md',
  'docs/adding-an-api-route.md',
  'docs/adding-an-event-field.md',
] as const

let copy = ''
const written: string[] = []
const tests: string[] = []

before(() => {
  copy = mkdtempSync(join(tmpdir(), 'observa-guides-'))
  for (const path of projectFiles()) cpSync(join(root, path), join(copy, path), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})

after(() => {
  rmSync(copy, { recursive: true, force: true })
})

function run(command: string, args: readonly string[]): { status: number | null; text: string } {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const done = spawnSync(command, args, { cwd: copy, env, encoding: 'utf8' })
  return { status: done.status, text: `${done.stdout}${done.stderr}` }
}

test('this test knows every guide, and CONTRIBUTING.md lists it', () => {
  const listed = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  const guides = projectFiles().filter((f) => /^docs\/adding-an?-.*\.md$/.test(f))
  for (const guide of guides) assert.ok(listed.includes(`(${guide})`), guide)
  for (const guide of GUIDES) assert.ok(guides.includes(guide), guide)
})

for (const guide of GUIDES)
  test(`${guide} can be followed`, () => {
    const done = followGuide(copy, guide)
    assert.ok(done.written.length >= 2, 'it shows what to write')
    assert.ok(done.tests.length >= 1, 'it names its tests')
    written.push(...done.written)
    tests.push(...done.tests)
  })

test('after all guides were followed, type check, lint and format pass', () => {
  const types = run(join(root, 'node_modules/.bin/tsc'), ['-p', '.'])
  assert.equal(types.status, 0, types.text)
  const sources = written.filter((path) => path.endsWith('.ts'))
  const lint = run(join(root, 'node_modules/.bin/oxlint'), ['--quiet', ...new Set(sources)])
  assert.equal(lint.status, 0, lint.text)
  const options = ['check', '--error-on-warnings', '--vcs-enabled=false']
  const format = run(join(root, 'node_modules/.bin/biome'), [...options, ...new Set(sources)])
  assert.equal(format.status, 0, format.text)
})

test('the tests that the guides name pass, and the limits on the structure hold', () => {
  const generate = run(process.execPath, ['config/generate.ts'])
  assert.equal(generate.status, 0, generate.text)
  const done = run(process.execPath, ['test/run.ts', 'test/house/structure', ...new Set(tests)])
  assert.equal(done.status, 0, done.text)
})

test('the first change of CONTRIBUTING.md can be made as it is written', () => {
  const [section = ''] = readFileSync(join(copy, 'CONTRIBUTING.md'), 'utf8').split('## Where')
  const command = (pattern: RegExp): string[] =>
    (pattern.exec(section)?.[1] ?? '').trim().split(' ')
  const made = run(process.execPath, [
    'tools/new/main.ts',
    ...command(/^ {4}npm run new ([^#\n]+)/m),
    '--no-generate',
  ])
  assert.equal(made.status, 0, made.text)
  const failed = run(process.execPath, ['test/run.ts', ...command(/^ {4}npm test ([^#\n]+)/m)])
  assert.match(failed.text, /Write in .*my-first\.ts when my_first fires/)
})
