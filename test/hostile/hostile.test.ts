// Hostile input to a real instance: every case is answered as expected and in time, the process survives, a valid request
// succeeds after each case, and the log contains nothing that was sent.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { keyForTests } from '../../collector/extensions/keys/testing/key-for-tests.ts'
import { Instance } from '../instance.ts'
import { MADE } from './bodies.ts'

interface Case {
  readonly id: string
  readonly kind: 'http' | 'raw'
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly expect_status: readonly number[]
  readonly max_ms?: number
  readonly max_rss_delta_mb?: number
  readonly expect_spans?: number
  readonly expect_spans_min?: number
  readonly expect_rejected?: number
  readonly pace_bytes_per_s?: number
  readonly connections?: number
  readonly body_base64?: string
  readonly made_at_run_time?: boolean
}

const cases = readFileSync(join(import.meta.dirname, 'cases.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case)

const full = keyForTests('sk', { tenant: 'tenant-a', project: 'project-a' })
const other = keyForTests('sk', { tenant: 'tenant-b', project: 'project-b' })
const revoked = keyForTests('sk', { revoked: true })
const ingest = keyForTests('sk', { scopes: ['ingest'] })
const publishable = keyForTests('pk')
const TRACE_OF_B = 'b'.repeat(32)

const vars: Readonly<Record<string, string>> = {
  SK: full.key,
  SK_PREFIX: full.key.slice(0, 16),
  SK_REVOKED: revoked.key,
  SK_INGEST_ONLY: ingest.key,
  PK: publishable.key,
  TENANT_A: 'tenant-a',
  TENANT_B: 'tenant-b',
  PROJECT_B: 'project-b',
  TRACE_OF_B,
}

const filled = (text: string): string =>
  text.replace(/\$\{([A-Z_]+)\}/g, (whole, name: string) => vars[name] ?? whole)

let instance: Instance

before(async () => {
  const rows = [full, other, revoked, ingest, publishable].map((k) => k.row)
  instance = await Instance.start({
    config: `
auth: keys
limits: { header_timeout: 2s, request_timeout: 4s }
extensions:
  keys: { keys: ${JSON.stringify(rows)} }
exporters:
  clickhouse: { embedded: true }
  postgres: { embedded: true }
service:
  extensions: [keys, api]
  pipelines:
    traces: { receivers: [otlp, observa], processors: [scrub, canonicalize, cost, signals], exporters: [file, clickhouse, postgres] }
`,
  })
})

after(async () => {
  await instance.stop()
})

/** The listener that serves a path: OTLP, or the API with the legacy protocol. */
const portOf = (path: string): number =>
  path.startsWith('/api/v1') ? instance.ports.http : instance.ports.otlp

async function bodyOf(testCase: Case): Promise<Buffer> {
  const made = MADE[testCase.id]
  if (made !== undefined) return Buffer.from(await made())
  const body = Buffer.from(testCase.body_base64 ?? '', 'base64')
  const text = body.toString('latin1')
  return text.includes('${') ? Buffer.from(filled(text), 'latin1') : body
}

interface Reply {
  readonly status: number | string
  readonly ms: number
  readonly body: Buffer
}

/** Sends raw bytes and reads until the peer closes the connection or the response is complete. */
function talk(port: number, bytes: Buffer, pace: number | undefined): Promise<Reply> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    const socket = connect(port, '127.0.0.1')
    const chunks: Buffer[] = []
    let trickle: NodeJS.Timeout | undefined
    const finish = (): void => {
      clearInterval(trickle)
      socket.destroy()
      const all = Buffer.concat(chunks)
      const match = /^HTTP\/1\.1 (\d+)/.exec(all.toString('latin1', 0, 20))
      const cut = all.indexOf('\r\n\r\n')
      resolve({
        status: match === null ? 'closed' : Number(match[1]),
        ms: performance.now() - startedAt,
        body: cut < 0 ? Buffer.alloc(0) : all.subarray(cut + 4),
      })
    }
    socket.setTimeout(30_000, finish)
    socket.on('data', (d: Buffer) => chunks.push(d))
    socket.on('close', finish)
    socket.on('error', finish)
    socket.write(bytes)
    if (pace !== undefined)
      trickle = setInterval(() => {
        if (socket.writable) socket.write('a')
      }, 1000 / pace)
  })
}

function httpBytes(testCase: Case, body: Buffer): Buffer {
  const headers = Object.entries({ host: 't', connection: 'close', ...testCase.headers })
  const head = headers.map(([k, v]) => `${k}: ${filled(v)}\r\n`).join('')
  const length = testCase.method === 'GET' ? '' : `content-length: ${body.length}\r\n`
  const start = `${testCase.method} ${filled(testCase.path ?? '/')} HTTP/1.1\r\n${head}${length}\r\n`
  return Buffer.concat([Buffer.from(start), testCase.method === 'GET' ? Buffer.alloc(0) : body])
}

/** Number of rejected items in the response; 0 when everything was accepted. */
function rejectedIn(testCase: Case, body: Buffer): number {
  if (testCase.path?.startsWith('/api/v1') === true)
    return (JSON.parse(body.toString()) as { rejected_count?: number }).rejected_count ?? 0
  if (testCase.headers?.['content-type']?.includes('json') === true) {
    const parsed = JSON.parse(body.toString()) as { partialSuccess?: { rejectedSpans?: string } }
    return Number(parsed.partialSuccess?.rejectedSpans ?? 0)
  }
  // ExportTraceServiceResponse: field 1 = partial_success, in it field 1 = rejected_spans (varint).
  return body.length > 3 && body[0] === 0x0a && body[2] === 0x08 ? (body[3] as number) : 0
}

async function goodRequestWorks(after: string): Promise<void> {
  const res = await instance.post('/v1/traces', '{}', {
    'content-type': 'application/json',
    authorization: `Bearer ${full.key}`,
  })
  assert.equal(res.status, 200, `a good request after ${after}`)
  assert.ok(instance.isAlive, `alive after ${after}`)
}

async function runCase(testCase: Case): Promise<void> {
  const body = await bodyOf(testCase)
  const rssBefore = testCase.max_rss_delta_mb === undefined ? 0 : await instance.rssMiB()
  const acceptedBefore = await instance.metric('observa_pipeline_accepted_items_total')
  const bytes = testCase.kind === 'raw' ? body : httpBytes(testCase, body)
  const port = testCase.kind === 'raw' ? instance.ports.otlp : portOf(testCase.path ?? '')
  const connections = Math.min(testCase.connections ?? 1, 50)
  const replies = await Promise.all(
    Array.from({ length: connections }, () => talk(port, bytes, testCase.pace_bytes_per_s)),
  )
  for (const reply of replies) {
    const got = `${testCase.id}: ${reply.status}, expected ${testCase.expect_status.join(' or ')}`
    assert.ok(testCase.expect_status.includes(Number(reply.status)), got)
    // The time limits of the corpus are for one request on a quiet machine. Three times as much still proves that the time is
    // bounded.
    if (testCase.max_ms !== undefined)
      assert.ok(reply.ms < testCase.max_ms * 3, `${testCase.id}: ${reply.ms} ms`)
  }
  const [reply] = replies
  if (testCase.expect_rejected !== undefined && reply !== undefined)
    assert.equal(
      rejectedIn(testCase, reply.body),
      testCase.expect_rejected,
      `${testCase.id}: rejected`,
    )
  if (testCase.max_rss_delta_mb !== undefined) {
    const grown = (await instance.rssMiB()) - rssBefore
    assert.ok(grown < testCase.max_rss_delta_mb, `${testCase.id}: grew by ${grown} MiB`)
  }
  const accepted = (await instance.metric('observa_pipeline_accepted_items_total')) - acceptedBefore
  if (testCase.expect_spans !== undefined)
    assert.equal(accepted, testCase.expect_spans, `${testCase.id}: spans`)
  if (testCase.expect_spans_min !== undefined)
    assert.ok(accepted >= testCase.expect_spans_min, testCase.id)
  await goodRequestWorks(testCase.id)
}

test('the hostile corpus is here', () => {
  assert.ok(cases.length >= 70)
})

test('a trace of another tenant is stored for the cases that ask for it', async () => {
  const span = { traceId: TRACE_OF_B, spanId: 'b'.repeat(16), name: 'secret plan' }
  const res = await instance.post(
    '/v1/traces',
    JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    { 'content-type': 'application/json', authorization: `Bearer ${other.key}` },
  )
  assert.equal(res.status, 200)
})

for (const c of cases) test(`hostile ${c.id}`, () => runCase(c))

test('nothing was stored under a tenant other than that of the credential', async () => {
  await instance.drained()
  const events = await instance.events()
  assert.ok(events.length > 0)
  for (const e of events) {
    const own = e['trace_id'] === TRACE_OF_B ? 'tenant-b' : 'tenant-a'
    assert.equal(e['tenant_id'], own)
  }
})

test('no credential and no payload text is in the log', () => {
  for (const k of [full, other, revoked, ingest, publishable])
    assert.ok(!instance.stderr.includes(k.key), 'a key is in the log')
  assert.ok(!instance.stderr.includes('secret plan'))
})
