// Tests of the load client against a test server: ids, counts, retries and allowed targets.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { stampHex } from '../traffic/stamp.ts'
import { writeBodies } from './bodies.ts'
import { loadBinary } from './build.ts'
import { type LoadOptions, type LoadReport, runLoad } from './client.ts'

interface Received {
  readonly ids: ReadonlySet<string>
  readonly encoding: string
}

const directory = mkdtempSync(join(tmpdir(), 'observa-load-'))
const received: Received[] = []
/** Status codes to answer with, in order, before 200. */
const refusals: number[] = []
let partial = ''
let server: Server
let url = ''

before(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const refusal = refusals.shift()
      if (refusal !== undefined) {
        response.writeHead(refusal, { 'retry-after': '0' }).end()
        return
      }
      const encoding = request.headers['content-encoding'] ?? ''
      const body = Buffer.concat(chunks)
      const plain = (encoding === 'gzip' ? gunzipSync(body) : body).toString()
      const ids = new Set(Array.from(plain.matchAll(/"traceId":"(\w{8})/g), (m) => m[1] ?? ''))
      received.push({ ids, encoding })
      response.writeHead(200, { 'content-type': 'application/json' }).end(partial)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`
  writeBodies(directory, 'json', { seed: 1, requests: 3, spansPerRequest: 5 })
})
after(() => {
  server.close()
  rmSync(directory, { recursive: true, force: true })
})

function load(options: Partial<LoadOptions>): Promise<LoadReport> {
  received.length = 0
  const bodies = join(directory, 'json-5')
  return runLoad({ url, directory: bodies, seconds: 30, connections: 2, requests: 10, ...options })
}

for (const gzip of [false, true])
  test(`every copy that is sent has its own ids, ${gzip ? 'gzip' : 'plain'}`, async () => {
    const report = await load({ firstCopy: 40, gzip, gzipPool: 6 })
    assert.equal(report.requests, 10)
    assert.equal(report.spansAccepted, 50)
    assert.deepEqual(report.status, { 200: 10 })
    const prefixes = received.map(({ ids }) => [...ids].join())
    const expected = Array.from({ length: 10 }, (_, n) => stampHex(40 + n))
    assert.deepEqual(prefixes.sort(), expected.sort())
    assert.ok(received.every(({ encoding }) => encoding === (gzip ? 'gzip' : '')))
    assert.equal(report.gzipOnTheFly, gzip ? 4 : 0)
  })

test('spans rejected in a partial success do not count as accepted', async () => {
  partial = '{"partialSuccess":{"rejectedSpans":"2"}}'
  const report = await load({})
  partial = ''
  assert.equal(report.spansAccepted, 30)
  assert.equal(report.spansRejected, 20)
})

test('a refused request is sent again only with retry', async () => {
  refusals.push(429, 503)
  const retried = await load({ retry: true })
  assert.deepEqual(retried.status, { 200: 10, 429: 1, 503: 1 })
  assert.equal(retried.spansAccepted, 50)
  refusals.push(503)
  const once = await load({})
  assert.deepEqual(once.status, { 200: 9, 503: 1 })
  assert.equal(once.spansAccepted, 45)
})

test('an open loop sends at its rate and measures latency from the scheduled time', async () => {
  const report = await load({ rate: 500, requests: 20 })
  assert.equal(report.mode, 'open')
  // At 500 spans a second, the last of 20 requests with 5 spans is due after 190 ms.
  assert.ok(report.seconds >= 0.19, `${report.seconds}`)
  assert.equal(report.requests, 20)
})

test('targets on other machines are refused', async () => {
  await assert.rejects(load({ url: 'http://192.0.2.1:4318/v1/traces' }), /only loopback/)
})

test('the Node client refuses other machines too and has the same report as the Go client', async (t) => {
  const run = (target: string) =>
    spawnSync(process.execPath, [
      join(import.meta.dirname, 'node-client.ts'),
      `-url=${target}`,
      `-dir=${join(directory, 'json-5')}`,
      '-requests=0',
      '-duration=0s',
    ])
  assert.notEqual(run('http://192.0.2.1/v1/traces').status, 0)
  if (loadBinary() === null) return t.skip('the Go toolchain is not installed')
  const fromNode = JSON.parse(run(url).stdout.toString()) as LoadReport
  const fromGo = await load({ requests: 1 })
  assert.deepEqual(Object.keys(fromNode).sort(), Object.keys(fromGo).sort())
})
