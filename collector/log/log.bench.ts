// Measures how fast the log takes records in each mode, compared with a simple log that does one write and one
// fdatasync for each append. `node collector/log/log.bench.ts [seconds] [dir]` prints one line for each case.

import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import type { EncodedPart } from '../../core/task.ts'
import { type AppendRecord, type Durability, DurableLog } from './log.ts'

const APPENDERS = 16
const SPANS = 100
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

interface Case {
  readonly name: string
  readonly append: (r: AppendRecord) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** A record of 100 spans for three exporters. */
function recordOf(bytes: number, withCrc: boolean): AppendRecord {
  const parts: EncodedPart[] = ['clickhouse', 'postgres', 'kafka'].map((exporter) => {
    const payload = Buffer.alloc(Math.floor(bytes / 3), 'some encoded row ')
    const part = { exporter, stream: 'events', items: SPANS, bytes: payload }
    return withCrc ? { ...part, crc32: crc32(payload) } : part
  })
  const claims = new Int32Array(SPANS * 3)
  const facts = { eventCount: SPANS, eventIds: Buffer.alloc(SPANS * 16, 7), claims }
  return { pipeline: 'traces', parts, ...facts, createdAtMs: 0 }
}

async function logCase(root: string, durability: Durability): Promise<Case> {
  const dir = await mkdtemp(join(root, `${durability}-`))
  const base = { dir, clock: systemClock, metrics: new Metrics(), log: quiet, freeBytesMin: 0 }
  const log = await DurableLog.open({
    ...base,
    durability,
    bytesMax: 64 * 1024 ** 3,
    retainBytes: 0,
  })
  // A consumer at the end of the log, like a sender that keeps up, so that segments are recycled.
  let consumed = 0n
  const append = async (r: AppendRecord): Promise<void> => {
    const sequence = await log.append(r)
    if (sequence > consumed + 100n) {
      consumed = sequence
      log.keepFor('bench', sequence)
    }
  }
  return { name: durability, append, close: () => log.close() }
}

/** The simple log: append, fdatasync and response, one append after another. */
async function naiveCase(root: string): Promise<Case> {
  const file = await open(join(root, `naive-${process.pid}-${Math.random()}`), 'w')
  let last: Promise<unknown> = Promise.resolve()
  const append = (r: AppendRecord): Promise<unknown> => {
    last = last.then(async () => {
      await file.writev(r.parts.map((p) => p.bytes))
      await file.datasync()
    })
    return last
  }
  return { name: 'one fdatasync per append', append, close: () => file.close() }
}

async function measure(c: Case, record: AppendRecord, seconds: number): Promise<string> {
  const bytes = record.parts.reduce((n, p) => n + p.bytes.length, 0)
  const warmUntil = performance.now() + 500
  await run(c, record, warmUntil, [])
  const latencies: number[] = []
  const started = performance.now()
  const cpu = process.cpuUsage()
  const thread = process.threadCpuUsage()
  await run(c, record, started + seconds * 1000, latencies)
  const threadUsed = process.threadCpuUsage(thread)
  const used = process.cpuUsage(cpu)
  const took = (performance.now() - started) / 1000
  const n = latencies.length
  latencies.sort((a, b) => a - b)
  const at = (q: number): string => (latencies[Math.floor((n - 1) * q)] ?? 0).toFixed(1)
  const mainUs = (threadUsed.user + threadUsed.system) / n
  const allUs = (used.user + used.system) / n
  const rate = `${(n / took).toFixed(0)} appends/s, ${((n * bytes) / took / 1e6).toFixed(0)} MB/s`
  const cost = `main ${mainUs.toFixed(0)} us/record (${(mainUs / SPANS).toFixed(2)} us/span), process ${allUs.toFixed(0)}`
  return `${rate}, p50 ${at(0.5)} p99 ${at(0.99)} ms, ${cost}`
}

async function run(c: Case, r: AppendRecord, untilMs: number, latencies: number[]): Promise<void> {
  const appender = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      const from = performance.now()
      await c.append(r)
      latencies.push(performance.now() - from)
      // Real records do not arrive in microtasks, and memory mode would block the event loop.
      if (c.name === 'memory') await new Promise((resolve) => setImmediate(resolve))
    }
  }
  await Promise.all(Array.from({ length: APPENDERS }, appender))
}

async function main(seconds: number, where: string): Promise<void> {
  const root = await mkdtemp(join(where, 'observa-bench-'))
  try {
    for (const bytes of [100_000, 280_000]) {
      for (const make of [
        () => naiveCase(root),
        () => logCase(root, 'durable'),
        () => logCase(root, 'buffered'),
        () => logCase(root, 'memory'),
      ])
        for (const withCrc of [false, true]) {
          const c = await make()
          const isNaive = c.name.startsWith('one')
          if (!isNaive || withCrc) {
            const label = isNaive ? '' : withCrc ? ', CRC from the worker' : ', CRC on main'
            const line = await measure(c, recordOf(bytes, withCrc), seconds)
            process.stdout.write(`${bytes / 1000} kB ${c.name}${label}: ${line}\n`)
          }
          await c.close()
        }
    }
  } finally {
    await rm(root, { recursive: true, force: true })
  }
}

if (import.meta.main) await main(Number(process.argv[2] ?? 2.5), process.argv[3] ?? tmpdir())
