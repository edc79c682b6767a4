// `observa delete` and `observa retention` from a directory where no instance ever ran, with the address of a database alone: the id
// is found as the instances store it, and nothing is left on the machine.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { tombstoneDigest } from '../../core/deletion/subject.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'

const MAIN = join(import.meta.dirname, '../../collector/main.ts')
let server: TestPostgres
let cwd: string
before(async () => {
  server = await startTestPostgres()
  cwd = mkdtempSync(join(tmpdir(), 'observa-delete-'))
})
after(async () => {
  await server.stop()
  rmSync(cwd, { recursive: true, force: true })
})

function observa(...args: string[]): { status: number | null; out: string; err: string } {
  const all = [MAIN, ...args, '--database', server.url]
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { cwd, encoding: 'utf8' })
  return { status, out: stdout, err: stderr }
}

test('a user is asked to be deleted without a data directory, and the id is written nowhere', async () => {
  assert.equal(observa('tenants', 'create', 'Acme', '--id', 'acme').status, 0)
  const made = observa('delete', 'user', 'user-77', '--tenant', 'acme', '--json')
  assert.equal(made.status, 0, made.err)
  assert.match(made.out, /"state": "waiting"/)
  assert.ok(!made.out.includes('user-77'))
  const digests = await withRole(server.pool, 'observa_control', async (c) => {
    const found = await c.query<{ digest: Buffer }>('SELECT digest FROM tombstones')
    return found.rows.map((row) => row.digest.toString('hex'))
  })
  assert.deepEqual(digests, [tombstoneDigest('user', 'acme', '', 'user-77').toString('hex')])
  assert.ok(!observa('audit', '--tenant', 'acme', '--json').out.includes('user-77'))
  assert.deepEqual(readdirSync(cwd), [])
})

test('a tenant is deleted only with --yes, and what cannot be is said in a sentence', () => {
  assert.match(observa('delete', 'tenant', 'acme').err, /Repeat the command with --yes/)
  assert.match(observa('delete', 'trace', 'zz', '--tenant', 'acme').err, /32 hexadecimal digits/)
  assert.equal(observa('delete', 'nothing').status, 2)
})

test('retention is set and shown, and refused where it contradicts itself', () => {
  const set = observa(
    'retention',
    'set',
    '--tenant',
    'acme',
    '--content',
    '30',
    '--events',
    '90',
    '--json',
  )
  assert.equal(set.status, 0, set.err)
  assert.match(set.out, /"content_days": 30/)
  assert.match(
    observa('retention', 'set', '--tenant', 'acme', '--content', '100').err,
    /content_days is more/,
  )
})
