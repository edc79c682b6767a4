// Directories are created with their parents, and where that is impossible the caller hears it.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeDirectory, makeDirectorySync } from './make-directory.ts'

const WAYS = [
  ['makeDirectory', makeDirectory],
  ['makeDirectorySync', async (path: string, mode: number) => makeDirectorySync(path, mode)],
] as const

for (const [name, make] of WAYS) {
  test(`${name}: missing parents are created, and what is there stays`, async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'observa-dir-'))
    t.after(() => rmSync(root, { recursive: true }))
    const path = join(root, 'a', 'b', 'c')
    await make(path, 0o700)
    await make(path, 0o755)
    assert.equal(statSync(path).mode & 0o777, 0o700)
    await Promise.all([make(join(root, 'x', 'y'), 0o700), make(join(root, 'x', 'y', 'z'), 0o700)])
    assert.ok(existsSync(join(root, 'x', 'y', 'z')))
  })

  test(`${name}: a file in the way is an error`, async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'observa-dir-'))
    t.after(() => rmSync(root, { recursive: true }))
    writeFileSync(join(root, 'file'), '')
    await assert.rejects(async () => make(join(root, 'file', 'a'), 0o700))
    await assert.rejects(async () => make(join(root, 'file'), 0o700), { code: 'EEXIST' })
  })

  test(`${name}: below /proc it fails instead of trying for ever`, {
    skip: !existsSync('/proc/self') && 'there is no /proc',
    timeout: 10_000,
  }, async () => {
    for (const path of ['/proc/nope', '/proc/nope/a/b'])
      await assert.rejects(async () => make(path, 0o700), { code: 'ENOENT' })
  })
}
