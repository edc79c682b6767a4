// A seeded simulation of a log on the model file system: appends, power cuts at any operation, full disks, failed
// syncs and restarts. After each restart everything acknowledged must be there, once and unchanged.
// `node collector/log/testing/simulate.ts 100000` runs seeds 1 to 100000, and `... 1 4711` runs only seed 4711.

import type { Clock } from '../../../core/clock.ts'
import { Metrics } from '../../../core/metrics.ts'
import { type AppendRecord, DurableLog } from '../log.ts'
import { type FsOp, ModelFs } from './model-fs.ts'

const DIR = '/log'
const STEPS = 12
const RECORD_BYTES_MAX = 9000
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

export interface SimulationResult {
  readonly appended: number
  readonly acknowledged: number
  readonly crashes: number
  readonly faults: number
  /** What went wrong; empty if nothing did. */
  readonly violations: readonly string[]
}

export async function simulate(seed: number, durability: 'durable' | 'buffered' = 'durable') {
  const life = new Life(seed, durability)
  return life.run()
}

type Random = () => number

class Life {
  readonly #random: Random
  readonly #fs: ModelFs
  readonly #durability: 'durable' | 'buffered'
  #log: DurableLog | null = null
  #next = 1
  /** The acknowledged records: sequence number to record number. */
  readonly #acknowledged = new Map<bigint, number>()
  #consumed = 0n
  #crashed = false
  #onCrash: () => void = () => {}
  #crashAt = Number.POSITIVE_INFINITY
  #faultOn: { readonly op: FsOp; readonly fault: 'short' | 'EIO' | 'ENOSPC' } | null = null
  #appended = 0
  #crashes = 0
  #faults = 0
  readonly #violations: string[] = []

  constructor(seed: number, durability: 'durable' | 'buffered') {
    this.#random = randomOf(seed)
    this.#durability = durability
    this.#fs = new ModelFs(this.#random)
    this.#fs.fault = (op) => this.#faultFor(op)
  }

  async run(): Promise<SimulationResult> {
    for (let step = 0; step < STEPS && this.#violations.length === 0; step++) await this.#step()
    this.#faultOn = null
    this.#crashAt = Number.POSITIVE_INFINITY
    this.#fs.capacityBytes = Number.POSITIVE_INFINITY
    if (this.#log !== null) this.#powerCut()
    await this.#open()
    await this.#check()
    // After all faults a new record can be appended and read.
    await this.#append().catch((error: unknown) => {
      this.#violations.push(`a healthy log refused a record: ${String(error)}`)
    })
    await this.#check()
    await this.#log?.close()
    return {
      appended: this.#appended,
      acknowledged: this.#acknowledged.size,
      crashes: this.#crashes,
      faults: this.#faults,
      violations: this.#violations,
    }
  }

  async #step(): Promise<void> {
    const pick = this.#random()
    if (pick < 0.35) this.#crashAt = this.#fs.operations + this.#int(12)
    else if (pick < 0.5) this.#faultOn = { op: 'datasync', fault: 'EIO' }
    else if (pick < 0.6) this.#faultOn = { op: 'writev', fault: 'short' }
    else if (pick < 0.65) this.#faultOn = { op: 'writev', fault: 'EIO' }
    else if (pick < 0.7) this.#fs.capacityBytes = 150_000
    else this.#fs.capacityBytes = Number.POSITIVE_INFINITY
    if (this.#log === null && !(await this.#orCrash(this.#open()))) return this.#afterCrash()
    if (this.#log !== null) {
      const work = Promise.allSettled(Array.from({ length: this.#int(6) }, () => this.#append()))
      if (!(await this.#orCrash(work))) return this.#afterCrash()
      if (this.#random() < 0.3) this.#consume()
      if (this.#random() < 0.2 && !(await this.#orCrash(this.#restart()))) return this.#afterCrash()
    }
    if (this.#crashAt < Number.POSITIVE_INFINITY) {
      this.#powerCut()
      this.#afterCrash()
    }
  }

  async #open(): Promise<void> {
    const metrics = new Metrics()
    try {
      this.#log = await DurableLog.open({
        dir: DIR,
        fs: this.#fs.process(),
        clock: frozenClock,
        metrics,
        log: quiet,
        durability: this.#durability,
        segmentBytes: 64 * 1024,
        cacheBytes: this.#random() < 0.5 ? 0 : 30_000,
        retainBytes: 0,
        freeBytesMin: 0,
        lock: () => Promise.resolve(() => Promise.resolve()),
      })
    } catch (error) {
      // Only a fault of this very step may prevent the log from opening.
      if (this.#faults === 0 && this.#fs.capacityBytes === Number.POSITIVE_INFINITY)
        this.#violations.push(`cannot open: ${String(error)}`)
      return
    }
    this.#log.hold('consumer', this.#consumed)
    // A power cut loses nothing that was acknowledged, so the end is never before its mark.
    const gone = metrics.value('observa_log_damaged_total', 'what="records"')
    if (this.#durability === 'durable' && gone > 0)
      this.#violations.push(`${gone} records at the end are said to be missing`)
    await this.#check()
  }

  async #restart(): Promise<void> {
    const log = this.#log
    this.#log = null
    await log?.close().catch(() => undefined)
    await this.#open()
  }

  async #append(): Promise<boolean> {
    const n = this.#next++
    this.#appended++
    const sequence = await (this.#log as DurableLog).append(recordOf(n, this.#random))
    if (this.#durability === 'durable' && this.#acknowledged.has(sequence))
      this.#violations.push(`sequence ${sequence} given twice`)
    this.#acknowledged.set(sequence, n)
    return true
  }

  #consume(): void {
    const log = this.#log as DurableLog
    const from = log.firstSequence > this.#consumed ? log.firstSequence : this.#consumed
    if (log.nextSequence <= from) return
    this.#consumed = from + BigInt(this.#int(Number(log.nextSequence - from)))
    log.keepFor('consumer', this.#consumed)
  }

  /** Reads everything and compares it with what was acknowledged. */
  async #check(): Promise<void> {
    const log = this.#log
    if (log === null) return
    const reader = log.reader(this.#consumed)
    const seen = new Map<bigint, number>()
    let last = -1n
    for (let r = await reader.poll(); r !== null; r = await reader.poll()) {
      if (r.sequence <= last) this.#violations.push(`sequence ${r.sequence} after ${last}`)
      last = r.sequence
      seen.set(r.sequence, r.createdAtMs)
      for (const p of r.parts)
        if (!isPayloadOf(r.createdAtMs, p.bytes))
          this.#violations.push(`bytes of ${r.sequence} changed`)
    }
    await reader.close()
    const isFaulty = this.#durability === 'buffered'
    for (const [sequence, n] of this.#acknowledged)
      if (!isFaulty && sequence >= this.#consumed && seen.get(sequence) !== n)
        this.#violations.push(`record ${n} (sequence ${sequence}) lost: ${seen.get(sequence)}`)
    if (!isFaulty && log.nextSequence > 1n && this.#acknowledged.size > 0) {
      const max = [...this.#acknowledged.keys()].reduce((a, b) => (a > b ? a : b))
      if (log.nextSequence <= max)
        this.#violations.push(`next sequence ${log.nextSequence} <= ${max}`)
    }
  }

  #faultFor(op: FsOp): 'short' | 'EIO' | 'ENOSPC' | null {
    if (this.#fs.operations >= this.#crashAt) {
      this.#powerCut()
      return null
    }
    if (this.#faultOn?.op !== op) return null
    const { fault } = this.#faultOn
    this.#faultOn = null
    this.#faults++
    return fault
  }

  #powerCut(): void {
    this.#crashAt = Number.POSITIVE_INFINITY
    this.#crashed = true
    this.#crashes++
    this.#fs.crash()
    this.#onCrash()
  }

  #afterCrash(): void {
    this.#crashed = false
    this.#log = null
    if (this.#durability === 'buffered') this.#acknowledged.clear()
  }

  /** Resolves to false when the power failed before the promise settled. */
  #orCrash(work: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#onCrash = () => resolve(false)
      if (this.#crashed) resolve(false)
      work.then(() => resolve(!this.#crashed), reject)
    })
  }

  #int(max: number): number {
    return 1 + Math.floor(this.#random() * max)
  }
}

/** A record whose time is its number and whose bytes follow from the number. */
function recordOf(n: number, random: Random): AppendRecord {
  const length = Math.floor(random() ** 3 * RECORD_BYTES_MAX)
  const parts = ['a', 'b'].map((exporter) => {
    return { exporter, stream: 's', items: 1, bytes: payloadOf(n, length) }
  })
  const facts = {
    eventCount: 1,
    eventIds: Buffer.alloc(16, n & 255),
    claims: Int32Array.of(0, n, n),
  }
  return { pipeline: 'p', parts, ...facts, createdAtMs: n }
}

function payloadOf(n: number, length: number): Buffer {
  const b = Buffer.alloc(length)
  for (let i = 0; i < length; i++) b[i] = (n * 31 + i) & 255
  return b
}

function isPayloadOf(n: number, bytes: Uint8Array): boolean {
  return Buffer.from(bytes).equals(payloadOf(n, bytes.length))
}

const frozenClock: Clock = {
  nowMs: () => 0,
  monotonicMs: (() => {
    let now = 0
    // Each look moves the clock by more than the time for which a full disk is remembered.
    return () => (now += 2000)
  })(),
  sleep: () => Promise.resolve(),
}

/** The mulberry32 generator. */
function randomOf(seed: number): Random {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b_79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

async function main(lives: number, first: number): Promise<void> {
  const sum = { appended: 0, acknowledged: 0, crashes: 0, faults: 0, bad: 0 }
  for (let seed = first; seed < first + lives; seed++) {
    const r = await simulate(seed, seed % 8 === 7 ? 'buffered' : 'durable')
    sum.appended += r.appended
    sum.acknowledged += r.acknowledged
    sum.crashes += r.crashes
    sum.faults += r.faults
    if (r.violations.length === 0) continue
    sum.bad++
    process.stdout.write(`seed ${seed}: ${r.violations.slice(0, 3).join('; ')}\n`)
  }
  process.stdout.write(`${JSON.stringify({ lives, ...sum })}\n`)
  if (sum.bad > 0) process.exitCode = 1
}

if (import.meta.main) await main(Number(process.argv[2] ?? 1000), Number(process.argv[3] ?? 1))
