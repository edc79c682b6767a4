// The log on a real directory: append, read, restart, rotation, deletion, limits, lock.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { type AppendRecord, DurableLog, type LogOptions } from './log.ts'

const quiet = { info: () => {}, warn: () => {}, error: () => {} }

async function tempDir(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-log-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

function options(dir: string, more: Partial<LogOptions> = {}): LogOptions {
  const base = { dir, clock: systemClock, metrics: new Metrics(), log: quiet }
  return { ...base, freeBytesMin: 0, ...more }
}

function record(n: number, bytes = 200): AppendRecord {
  const part = (exporter: string): AppendRecord['parts'][number] => {
    const payload = Buffer.alloc(bytes, `${exporter} ${n} `)
    return { exporter, stream: 'events', items: 2, bytes: payload }
  }
  return {
    pipeline: 'traces',
    parts: [part('clickhouse'), part('kafka/eu')],
    eventCount: 2,
    eventIds: Buffer.alloc(32, n),
    claims: Int32Array.of(0, n, -n),
    createdAtMs: 1000 + n,
  }
}

async function drain(log: DurableLog, exporter?: string): Promise<string[]> {
  const reader = log.reader(0n, exporter === undefined ? {} : { exporter })
  const seen: string[] = []
  for (let r = await reader.poll(); r !== null; r = await reader.poll())
    for (const p of r.parts)
      seen.push(`${r.sequence} ${Buffer.from(p.bytes).toString('latin1', 0, 14)}`)
  await reader.close()
  return seen
}

test('appended records are read back in order, from memory and after a restart from disk', async (t) => {
  const dir = await tempDir(t)
  const log = await DurableLog.open(options(dir))
  const sequences = await Promise.all([1, 2, 3].map((n) => log.append(record(n))))
  assert.deepEqual(sequences, [1n, 2n, 3n])
  const live = await drain(log)
  assert.equal(live.length, 6)
  await log.close()
  const again = await DurableLog.open(options(dir))
  assert.deepEqual(await drain(again), live)
  assert.deepEqual(
    await drain(again, 'kafka/eu'),
    live.filter((x) => x.includes('kafka')),
  )
  assert.equal(again.nextSequence, 4n)
  assert.equal(again.itemsAppended('clickhouse'), 6)
  assert.equal(again.stats().recovery.recoveredRecords, 3)
  await again.close()
})

test('facts survive a restart for the usage ledger', async (t) => {
  const dir = await tempDir(t)
  const log = await DurableLog.open(options(dir))
  await log.append(record(7))
  await log.close()
  const again = await DurableLog.open(options(dir))
  const r = await again.reader(0n, { factsOnly: true }).poll()
  assert.deepEqual(r?.claims, Int32Array.of(0, 7, -7))
  assert.deepEqual(Buffer.from(r?.eventIds ?? []), Buffer.alloc(32, 7))
  assert.equal(r?.parts.length, 0)
  await again.close()
})

test('segments rotate and go once every consumer is past them', async (t) => {
  const dir = await tempDir(t)
  const small = { segmentBytes: 64 * 1024, retainBytes: 0, cacheBytes: 0 }
  const log = await DurableLog.open(options(dir, small))
  for (let n = 1; n <= 40; n++) await log.append(record(n, 5000))
  assert.ok(log.stats().segments > 3)
  assert.equal((await drain(log)).length, 80)
  log.keepFor('b', 0n)
  log.keepFor('a', 41n)
  assert.equal((await drain(log)).length, 80)
  log.keepFor('b', 41n)
  await log.close()
  const left = (await readdir(dir)).filter((f) => f.startsWith('w-'))
  assert.ok(left.length <= 2, left.join())
})

test('the directory is private and only one process may have it', async (t) => {
  const dir = join(await tempDir(t), 'data')
  const log = await DurableLog.open(options(dir))
  assert.equal((await stat(dir)).mode & 0o777, 0o700)
  for (const name of await readdir(dir))
    assert.equal((await stat(join(dir, name))).mode & 0o077, 0, name)
  await assert.rejects(DurableLog.open(options(dir)), { code: 'OBS_LOG_LOCKED' })
  await log.close()
  await (await DurableLog.open(options(dir))).close()
})

test('past the limit appends are refused until a consumer catches up', async (t) => {
  const dir = await tempDir(t)
  const log = await DurableLog.open(
    options(dir, { bytesMax: 600 * 1024, segmentBytes: 64 * 1024, retainBytes: 0 }),
  )
  log.keepFor('slow', 1n)
  let refused = ''
  let n = 1
  for (; refused === '' && n < 500; n++)
    await log.append(record(n, 5000)).catch((e) => {
      refused = e.code
    })
  assert.equal(refused, 'OBS_LOG_FULL')
  assert.equal(log.pressure(), 'full')
  assert.equal(log.shortage(), 'bytes')
  log.keepFor('slow', log.nextSequence)
  assert.equal(log.pressure(), 'ok')
  assert.equal(log.shortage(), null)
  await log.append(record(n))
  await log.close()
})

test('what other data leave too little room for is told from what the log holds itself', async (t) => {
  const dir = await tempDir(t)
  const log = await DurableLog.open(options(dir, { freeBytesMin: Number.MAX_SAFE_INTEGER }))
  await assert.rejects(log.append(record(1)), /OBS_LOG_FULL|disk of the log is nearly full/)
  assert.equal(log.stats().shortage, 'disk')
  await log.close()
})

test('buffered mode answers before the sync and loses nothing over a close', async (t) => {
  const dir = await tempDir(t)
  const log = await DurableLog.open(options(dir, { durability: 'buffered' }))
  for (let n = 1; n <= 5; n++) await log.append(record(n))
  await log.close()
  const again = await DurableLog.open(options(dir, { durability: 'buffered' }))
  assert.equal((await drain(again)).length, 10)
  await again.close()
})

test('memory mode keeps what consumers need and nothing on disk', async (t) => {
  const dir = await tempDir(t)
  const log = await DurableLog.open(options(dir, { durability: 'memory', bytesMax: 10_000 }))
  log.keepFor('a', 1n)
  let stored = 0
  while (log.pressure() !== 'full') {
    await log.append(record(1))
    stored++
  }
  await assert.rejects(log.append(record(1)), { code: 'OBS_LOG_FULL' })
  assert.equal((await drain(log)).length, stored * 2)
  log.keepFor('a', log.nextSequence)
  await log.append(record(1))
  assert.deepEqual(await readdir(dir), [])
  await log.close()
})

test('a reader waits for the next record and stops waiting on abort', async (t) => {
  const log = await DurableLog.open(options(await tempDir(t)))
  const reader = log.reader(1n)
  const waiting = reader.next()
  await log.append(record(1))
  assert.equal((await waiting).sequence, 1n)
  const stop = new AbortController()
  const never = reader.next(stop.signal)
  stop.abort(new Error('stopped'))
  await assert.rejects(never, /stopped/)
  await log.close()
})

/** A record whose bytes have memory of their own, as workers make them. */
function owned(n: number): AppendRecord & { readonly memory: ArrayBuffer } {
  const memory = new ArrayBuffer(1000)
  const bytes = new Uint8Array(memory).fill(n)
  const part = { exporter: 'file', stream: 'events', items: 1, bytes }
  return { ...record(n), parts: [part], memory }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('the memory of a record is freed when it leaves the cache, and what readers have stays', async (t) => {
  const log = await DurableLog.open(options(await tempDir(t)))
  t.after(() => log.close())
  log.keepFor('file', 1n)
  const records = [owned(1), owned(2)]
  for (const r of records) await log.append(r)
  const reader = log.reader(0n, { exporter: 'file' })
  const read = await reader.poll()
  log.keepFor('file', 2n)
  await turn()
  await turn()
  assert.deepEqual(
    records.map((r) => r.memory.detached),
    [true, false],
  )
  assert.deepEqual(read?.parts[0]?.bytes, new Uint8Array(1000).fill(1))
  assert.equal(read?.parts[0]?.memory?.byteLength, 1000)
  assert.deepEqual((await reader.poll())?.parts[0]?.bytes, new Uint8Array(1000).fill(2))
  await reader.close()
})

test('a buffered log frees nothing, because it may have to write a record again', async (t) => {
  const dir = await tempDir(t)
  const log = await DurableLog.open(options(dir, { durability: 'buffered', cacheBytes: 0 }))
  t.after(() => log.close())
  const r = owned(1)
  await log.append(r)
  await turn()
  await turn()
  assert.equal(r.memory.detached, false)
})
