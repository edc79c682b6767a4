// The exporter against the real engine, and against a scripted server for failures that an engine cannot be made to produce:
// rows are stored unchanged, replays add nothing, and every failure gets the right verdict.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import type { Host, SendBatch, Sender } from '../../core/component.ts'
import { ObservaError } from '../../core/errors.ts'
import { type EventTable, PAIR, PAIR_STRIDE } from '../../core/event.ts'
import { R } from '../../core/fields.ts'
import { Metrics } from '../../core/metrics.ts'
import type { EncodedPart } from '../../core/task.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import { EVENT_SELECT, eventOf } from '../../storage/queries/select-events.ts'
import {
  silentLog,
  startTestClickHouse,
  type TestClickHouse,
} from '../../storage/testing/stores.ts'
import { testHost } from '../../test/exporter-host.ts'
import { encoder } from './encode.ts'
import { clickhouse } from './index.ts'
import { sampleEvents, setTime } from './testing/sample-events.ts'

let t: TestClickHouse
let dataDir: string
const never = new AbortController().signal
const ctx = { count: () => {}, signal: () => {}, signals: [], explain: false }

before(async () => {
  t = await startTestClickHouse({ migrate: false })
  dataDir = mkdtempSync(join(tmpdir(), 'observa-exporter-'))
})
after(async () => {
  await t.stop()
  rmSync(dataDir, { recursive: true, force: true })
})

const metrics = new Metrics()
const host: Host = {
  id: 'clickhouse',
  log: silentLog,
  metrics,
  clock: systemClock,
  random: () => 0.5,
  get dataDir() {
    return dataDir
  },
  progress: () => {},
}

async function started(config: Readonly<Record<string, unknown>> = {}): Promise<Sender> {
  const parsed = clickhouse.schema.parse({ url: t.url, ...config })
  const sender = await clickhouse.createSender(parsed, host)
  await sender.start(never)
  return sender
}

function encode(events: EventTable): EncodedPart[] {
  return encoder('clickhouse', {}).encode(
    { batch: events.batch, events, signals: [] },
    new Set(),
    ctx,
  )
}

const batchOf = (id: string, parts: readonly EncodedPart[]): SendBatch => ({
  batchId: id.padStart(32, '0'),
  firstSequence: 1n,
  lastSequence: 1n,
  parts,
})

const count = async (project: string, final = ''): Promise<number> => {
  const [row] = await t.rows<{ n: string }>(
    `SELECT count() AS n FROM observa.canonical_events ${final} WHERE project_id = {p:String}`,
    { p: project },
  )
  return Number(row?.n)
}

const TIMES = ['start_time', 'end_time']

/** Epoch nanoseconds as the API writes times. Taken from the text, since a double holds no such number exactly. */
function withIsoTimes(this: unknown, key: string, value: unknown, context?: unknown): unknown {
  if (!TIMES.includes(key) || typeof value !== 'number') return value
  const nanoseconds = BigInt((context as { source: string }).source)
  const seconds = new Date(Number(nanoseconds / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}Z`
}

test('a stored event is read back with the same JSON as before, times apart', async () => {
  const sender = await started()
  const events = sampleEvents({ count: 60, projectId: 'roundtrip' })
  assert.deepEqual(await sender.send(batchOf('a', encode(events)), never), { kind: 'sent' })
  const ids = await t.rows<{ id: string }>(
    "SELECT lower(hex(event_id)) AS id FROM observa.canonical_events WHERE project_id = 'roundtrip' ORDER BY event_id",
  )
  const shaped = await t.rows<Record<string, unknown>>(
    `SELECT ${EVENT_SELECT} FROM observa.canonical_events AS e WHERE project_id = 'roundtrip' ORDER BY event_id`,
  )
  assert.equal(shaped.length, 60)
  const out = new ByteWriter()
  for (let e = 0; e < events.count; e++) {
    out.reset()
    writeEventJson(out, events, e)
    const expected: unknown = JSON.parse(Buffer.from(out.written()).toString(), withIsoTimes)
    const at = ids.findIndex((row) => row.id === events.hex(e, R.event_id))
    assert.deepEqual(eventOf(shaped[at] as Record<string, unknown>), expected)
  }
  await sender.stop()
})

test('times keep their nanoseconds', async () => {
  const [row] = await t.rows<{ start: string }>(
    "SELECT toString(toUnixTimestamp64Nano(start_time)) AS start FROM observa.canonical_events WHERE project_id = 'roundtrip' AND event_id = unhex({id:String})",
    { id: '00000001000000010000000000000000' },
  )
  assert.equal(row?.start, '1789999000000000123')
})

test('sending the same batch again adds no row, also after a restart of the exporter', async () => {
  const parts = [
    ...encode(sampleEvents({ count: 50, projectId: 'replay' })),
    ...encode(sampleEvents({ count: 50, seed: 2, projectId: 'replay' })),
  ]
  for (let i = 0; i < 3; i++) {
    const sender = await started()
    assert.deepEqual(await sender.send(batchOf('b', parts), never), { kind: 'sent' })
    await sender.stop()
  }
  assert.equal(await count('replay'), 100)
})

test('a reader sees an event that was sent twice once, as it was first received', async () => {
  const sender = await started()
  for (const [i, receivedAtMs] of [
    1_790_000_000_000, 1_790_000_900_000, 1_789_999_000_000,
  ].entries()) {
    const events = sampleEvents({ count: 3, projectId: 'resend', receivedAtMs })
    events.setText(2, R.name, `report ${i}`)
    setTime(events, 1, R.start_time, 1_789_999_000_000_000_000n)
    assert.equal((await sender.send(batchOf(`c${i}`, encode(events)), never)).kind, 'sent')
  }
  assert.equal(await count('resend', 'FINAL'), 3)
  const [row] = await t.rows<{ names: string[] }>(
    "SELECT groupArray(name) AS names FROM observa.canonical_events FINAL WHERE project_id = 'resend' AND name LIKE 'report%'",
  )
  assert.deepEqual(row?.names, ['report 2'], 'the one that was received first')
  await sender.stop()
})

test('hourly usage counts a row that was stored twice once, and leaves out usage_aggregate rows', async () => {
  const sender = await started()
  for (const id of ['d0', 'd1']) {
    const events = sampleEvents({ count: 10, projectId: 'usage' })
    for (let e = 0; e < 10; e++) {
      events.setText(e, R.kind, 'llm')
      events.setNum(e, 1, Number.NaN)
    }
    await sender.send(batchOf(id, encode(events)), never)
  }
  const [row] = await t.rows<{ calls: string }>(
    "SELECT sum(calls) AS calls FROM observa.usage_hourly WHERE project_id = 'usage'",
  )
  // Samples 4 and 9 are marked `usage_aggregate`, so 8 of 10 count.
  assert.equal(Number(row?.calls), 8)
  await sender.stop()
})

test('rows that cannot be parsed are rejected, and splitting the part finds the bad row', async () => {
  const sender = await started()
  const [good] = encode(sampleEvents({ count: 3, projectId: 'bad' }))
  assert.ok(good !== undefined)
  const torn = { ...good, bytes: good.bytes.slice(0, good.bytes.length - 7) }
  const verdict = await sender.send(batchOf('e', [torn]), never)
  assert.equal(verdict.kind, 'rejected')
  assert.equal(await count('bad'), 0)
  const halves = sender.split?.(torn) ?? []
  assert.equal(halves.length, 2)
  assert.equal((await sender.send(batchOf('e0', [halves[0] as EncodedPart]), never)).kind, 'sent')
  const foreign = await sender.send(batchOf('f', [{ ...good, stream: 'events@99' }]), never)
  assert.equal(foreign.kind, 'rejected')
  await sender.stop()
})

test('rows wait while a table is missing, and the migrations create it again', async () => {
  const sender = await started()
  const parts = encode(sampleEvents({ count: 2, projectId: 'gone' }))
  await t.client.command({ query: 'DROP TABLE observa.schema_migrations' })
  await t.client.command({ query: 'DROP TABLE observa.canonical_events' })
  const verdict = await sender.send(batchOf('g', parts), never)
  assert.equal(verdict.kind, 'retry')
  assert.equal(verdict.kind === 'retry' ? verdict.code : '', 'UNKNOWN_TABLE')
  assert.deepEqual(await sender.send(batchOf('g', parts), never), { kind: 'sent' })
  assert.equal(await count('gone'), 2)
  await sender.stop()
})

test('the address given to the API works, and rows wait on a wrong password, which is not logged', async () => {
  const sender = await started({ compression: 'gzip', ttl: '438000h' })
  assert.equal(sender.storeAddress?.().database, 'observa')
  const stored = await sender.send(
    batchOf('h', encode(sampleEvents({ count: 2, projectId: 'gz' }))),
    never,
  )
  assert.deepEqual(stored, { kind: 'sent' })
  const url = new URL(t.url)
  url.password = 'not-it'
  const wrong = await started({ url: url.href, migrate: false })
  const verdict = await wrong.send(batchOf('i', encode(sampleEvents({ count: 1 }))), never)
  assert.ok(verdict.kind === 'retry' && verdict.code === 'AUTHENTICATION_FAILED')
  assert.doesNotMatch(JSON.stringify(verdict), /not-it/)
  await wrong.stop()
  await sender.stop()
})

// ---------------------------------------------------------------- a scripted server

type Step = (req: IncomingMessage, res: ServerResponse, body: Buffer) => void

function end(server: Server): void {
  server.closeAllConnections()
  server.close()
}

interface Stub {
  readonly url: string
  readonly server: Server
  readonly tokens: string[]
}

/** Answers the inserts with `steps` in turn, and then with success. */
async function stub(tc: TestContext, steps: readonly Step[]): Promise<Stub> {
  const tokens: string[] = []
  const left = [...steps]
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (c: Buffer) => chunks.push(c))
    req.on('end', () => {
      tokens.push(
        new URL(req.url ?? '', 'http://x').searchParams.get('insert_deduplication_token') ?? '',
      )
      const step = left.shift()
      if (step === undefined) res.end()
      else step(req, res, Buffer.concat(chunks))
    })
  })
  tc.after(() => end(server))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { url: `http://u:hidden@127.0.0.1:${port}`, server, tokens }
}

const says =
  (status: number, code: number, name: string): Step =>
  (_req, res) => {
    res.writeHead(status, { 'x-clickhouse-exception-code': String(code) })
    res.end(
      `Code: ${code}. DB::Exception: something about the row "the prompt". (${name}) (version 25.1.1.1)\n`,
    )
  }

test('a failure is classified by its code, and no text of the server is passed on', async (tc) => {
  const cases: readonly (readonly [Step, kind: string, code: string])[] = [
    [says(500, 252, 'TOO_MANY_PARTS'), 'retry', 'TOO_MANY_PARTS'],
    [says(408, 159, 'TIMEOUT_EXCEEDED'), 'retry', 'TIMEOUT_EXCEEDED'],
    [says(503, 202, 'TOO_MANY_SIMULTANEOUS_QUERIES'), 'retry', 'TOO_MANY_SIMULTANEOUS_QUERIES'],
    [says(500, 210, 'NETWORK_ERROR'), 'retry', 'NETWORK_ERROR'],
    [says(500, 242, 'TABLE_IS_READ_ONLY'), 'retry', 'TABLE_IS_READ_ONLY'],
    [says(404, 16, 'NO_SUCH_COLUMN_IN_TABLE'), 'retry', 'NO_SUCH_COLUMN_IN_TABLE'],
    [says(500, 99_999, 'NEW_ERROR'), 'retry', 'NEW_ERROR'],
    [says(400, 33, 'CANNOT_READ_ALL_DATA'), 'rejected', 'CANNOT_READ_ALL_DATA'],
    [says(400, 53, 'TYPE_MISMATCH'), 'rejected', 'TYPE_MISMATCH'],
    // For a failure after status 200, only the body has the error.
    [
      (_q, res) => res.end('Code: 241. DB::Exception: no (MEMORY_LIMIT_EXCEEDED)'),
      'retry',
      'MEMORY_LIMIT_EXCEEDED',
    ],
    [(_q, res) => res.writeHead(502).end('bad gateway'), 'retry', 'HTTP_502'],
    [(_q, res) => res.writeHead(413).end(), 'rejected', 'HTTP_413'],
    [(req) => req.socket.destroy(), 'retry', 'ECONNRESET'],
  ]
  const again: Step = (req) => {
    req.socket.destroy()
  }
  // The last request goes out on a used connection, so a new one is tried at once, and closed as well.
  const s = await stub(tc, [...cases.map(([step]) => step), again])
  const sender = await started({ url: s.url, migrate: false })
  const batch = batchOf('1', encode(sampleEvents({ count: 1 })))
  for (const [, kind, code] of cases) {
    const verdict = await sender.send(batch, never)
    assert.equal(verdict.kind, kind, code)
    assert.equal(verdict.kind === 'sent' ? '' : verdict.code, code)
    assert.doesNotMatch(JSON.stringify(verdict), /prompt|hidden/)
  }
  assert.deepEqual(await sender.send(batch, never), { kind: 'sent' })
  assert.equal(new Set(s.tokens).size, 1, 'every try has the same token')
  await sender.stop()
})

test('a connection that was closed while it was idle is replaced, one that was new is not', async (tc) => {
  const cut: Step = (req) => {
    req.socket.resetAndDestroy()
  }
  const fine: Step = (_req, res) => {
    res.end()
  }
  const { url } = await stub(tc, [fine, cut, fine, cut, cut, fine])
  const sender = await started({ url, migrate: false })
  const parts = encode(sampleEvents({ count: 1 }))
  const outcomes: string[] = []
  // Sent; cut on the old connection and sent on a new one; cut on the old connection and on the new one; sent.
  for (const id of ['1', '2', '3', '4'])
    outcomes.push((await sender.send(batchOf(id, parts), never)).kind)
  assert.deepEqual(outcomes, ['sent', 'sent', 'retry', 'sent'])
  await sender.stop()
})

test('after a memory limit the insert is sent in halves, each with its own token', async (tc) => {
  const limit = says(500, 241, 'MEMORY_LIMIT_EXCEEDED')
  const s = await stub(tc, [limit, limit])
  const sender = await started({ url: s.url, migrate: false })
  const parts = [1, 2, 3, 4].flatMap((seed) => encode(sampleEvents({ count: 2, seed })))
  assert.deepEqual(await sender.send(batchOf('2', parts), never), { kind: 'sent' })
  assert.equal(s.tokens.length, 5)
  assert.equal(new Set(s.tokens).size, 5)
  await sender.stop()
})

test('an insert ends after the timeout when the server does not answer, and at once when aborted', async (tc) => {
  const s = await stub(tc, [() => {}, () => {}])
  const sender = await started({ url: s.url, migrate: false, timeout: '1s' })
  const batch = batchOf('3', encode(sampleEvents({ count: 1 })))
  assert.equal((await sender.send(batch, never)).kind, 'retry')
  const abort = new AbortController()
  const pending = sender.send(batch, abort.signal)
  abort.abort()
  assert.equal((await pending).kind, 'retry')
  await sender.stop()
})

test('a retry after a lost response adds no row', async (tc) => {
  let isLost = true
  const proxy = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (c: Buffer) => chunks.push(c))
    req.on('end', () => void forward(req, res, Buffer.concat(chunks)))
  })
  const forward = async (
    req: IncomingMessage,
    res: ServerResponse,
    body: Buffer,
  ): Promise<void> => {
    const answer = await fetch(`${t.engine.url}${req.url}`, {
      method: 'POST',
      headers: { 'x-clickhouse-user': t.engine.username, 'x-clickhouse-key': t.engine.password },
      body,
    })
    await answer.arrayBuffer()
    if (!isLost) {
      res.writeHead(answer.status).end()
      return
    }
    isLost = false
    req.socket.destroy()
  }
  tc.after(() => end(proxy))
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = proxy.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const sender = await started({ url: `http://127.0.0.1:${port}`, migrate: false })
  const batch = batchOf('4', encode(sampleEvents({ count: 20, projectId: 'lost-answer' })))
  assert.equal((await sender.send(batch, never)).kind, 'retry')
  assert.equal(await count('lost-answer'), 20)
  assert.deepEqual(await sender.send(batch, never), { kind: 'sent' })
  assert.equal(await count('lost-answer'), 20)
  await sender.stop()
})

test('a retry completes an insert that reached the events table but not its materialized views', async () => {
  const sender = await started()
  try {
    const batch = batchOf('5', encode(sampleEvents({ count: 20, projectId: 'half' })))
    const beside = async (): Promise<number> =>
      Number(
        (
          await t.rows<{ n: string }>(
            "SELECT sum(inserted) AS n FROM observa.event_hours WHERE project_id = 'half'",
          )
        )[0]?.n,
      )
    assert.equal(await count('half'), 0)
    await t.client.command({
      query: 'ALTER TABLE observa.event_hours ADD CONSTRAINT broken CHECK inserted = 0',
    })
    assert.notEqual((await sender.send(batch, never)).kind, 'sent')
    await t.client.command({ query: 'ALTER TABLE observa.event_hours DROP CONSTRAINT broken' })
    assert.deepEqual(await sender.send(batch, never), { kind: 'sent' })
    assert.equal(await count('half', 'FINAL'), 20)
    assert.equal(await beside(), 20)
    assert.deepEqual(await sender.send(batch, never), { kind: 'sent' })
    assert.equal(await beside(), 20)
  } finally {
    await sender.stop()
  }
})

test('every start warns when certificates are not verified, and only then', async (tc) => {
  for (const insecure of [true, false]) {
    const own = testHost(tc)
    const tls = { insecure_skip_verify: insecure, accept_risk: insecure }
    const config = { url: 'https://127.0.0.1:1', migrate: false, tls }
    const sender = await clickhouse.createSender(clickhouse.schema.parse(config), own)
    await sender.start(never)
    await sender.stop()
    const warnings = own.lines.filter((line) => /not verified/.test(String(line['msg'])))
    assert.equal(warnings.length, insecure ? 1 : 0)
  }
})

test('a link-local server is refused at start', async () => {
  for (const url of ['http://169.254.169.254:8123', 'http://u:secret@[fe80::1]:8123'])
    await assert.rejects(started({ url, migrate: false }), (error: Error) => {
      assert.ok(error instanceof ObservaError && error.code === 'OBS_CLICKHOUSE_LINK_LOCAL')
      assert.doesNotMatch(error.line(), /secret/)
      return true
    })
})

test('sample events have maps with JSON and text values', () => {
  const events = sampleEvents({ count: 1 })
  const flags = [0, 1, 2].map(
    (i) => events.pairs[(events.attributesFirst(0) + i) * PAIR_STRIDE + PAIR.JSON],
  )
  assert.deepEqual(flags, [0, 1, 1])
})
