// Bugs of the program itself, simulated by a preloaded script that throws where nothing catches it. Accepted data must still
// be delivered, and the process must end with an exit code and one line that contains neither prompt nor secret.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { SOFTWARE_ERROR_EXIT_CODE } from '../../collector/uncaught-errors.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'throw-later.mjs')).href

interface Faulty {
  readonly instance: Instance
  readonly cause: () => Promise<void>
  readonly mend: () => Promise<void>
}

async function faulty(t: TestContext, kind: string): Promise<Faulty> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-fault-'))
  const file = join(dir, 'fault')
  const instance = await Instance.start({
    env: { NODE_OPTIONS: `--import=${PRELOAD}`, FAULT_FILE: file, FAULT_KIND: kind },
  })
  t.after(async () => {
    await instance.stop()
    await rm(dir, { recursive: true, force: true })
  })
  return { instance, cause: () => writeFile(file, ''), mend: () => rm(file) }
}

const linesWith = (instance: Instance, code: string): string[] =>
  instance.stderr.split('\n').filter((line) => line.includes(code))

const post = (instance: Instance, n: number): Promise<{ status: number }> =>
  instance.post(
    '/v1/traces',
    otlpJson([{ name: 'chat', spanId: n.toString(16).padStart(16, '0') }]),
  )

for (const kind of ['main throw', 'main reject']) {
  test(`after an uncaught error accepted data is delivered and the process ends: ${kind}`, async (t) => {
    const { instance, cause } = await faulty(t, kind)
    for (let n = 1; n <= 20; n++) assert.equal((await post(instance, n)).status, 200)
    await cause()
    await until(() => !instance.isAlive, 'ended', 30_000)
    assert.equal(instance.process.exitCode, SOFTWARE_ERROR_EXIT_CODE)
    const lines = linesWith(instance, 'OBS_PROCESS_FAULT')
    assert.equal(lines.length, 1, instance.stderr)
    assert.match(lines[0] ?? '', /"kind":"TypeError".*throw-later\.mjs:\d+:\d+/)
    assert.doesNotMatch(instance.stderr, /customer|hunter2/)
    assert.equal((await instance.events()).length, 20)
  })
}

// Between tasks a worker runs no code, so the error occurs in a task or in the thread itself.
for (const [kind, thrown] of [
  ['worker task', 'TypeError'],
  ['worker exit', 'Error'],
] as const) {
  test(`an error in a worker gives its request a 503, and the process goes on: ${kind}`, async (t) => {
    const { instance, cause, mend } = await faulty(t, kind)
    await cause()
    assert.equal((await post(instance, 1)).status, 503)
    const [line] = linesWith(instance, 'OBS_WORKER_LOST')
    assert.match(line ?? '', new RegExp(`"kind":"${thrown}"`))
    assert.doesNotMatch(instance.stderr, /customer|hunter2/)
    await mend()
    assert.equal((await post(instance, 2)).status, 200)
    await instance.drained()
    assert.ok(instance.isAlive)
    assert.equal((await instance.events()).length, 1)
  })
}

test('a drain that does not end is aborted, and a second error changes nothing', () => {
  const fault = pathToFileURL(join(import.meta.dirname, '../../collector/uncaught-errors.ts')).href
  const script = `
    import { UncaughtErrors } from ${JSON.stringify(fault)}
    const log = { fatal: (fields) => console.log(JSON.stringify(fields)) }
    new UncaughtErrors(() => {}, 300).use(log, () => new Promise(() => {}))
    setTimeout(() => { throw new RangeError('second') }, 50)
    throw new TypeError('first')`
  const startedAt = performance.now()
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  assert.equal(done.status, SOFTWARE_ERROR_EXIT_CODE, done.stderr)
  assert.ok(performance.now() - startedAt < 10_000)
  assert.equal(done.stdout.trim().split('\n').length, 1, done.stdout)
  assert.match(done.stdout, /"kind":"TypeError"/)
})

test('a command that fails prints the place in the code and no data', () => {
  const main = join(import.meta.dirname, '../../collector/main.ts')
  const env = { ...process.env, NODE_OPTIONS: `--import=${PRELOAD}`, FAULT_FILE: main }
  const done = spawnSync(process.execPath, [main, 'scrub', '-'], {
    env: { ...env, FAULT_KIND: 'main throw' },
    stdio: ['pipe', 'pipe', 'pipe'],
    input: 'x\n'.repeat(3_000_000),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  assert.equal(done.status, SOFTWARE_ERROR_EXIT_CODE, done.stderr)
  assert.match(done.stderr, /^OBS_PROCESS_FAULT: TypeError \(uncaughtException\) at .*throw-later/)
  assert.doesNotMatch(done.stderr, /customer|hunter2/)
})
