// Times to the nanosecond from the bytes of an event to what the API reads: in any order of arrival, beside rows and documents of
// versions that know microseconds only.

import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import type { EventTable } from '../../core/event.ts'
import { R } from '../../core/fields.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type { EncodedPart } from '../../core/task.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { findGroup } from '../../storage/queries/groups.ts'
import { findSignal, listSignals } from '../../storage/queries/signals.ts'
import { findTrace, listTraces, type TraceRow } from '../../storage/queries/traces.ts'
import { startTestPostgres, type TestPostgres } from '../../storage/testing/stores.ts'
import { never, sendBatch, testHost } from '../../test/exporter-host.ts'
import { sampleEvents, setTime } from '../clickhouse/testing/sample-events.ts'
import { encoder } from './encode.ts'
import { TIME_MAX_MS, timeOf } from './exact-times.ts'
import type { FactDocument } from './fact-document.ts'
import { postgres } from './index.ts'

const DAY = 1_796_000_000_000_000_000n
const SCOPE = { tenantId: 'nanos', projectId: 'default' }

let server: TestPostgres

before(async () => {
  server = await startTestPostgres()
})
after(() => server.stop())

type Send = (parts: readonly EncodedPart[]) => Promise<void>

async function sendingOf(t: TestContext): Promise<Send> {
  const config = postgres.schema.parse({ url: server.url })
  const sender = await postgres.createSender(config, testHost(t))
  await sender.start(never)
  t.after(() => sender.stop())
  let sequence = 0n
  return async (parts) => {
    sequence++
    const batch = { ...sendBatch([...parts]), batchId: `${sequence}` }
    const at = { firstSequence: sequence, lastSequence: sequence }
    assert.deepEqual(await sender.send({ ...batch, ...at }, never), { kind: 'sent' })
  }
}

interface Span {
  readonly start: bigint
  readonly end: bigint
  /** Null inherits those of the trace. */
  readonly owner: string | null
}

let seed = 1

/** The documents of spans of one trace. */
function encode(trace: number, spans: readonly Span[]): EncodedPart[] {
  const { tenantId, projectId } = SCOPE
  const events = sampleEvents({ count: spans.length, tenantId, projectId, seed: seed++ })
  for (const [e, { start, end, owner }] of spans.entries()) {
    const id = Buffer.alloc(16)
    id.writeUInt32LE(trace)
    events.setRange(e, R.trace_id, events.arena.append(id), 16)
    for (const field of [R.user_id, R.session_id, R.conversation_id])
      if (owner === null) events.clear(e, field)
      else events.setText(e, field, owner)
    setTime(events, e, R.start_time, start)
    setTime(events, e, R.end_time, end)
  }
  return encoded(events, [])
}

function encoded(events: EventTable, signals: readonly Signal[]): EncodedPart[] {
  const ctx = { count: () => {}, signal: () => {}, signals, explain: false }
  return encoder('postgres', {}).encode({ batch: events.batch, events, signals }, new Set(), ctx)
}

/** The same as a version wrote it that knew no nanoseconds. */
function asBefore(parts: readonly EncodedPart[]): EncodedPart[] {
  return parts.map((part) => {
    const { nanos: _, ...document } = JSON.parse(Buffer.from(part.bytes).toString()) as FactDocument
    return { ...part, bytes: new Uint8Array(Buffer.from(JSON.stringify(document))) }
  })
}

const traceId = (trace: number): string => {
  const id = Buffer.alloc(16)
  id.writeUInt32LE(trace)
  return id.toString('hex')
}

function textOf(ns: bigint): string {
  const ms = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, -1)
  return `${ms}${String(ns % 1_000_000n).padStart(6, '0')}Z`
}

async function found(trace: number): Promise<TraceRow> {
  const row = await findTrace(server.pool, SCOPE, traceId(trace))
  assert.ok(row !== null)
  return row
}

const least = (times: readonly bigint[]): bigint => times.reduce((a, b) => (b < a ? b : a))
const greatest = (times: readonly bigint[]): bigint => times.reduce((a, b) => (b > a ? b : a))

test('the time of an event is read to the nanosecond, up to the limit', () => {
  const events = sampleEvents({ count: 1, seed: 1 })
  for (const ns of [
    0n,
    1n,
    999n,
    1000n,
    DAY,
    DAY + 1n,
    DAY + 123_456_789n,
    4_294_967_294_999_999_999n,
  ]) {
    setTime(events, 0, R.start_time, ns)
    const { us, ns: below } = timeOf(events, 0, R.start_time) ?? assert.fail()
    assert.equal(BigInt(us) * 1000n + BigInt(below), ns)
  }
  setTime(events, 0, R.start_time, 2n ** 64n - 1n)
  assert.deepEqual(timeOf(events, 0, R.start_time), { us: TIME_MAX_MS * 1000, ns: 0 })
})

test('traces, conversations, sessions and users have the exact times of their events, in any order and grouping', async (t) => {
  const send = await sendingOf(t)
  let state = 7
  const random = (below: number): number => {
    state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647
    return state % below
  }
  for (let round = 1; round <= 30; round++) {
    const owner = `owner-${round}`
    // Within two microseconds, so that most of the comparisons are decided by the nanoseconds.
    const spans = Array.from({ length: 6 }, (_, i): Span => {
      const start = DAY + BigInt(round) * 1_000_000_000n + BigInt(random(2000))
      return { start, end: start + BigInt(random(1500)), owner: i === 3 ? owner : null }
    })
    for (let from = 0; from < spans.length; ) {
      const count = 1 + random(3)
      await send(encode(round, spans.slice(from, from + count)))
      from += count
    }
    const first = least(spans.map((s) => s.start))
    const last = greatest(spans.map((s) => s.end))
    const trace = await found(round)
    assert.equal(trace.start_time, textOf(first))
    assert.equal(trace.end_time, textOf(last))
    assert.equal(trace.duration_ms, Number(last - first) / 1e6)
    for (const kind of ['conversations', 'sessions', 'users'] as const) {
      const group = await findGroup(server.pool, SCOPE, kind, [owner])
      assert.equal(group?.first_at, textOf(first), kind)
      assert.equal(group?.last_at, textOf(last), kind)
      assert.equal(group?.duration_ms, Number(last - first) / 1e6)
    }
  }
})

test('a trace is found by its exact duration', async (t) => {
  const send = await sendingOf(t)
  const start = DAY - 5_000_000_000n
  await send(encode(1001, [{ start: start + 900n, end: start + 7_000_000_899n, owner: null }]))
  const list = async (filter: object): Promise<number> =>
    (await listTraces(server.pool, SCOPE, { ids: [traceId(1001)], limit: 5, ...filter })).rows
      .length
  assert.equal((await found(1001)).duration_ms, 6999.999999)
  assert.equal(await list({ minDurationMs: 6999.999999 }), 1)
  assert.equal(await list({ minDurationMs: 7000 }), 0)
  assert.equal(await list({ maxDurationMs: 6999.999998 }), 0)
  assert.equal(await list({ maxDurationMs: 6999.999999 }), 1)
})

test('a document of an earlier version counts to the microsecond, before and after one with nanoseconds', async (t) => {
  const send = await sendingOf(t)
  const at = DAY - 90_000_000_123n
  const us = (ns: bigint): bigint => ns - (ns % 1000n)
  const early = { start: at, end: at + 10_000n, owner: 'mixed' }
  const late = { start: at + 3_000_111n, end: at + 4_000_222n, owner: 'mixed' }
  await send(asBefore(encode(1002, [early])))
  assert.equal((await found(1002)).start_time, textOf(us(early.start)))
  await send(encode(1002, [late]))
  assert.equal((await found(1002)).start_time, textOf(us(early.start)))
  assert.equal((await found(1002)).end_time, textOf(late.end))
  const group = await findGroup(server.pool, SCOPE, 'users', ['mixed'])
  assert.equal(group?.first_at, textOf(us(early.start)))
  assert.equal(group?.last_at, textOf(late.end))
})

test('what an earlier version beside this one writes to the timestamps alone is what is read', async (t) => {
  const send = await sendingOf(t)
  const at = DAY - 70_000_000_877n
  await send(encode(1003, [{ start: at, end: at + 5_000_001n, owner: 'beside' }]))
  await withRole(server.pool, 'observa_exporter', async (c) => {
    const earlier = "interval '7 microseconds'"
    await c.query(
      `UPDATE trace_summaries SET start_time = start_time - ${earlier} WHERE trace_id = $1`,
      [traceId(1003)],
    )
    await c.query(
      `UPDATE sessions SET first_at = first_at - ${earlier} WHERE session_id = 'beside'`,
    )
  })
  const us = at - (at % 1000n) - 7000n
  assert.equal((await found(1003)).start_time, textOf(us))
  const session = await findGroup(server.pool, SCOPE, 'sessions', ['beside'])
  assert.equal(session?.first_at, textOf(us))
  assert.equal(session?.last_at, textOf(at + 5_000_001n))
  // The next event is counted from what that version wrote.
  await send(encode(1003, [{ start: at + 1n, end: at + 5_000_002n, owner: 'beside' }]))
  assert.equal((await found(1003)).start_time, textOf(us))
  assert.equal((await found(1003)).end_time, textOf(at + 5_000_002n))
})

test('traces that began in one microsecond are listed by their nanoseconds, also from page to page', async (t) => {
  const send = await sendingOf(t)
  const began = [300, 7, 999, 0, 42, 41].map((nanos) => DAY + 5_000_000_000_000n + BigInt(nanos))
  const user = 'of one microsecond'
  for (const [i, start] of began.entries())
    await send(encode(9000 + i, [{ start, end: start + 10n, owner: user }]))
  for (const sort of ['-start_time', 'start_time'] as const) {
    const listed: string[] = []
    let cursor: string | undefined
    do {
      const page = await listTraces(server.pool, SCOPE, { userId: [user], limit: 2, sort, cursor })
      listed.push(...page.rows.map((r) => r.start_time))
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    const rising = began.toSorted((a, b) => (a < b ? -1 : 1)).map(textOf)
    assert.deepEqual(listed, sort === 'start_time' ? rising : rising.toReversed())
  }
})

test('a signal has its time to the nanosecond, and one of an earlier version to the millisecond', async (t) => {
  const send = await sendingOf(t)
  const events = sampleEvents({ count: 1, ...SCOPE, seed: seed++ })
  const at = DAY + 123_456_789n
  const signal = (id: string): Signal => ({
    signal_id: id.padStart(32, '0'),
    type: 'error',
    severity: 'high',
    trace_id: traceId(9100),
    span_id: '00000000000000aa',
    event_id: '0'.repeat(32),
    tenant_id: SCOPE.tenantId,
    project_id: SCOPE.projectId,
    at: String(at),
    value: null,
    threshold: null,
    evidence: {},
    rule: 'error@1',
    fingerprint: `v1:${id.padStart(24, '0')}`,
  })
  await send(encoded(events, [signal('a1')]))
  const before = encoded(events, [signal('a2')]).map((part) => {
    const document = JSON.parse(Buffer.from(part.bytes).toString())
    for (const row of document.signals ?? []) delete row.nanos
    return { ...part, bytes: new Uint8Array(Buffer.from(JSON.stringify(document))) }
  })
  await send(before)
  const atOf = async (id: string): Promise<string | undefined> =>
    (await findSignal(server.pool, SCOPE, id.padStart(32, '0')))?.at
  assert.equal(await atOf('a1'), textOf(at))
  assert.equal(await atOf('a2'), textOf((at / 1_000_000n) * 1_000_000n))
  const listed = await listSignals(server.pool, SCOPE, { traceId: traceId(9100), limit: 1 })
  assert.deepEqual(
    listed.rows.map((r) => r.at),
    [textOf(at)],
  )
})
