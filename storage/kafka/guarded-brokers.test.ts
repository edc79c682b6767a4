// Brokers of link-local networks and cloud metadata services: refused when a connection is made, since brokers name further hosts
// themselves.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { silentLog } from '../testing/stores.ts'
import { kafkajsClient } from './kafkajs-client.ts'

function connected(broker: string, allowsLinkLocal = false): Promise<void> {
  const settings = {
    brokers: [broker],
    clientId: 'test',
    requestTimeoutMs: 500,
    connectTimeoutMs: 500,
    allowsLinkLocal,
    tls: null,
    sasl: null,
  }
  return kafkajsClient(settings, silentLog, { retries: 0 }).admin().connect()
}

const REFUSED = /link-local or cloud metadata address/

test('no connection is made to a link-local broker, in any spelling', async () => {
  for (const host of ['169.254.169.254', '169.254.0.1', 'metadata.google.internal'])
    await assert.rejects(connected(`${host}:9092`), REFUSED, host)
})

test('another broker is connected to, by address and by name', async (t) => {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  for (const host of ['127.0.0.1', 'localhost'])
    await assert.rejects(
      connected(`${host}:${address.port}`),
      (thrown) => !REFUSED.test(String(thrown)),
    )
  assert.ok(connections >= 2, String(connections))
})

test('where it is allowed, a link-local broker is tried', async () => {
  await assert.rejects(connected('169.254.0.1:9', true), (thrown) => !REFUSED.test(String(thrown)))
})
