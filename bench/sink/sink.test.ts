// OTLP exporters and ClickHouse clients must accept the sink as a real server.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { loadBinary } from '../load/build.ts'
import { generateRequests } from '../traffic/generate.ts'
import { type Sink, startSink } from './sink.ts'

let sink: Sink
before(async () => {
  sink = await startSink()
})
after(() => sink.stop())

const post = (path: string, body: Uint8Array | string, type = 'text/plain'): Promise<Response> =>
  fetch(sink.url + path, {
    method: 'POST',
    body: Buffer.from(body),
    headers: { 'content-type': type },
  })

test('OTLP requests are answered with 200 and their spans are counted', async (t) => {
  const [request] = generateRequests({ seed: 1, requests: 1, spansPerRequest: 37 })
  assert.ok(request)
  const earlier = await sink.stats()
  const answer = await post('/v1/traces', request.protobuf, 'application/x-protobuf')
  assert.equal(answer.status, 200)
  assert.equal((await answer.arrayBuffer()).byteLength, 0)
  const later = await sink.stats()
  assert.equal(later.bytes - earlier.bytes, request.protobuf.length)
  if (loadBinary() === null)
    return t.skip('the Go toolchain is not installed: spans are not counted')
  assert.equal(later.spans - earlier.spans, 37)
})

test('a ClickHouse client finds a server that accepts every INSERT', async () => {
  assert.equal(await (await fetch(`${sink.url}/ping`)).text(), 'Ok.\n')
  const version = await post('/', 'SELECT version()')
  assert.equal(await version.text(), '25.8.1.1\n')
  const earlier = await sink.stats()
  const query = encodeURIComponent('INSERT INTO canonical_events FORMAT RowBinary')
  const rows = new Uint8Array(300_000)
  const answer = await post(`/?query=${query}&query_id=q1`, rows)
  assert.equal(answer.status, 200)
  assert.ok(answer.headers.get('x-clickhouse-summary'))
  await answer.arrayBuffer()
  const inBody = await post('/', 'insert into x values (1)')
  assert.equal(inBody.status, 200)
  await inBody.arrayBuffer()
  const later = await sink.stats()
  assert.equal(later.inserts - earlier.inserts, 2)
  assert.equal(later.bytes - earlier.bytes, rows.length + 24)
})
