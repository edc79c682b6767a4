// Admission with a real process: stalled uploads, bodies that become much larger when decompressed, clients that hang up, and
// an API key that sends much beside one that sends little.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { Instance, until } from '../instance.ts'
import { stalledUpload } from './stalled-upload.ts'

async function started(t: TestContext, config: string): Promise<Instance> {
  const instance = await Instance.start({ config })
  t.after(() => instance.stop())
  return instance
}

/** A request with one span of about `bytes` bytes, made by repeating `fill`. */
function body(name: string, bytes: number, fill = 'lorem ipsum dolor '): string {
  const id = randomBytes(16).toString('hex')
  const value = { stringValue: fill.repeat(Math.ceil(bytes / fill.length)) }
  const span = {
    traceId: id,
    spanId: id.slice(0, 16),
    name,
    startTimeUnixNano: '1790000000000000000',
    endTimeUnixNano: '1790000000100000000',
    attributes: [{ key: 'app.text', value }],
  }
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
}

/** Takes much longer to scrub than plain text. */
const PERSONAL = 'reach jo.doe@mail.example or +49 170 1234567, card 4111 1111 1111 1111; '
const HEAD = 'POST /v1/traces HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n'
const MIB = 1024 * 1024

test('stalled uploads reserve no more memory than the limit, and give it back', async (t) => {
  const instance = await started(t, 'limits: { max_pending_bytes: 4MiB, max_body_bytes: 2MiB }')
  const sockets: Socket[] = []
  for (let i = 0; i < 12; i++) sockets.push(stalledUpload(instance.ports.otlp, MIB))
  t.after(() => {
    for (const s of sockets) s.destroy()
  })
  const refused = await Promise.all(
    sockets.slice(4).map(async (s) => String((await once(s, 'data'))[0])),
  )
  for (const answer of refused) {
    assert.match(answer, /^HTTP\/1.1 503 /)
    assert.match(answer, /retry-after: \d/i)
  }
  assert.equal(await instance.metric('observa_in_flight_bytes'), 4 * MIB)
  assert.equal((await instance.post('/v1/traces', body('x', 100))).status, 503)
  for (const s of sockets) s.destroy()
  await until(async () => (await instance.metric('observa_in_flight_bytes')) === 0, 'given back')
  assert.equal((await instance.post('/v1/traces', body('x', 100))).status, 200)
})

test('a body of undeclared length reserves memory as it arrives', async (t) => {
  const instance = await started(t, 'limits: { max_pending_bytes: 1MiB, max_body_bytes: 8MiB }')
  const first = stalledUpload(instance.ports.otlp, 900 * 1024)
  t.after(() => first.destroy())
  const holds = async (): Promise<boolean> =>
    (await instance.metric('observa_in_flight_bytes')) >= 900 * 1024
  await until(holds, 'holding room')
  // A client that writes on while it is refused may lose the answer with the connection.
  const isRefused = async (): Promise<boolean> =>
    /^HTTP\/1.1 503 /.test(await answerToChunks(instance.ports.otlp))
  await until(isRefused, 'refused')
})

/** What the server says to a body that comes in chunks and does not end; '' if the connection broke before it was read. */
async function answerToChunks(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const ended = Promise.withResolvers<string>()
  socket.on('data', (bytes) => ended.resolve(String(bytes)))
  socket.on('error', () => ended.resolve(''))
  socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`)
  const piece = Buffer.alloc(16 * 1024, 0x20)
  const feed = setInterval(() => {
    socket.write(`${piece.length.toString(16)}\r\n`)
    socket.write(piece)
    socket.write('\r\n')
  }, 2)
  const answer = await ended.promise
  clearInterval(feed)
  socket.destroy()
  return answer
}

test('an admitted body counts with its decompressed size, and all requests are accepted in the end', async (t) => {
  const instance = await started(t, 'limits: { max_pending_bytes: 48MiB }\nworkers: { count: 1 }')
  const bodies = Array.from({ length: 8 }, (_, i) => gzipSync(body(`large ${i}`, 20 * MIB)))
  assert.ok(bodies.every((b) => b.length < 100_000))
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  let refused = 0
  const send = async (b: Buffer): Promise<void> => {
    let status = 0
    const isTaken = async (): Promise<boolean> => {
      status = (await instance.post('/v1/traces', b, headers)).status
      if (status === 503 || status === 429) refused++
      return status === 200
    }
    await until(isTaken, 'taken')
  }
  await Promise.all(bodies.map(send))
  assert.ok(refused >= 6, `${refused} refusals: at most two fit at once`)
  await instance.drained()
  assert.equal((await instance.events()).length, 8)
})

const ACME = keyForTests('sk', { tenant: 'acme' })
const OTHER = keyForTests('sk', { tenant: 'other' })
const KEYS = `
auth: keys
extensions: { keys: { keys: ${JSON.stringify([ACME.row, OTHER.row])} } }
service: { extensions: [api, keys] }
workers: { count: 1, task_bytes: 64KiB }
`

test('a key that sends little does not wait behind all requests of another key', async (t) => {
  const instance = await started(t, `${KEYS}limits: { max_wait: 60s }`)
  const order: string[] = []
  // Made before the first is sent, and full of personal data, so that they arrive faster than they are processed.
  const bodies = Array.from({ length: 42 }, () => Buffer.from(body('any', 600_000, PERSONAL)))
  const post = async (key: string, name: string): Promise<void> => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
    const res = await instance.post('/v1/traces', bodies.pop() as Buffer, headers)
    assert.equal(res.status, 200)
    order.push(name)
  }
  await post(ACME.key, 'first')
  const flood = Array.from({ length: 40 }, () => post(ACME.key, 'flood'))
  const isWaiting = async (): Promise<boolean> =>
    (await instance.metric('observa_worker_queue_requests')) >= 20
  await until(isWaiting, 'waiting')
  // Counted here rather than with the metric, because some requests are answered while the metric is read.
  const answered = order.length
  const waiting = flood.length + 1 - answered
  await post(OTHER.key, 'polite')
  const overtakenBy = order.indexOf('polite') - answered
  await Promise.all(flood)
  assert.ok(overtakenBy < waiting / 2, `${overtakenBy} of ${waiting} came first`)
})

test('a request is not processed if its client hung up while it waited', async (t) => {
  const instance = await started(t, `${KEYS}limits: { max_wait: 60s }`)
  const authorization = `Bearer ${ACME.key}`
  const headers = { 'content-type': 'application/json', authorization }
  assert.equal((await instance.post('/v1/traces', body('warm', 100), headers)).status, 200)
  // Made before the first is sent, and full of personal data, so that they arrive faster than they are processed.
  const bodies = Array.from({ length: 12 }, () => Buffer.from(body('busy', 900_000, PERSONAL)))
  const busy = bodies.map((b) => instance.post('/v1/traces', b, headers))
  const isWaiting = async (): Promise<boolean> =>
    (await instance.metric('observa_worker_queue_requests')) >= 6
  await until(isWaiting, 'waiting')
  const text = body('gone', 1000)
  const socket = connect(instance.ports.otlp, '127.0.0.1')
  socket.on('error', () => {})
  const head = `${HEAD}Authorization: ${authorization}\r\nContent-Length: ${text.length}\r\n\r\n`
  // The whole request is in the kernel's buffer before the socket is closed, so that the server reads the request and then
  // its end.
  await new Promise<void>((resolve) => socket.write(head + text, () => resolve()))
  socket.destroy()
  for (const res of await Promise.all(busy)) assert.equal(res.status, 200)
  await instance.drained()
  const gone = await instance.metric('observa_requests_abandoned_total')
  const names = (await instance.events()).map((e) => e['name'])
  // The request may have been processed before the server noticed the closed socket; then it is stored. It must not be both
  // stored and counted as gone.
  assert.equal(names.includes('gone'), gone === 0)
  assert.equal(names.filter((n) => n === 'busy').length, 12)
})
