// OTLP/gRPC conformance of a running instance: section "OTLP/gRPC" of the OTLP specification (1.11.0), and gRPC's documents
// on its protocol over HTTP/2, compression and status codes. Tests with real clients are in `test/clients` and
// `test/interop`.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import test, { after, before } from 'node:test'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { oracleEncode } from '../../proto/testing/oracle.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson, type TestSpan } from '../span-batch.ts'
import { EXPORT, framed, GrpcClient, type GrpcRequest } from './grpc-client.ts'

const OK = 0
const INVALID_ARGUMENT = 3
const DEADLINE_EXCEEDED = 4
const PERMISSION_DENIED = 7
const RESOURCE_EXHAUSTED = 8
const UNIMPLEMENTED = 12
const INTERNAL = 13
const UNAVAILABLE = 14
const UNAUTHENTICATED = 16

const KIB = 1024
const acme = keyForTests('sk', { tenant: 'acme', project: 'shop', scopes: ['ingest'] })
const reader = keyForTests('sk', { tenant: 'acme', project: 'shop', scopes: ['query'] })

let instance: Instance
let client: GrpcClient

before(async () => {
  instance = await Instance.start({
    config: `
auth: none
limits: { max_body_bytes: 256KiB, max_decoded_bytes: 512KiB, max_pending_bytes: 1MiB, request_timeout: 2s }
extensions: { keys: { keys: ${JSON.stringify([acme.row, reader.row])} } }
service: { extensions: [api, keys] }
`,
  })
  client = new GrpcClient(instance.ports.grpc)
})

after(async () => {
  client.close()
  await instance.stop()
})

function requestOf(spans: readonly TestSpan[]): Uint8Array {
  const { resourceSpans } = JSON.parse(otlpJson(spans)) as { resourceSpans: OtlpResource[] }
  for (const { scopeSpans } of resourceSpans)
    for (const { spans: rows } of scopeSpans)
      for (const row of rows)
        for (const id of ['traceId', 'spanId']) row[id] = Buffer.from(row[id] as string, 'hex')
  return oracleEncode('ExportTraceServiceRequest', { resourceSpans })
}

interface OtlpResource {
  readonly scopeSpans: readonly { readonly spans: readonly Record<string, unknown>[] }[]
}

let traces = 0
/** A request with a new trace id, because spans that were accepted before would be recognised as re-sends. */
function fresh(name: string): Uint8Array {
  return requestOf([{ name, traceId: (++traces).toString(16).padStart(32, 'c') }])
}

const send = (request: Partial<GrpcRequest> & { readonly message?: Uint8Array }) =>
  client.call({ frames: [framed(request.message ?? fresh('any'))], ...request })

async function namesStored(): Promise<unknown[]> {
  await instance.drained()
  return (await instance.events()).map((e) => e['name'])
}

test('the three Export methods answer an empty request with OK and an empty response', async () => {
  for (const path of [EXPORT.traces, EXPORT.logs]) {
    const res = await send({ path, message: new Uint8Array(0) })
    assert.equal(res.http, 200)
    assert.equal(res.status, OK)
    assert.equal(res.headers['content-type'], 'application/grpc')
    assert.equal(res.body?.length, 0, 'partial_success is unset')
  }
})

test('a request over gRPC is stored like the same bytes over HTTP: sent again over HTTP it is recognised', async () => {
  const message = fresh('both ways')
  assert.equal((await send({ message })).status, OK)
  const http = await instance.post('/v1/traces', message, {
    'content-type': 'application/x-protobuf',
  })
  assert.equal(http.status, 200)
  assert.equal((await namesStored()).filter((n) => n === 'both ways').length, 1)
})

test('a message arrives however its frame is split', async () => {
  const whole = framed(fresh('cut'))
  const cuts = [...whole.subarray(0, 7)].map((byte) => Uint8Array.of(byte))
  assert.equal((await send({ frames: [...cuts, whole.subarray(7)] })).status, OK)
  assert.ok((await namesStored()).includes('cut'))
})

test('gzip, deflate and zstd are accepted, and so is an uncompressed message although an encoding is named', async () => {
  for (const [coding, pack] of [
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    const packed = framed(pack(fresh(coding)), 1)
    const headers = { 'grpc-encoding': coding }
    assert.equal((await send({ headers, frames: [packed] })).status, OK, coding)
    assert.equal((await send({ headers, message: fresh(`${coding} plain`) })).status, OK)
  }
  const names = await namesStored()
  for (const coding of ['gzip', 'deflate', 'zstd'])
    assert.ok(names.includes(coding) && names.includes(`${coding} plain`), coding)
})

test('an unknown encoding is UNIMPLEMENTED, and the response lists the supported ones', async () => {
  const res = await send({ headers: { 'grpc-encoding': 'snappy' } })
  assert.equal(res.status, UNIMPLEMENTED)
  assert.match(res.headers['grpc-accept-encoding'] ?? '', /gzip/)
})

test('a compressed message without an encoding, and a flag other than 0 or 1, are INTERNAL', async () => {
  const packed = gzipSync(fresh('never'))
  assert.equal((await send({ frames: [framed(packed, 1)] })).status, INTERNAL)
  assert.equal((await send({ frames: [framed(fresh('never'), 2)] })).status, INTERNAL)
})

test('no message and two messages are UNIMPLEMENTED, half a message is INTERNAL', async () => {
  assert.equal((await send({ frames: [] })).status, UNIMPLEMENTED)
  const one = framed(fresh('never'))
  assert.equal((await send({ frames: [one, one] })).status, UNIMPLEMENTED)
  assert.equal((await send({ frames: [one.subarray(0, 3)] })).status, INTERNAL)
  assert.equal((await send({ frames: [one.subarray(0, -1)] })).status, INTERNAL)
  assert.ok(!(await namesStored()).includes('never'))
})

test('unknown methods are UNIMPLEMENTED; a request that is not gRPC gets an HTTP response', async () => {
  for (const path of [
    '/opentelemetry.proto.collector.trace.v1.TraceService/Delete',
    '/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export',
    '/',
  ])
    assert.equal((await send({ path })).status, UNIMPLEMENTED, path)
  assert.equal((await send({ headers: { 'content-type': 'application/json' } })).http, 415)
  assert.equal((await send({ headers: { 'content-type': 'application/grpc-web' } })).http, 415)
  assert.equal((await send({ headers: { ':method': 'PUT' } })).http, 405)
})

test('the content type may name protobuf as the format', async () => {
  const headers = { 'content-type': 'application/grpc+proto' }
  assert.equal((await send({ headers })).status, OK)
  assert.equal(
    (await send({ headers: { 'content-type': 'application/grpc+json' } })).status,
    UNIMPLEMENTED,
  )
})

test('data that cannot be decoded is INVALID_ARGUMENT, which is not retryable', async () => {
  for (const frame of [
    framed(Buffer.from('no protobuf')),
    framed(requestOf([{ name: 'short' }]).subarray(0, -3)),
  ]) {
    const res = await send({ frames: [frame] })
    assert.equal(res.status, INVALID_ARGUMENT)
    assert.ok(res.message.length > 0)
    assert.equal(res.retryAfterS, null)
    assert.equal(res.body, null)
  }
  const corrupt = framed(gzipSync(fresh('never')).subarray(0, -9), 1)
  const packed = await send({ headers: { 'grpc-encoding': 'gzip' }, frames: [corrupt] })
  assert.equal(packed.status, INVALID_ARGUMENT)
})

test('a message above the limit, before or after decompression, is RESOURCE_EXHAUSTED without RetryInfo', async () => {
  const wire = await send({ message: Buffer.alloc(300 * KIB) })
  const bomb = framed(gzipSync(Buffer.alloc(600 * KIB)), 1)
  const decoded = await send({ headers: { 'grpc-encoding': 'gzip' }, frames: [bomb] })
  for (const res of [wire, decoded]) {
    assert.equal(res.status, RESOURCE_EXHAUSTED)
    assert.equal(res.retryAfterS, null)
  }
})

test('a message that is too long is refused by its length, before any of it was sent', async () => {
  const prefix = framed(Buffer.alloc(300 * KIB)).subarray(0, 5)
  assert.equal((await send({ frames: [prefix], isEnded: false })).status, RESOURCE_EXHAUSTED)
})

test('refused items are counted in partial_success, the others are stored', async () => {
  const message = requestOf([
    { name: 'kept', traceId: 'd'.repeat(32) },
    { name: 'bad', traceId: '00'.repeat(16) },
  ])
  const res = await send({ message })
  assert.equal(res.status, OK)
  const body = res.body as Buffer
  // ExportTraceServiceResponse: partial_success 1; rejected_spans 1, error_message 2.
  assert.deepEqual([...body.subarray(0, 1), ...body.subarray(2, 5)], [0x0a, 0x08, 1, 0x12])
  assert.ok((await namesStored()).includes('kept'))
})

test('the API key decides a call: UNAUTHENTICATED, PERMISSION_DENIED, or the tenant of the key', async () => {
  const name = 'of acme'
  const call = (key: string) =>
    send({ headers: { authorization: `Bearer ${key}` }, message: fresh(name) })
  assert.equal((await call(keyForTests('sk').key)).status, UNAUTHENTICATED)
  assert.equal((await call(reader.key)).status, PERMISSION_DENIED)
  assert.equal((await call(acme.key)).status, OK)
  await instance.drained()
  const tenants = (await instance.events()).filter((e) => e['name'] === name)
  assert.deepEqual(
    tenants.map((e) => e['tenant_id']),
    ['acme'],
  )
})

test('without keys only requests to names of this machine are served, as over HTTP', async () => {
  const res = await send({ headers: { ':authority': 'evil.example:4317' } })
  assert.equal(res.status, PERMISSION_DENIED)
  assert.match(res.message, /allowed_hosts/)
  assert.equal((await send({ headers: { ':authority': 'localhost:4317' } })).status, OK)
})

test('stalled uploads reserve the memory they declared; when it is used up, calls are told when to retry', async () => {
  const prefix = framed(Buffer.alloc(250 * KIB)).subarray(0, 6)
  const other = new GrpcClient(instance.ports.grpc)
  const stalled = Array.from({ length: 4 }, () =>
    other.call({ frames: [prefix], isEnded: false }).then((res) => res.status),
  )
  await until(
    async () => (await instance.metric('observa_in_flight_bytes')) >= 4 * 250 * KIB,
    'held by four stalled uploads',
    10_000,
  )
  const refused = await send({ message: Buffer.alloc(100 * KIB) })
  assert.ok([RESOURCE_EXHAUSTED, UNAVAILABLE].includes(refused.status), `${refused.status}`)
  assert.ok((refused.retryAfterS ?? 0) >= 1)
  assert.deepEqual(await Promise.all(stalled), Array(4).fill(DEADLINE_EXCEEDED))
  other.close()
  await until(
    async () => (await instance.metric('observa_in_flight_bytes')) === 0,
    'given back',
    10_000,
  )
  assert.equal((await send({})).status, OK)
})

test('a client that resets its call or its connection leaves no memory reserved', async () => {
  const half = framed(fresh('half')).subarray(0, -5)
  const other = new GrpcClient(instance.ports.grpc)
  const broken = other.call({ frames: [half], isEnded: false })
  await until(async () => (await instance.metric('observa_in_flight_requests')) === 1, 'begun')
  other.close()
  await assert.rejects(broken)
  await until(async () => (await instance.metric('observa_in_flight_requests')) === 0, 'ended')
  assert.ok(!(await namesStored()).includes('half'))
})

test('one connection carries many calls at once', async () => {
  const calls = Array.from({ length: 60 }, (_, i) => send({ message: fresh(`many ${i}`) }))
  for (const res of await Promise.all(calls)) assert.equal(res.status, OK)
  const names = new Set(await namesStored())
  for (let i = 0; i < 60; i++) assert.ok(names.has(`many ${i}`), String(i))
})

test('HTTP/1 on this address gets a response that names the HTTP port, and random bytes end the connection', async () => {
  const res = await instance.post('/v1/traces', '{}', undefined, 'grpc')
  assert.equal(res.status, 404)
  assert.match(res.body.toString(), /gRPC/)
  for (const noise of ['PRI * HTTP/2.0\r\n\r\nXX', 'PRI * nothing', 'P', '\0\0\0\0']) {
    const socket = connect(instance.ports.grpc, '127.0.0.1')
    socket.on('error', () => {
      // A reset counts like an end.
    })
    socket.end(noise)
    socket.resume()
    await once(socket, 'close')
  }
  assert.equal((await send({})).status, OK)
})

test('accepted and refused items are counted under transport grpc', async () => {
  const text = await (await fetch(instance.url('/metrics', 'metrics'))).text()
  const series = (name: string): number =>
    Number(new RegExp(`^${name}\\{[^}]*transport="grpc"[^}]*\\} (\\d+)`, 'm').exec(text)?.[1])
  assert.ok(series('otelcol_receiver_accepted_spans') > 60)
  assert.ok(series('otelcol_receiver_refused_spans') > 0)
})

test('on SIGTERM a running call is answered, and then the process ends', async () => {
  const own = await Instance.start()
  const caller = new GrpcClient(own.ports.grpc)
  const whole = framed(fresh('last'))
  const stream = caller.session.request({
    ':method': 'POST',
    ':path': EXPORT.traces,
    'content-type': 'application/grpc',
  })
  stream.write(whole.subarray(0, 10))
  await until(async () => (await own.metric('observa_in_flight_requests')) === 1, 'under way')
  const exited = own.kill('SIGTERM')
  await once(caller.session, 'goaway')
  let trailers: Record<string, unknown> = {}
  stream.on('trailers', (t) => (trailers = t as Record<string, unknown>))
  stream.resume()
  stream.end(whole.subarray(10))
  await once(stream, 'close')
  assert.equal(trailers['grpc-status'], '0')
  assert.equal(await exited, 0)
  assert.ok((await own.events()).some((e) => e['name'] === 'last'))
  caller.close()
  await own.stop()
})
