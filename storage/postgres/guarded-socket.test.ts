// The Postgres client connects to no link-local address, however the address is given.

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { REFUSED_CODE } from '../../core/http/guarded-lookup.ts'
import { PostgresUnavailableError } from './connection.ts'
import { refuseLinkLocal } from './guarded-socket.ts'
import { PostgresPool } from './pool.ts'

async function failureOf(url: string, isGuarded: boolean): Promise<unknown> {
  const pool = new PostgresPool({ url, isGuarded, connectTimeoutMs: 300 })
  try {
    await pool.query('SELECT 1')
    return null
  } catch (thrown) {
    return thrown instanceof PostgresUnavailableError ? thrown.cause : thrown
  } finally {
    await pool.end()
  }
}

const LINK_LOCAL = [
  'postgres://u:p@169.254.169.254/db',
  'postgres://u:p@db.example/db?host=169.254.169.254',
  'postgres://u:p@127.0.0.1/db?host=fd00:ec2::254',
  'postgres://u:p@metadata.google.internal/db',
]

test('an address and a name of a metadata service are refused when connecting', async () => {
  for (const url of LINK_LOCAL) {
    const failure = await failureOf(url, true)
    assert.equal((failure as NodeJS.ErrnoException).code, REFUSED_CODE, url)
    await assert.rejects(refuseLinkLocal(url), { code: 'OBS_POSTGRES_LINK_LOCAL' })
  }
})

test('another address is connected to, also by name', async (t) => {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  for (const host of ['127.0.0.1', 'localhost']) {
    const failure = await failureOf(`postgres://u:p@${host}:${port}/db`, true)
    assert.notEqual((failure as NodeJS.ErrnoException).code, REFUSED_CODE)
  }
  assert.equal(connections, 2)
})
