// A run ends and says what hung, whatever a test file does. Each case is a real file that does it.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type FileResult, runFile } from './test-process.ts'

const HEAD = `import { spawn } from 'node:child_process'
import { test, suite } from 'node:test'
const forever = () => new Promise(() => setInterval(() => {}, 1000))
`

async function resultOf(t: TestContext, code: string, msMax = 60_000): Promise<FileResult> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-runner-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const file = join(dir, 'case.test.mjs')
  await writeFile(file, HEAD + code)
  return runFile(file, msMax)
}

const names = (result: FileResult): string[] => result.failures.map((f) => f.name)

test('passed, failed and skipped tests are counted, suites are not', async (t) => {
  const result = await resultOf(
    t,
    `suite('s', () => { test('a', () => {}); test('b', () => { throw new Error('why') }) })
     test('c', { skip: 'no engine' }, () => {})`,
  )
  assert.equal(result.passed, 1)
  assert.deepEqual(names(result), ['b'])
  assert.match(result.failures[0]?.text ?? '', /why/)
  assert.deepEqual(
    result.skips.map((s) => [s.name, s.reason]),
    [['c', 'no engine']],
  )
})

test('a test that never ends is killed and named', async (t) => {
  const result = await resultOf(t, `test('a', () => {}); test('stuck', forever)`, 3000)
  assert.equal(result.passed, 1)
  assert.match(
    result.failures[0]?.text ?? '',
    /longer than 3 s.*These had not ended: stuck\. Open: .*Timeout/,
  )
})

test('a hook that never ends is killed', async (t) => {
  const code = `test('hooked', (t) => { t.after(forever); throw new Error('why') })`
  const result = await resultOf(t, code, 3000)
  assert.deepEqual(names(result), ['time limit'])
})

test('what keeps the process alive after its tests is told', async (t) => {
  const result = await resultOf(t, `test('a', () => { setInterval(() => {}, 1000) })`, 3000)
  assert.match(result.failures[0]?.text ?? '', /All tests had ended/)
})

test('a process that the file left behind does not hold the run, and ends', async (t) => {
  const result = await resultOf(
    t,
    `test('a', () => {
       const child = spawn('sleep', ['500'], { stdio: 'inherit' })
       child.unref()
       process.stderr.write('left ' + child.pid + '\\n')
     })`,
  )
  assert.equal(result.passed, 1)
  assert.ok(result.milliseconds < 50_000)
})

test('a file that ends before its tests, or cannot be loaded, is a failure', async (t) => {
  assert.deepEqual(names(await resultOf(t, `test('a', () => process.exit(7))`)), ['the process'])
  assert.equal((await resultOf(t, 'this is not code')).failures.length, 1)
})
