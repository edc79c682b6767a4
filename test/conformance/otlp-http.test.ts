// OTLP/HTTP conformance of a running instance: statements R and C of section "OTLP/HTTP" of the specification (1.11.0). Each
// test is named after the number of its statement. Statements J, N and P are tested in `proto/`.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import test, { after, before } from 'node:test'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { oracleEncode } from '../../proto/testing/oracle.ts'
import { Instance, until } from '../instance.ts'
import { otlpJson } from '../span-batch.ts'
import { EXPORT, framed, GrpcClient } from './grpc-client.ts'

let instance: Instance
/** Bodies of metrics that the instance forwarded. */
const forwarded: Buffer[] = []
const sink = createServer((req, res) => {
  const chunks: Buffer[] = []
  req.on('data', (c: Buffer) => chunks.push(c))
  req.on('end', () => {
    forwarded.push(Buffer.concat(chunks))
    res.writeHead(200, { 'content-type': 'application/x-protobuf' })
    res.end()
  })
})

before(async () => {
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  const address = sink.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  instance = await Instance.start({
    config: `
receivers:
  otlp:
    protocols: { http: { cors: { allowed_origins: ["https://app.example.com"] } } }
limits: { max_body_bytes: 256KiB, max_decoded_bytes: 512KiB }
exporters: { otlp_http: { endpoint: 'http://127.0.0.1:${port}', compression: none } }
service:
  pipelines:
    metrics: { receivers: [otlp], processors: [scrub], exporters: [otlp_http] }
`,
  })
})

after(async () => {
  // Closed first: the test process ends only when nothing is open, even if the instance did not start.
  sink.close()
  sink.closeAllConnections()
  await instance.stop()
})

const JSON_TYPE = { 'content-type': 'application/json' }
const PROTO_TYPE = { 'content-type': 'application/x-protobuf' }
const good = (): string => otlpJson([{ name: 'conformance' }])

interface Status {
  readonly code?: number
  readonly message?: string
}

test('R01: traces, logs and metrics have their paths, and the paths of vendors work', async () => {
  for (const path of [
    '/v1/traces',
    '/v1/logs',
    '/v1/metrics',
    '/api/public/otel/v1/traces',
    '/otel/v1/traces',
  ])
    assert.equal((await instance.post(path, '{}')).status, 200, path)
})

test('R03, R04: both encodings work on one port, whatever the parameters and letter case of the content type', async () => {
  for (const type of [
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON;charset=UTF-8',
  ])
    assert.equal(
      (await instance.post('/v1/traces', '{}', { 'content-type': type })).status,
      200,
      type,
    )
  for (const type of ['application/x-protobuf', 'APPLICATION/X-PROTOBUF; a=b'])
    assert.equal(
      (await instance.post('/v1/traces', '', { 'content-type': type })).status,
      200,
      type,
    )
})

test('R06: gzip, deflate, zstd and identity are accepted', async () => {
  const body = Buffer.from(good())
  for (const [coding, bytes] of [
    ['gzip', gzipSync(body)],
    ['X-GZip', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['zstd', zstdCompressSync(body)],
    ['identity', body],
  ] as const) {
    const res = await instance.post('/v1/traces', bytes, {
      ...JSON_TYPE,
      'content-encoding': coding,
    })
    assert.equal(res.status, 200, coding)
  }
})

test('R07: an unknown content encoding is refused, never parsed as plain', async () => {
  for (const coding of ['br', 'gzip, deflate', 'constructor']) {
    const res = await instance.post('/v1/traces', '{}', {
      ...JSON_TYPE,
      'content-encoding': coding,
    })
    assert.equal(res.status, 415, coding)
  }
})

test('R08: corrupt gzip is a 400 with a Status', async () => {
  const bytes = gzipSync(good()).subarray(0, -9)
  const res = await instance.post('/v1/traces', bytes, { ...JSON_TYPE, 'content-encoding': 'gzip' })
  assert.equal(res.status, 400)
  assert.ok((JSON.parse(res.body.toString()) as Status).message)
})

test('R09, R10: a body above the limit, before or after decompression, is a 413 with a Status', async () => {
  const wire = await instance.post('/v1/traces', 'x'.repeat(300 * 1024))
  assert.equal(wire.status, 413)
  const bomb = gzipSync(Buffer.alloc(600 * 1024, 0x20))
  const decoded = await instance.post('/v1/traces', bomb, {
    ...JSON_TYPE,
    'content-encoding': 'gzip',
  })
  assert.equal(decoded.status, 413)
  for (const res of [wire, decoded]) assert.ok((JSON.parse(res.body.toString()) as Status).message)
})

test('R11: decompression of a gzip bomb stops at the limit', async () => {
  const before = await instance.rssMiB()
  const bomb = gzipSync(Buffer.alloc(150 * 1024 * 1024))
  const res = await instance.post('/v1/traces', bomb, { ...PROTO_TYPE, 'content-encoding': 'gzip' })
  assert.equal(res.status, 413)
  assert.ok((await instance.rssMiB()) - before < 100)
})

test('R12, R13, R14: a full success is a 200 with an empty message in the encoding of the request', async () => {
  const json = await instance.post('/v1/traces', good())
  assert.equal(json.headers.get('content-type'), 'application/json')
  assert.equal(json.body.toString(), '{}')
  const proto = await instance.post('/v1/traces', '', PROTO_TYPE)
  assert.equal(proto.headers.get('content-type'), 'application/x-protobuf')
  assert.equal(proto.body.length, 0)
})

test('R15: empty requests are a success', async () => {
  for (const body of ['{}', '{"resourceSpans":[]}', '{"resourceSpans":[{"scopeSpans":[{}]}]}'])
    assert.equal((await instance.post('/v1/traces', body)).status, 200, body)
  assert.equal((await instance.post('/v1/traces', '', PROTO_TYPE)).status, 200)
})

test('R16: refused items are counted in partial_success, the others are stored', async () => {
  const body = otlpJson([{ name: 'kept' }, { name: 'bad', traceId: '00'.repeat(16) }])
  const res = await instance.post('/v1/traces', body)
  assert.equal(res.status, 200)
  const { partialSuccess } = JSON.parse(res.body.toString()) as {
    partialSuccess: { rejectedSpans: string; errorMessage: string }
  }
  assert.equal(Number(partialSuccess.rejectedSpans), 1)
  assert.ok(partialSuccess.errorMessage.length > 0)
})

test('R16: metrics without an exporter are reported as rejected, with count and reason', async () => {
  const own = await Instance.start()
  const dataPoints = [1, 2, 3].map((asInt) => ({ asInt: String(asInt) }))
  const metrics = [{ name: 'm', gauge: { dataPoints } }]
  const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] })
  const json = await own.post('/v1/metrics', body)
  assert.equal(json.status, 200)
  const { partialSuccess } = JSON.parse(json.body.toString()) as {
    partialSuccess: { rejectedDataPoints: string; errorMessage: string }
  }
  assert.equal(partialSuccess.rejectedDataPoints, '3')
  assert.match(partialSuccess.errorMessage, /^No exporter of this instance takes metrics/)
  assert.equal((await own.post('/v1/metrics', '{}')).body.toString(), '{}', 'nothing was lost')
  assert.equal((await own.post('/v1/metrics', '{"resourceMetrics":7}')).status, 400)
  const client = new GrpcClient(own.ports.grpc)
  const message = oracleEncode('ExportMetricsServiceRequest', {
    resourceMetrics: [{ scopeMetrics: [{ metrics }] }],
  })
  const grpc = await client.call({ path: EXPORT.metrics, frames: [framed(message)] })
  assert.equal(grpc.status, 0)
  assert.match(grpc.body?.toString('latin1') ?? '', /No exporter/)
  client.close()
  assert.equal(await own.metric('otelcol_receiver_refused_metric_points'), 7)
  await own.stop()
})

test('R17: a body without any known field is a success with a message that says so', async () => {
  const json = await instance.post('/v1/traces', '{"resourceLogs":[]}')
  assert.equal(json.status, 200)
  const { partialSuccess } = JSON.parse(json.body.toString()) as {
    partialSuccess: { rejectedSpans: string; errorMessage: string }
  }
  assert.equal(partialSuccess.rejectedSpans, '0')
  assert.match(partialSuccess.errorMessage, /^No known field with traces was found/)
  const proto = await instance.post('/v1/logs', Uint8Array.of(0x1a, 0), PROTO_TYPE)
  assert.equal(proto.status, 200)
  assert.match(proto.body.toString('latin1'), /No known field with logs was found/)
})

test('J07: field names as in the .proto files are accepted', async () => {
  const body = otlpJson([{ name: 'snake', traceId: '5'.repeat(32) }])
  const snake = body.replace(/"([a-zA-Z]+)":/g, (name) =>
    name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
  )
  const res = await instance.post('/v1/traces', snake)
  assert.equal(res.body.toString(), '{}')
  await until(async () => (await instance.events()).some((e) => e['name'] === 'snake'), 'stored')
})

test('R18: undecodable data is a 400', async () => {
  assert.equal((await instance.post('/v1/traces', '{"resourceSpans":[')).status, 400)
  assert.equal((await instance.post('/v1/traces', 'no protobuf', PROTO_TYPE)).status, 400)
})

test('R19: every error is a Status in the encoding of the request', async () => {
  const cases = [
    await instance.post('/v1/traces', '{', JSON_TYPE),
    await instance.post('/v1/traces', '<a/>', { 'content-type': 'text/xml' }),
    await fetch(instance.url('/v1/traces'), { method: 'PUT', body: '{}', headers: JSON_TYPE }).then(
      async (r) => ({
        status: r.status,
        headers: r.headers,
        body: Buffer.from(await r.arrayBuffer()),
      }),
    ),
  ]
  for (const res of cases) {
    assert.equal(res.headers.get('content-type'), 'application/json')
    assert.ok((JSON.parse(res.body.toString()) as Status).message, String(res.status))
  }
  const proto = await instance.post('/v1/traces', '\xff', PROTO_TYPE)
  assert.equal(proto.headers.get('content-type'), 'application/x-protobuf')
  // Status: field 1 = code (varint), field 2 = message (length-delimited).
  assert.equal(proto.body[0], 0x08)
  assert.equal(proto.body[2], 0x12)
})

test('R24: a response is never compressed, which the specification allows', async () => {
  const res = await instance.post('/v1/traces', good(), { ...JSON_TYPE, 'accept-encoding': 'gzip' })
  assert.equal(res.headers.get('content-encoding'), null)
})

test('R25: one connection serves several requests, also when they are pipelined', async () => {
  const body = good()
  const one = `POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  const socket = connect(instance.ports.otlp, '127.0.0.1')
  let text = ''
  socket.on('data', (d: Buffer) => {
    text += d.toString()
  })
  socket.write(one.repeat(3))
  await until(() => (text.match(/HTTP\/1\.1 200/g) ?? []).length === 3, 'three answers', 10_000)
  socket.destroy()
})

test('C01: the preflight of a listed origin succeeds, another origin gets no CORS headers', async () => {
  const preflight = (origin: string): Promise<Response> =>
    fetch(instance.url('/v1/traces'), {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
  const listed = await preflight('https://app.example.com')
  assert.equal(listed.status, 204)
  assert.equal(listed.headers.get('access-control-allow-origin'), 'https://app.example.com')
  assert.equal(listed.headers.get('access-control-allow-methods'), 'POST')
  assert.ok(listed.headers.get('access-control-max-age'))
  const foreign = await preflight('https://evil.example')
  assert.equal(foreign.headers.get('access-control-allow-origin'), null)
})

test('C02: another method is a 405 that names POST', async () => {
  const res = await fetch(instance.url('/v1/traces'))
  assert.equal(res.status, 405)
  assert.equal(res.headers.get('allow'), 'POST')
})

test('R20, R21: a draining instance answers 503 with Retry-After or closes the connection, and never answers 500', async () => {
  const own = await Instance.start()
  const statuses = new Set<number>()
  let isRunning = true
  const load = (async () => {
    while (isRunning) {
      const res = await own.post('/v1/traces', good()).catch(() => null)
      if (res === null) continue
      statuses.add(res.status)
      if (res.status === 503) assert.ok(Number(res.headers.get('retry-after')) > 0)
    }
  })()
  await until(() => statuses.has(200), 'under load', 10_000)
  const code = await own.kill('SIGTERM')
  isRunning = false
  await load
  assert.equal(code, 0)
  assert.ok(
    [...statuses].every((s) => s === 200 || s === 503),
    [...statuses].join(),
  )
  await own.stop()
})

test('metrics are forwarded scrubbed', async () => {
  const secret = `AKIA${'QX7ZWLMT'.repeat(2)}`
  const body = JSON.stringify({
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              {
                name: 'calls',
                sum: {
                  aggregationTemporality: 2,
                  isMonotonic: true,
                  dataPoints: [
                    { asInt: '3', attributes: [{ key: 'note', value: { stringValue: secret } }] },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  })
  const res = await instance.post('/v1/metrics', body)
  assert.equal(res.status, 200, res.body.toString())
  await until(() => forwarded.length > 0, 'forwarded', 20_000)
  const out = Buffer.concat(forwarded).toString('latin1')
  assert.ok(out.includes('calls') && out.includes('[REDACTED:'), out)
  assert.ok(!out.includes(secret))
})

test('/v1/traces on the API port accepts the v0 object of the oldest SDK, and OTLP too', async () => {
  const v0 = {
    traceId: 'v0-trace',
    spanId: 'v0-span',
    timestamp: '2026-09-21T12:00:00.000Z',
    query: 'hello',
    response: 'hi',
    model: 'gpt-4o',
    tokensPrompt: 3,
    tokensCompletion: 2,
    latencyMs: 40,
    status: 200,
  }
  const old = await instance.post('/v1/traces', JSON.stringify(v0), JSON_TYPE, 'http')
  assert.equal(old.status, 200, old.body.toString())
  assert.equal((await instance.post('/v1/traces', good(), JSON_TYPE, 'http')).status, 200)
  await until(
    async () => (await instance.events()).some((e) => e['request_model'] === 'gpt-4o'),
    'stored',
    20_000,
  )
})
