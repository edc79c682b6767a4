// The log on the model file system: seeded lives with power cuts and faults, every truncation, bit flips,
// a full disk, failing syncs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { VirtualClock } from '../sender/testing/virtual-clock.ts'
import { type AppendRecord, DurableLog, type LogOptions } from './log.ts'
import { queueVerify } from './queue-commands.ts'
import { ModelFs } from './testing/model-fs.ts'
import { simulate } from './testing/simulate.ts'

const LIVES = 250
const RECORDS = 12
const DIR = '/log'
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

function options(fs: ModelFs, more: Partial<LogOptions> = {}): LogOptions {
  const lock = (): Promise<() => Promise<void>> => Promise.resolve(() => Promise.resolve())
  const base = { dir: DIR, fs: fs.process(), clock: systemClock, metrics: new Metrics(), lock }
  return { ...base, log: quiet, freeBytesMin: 0, cacheBytes: 0, ...more }
}

function record(n: number): AppendRecord {
  const parts = ['a', 'b'].map((exporter) => {
    return { exporter, stream: 's', items: n, bytes: Buffer.alloc(n * 5, `${exporter}${n}`) }
  })
  const facts = { eventCount: 1, eventIds: Buffer.alloc(16, n), claims: Int32Array.of(0, n, n) }
  return { pipeline: 'p', parts, ...facts, createdAtMs: n }
}

test(`${LIVES} seeded lives lose nothing that was acknowledged`, async () => {
  let crashes = 0
  let acknowledged = 0
  for (let seed = 1; seed <= LIVES; seed++) {
    const result = await simulate(seed, seed % 8 === 7 ? 'buffered' : 'durable')
    assert.deepEqual(result.violations, [], `seed ${seed}`)
    crashes += result.crashes
    acknowledged += result.acknowledged
  }
  assert.ok(crashes > LIVES && acknowledged > LIVES * 5, 'the simulation did its work')
})

interface Segment {
  readonly fs: ModelFs
  readonly path: string
  readonly bytes: Buffer
  /** The offset of each record, and the end. */
  readonly starts: readonly number[]
}

/** A closed segment with records 1 to RECORDS, where record n has 2n items for two exporters. */
async function closedSegment(): Promise<Segment> {
  const fs = new ModelFs(() => 0.5)
  const log = await DurableLog.open(options(fs))
  await Promise.all(Array.from({ length: RECORDS }, (_, i) => log.append(record(i + 1))))
  await log.close()
  const path = fs.paths().find((p) => p.endsWith('.seg')) as string
  const bytes = Buffer.from(fs.bytesOf(path) as Buffer)
  const starts: number[] = []
  for (let at = 4096; at < bytes.length; at += bytes.readUInt32LE(at + 8)) starts.push(at)
  return { fs, path, bytes, starts: [...starts, bytes.length] }
}

interface Readable {
  /** The readable parts, as `sequence exporter`. */
  readonly parts: string[]
  readonly log: DurableLog
}

async function reopened(fs: ModelFs, path: string, bytes: Buffer): Promise<Readable> {
  for (const p of fs.paths()) if (p.endsWith('.seg') && p !== path) fs.forget(p)
  fs.put(path, bytes)
  const log = await DurableLog.open(options(fs))
  const reader = log.reader(1n)
  const parts: string[] = []
  for (let r = await reader.poll(); r !== null; r = await reader.poll())
    for (const p of r.parts) {
      assert.deepEqual(Buffer.from(p.bytes), Buffer.from(bytesOf(Number(r.sequence), p.exporter)))
      parts.push(`${r.sequence} ${p.exporter}`)
    }
  await log.close()
  return { parts, log }
}

function bytesOf(n: number, exporter: string): Uint8Array {
  return record(n).parts.find((p) => p.exporter === exporter)?.bytes ?? new Uint8Array(0)
}

function partsUpTo(n: number): string[] {
  return Array.from({ length: n }, (_, i) => [`${i + 1} a`, `${i + 1} b`]).flat()
}

test('a segment cut off anywhere gives every record before the cut', async () => {
  const { fs, path, bytes, starts } = await closedSegment()
  for (let length = 0; length < bytes.length; length += length < 4096 ? 64 : 1) {
    const { parts, log } = await reopened(fs, path, bytes.subarray(0, length))
    const whole = starts.filter((s, i) => i > 0 && s <= length).length
    assert.deepEqual(parts, partsUpTo(whole), `cut at ${length}`)
    assert.equal(log.stats().recovery.recoveredRecords, whole)
    const torn = Math.max(0, length - Math.max(4096, starts[whole] ?? 0))
    if (bytes.subarray(length - torn, length).some((b) => b !== 0))
      assert.ok(log.stats().recovery.truncatedBytes > 0, `torn bytes at ${length}`)
  }
})

test('a flipped bit costs the record it hits at most, and the count says so', async () => {
  const { fs, path, bytes, starts } = await closedSegment()
  const bits = bytes.length * 8
  // Flips every bit of two record headers, and a sample of all others.
  const first = (starts[2] as number) * 8
  const flips = Array.from({ length: 130 * 8 }, (_, i) => first + i)
  for (let bit = 0; bit < bits; bit += 53) flips.push(bit)
  for (const bit of flips) {
    const damaged = Buffer.from(bytes)
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
    const { parts, log } = await reopened(fs, path, damaged)
    const hit = starts.findIndex((s) => s > bit >> 3)
    const spared = partsUpTo(RECORDS).filter((p) => !p.startsWith(`${hit} `))
    const lost = partsUpTo(RECORDS).filter((p) => !parts.includes(p))
    assert.deepEqual(
      spared.filter((p) => !parts.includes(p)),
      [],
      `bit ${bit}`,
    )
    assert.equal(parts.length, new Set(parts).size)
    // The counts of all appended items survive, because later records repeat them.
    if (hit > 0 && hit < RECORDS) {
      assert.equal(log.itemsAppended('a'), (RECORDS * (RECORDS + 1)) / 2, `bit ${bit}`)
      assert.equal(log.stats().recovery.skippedRecords, lost.length > 0 || hitsFacts(log) ? 1 : 0)
    }
  }
})

/** Damage to ids and claims costs no part, but the record is not intact. */
function hitsFacts(log: DurableLog): boolean {
  return log.stats().recovery.recoveredRecords === RECORDS - 1
}

test('no damage of the last segment makes a start delete or hide the others', async () => {
  const { fs, path, bytes, starts } = await closedSegment()
  const log = await DurableLog.open(options(fs))
  await log.append(record(1))
  await log.close()
  const newest = fs
    .paths()
    .filter((p) => p.endsWith('.seg') && p !== path)
    .at(-1) as string
  const damaged = Buffer.from(fs.bytesOf(newest) as Buffer).fill(0x55, 0)
  fs.put(newest, damaged)
  const again = await DurableLog.open(options(fs))
  // The lost record keeps its number and its items, so the item counts show what is lost.
  assert.equal(again.nextSequence, BigInt(RECORDS + 2))
  assert.equal(again.itemsAppended('a'), (RECORDS * (RECORDS + 1)) / 2 + 1)
  assert.ok(fs.bytesOf(`${newest}.unreadable`), 'bytes that nobody can read are left to a person')
  const reader = again.reader(1n)
  for (let n = 1; n <= RECORDS; n++) assert.equal((await reader.poll())?.createdAtMs, n)
  assert.equal(await again.append(record(9)), BigInt(RECORDS + 2))
  assert.equal((await reader.poll())?.createdAtMs, 9)
  await again.close()
  assert.deepEqual(fs.bytesOf(path)?.subarray(0, starts.at(-1)), bytes)
})

test('a part with a wrong CRC of the worker is refused, not stored', async () => {
  const fs = new ModelFs(() => 0.5)
  const log = await DurableLog.open(options(fs))
  const part = { exporter: 'a', stream: 's', items: 1, bytes: Buffer.from('x'), crc32: 1 }
  await assert.rejects(log.append({ ...record(1), parts: [part] }), { code: 'OBS_LOG_SUM' })
  await log.close()
})

test('bytes of a payload that look like a record are never taken for one', async () => {
  const { fs, path, bytes, starts } = await closedSegment()
  const forged = Buffer.from(bytes.subarray(starts[4], starts[5]))
  const log = await DurableLog.open(options(fs))
  const at = log.nextSequence
  const facts = { eventCount: 0, eventIds: new Uint8Array(0), claims: new Int32Array(0) }
  // A copy of a real record, as somebody could send it who can read the disk. Its sequence number and epoch are
  // wrong.
  const parts = [{ exporter: 'a', stream: 's', items: 1, bytes: forged }]
  await log.append({ pipeline: 'p', parts, ...facts, createdAtMs: 1 })
  await log.append({ pipeline: 'p', parts, ...facts, createdAtMs: 1 })
  await log.close()
  const newest = fs
    .paths()
    .filter((p) => p.endsWith('.seg') && p !== path)
    .at(-1) as string
  const damaged = Buffer.from(fs.bytesOf(newest) as Buffer)
  damaged[4096] = 0
  fs.put(newest, damaged)
  const again = await DurableLog.open(options(fs))
  const reader = again.reader(at)
  const seen: bigint[] = []
  for (let r = await reader.poll(); r !== null; r = await reader.poll()) seen.push(r.sequence)
  assert.deepEqual(seen, [at + 1n])
  await again.close()
})

test('a short write is refused as a whole, cut back, and the log goes on when there is room', async () => {
  const fs = new ModelFs(() => 0.5)
  const log = await DurableLog.open(options(fs))
  await log.append(record(1))
  fs.fault = (op) => (op === 'writev' ? 'short' : null)
  const failing = [record(2), record(3)].map((r) => log.append(r))
  for (const p of failing) await assert.rejects(p, { code: 'OBS_LOG_REFUSED' })
  assert.equal(log.pressure(), 'full')
  assert.equal(log.shortage(), 'disk')
  assert.equal(log.nextSequence, 2n)
  fs.fault = () => null
  await log.close()
  const again = await DurableLog.open(options(fs))
  assert.equal(again.stats().recovery.recoveredRecords, 1)
  assert.equal(again.stats().recovery.truncatedBytes, 0)
  assert.equal(await again.append(record(4)), 2n)
  await again.close()
})

test('on a full disk the log opens for its readers, and takes data once there is room', async () => {
  const { fs } = await closedSegment()
  fs.fault = (op, path) => (op === 'writev' && path.includes('w-') ? 'ENOSPC' : null)
  let now = 0
  const clock = { ...systemClock, monotonicMs: () => now }
  const log = await DurableLog.open(options(fs, { clock }))
  assert.equal(log.pressure(), 'full')
  const reader = log.reader(1n)
  for (let n = 1; n <= RECORDS; n++) assert.equal((await reader.poll())?.createdAtMs, n)
  fs.fault = () => null
  await assert.rejects(log.append(record(1)), { code: 'OBS_LOG_FULL' })
  now += 5000
  assert.equal(await log.append(record(1)), BigInt(RECORDS + 1))
  await log.close()
})

test('appends queued behind a failed one fail too', async () => {
  const fs = new ModelFs(() => 0.5)
  const log = await DurableLog.open(options(fs))
  let writes = 0
  fs.fault = (op) => (op === 'writev' && ++writes === 1 ? 'short' : null)
  const first = log.append(record(1))
  await Promise.resolve()
  await Promise.resolve()
  const behind = log.append(record(2))
  await assert.rejects(first, { code: 'OBS_LOG_REFUSED' })
  await assert.rejects(behind, { code: 'OBS_LOG_REFUSED' })
  await log.close()
})

test('a refusal is told in the turn in which it happens, for each append behind the failed one too', async () => {
  const fs = new ModelFs(() => 0.5)
  const log = await DurableLog.open(options(fs))
  const told: number[] = []
  let turns = 0
  const turnsOf: number[] = []
  const append = (n: number): Promise<unknown> =>
    log.append(record(n), () => {
      told.push(n)
      turnsOf.push(turns)
      // Nothing but the rejection itself is queued before this.
      queueMicrotask(() => turns++)
    })
  fs.fault = (op) => (op === 'writev' ? 'short' : null)
  await Promise.allSettled([append(1), append(2), append(3)])
  // The latest first, because each takes back what it changed.
  assert.deepEqual(told, [3, 2, 1])
  assert.deepEqual(turnsOf, [0, 0, 0])
  await log.close()
  const late = log.append(record(4), () => told.push(4))
  assert.deepEqual(told, [3, 2, 1, 4], 'before the promise of a refused append is even returned')
  await assert.rejects(late, { code: 'OBS_LOG_CLOSED' })
})

test('what a kill left unsynced is made durable by the next start, for it counts as stored then', async () => {
  // With random numbers of 0 a power cut keeps nothing that was not synced.
  const fs = new ModelFs(() => 0)
  let isKilled = false
  const process = fs.process()
  const atSync = Promise.withResolvers<null>()
  const killedBeforeSync = {
    ...process,
    open: async (...args: Parameters<typeof process.open>) => {
      const file = await process.open(...args)
      const hang = (): Promise<never> => {
        atSync.resolve(null)
        return new Promise(() => {})
      }
      return { ...file, datasync: () => (isKilled ? hang() : file.datasync()) }
    },
  }
  const log = await DurableLog.open({ ...options(fs), fs: killedBeforeSync })
  isKilled = true
  void log.append(record(1))
  await atSync.promise
  const after = await DurableLog.open(options(fs))
  assert.equal(after.stats().recovery.recoveredRecords, 1)
  fs.crash()
  const again = await DurableLog.open(options(fs))
  assert.equal((await again.reader(1n).poll())?.createdAtMs, 1)
  await again.close()
})

test('a failed sync moves what was not acknowledged to a new segment and answers', async () => {
  const fs = new ModelFs(() => 0.5)
  const log = await DurableLog.open(options(fs))
  await log.append(record(1))
  let failures = 1
  fs.fault = (op) => (op === 'datasync' && failures-- > 0 ? 'EIO' : null)
  assert.deepEqual(await Promise.all([log.append(record(2)), log.append(record(3))]), [2n, 3n])
  assert.equal(log.stats().segments, 2)
  fs.crash()
  const again = await DurableLog.open(options(fs))
  const reader = again.reader(1n)
  const seen: number[] = []
  for (let r = await reader.poll(); r !== null; r = await reader.poll()) seen.push(r.createdAtMs)
  assert.deepEqual(seen, [1, 2, 3])
  await again.close()
})

test('a second failure makes the log read-only: nothing more is acknowledged, readers go on', async () => {
  const fs = new ModelFs(() => 0.5)
  const log = await DurableLog.open(options(fs))
  await log.append(record(1))
  fs.fault = (op) => (op === 'datasync' ? 'EIO' : null)
  await assert.rejects(log.append(record(2)), { code: 'OBS_LOG_READ_ONLY' })
  fs.fault = () => null
  await assert.rejects(log.append(record(3)), { code: 'OBS_LOG_READ_ONLY' })
  assert.equal(log.pressure(), 'full')
  assert.equal(log.shortage(), 'read-only')
  assert.equal(log.stats().state, 'read-only')
  assert.equal((await log.reader(1n).poll())?.createdAtMs, 1)
  await log.close()
})

test('a segment that cannot be read is passed over, and the gap is counted', async () => {
  const fs = new ModelFs(() => 0.5)
  const metrics = new Metrics()
  const small = { segmentBytes: 64 * 1024, metrics }
  const log = await DurableLog.open(options(fs, small))
  const big = { ...record(1), parts: [{ ...record(1).parts[0], bytes: Buffer.alloc(30_000) }] }
  for (let i = 0; i < 8; i++) await log.append(big as AppendRecord)
  const second = fs.paths().filter((p) => p.endsWith('.seg') && p.includes('w-'))[1] as string
  fs.fault = (op, path) => (op === 'read' && path === second ? 'EIO' : null)
  const reader = log.reader(1n)
  const seen: bigint[] = []
  for (let r = await reader.poll(); r !== null; r = await reader.poll()) seen.push(r.sequence)
  assert.deepEqual(seen, [1n, 2n, 5n, 6n, 7n, 8n])
  assert.equal(metrics.value('observa_log_damaged_total', 'what="records"'), 2)
  await log.close()
})

/** The sequence numbers that two readers can read, and how many records they count as lost. */
async function readTwice(fs: ModelFs): Promise<{ seen: bigint[]; gone: number; log: DurableLog }> {
  const metrics = new Metrics()
  const log = await DurableLog.open(options(fs, { metrics }))
  let seen: bigint[] = []
  for (const exporter of ['a', 'b']) {
    const reader = log.reader(1n, { exporter })
    seen = []
    for (let r = await reader.poll(); r !== null; r = await reader.poll()) seen.push(r.sequence)
    await reader.close()
  }
  return { seen, gone: metrics.value('observa_log_damaged_total', 'what="records"'), log }
}

for (const [what, damage] of [
  ['zeroed', (b: Buffer, from: number): Buffer => Buffer.from(b).fill(0, from)],
  ['cut off', (b: Buffer, from: number): Buffer => b.subarray(0, from)],
  ['overwritten', (b: Buffer, from: number): Buffer => Buffer.from(b).fill(0x55, from)],
  ['zeroed from the beginning', (b: Buffer): Buffer => Buffer.alloc(b.length)],
  ['emptied', (): Buffer => Buffer.alloc(0)],
] as const)
  test(`the end of the last segment ${what}: what is gone is counted once, by all who look`, async () => {
    const { fs, path, bytes, starts } = await closedSegment()
    const kept = what.includes('zeroed from') || what === 'emptied' ? 0 : RECORDS - 3
    fs.put(path, damage(bytes, starts[kept] as number))
    const items = (from: number): number => {
      let sum = 0
      for (let n = from; n <= RECORDS; n++) sum += n
      return sum
    }
    const gone = RECORDS - kept
    const verified = await queueVerify(DIR, () => {}, { fs: fs.process() })
    assert.deepEqual(
      [verified.records, verified.missingRecords, verified.missingItems],
      [kept, gone, 2 * items(kept + 1)],
    )
    const first = await readTwice(fs)
    assert.equal(first.seen.length, kept)
    assert.equal(first.gone, gone)
    assert.equal(first.log.stats().recovery.skippedRecords, gone)
    assert.equal(
      first.log.itemsAppended('a'),
      items(1),
      'the item counts have everything that was appended',
    )
    assert.equal(await first.log.append(record(5)), BigInt(RECORDS + 1))
    await first.log.close()
    const again = await queueVerify(DIR, () => {}, { fs: fs.process() })
    // A log without any record continues after the lost records, as after a complete delivery, and the item counts
    // stay.
    assert.equal(again.missingRecords, kept === 0 ? 0 : gone, 'also after a start')
  })

test('a mark of the end that is damaged, empty or cannot be read is none, and the log opens', async () => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.alloc(4),
    Buffer.alloc(300),
    Buffer.alloc(9, 0x55),
  ]) {
    const { fs } = await closedSegment()
    for (const path of fs.paths().filter((p) => p.includes('/end.'))) fs.put(path, bytes)
    const log = await DurableLog.open(options(fs))
    assert.equal(log.nextSequence, BigInt(RECORDS + 1))
    await log.close()
  }
  const { fs } = await closedSegment()
  fs.fault = (_op, path) => (path.includes('/end.') ? 'EIO' : null)
  const log = await DurableLog.open(options(fs))
  assert.equal(await log.append(record(1)), BigInt(RECORDS + 1))
  await log.close()
})

test('a kill soon after an append leaves a mark of the end as well', async () => {
  const fs = new ModelFs(() => 0.5)
  const clock = new VirtualClock()
  const log = await DurableLog.open(options(fs, { clock }))
  await log.append(record(1))
  await log.append(record(2))
  await clock.until(() => fs.paths().some((path) => path.endsWith('end.1')))
  const path = fs.paths().find((p) => p.endsWith('.seg')) as string
  fs.put(path, Buffer.alloc(0))
  const { seen, gone, log: again } = await readTwice(fs)
  assert.deepEqual([seen.length, gone], [0, 2])
  await again.close()
})

test('a segment that may not be read stops a start and the commands with a line that names it', async () => {
  const { fs, path } = await closedSegment()
  fs.fault = (_op, at) => (at === path ? 'EIO' : null)
  const said = { code: 'OBS_LOG_UNREADABLE', message: new RegExp(path) }
  await assert.rejects(DurableLog.open(options(fs)), said)
  await assert.rejects(
    queueVerify(DIR, () => {}, { fs: fs.process() }),
    said,
  )
})
