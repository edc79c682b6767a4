// Log and sender loop together on the model file system, with outages, lost responses, rejected data and power cuts.
// In the end every acknowledged item is at the destination or a dead letter, and a destination that remembers batch
// ids has each item once.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendBatch, Sender } from '../../core/component.ts'
import { Metrics } from '../../core/metrics.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import { DurableLog } from '../log/log.ts'
import { ModelFs } from '../log/testing/model-fs.ts'
import { SenderLoop } from './sender-loop.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

const LIVES = 60
const ROUNDS = 5
const quiet = { info: () => {}, warn: () => {}, error: () => {} }
const RETRY: SendVerdict = { kind: 'retry', code: 'down', message: 'down' }

type Random = () => number

/** Remembers batch ids, as a store with deduplication does. */
class Destination {
  readonly batches = new Map<string, string[]>()
  readonly #random: Random
  isHealthy = false

  constructor(random: Random) {
    this.#random = random
  }

  take(batch: SendBatch): SendVerdict {
    const pick = this.isHealthy ? 1 : this.#random()
    if (pick < 0.2) return RETRY
    const texts = batch.parts.map((p) => Buffer.from(p.bytes).toString())
    if (texts.some((t) => t.startsWith('bad')))
      return { kind: 'rejected', code: 'bad', message: 'bad' }
    const known = this.batches.get(batch.batchId)
    if (known !== undefined) assert.deepEqual(texts, known, 'a batch id names one composition')
    this.batches.set(batch.batchId, texts)
    // The batch is stored, but the response is lost.
    return pick < 0.35 ? RETRY : { kind: 'sent' }
  }
}

class LiveSender implements Sender {
  isAlive = true
  readonly #to: Destination

  constructor(to: Destination) {
    this.#to = to
  }

  async send(batch: SendBatch): Promise<SendVerdict> {
    if (!this.isAlive) return new Promise(() => {})
    return this.#to.take(batch)
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
}

class Life {
  readonly #random: Random
  readonly #fs: ModelFs
  readonly #clock = new VirtualClock()
  readonly #to: Destination
  readonly acknowledged: string[] = []
  #next = 0
  #sender: LiveSender
  log!: DurableLog
  loop!: SenderLoop

  constructor(random: Random) {
    this.#random = random
    this.#fs = new ModelFs(random)
    this.#to = new Destination(random)
    this.#sender = new LiveSender(this.#to)
  }

  async open(): Promise<void> {
    const [fs, clock, metrics] = [this.#fs.process(), this.#clock, new Metrics()]
    const lock = (): Promise<() => Promise<void>> => Promise.resolve(() => Promise.resolve())
    const cacheBytes = this.#random() < 0.5 ? 0 : 1_000_000
    const base = { fs, clock, metrics, lock, cacheBytes, log: quiet, dir: '/q', freeBytesMin: 0 }
    this.log = await DurableLog.open({ ...base, segmentBytes: 65_536, retainBytes: 0 })
    this.#sender = new LiveSender(this.#to)
    this.loop = await SenderLoop.open({
      exporterId: 'x/y',
      sender: this.#sender,
      limits: { itemsMax: 1 + Math.floor(this.#random() * 9), bytesMax: 100_000, delayMs: 100 },
      log: this.log,
      dir: '/q',
      clock,
      random: this.#random,
      metrics,
      logger: quiet,
    })
    this.loop.start()
  }

  async append(): Promise<void> {
    const texts = Array.from({ length: 1 + Math.floor(this.#random() * 4) }, () => {
      const length = Math.floor(this.#random() * 3000)
      return `${this.#random() < 0.1 ? 'bad' : 'ok'}-${this.#next++}-${'.'.repeat(length)}`
    })
    const parts = texts.map((text) => {
      return { exporter: 'x/y', stream: 's', items: 1, bytes: Buffer.from(text) }
    })
    const facts = { eventCount: 0, eventIds: new Uint8Array(0), claims: new Int32Array(0) }
    await this.log.append({ pipeline: 'p', parts, ...facts, createdAtMs: this.#clock.nowMs() })
    this.acknowledged.push(...texts)
  }

  /** Runs for a while, then loses power at a random operation. */
  async workAndDie(): Promise<void> {
    for (let n = Math.floor(this.#random() * 6); n >= 0; n--) await this.append()
    const at = this.#fs.operations + Math.floor(this.#random() * 80)
    await this.#clock.until(() => this.#fs.operations >= at || this.loop.itemCounts().queued === 0)
    this.#sender.isAlive = false
    this.#fs.crash()
  }

  async finish(): Promise<void> {
    this.#to.isHealthy = true
    await this.#clock.until(() => this.loop.itemCounts().queued === 0)
    await this.#clock.untilSettled(this.loop.stop(1000))
    await this.log.close()
  }

  async check(seed: number): Promise<void> {
    const sent = [...this.#to.batches.values()].flat()
    assert.equal(new Set(sent).size, sent.length, `seed ${seed}: each item once`)
    const letters = await this.loop.deadLetters.list()
    const dead = await Promise.all(letters.map((l) => this.loop.deadLetters.read(l.id)))
    const buried = dead.map((l) => Buffer.from(l?.bytes ?? []).toString())
    const there = new Set([...sent, ...buried])
    const missing = this.acknowledged.filter((text) => !there.has(text))
    assert.deepEqual(
      missing.map((m) => m.slice(0, 20)),
      [],
      `seed ${seed}: nothing acknowledged is lost`,
    )
    assert.ok(buried.every((text) => text.startsWith('bad')))
    const counts = this.loop.itemCounts()
    assert.equal(counts.queued, 0)
    assert.equal(counts.damaged, 0, `seed ${seed}`)
    assert.equal(counts.sent, sent.length, `seed ${seed}: sent as often as counted`)
    assert.equal(counts.deadLettered, buried.length, `seed ${seed}`)
  }
}

test(`${LIVES} seeded lives of log and sender: every item arrives once or is a dead letter`, async () => {
  for (let seed = 1; seed <= LIVES; seed++) {
    const life = new Life(randomOf(seed))
    for (let round = 0; round < ROUNDS; round++) {
      await life.open()
      await life.workAndDie()
    }
    await life.open()
    await life.append()
    await life.finish()
    await life.check(seed)
  }
})

function randomOf(seed: number): Random {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b_79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
