// The list of quick tests: every entry matches tests, and none of them starts an engine, a broker or an instance.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QUICK } from '../quick.ts'
import { importsOf, projectFiles, textOf } from './source-files.ts'

const SLOW = /^(test\/instance\.ts|test\/kafka\/|storage\/testing\/|storage\/\w+\/engine\/)/

const tests = projectFiles().filter((f) => f.endsWith('.test.ts'))

test('every entry of the list matches at least one test', () => {
  for (const part of QUICK)
    assert.ok(
      tests.some((f) => f.includes(part)),
      part,
    )
})

test('no quick test starts an engine, a broker or an instance', () => {
  const quick = tests.filter((f) => QUICK.some((part) => f.includes(part)))
  assert.ok(quick.length > 30, `${quick.length} files`)
  const slow = quick.flatMap((f) =>
    importsOf(f, textOf(f))
      .filter((i) => SLOW.test(i.to))
      .map((i) => `${f} imports ${i.to}`),
  )
  assert.deepEqual(slow, [])
})
