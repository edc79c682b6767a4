// The lock of a data directory with real processes: a running one, a killed one, and the files of a container that
// returns under another name.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lockDirectory } from './lock.ts'

const LOCK = new URL('./lock.ts', import.meta.url).href

async function directory(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-lock-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Resolves to a process that holds the lock of `dir`. */
async function holder(t: TestContext, dir: string): Promise<ChildProcess> {
  const program = `
    const { lockDirectory } = await import('${LOCK}')
    await lockDirectory(process.argv[1])
    console.log('locked')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, dir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return child
}

test('while a process lives, no other gets its directory, and the message names it', async (t) => {
  const dir = await directory(t)
  const child = await holder(t, dir)
  await assert.rejects(lockDirectory(dir), (error: Error) => {
    assert.match(error.message, new RegExp(`process ${child.pid} on `))
    return true
  })
})

test('a killed process leaves no lock, whatever pid and host it had', async (t) => {
  const dir = await directory(t)
  const child = await holder(t, dir)
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  // This is what another container leaves: pid 1, which runs here too, and a host that cannot be asked.
  await writeFile(join(dir, 'lock'), JSON.stringify({ pid: 1, host: 'another-container' }))
  const unlock = await lockDirectory(dir)
  assert.equal(
    (JSON.parse(await readFile(join(dir, 'lock'), 'utf8')) as { pid: number }).pid,
    process.pid,
  )
  await unlock()
})

test('two calls in one process get one lock, and the first keeps it after the second was refused', async (t) => {
  const dir = await directory(t)
  const unlock = await lockDirectory(dir)
  await assert.rejects(lockDirectory(dir), { code: 'OBS_LOG_LOCKED' })
  const program = `
    const { lockDirectory } = await import('${LOCK}')
    await lockDirectory(process.argv[1]).then(() => process.exit(0), () => process.exit(3))`
  const other = spawn(process.execPath, ['--input-type=module', '-e', program, dir])
  const [code] = (await once(other, 'exit')) as [number]
  assert.equal(code, 3)
  await unlock()
  await unlock()
  await (await lockDirectory(dir))()
})

test('an owner file that is torn is no obstacle', async (t) => {
  const dir = await directory(t)
  await writeFile(join(dir, 'lock'), '{"pid":')
  const unlock = await lockDirectory(dir)
  assert.equal((await stat(join(dir, 'lock.db'))).mode & 0o077, 0)
  await unlock()
})

test('a lock holds although its holder has dropped all that refers to it', async (t) => {
  const dir = await directory(t)
  const program = `
    const { lockDirectory } = await import('${LOCK}')
    await lockDirectory(process.argv[1])
    await new Promise((resolve) => setTimeout(resolve, 10))
    gc()
    await new Promise((resolve) => setTimeout(resolve, 10))
    console.log('collected')
    process.stdin.resume()`
  const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', program, dir])
  t.after(() => child.kill('SIGKILL'))
  assert.equal(String((await once(child.stdout, 'data'))[0]).trim(), 'collected')
  await assert.rejects(lockDirectory(dir), { code: 'OBS_LOG_LOCKED' })
})

test('of ten processes that start at once exactly one gets the directory', async (t) => {
  const dir = await directory(t)
  const program = `
    const { lockDirectory } = await import('${LOCK}')
    await lockDirectory(process.argv[1]).then(() => console.log('mine'), () => console.log('no'))
    process.stdin.resume()`
  const children = Array.from({ length: 10 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', program, dir]),
  )
  t.after(() => {
    for (const c of children) c.kill('SIGKILL')
  })
  const answers = await Promise.all(
    children.map(async (c) => String((await once(c.stdout, 'data'))[0]).trim()),
  )
  assert.equal(answers.filter((a) => a === 'mine').length, 1, answers.join())
})

test('a directory on a disk without one free byte is locked, so that its records can be sent', async (t) => {
  const dir = join(await directory(t), 'small')
  await mkdir(dir)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir])
  if (mounted.status !== 0) return t.skip('mounting a small disk needs root')
  try {
    await (await lockDirectory(dir))()
    const isFull = (error: NodeJS.ErrnoException): boolean => error.code === 'ENOSPC'
    await assert.rejects(writeFile(join(dir, 'all'), Buffer.alloc(128 * 1024)), isFull)
    await (await lockDirectory(dir))()
  } finally {
    spawnSync('umount', [dir])
  }
})
