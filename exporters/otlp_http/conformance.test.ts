// The requirements of the OTLP/HTTP specification on exporters, one by one. The destination is a real HTTP server of the test
// that answers as each test needs.

import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type TestContext } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { guardedLookup, REFUSED_CODE } from '../../core/http/guarded-lookup.ts'
import type { EncodedPart, TelemetryKind } from '../../core/task.ts'
import { DEFAULT_TENANT } from '../../core/tenant.ts'
import { oracleDecode, oracleEncode } from '../../proto/testing/oracle.ts'
import {
  hexId,
  never,
  processed,
  quietChain,
  sendBatch,
  type TestHost,
  testHost,
} from '../../test/exporter-host.ts'
import { endpoints, parseHeaderList, schema, settings } from './config.ts'
import { encoder } from './encode.ts'
import { OtlpHttpSender } from './send.ts'

const TRACE_REQUEST = 'ExportTraceServiceRequest'
const TRACE_RESPONSE = 'ExportTraceServiceResponse'

interface Seen {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  readonly connection: number
}

type Answer = (res: ServerResponse, seen: Seen, req: IncomingMessage) => void

const ok: Answer = (res) => res.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()

const plain =
  (status: number, headers: Record<string, string> = {}, body: string | Uint8Array = ''): Answer =>
  (res) =>
    res.writeHead(status, headers).end(body)

/** A server that gives the listed answers in turn and repeats the last one. */
async function destination(
  t: TestContext,
  ...answers: Answer[]
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = []
  let connections = 0
  const numbers = new WeakMap<object, number>()
  const answerTo = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    const raw = Buffer.concat(chunks)
    const entry: Seen = {
      path: req.url ?? '',
      headers: req.headers,
      body: req.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw,
      connection: numbers.get(req.socket) ?? 0,
    }
    const answer = answers[Math.min(seen.length, answers.length - 1)] ?? ok
    seen.push(entry)
    answer(res, entry, req)
  }
  const server = createServer((req, res) => {
    answerTo(req, res)
  })
  server.on('connection', (socket) => numbers.set(socket, ++connections))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

async function senderTo(
  t: TestContext,
  config: Record<string, unknown>,
  host: TestHost = testHost(t),
): Promise<OtlpHttpSender> {
  const sender = new OtlpHttpSender(await settings(schema.parse(config), {}), host)
  await sender.start()
  t.after(() => sender.stop())
  return sender
}

const traces = (names: readonly string[], note = ''): EncodedPart => ({
  exporter: 'test',
  stream: 'traces' satisfies TelemetryKind,
  items: names.length,
  bytes: oracleEncode(TRACE_REQUEST, {
    resourceSpans: [{ scopeSpans: [{ spans: names.map((name) => ({ name: name + note })) }] }],
  }),
})

interface TraceRequest {
  resourceSpans?: { scopeSpans?: { spans?: { name: string }[] }[] }[]
}
const names = (body: Uint8Array): string[] =>
  ((oracleDecode(TRACE_REQUEST, body) as TraceRequest).resourceSpans ?? []).flatMap((r) =>
    (r.scopeSpans ?? []).flatMap((s) => (s.spans ?? []).map((span) => span.name)),
  )

/**
 * Does what the caller of a sender does with a rejected part: splits it until the sender cannot split it further. Returns the
 * verdicts of the parts that nobody accepts.
 */
async function deliver(
  sender: OtlpHttpSender,
  batch: ReturnType<typeof sendBatch>,
): Promise<EncodedPart[]> {
  const verdict = await sender.send(batch, never)
  if (verdict.kind === 'sent') return []
  assert.equal(verdict.kind, 'rejected')
  const dead: EncodedPart[] = []
  for (const part of batch.parts) {
    const cut = sender.split(part)
    if (cut === null) dead.push(part)
    else for (const piece of cut) dead.push(...(await deliver(sender, sendBatch([piece]))))
  }
  return dead
}

const one = (): ReturnType<typeof sendBatch> => sendBatch([traces(['a', 'b'])])

test('E01 only 429, 502, 503 and 504 are retried', async (t) => {
  for (const status of [400, 401, 403, 404, 405, 408, 415, 418, 500, 501, 505, 302]) {
    const to = await destination(t, plain(status, { location: 'http://127.0.0.1:1/' }))
    const verdict = await (await senderTo(t, { endpoint: to.url })).send(one(), never)
    assert.equal(verdict.kind, 'rejected', String(status))
    assert.equal(to.seen.length, 1, `${status} is asked once, redirects are not followed`)
  }
  for (const status of [429, 502, 503, 504]) {
    const to = await destination(t, plain(status))
    const verdict = await (await senderTo(t, { endpoint: to.url })).send(one(), never)
    assert.equal(verdict.kind, 'retry', String(status))
    assert.equal(to.seen.length, 1, 'the wait is the caller’s')
  }
})

test('E02 a refused connection and a connection cut without an answer are retried', async (t) => {
  const dead = await (await senderTo(t, { endpoint: 'http://127.0.0.1:1' })).send(one(), never)
  assert.equal(dead.kind, 'retry')
  const cut = await destination(t, (_res, _seen, req) => req.socket.destroy())
  const verdict = await (await senderTo(t, { endpoint: cut.url })).send(one(), never)
  assert.equal(verdict.kind, 'retry')
})

test('E03 without Retry-After the verdict has no wait, so that the caller applies backoff and jitter', async (t) => {
  const to = await destination(t, plain(503))
  const verdict = await (await senderTo(t, { endpoint: to.url })).send(one(), never)
  assert.ok(verdict.kind === 'retry' && verdict.afterMs === undefined)
})

test('E04 Retry-After is honoured in seconds and as an HTTP date', async (t) => {
  const seconds = await destination(t, plain(429, { 'retry-after': '7' }))
  const first = await (await senderTo(t, { endpoint: seconds.url })).send(one(), never)
  assert.ok(first.kind === 'retry' && first.afterMs === 7000)
  const nowMs = Date.UTC(2026, 0, 1)
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: () => Promise.resolve() }
  const date = await destination(
    t,
    plain(503, { 'retry-after': new Date(nowMs + 90_000).toUTCString() }),
  )
  const host = testHost(t, { clock })
  const second = await (await senderTo(t, { endpoint: date.url }, host)).send(one(), never)
  assert.ok(second.kind === 'retry' && second.afterMs === 90_000)
})

test('E05 a partial success is never retried and its rejected items are counted', async (t) => {
  const partial = { partialSuccess: { rejectedSpans: 1, errorMessage: 'one was odd' } }
  const answers: Answer[] = [
    plain(200, { 'content-type': 'application/x-protobuf' }, oracleEncode(TRACE_RESPONSE, partial)),
    plain(200, { 'content-type': 'application/json' }, JSON.stringify(partial)),
  ]
  for (const answer of answers) {
    const to = await destination(t, answer)
    const verdict = await (await senderTo(t, { endpoint: to.url })).send(one(), never)
    assert.deepEqual(verdict, {
      kind: 'sent',
      rejected: { items: 1, code: 'partial_success', message: 'one was odd' },
    })
  }
  const empty = await destination(
    t,
    plain(200, { 'content-type': 'application/json' }, '{"partialSuccess":{}}'),
  )
  const full = await (await senderTo(t, { endpoint: empty.url })).send(one(), never)
  assert.deepEqual(full, { kind: 'sent' })
})

test('E06 a request above the limit is split, and a single item above it is not sent', async (t) => {
  const to = await destination(t, ok)
  const sender = await senderTo(t, { endpoint: to.url, request_bytes_max: 4096 })
  const part = traces(
    Array.from({ length: 20 }, (_, i) => `span-${i}-`),
    'x'.repeat(800),
  )
  assert.deepEqual(await deliver(sender, sendBatch([part])), [])
  assert.ok(to.seen.length > 4 && to.seen.every((s) => s.body.length <= 4096))
  assert.deepEqual(new Set(to.seen.flatMap((s) => names(s.body))), new Set(names(part.bytes)))
  const before = to.seen.length
  const large = await sender.send(sendBatch([traces(['y'.repeat(5000)])]), never)
  assert.ok(large.kind === 'rejected' && large.code === 'request_too_large')
  assert.equal(to.seen.length, before)
})

test('E06 parts are joined only up to the limit', async (t) => {
  const to = await destination(t, ok)
  const sender = await senderTo(t, { endpoint: to.url, request_bytes_max: 4096 })
  const parts = Array.from({ length: 10 }, (_, i) => traces([`p${i}-`], 'x'.repeat(1000)))
  assert.deepEqual(await sender.send(sendBatch(parts), never), { kind: 'sent' })
  assert.equal(to.seen.length, 3)
  assert.equal(to.seen.flatMap((s) => names(s.body)).length, 10)
})

test('E07 an answer above 4 MiB after decompression is not retried', async (t) => {
  const bomb = gzipSync(Buffer.alloc(5 * 1024 * 1024))
  const error = await destination(t, plain(503, { 'content-encoding': 'gzip' }, bomb))
  const verdict = await (await senderTo(t, { endpoint: error.url })).send(one(), never)
  assert.ok(verdict.kind === 'rejected' && verdict.code === 'response_too_large')
  const success = await destination(t, plain(200, { 'content-encoding': 'gzip' }, bomb))
  const taken = await (await senderTo(t, { endpoint: success.url })).send(one(), never)
  assert.ok(taken.kind === 'sent' && taken.rejected?.items === 2)
})

test('E08 Content-Type is set, and Content-Encoding when the body is compressed', async (t) => {
  for (const [compression, encoding] of [
    ['gzip', 'gzip'],
    ['none', undefined],
  ] as const) {
    const to = await destination(t, ok)
    await (await senderTo(t, { endpoint: to.url, compression })).send(one(), never)
    assert.equal(to.seen[0]?.headers['content-type'], 'application/x-protobuf')
    assert.equal(to.seen[0]?.headers['content-encoding'], encoding)
    assert.deepEqual(names(to.seen[0]?.body as Buffer), ['a', 'b'])
  }
})

test('E09 connections are kept alive, and a running request may end on shutdown', async (t) => {
  let release = (): void => undefined
  const arrived = new Promise<void>((resolve) => {
    release = resolve
  })
  let answer = (): void => undefined
  const slow: Answer = (res) => {
    answer = () => res.writeHead(200).end()
    release()
  }
  const to = await destination(t, ok, ok, slow)
  const sender = await senderTo(t, { endpoint: to.url })
  await sender.send(one(), never)
  await sender.send(one(), never)
  assert.equal(to.seen[1]?.connection, to.seen[0]?.connection)
  const last = sender.send(one(), never)
  await arrived
  const stopped = sender.stop()
  answer()
  assert.deepEqual(await last, { kind: 'sent' })
  await stopped
})

test('E10 a telemetry kind that was accepted is not sent again when another kind must be retried', async (t) => {
  const to = await destination(t, ok)
  const logs = await destination(t, plain(503), ok)
  const sender = await senderTo(t, { traces_endpoint: to.url, logs_endpoint: logs.url })
  const batch = sendBatch([traces(['a']), { ...traces(['l']), stream: 'logs' }])
  assert.equal((await sender.send(batch, never)).kind, 'retry')
  assert.deepEqual(await sender.send(batch, never), { kind: 'sent' })
  assert.equal(to.seen.length, 1)
  assert.equal(logs.seen.length, 2)
})

test('E11 no request without items is made or sent', async (t) => {
  const to = await destination(t, ok)
  const sender = await senderTo(t, { endpoint: to.url })
  const nothing = encoder('x', { telemetry: ['traces', 'logs', 'metrics'] })
  assert.deepEqual(nothing.encode(processed([]), new Set(), quietChain), [])
  assert.deepEqual(
    nothing.encodeMetrics?.({
      bytes: new Uint8Array(),
      dataPoints: 0,
      tenant: DEFAULT_TENANT,
      receivedAtMs: 0,
    }),
    [],
  )
  assert.deepEqual(await sender.send(sendBatch([traces([])]), never), { kind: 'sent' })
  assert.equal(to.seen.length, 0)
})

test('E12 User-Agent names exporter, language and version', async (t) => {
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } })
  const to = await destination(t, ok)
  await (await senderTo(t, { endpoint: to.url })).send(one(), never)
  const agent = to.seen[0]?.headers['user-agent'] ?? ''
  assert.ok(agent.startsWith(`Observa-OTLP-Exporter-JavaScript/${manifest.version} `), agent)
})

test('E13 endpoints, headers and timeout follow the OTEL_EXPORTER_OTLP_* rules', async () => {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://base:4318/x/',
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://logs:4318/as-it-is',
    OTEL_EXPORTER_OTLP_HEADERS: 'a=1, b=two%20words;meta=1,=bad',
    OTEL_EXPORTER_OTLP_TIMEOUT: '1234',
  }
  const config = schema.parse({ from_environment: true })
  const urls = endpoints(config, environment)
  assert.equal(urls.traces?.href, 'http://base:4318/x/v1/traces')
  assert.equal(urls.logs?.href, 'http://logs:4318/as-it-is')
  assert.deepEqual(parseHeaderList(environment.OTEL_EXPORTER_OTLP_HEADERS), {
    a: '1',
    b: 'two words',
  })
  const all = await settings(config, environment)
  assert.equal(all.timeoutMs, 1234)
  assert.equal(all.headers['b'], 'two words')
  const silent = endpoints(schema.parse({ endpoint: 'http://own:1' }), environment)
  assert.equal(
    silent.traces?.href,
    'http://own:1/v1/traces',
    'the environment counts only when asked',
  )
})

test('E14 an error body is decoded in its own encoding', async (t) => {
  // google.rpc.Status {code: 3, message: "no such key"} in protobuf.
  const status = Buffer.from([0x08, 3, 0x12, 11, ...Buffer.from('no such key')])
  const cases: [string, string | Uint8Array][] = [
    ['application/x-protobuf', status],
    ['application/json; charset=utf-8', '{"code":3,"message":"no such key"}'],
    ['text/plain', 'no such key\n'],
  ]
  for (const [type, body] of cases) {
    const to = await destination(t, plain(400, { 'content-type': type }, body))
    const verdict = await (await senderTo(t, { endpoint: to.url })).send(one(), never)
    assert.ok(verdict.kind === 'rejected')
    assert.equal(verdict.message, 'HTTP 400: no such key', type)
  }
})

test('a destination that switches protocols (101) or closes without a response is retried', async (t) => {
  const switches: Answer = (res) => {
    res.socket?.write(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    )
  }
  const closes: Answer = (res) => void res.socket?.end()
  const { url, seen } = await destination(t, switches, closes, ok)
  const sender = await senderTo(t, { endpoint: url, timeout: '60s' })
  for (const wanted of ['retry', 'retry', 'sent'])
    assert.equal((await sender.send(one(), AbortSignal.timeout(20_000))).kind, wanted)
  assert.equal(seen.length, 3)
})

test('E15 a request without an answer in time is retried with the same bytes', async (t) => {
  const to = await destination(t, () => undefined, ok)
  const sender = await senderTo(t, { endpoint: to.url, timeout: '100ms' })
  const batch = one()
  const verdict = await sender.send(batch, never)
  assert.ok(verdict.kind === 'retry' && verdict.code === 'timeout')
  assert.deepEqual(await sender.send(batch, never), { kind: 'sent' })
  assert.deepEqual(to.seen[0]?.body, to.seen[1]?.body)
})

test('after a 413 the request is split until only the item that is too large is refused', async (t) => {
  const limit: Answer = (res, seen, req) =>
    seen.body.length > 1500 ? plain(413)(res, seen, req) : ok(res, seen, req)
  const to = await destination(t, limit)
  const sender = await senderTo(t, { endpoint: to.url })
  const good = Array.from({ length: 7 }, (_, i) => `small-${i}`)
  const dead = await deliver(sender, sendBatch([traces([...good, 'L'.repeat(3000)])]))
  assert.deepEqual(
    dead.map((p) => names(p.bytes)),
    [['L'.repeat(3000)]],
  )
  const arrived = to.seen.filter((s) => s.body.length <= 1500).flatMap((s) => names(s.body))
  assert.deepEqual(arrived.toSorted(), good)
})

test('a request that was refused for other reasons than its data is not split', async (t) => {
  const to = await destination(t, plain(401))
  const dead = await deliver(await senderTo(t, { endpoint: to.url }), one())
  assert.deepEqual(
    dead.map((p) => p.items),
    [2],
  )
  assert.equal(to.seen.length, 1)
})

test('link-local and metadata addresses are refused unless allowed', async (t) => {
  for (const host of ['169.254.169.254', '0xA9FEA9FE', '[fe80::1]', '[::ffff:169.254.169.254]']) {
    const sender = await senderTo(t, { endpoint: `http://${host}:80`, timeout: '200ms' })
    const verdict = await sender.send(one(), never)
    assert.ok(verdict.kind === 'retry' && verdict.code === 'address_refused', host)
  }
})

test('addresses are checked after name resolution too, at every connection', async (t) => {
  const to = await destination(t, ok)
  const byName = to.url.replace('127.0.0.1', 'localhost')
  assert.deepEqual(await (await senderTo(t, { endpoint: byName })).send(one(), never), {
    kind: 'sent',
  })
  // The result of the resolver is what is checked. For an IP address it is that address.
  const refusal = await new Promise<NodeJS.ErrnoException | null>((resolve) =>
    guardedLookup('169.254.169.254', { all: false }, (error) => resolve(error)),
  )
  assert.equal(refusal?.code, REFUSED_CODE)
})

test('a part is split into halves with the same items, each item with its resource and scope', async (t) => {
  const sender = await senderTo(t, { endpoint: 'http://127.0.0.1:1' })
  const attributes = [{ key: 'service.name', value: { stringValue: 'svc' } }]
  const bytes = oracleEncode(TRACE_REQUEST, {
    resourceSpans: [1, 2].map((n) => ({
      resource: { attributes },
      schemaUrl: `https://example.com/${n}`,
      scopeSpans: [{ scope: { name: `s${n}` }, spans: [{ name: `${n}a` }, { name: `${n}b` }] }],
    })),
  })
  const part: EncodedPart = { exporter: 'x', stream: 'traces', items: 4, bytes }
  const cut = sender.split(part)
  assert.equal(cut?.length, 2)
  assert.deepEqual(
    cut?.map((p) => p.items),
    [2, 2],
  )
  const joined = Buffer.concat((cut ?? []).map((p) => p.bytes))
  assert.deepEqual(oracleDecode(TRACE_REQUEST, joined), oracleDecode(TRACE_REQUEST, bytes))
  assert.equal(sender.split(traces([hexId(1)])), null)
})
