// Promises of `npm run new`: what it writes passes the compiler, its own test and the grammar of
// components, in a copy of the little that a component needs.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { KINDS, scaffold } from './scaffold.ts'

const root = join(import.meta.dirname, '..')
let copy = ''

before(() => {
  copy = mkdtempSync(join(tmpdir(), 'observa-new-'))
  for (const path of ['core', 'package.json', 'tsconfig.json', 'collector/components.ts'])
    cpSync(join(root, path), join(copy, path), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
})

after(() => {
  rmSync(copy, { recursive: true, force: true })
})

function run(command: string, args: readonly string[]): string {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const done = spawnSync(command, args, { cwd: copy, env, encoding: 'utf8' })
  assert.equal(done.status, 0, `${done.stdout}${done.stderr}`)
  return done.stdout
}

test('a new component of each kind compiles, passes its test and is registered', async () => {
  const tests: string[] = []
  for (const kind of KINDS) {
    const paths = await scaffold(copy, kind, `brand_new_${kind}`)
    tests.push(...paths.filter((p) => p.endsWith('.test.ts')))
    const name = `brandNew${kind[0]?.toUpperCase()}${kind.slice(1)}`
    const components = readFileSync(join(copy, 'collector/components.ts'), 'utf8')
    const index = new RegExp(`brand_new_${kind}/index\\.ts`)
    assert.match(components, index)
    assert.match(components, kind === 'processor' ? /\[brandNewProcessor, / : new RegExp(name))
  }
  assert.match(
    readFileSync(join(copy, 'collector/components.ts'), 'utf8'),
    /brand_new_exporter\/encode\.ts'\)\)\.encoder/,
  )
  // Tests of core decode requests, for which there is nothing in the copy.
  const exclude = ['core/**/*.test.ts']
  const settings = { extends: './tsconfig.json', include: ['core', ...tests], exclude }
  writeFileSync(join(copy, 'tsconfig.new.json'), JSON.stringify(settings))
  run(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.new.json'])
  run(process.execPath, ['--test', ...tests])
})

test('a name that is taken or odd is refused', async () => {
  await scaffold(copy, 'processor', 'once')
  await assert.rejects(scaffold(copy, 'processor', 'once'), /is there already/)
  await assert.rejects(scaffold(copy, 'processor', 'Not-Snake'), /lower_snake_case/)
})
