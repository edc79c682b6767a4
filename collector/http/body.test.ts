// What becomes of the memory of bodies, and of those that nobody wants. The parser makes each chunk in memory outside V8's heap.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, IncomingMessage } from 'node:http'
import { type AddressInfo, connect, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { forgetShortBody, readBody } from './body.ts'

const reservation = { bytes: 1000, set: () => true, release: () => {} }

function request(length: number): IncomingMessage {
  const req = new IncomingMessage(new Socket())
  req.headers['content-length'] = String(length)
  return req
}

/** As the parser makes them: each with memory of its own. */
const chunkOf = (text: string): Buffer => Buffer.from(new TextEncoder().encode(text).buffer)

test('the memory of a chunk is freed when it was copied or forgotten, once', async () => {
  const taken = request(6)
  const body = readBody(taken, 100, reservation)
  const chunks = [chunkOf('abc'), chunkOf('def')]
  for (const chunk of chunks) taken.push(chunk)
  taken.push(null)
  const read = await body
  assert.equal(read.kind === 'body' && Buffer.from(read.bytes).toString(), 'abcdef')
  assert.deepEqual(
    chunks.map((c) => c.length),
    [0, 0],
  )
  const refused = request(3)
  const chunk = chunkOf('abc')
  assert.ok(forgetShortBody(refused) && forgetShortBody(refused))
  refused.push(chunk)
  refused.push(null)
  await once(refused, 'end')
  assert.equal(chunk.length, 0)
})

test('a chunk that is part of other memory is left alone', async () => {
  const req = request(3)
  const memory = Buffer.from(new Uint8Array(10).buffer)
  assert.ok(forgetShortBody(req))
  req.push(memory.subarray(2, 5))
  req.push(null)
  await once(req, 'end')
  assert.equal(memory.length, 10)
})

test('long bodies and those of unknown length are not read for nothing', () => {
  assert.ok(!forgetShortBody(request(1024 * 1024 + 1)))
  assert.ok(!forgetShortBody(new IncomingMessage(new Socket())))
})

async function refusing(t: TestContext): Promise<Socket> {
  const server = createServer((req, res) => {
    forgetShortBody(req)
    res.writeHead(429, { 'content-length': 2 })
    res.end('no')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => {
    socket.destroy()
    server.close()
  })
  return socket
}

test('a refused client is answered before the end of its body, and its connection goes on', async (t) => {
  const socket = await refusing(t)
  const post = `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n`
  for (let n = 0; n < 3; n++) {
    socket.write(post)
    const [answer] = await once(socket, 'data')
    assert.match(String(answer), /^HTTP\/1.1 429 (?!.*connection: close)/is)
    socket.write(Buffer.alloc(100_000))
  }
})
