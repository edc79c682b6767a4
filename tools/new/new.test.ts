// Tests of `npm run new` in a copy of the project: one of every kind passes every check, is registered everywhere, and fails
// exactly one test, whose message says what to write.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { projectFiles, root } from '../../test/house/source-files.ts'
import { KINDS } from './kinds.ts'
import { scaffold } from './scaffold.ts'

let copy = ''
const kinds = Object.keys(KINDS)
const nameOf = (kind: string): string => `brand_new_${kind}`

before(() => {
  copy = mkdtempSync(join(tmpdir(), 'observa-new-'))
  for (const path of projectFiles()) cpSync(join(root, path), join(copy, path), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})

after(() => {
  rmSync(copy, { recursive: true, force: true })
})

function run(args: readonly string[]): { readonly status: number | null; readonly text: string } {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const done = spawnSync(process.execPath, args, { cwd: copy, env, encoding: 'utf8' })
  return { status: done.status, text: `${done.stdout}${done.stderr}` }
}

test('one of every kind can be made, and the output names its test and its guide', () => {
  for (const [i, kind] of kinds.entries()) {
    // The documents are generated only once, with the last kind.
    const more = i < kinds.length - 1 ? ['--no-generate'] : []
    const { status, text } = run(['tools/new/main.ts', kind, nameOf(kind), ...more])
    assert.equal(status, 0, text)
    const guide = /^Guide: (.+)$/m.exec(text)?.[1] ?? ''
    assert.ok(projectFiles().includes(guide), `${kind}: ${guide} is there`)
  }
})

test('everything made passes every check, and components pass the tests for components', () => {
  const check = run(['test/house/check.ts'])
  assert.equal(check.status, 0, check.text)
  const house = run(['test/run.ts', 'test/house/components', 'test/house/metrics'])
  assert.equal(house.status, 0, house.text)
})

for (const kind of kinds)
  test(`a new ${kind} fails in one test, which says what to write`, () => {
    const path = KINDS[kind]?.test
      .replaceAll('__type__', nameOf(kind))
      .replaceAll('__kebab__', nameOf(kind).replaceAll('_', '-'))
    const { status, text } = run(['test/run.ts', path ?? ''])
    assert.equal(status, 1, text)
    assert.match(text, /\d+ passed, 1 failed/)
    const asked = /Write in ([\w./-]+\.ts|\S+\(\) of ([\w./-]+\.ts))/.exec(text)
    assert.ok(asked !== null, text)
  })

test('the command line knows a new component', () => {
  for (const kind of ['processor', 'exporter', 'receiver', 'extension']) {
    const { status, text } = run(['collector/main.ts', 'components', nameOf(kind)])
    assert.equal(status, 0, text)
    assert.match(text, new RegExp(nameOf(kind)))
  }
})

test('a name that is taken or invalid is refused, and nothing is written', async () => {
  const path = join(copy, 'collector/components.ts')
  const before = readFileSync(path, 'utf8')
  await assert.rejects(scaffold(copy, 'processor', nameOf('processor')), /exists already/)
  await assert.rejects(scaffold(copy, 'processor', 'Not-Snake'), /lower_snake_case/)
  await assert.rejects(scaffold(copy, 'gadget', 'thing'), /there is no kind "gadget"/)
  assert.equal(readFileSync(path, 'utf8'), before)
})

test('without a name the command lists the kinds', () => {
  const { status, text } = run(['tools/new/main.ts'])
  assert.equal(status, 2)
  for (const kind of kinds) assert.match(text, new RegExp(`^ {2}${kind} `, 'm'))
})
