// The sender loop against a scripted destination: what is sent and when, what is retried, and what becomes a dead
// letter.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pino } from 'pino'
import type { SendBatch, Sender } from '../../core/component.ts'
import { Metrics } from '../../core/metrics.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import { DurableLog, type LogOptions } from '../log/log.ts'
import { SenderLoop, type SenderLoopOptions } from './sender-loop.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

const quiet = { info: () => {}, warn: () => {}, error: () => {} }
const SENT: SendVerdict = { kind: 'sent' }
const RETRY: SendVerdict = { kind: 'retry', code: 'down', message: 'connection refused' }
const REJECTED: SendVerdict = { kind: 'rejected', code: 'parse', message: 'cannot parse' }

/** Returns the verdict of a function of the batch and remembers all batches. */
class ScriptedSender implements Sender {
  readonly seen: { readonly id: string; readonly texts: string[]; readonly atMs: number }[] = []
  readonly bytes: Uint8Array[] = []
  keepsNoBytes = false
  answer: (texts: string[], call: number) => SendVerdict | Promise<SendVerdict> = () => SENT
  readonly #clock: VirtualClock

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  async send(batch: SendBatch): Promise<SendVerdict> {
    const texts = batch.parts.map((p) => Buffer.from(p.bytes).toString())
    this.bytes.push(...batch.parts.map((p) => p.bytes))
    this.seen.push({ id: batch.batchId, texts, atMs: this.#clock.nowMs() })
    return this.answer(texts, this.seen.length)
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}
}

interface Rig {
  readonly dir: string
  readonly clock: VirtualClock
  readonly metrics: Metrics
  readonly sender: ScriptedSender
  log: DurableLog
  loop: SenderLoop
  open(more?: Partial<SenderLoopOptions>): Promise<void>
  append(...texts: string[]): Promise<void>
}

async function rig(t: TestContext, more: Partial<SenderLoopOptions> = {}): Promise<Rig> {
  const dir = await mkdtemp(join(tmpdir(), 'observa-sender-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const clock = new VirtualClock()
  const r = { dir, clock, metrics: new Metrics(), sender: new ScriptedSender(clock) } as Rig
  r.open = async (over = {}) => {
    const logOptions: LogOptions = { dir, clock, metrics: r.metrics, log: quiet, freeBytesMin: 0 }
    r.log = await DurableLog.open(logOptions)
    r.loop = await SenderLoop.open({
      exporterId: 'x',
      sender: r.sender,
      limits: { itemsMax: 1000, bytesMax: 1_000_000, delayMs: 0 },
      log: r.log,
      dir,
      clock,
      random: () => 0.5,
      metrics: r.metrics,
      logger: quiet,
      ...more,
      ...over,
    })
  }
  r.append = async (...texts) => {
    const part = (exporter: string, text: string): never =>
      ({ exporter, stream: 's', items: 1, bytes: Buffer.from(text) }) as never
    const parts = texts.map((text) => part('x', text))
    const facts = { eventCount: 0, eventIds: new Uint8Array(0), claims: new Int32Array(0) }
    const record = { pipeline: 'p', parts: [part('other', 'no'), ...parts], ...facts }
    await r.log.append({ ...record, createdAtMs: clock.nowMs() })
  }
  await r.open()
  return r
}

function allTexts(sender: ScriptedSender): string[] {
  return sender.seen.flatMap((s) => s.texts)
}

test('what was appended is sent once, in order, and the item counts are exact', async (t) => {
  const r = await rig(t)
  for (const text of ['a', 'b', 'c']) await r.append(text)
  r.loop.start()
  await r.clock.until(() => allTexts(r.sender).length === 3)
  await r.loop.stop(1000)
  assert.deepEqual(allTexts(r.sender), ['a', 'b', 'c'])
  const counts = {
    appended: 3,
    base: 0,
    sent: 3,
    deadLettered: 0,
    damaged: 0,
    skipped: 0,
    queued: 0,
  }
  assert.deepEqual(r.loop.itemCounts(), counts)
  await r.log.close()
  await r.open()
  assert.deepEqual(r.loop.itemCounts(), counts)
  await r.log.close()
})

test('a batch is cut at the limits, also inside a record', async (t) => {
  const r = await rig(t, { limits: { itemsMax: 2, bytesMax: 1_000_000, delayMs: 0 } })
  await r.append('a', 'b', 'c')
  await r.append('d', 'e')
  r.loop.start()
  await r.clock.until(() => allTexts(r.sender).length === 5)
  await r.loop.stop(1000)
  assert.deepEqual(
    r.sender.seen.map((s) => s.texts.join('')),
    ['ab', 'cd', 'e'],
  )
  await r.log.close()
})

test('failures that may pass are retried for ever with growing waits, and the breaker shows it', async (t) => {
  const r = await rig(t)
  r.sender.answer = (_texts, call) => (call <= 8 ? RETRY : SENT)
  await r.append('a')
  r.loop.start()
  await r.clock.until(() => r.sender.seen.length === 7)
  assert.equal(r.metrics.value('observa_exporter_breaker_state', 'exporter="x"'), 2)
  assert.equal(r.loop.health().ok, false)
  await r.clock.until(() => r.loop.itemCounts().sent === 1)
  assert.equal(r.metrics.value('observa_exporter_breaker_state', 'exporter="x"'), 0)
  const waits = r.sender.seen.slice(1).map((s, i) => s.atMs - (r.sender.seen[i]?.atMs ?? 0))
  assert.deepEqual(waits, [1500, 2500, 4500, 8500, 15_500, 15_500, 15_500, 15_500])
  assert.equal(new Set(r.sender.seen.map((s) => s.id)).size, 1)
  assert.equal(r.loop.health().ok, true)
  await r.loop.stop(1000)
  await r.log.close()
})

test("a destination's own Retry-After is followed", async (t) => {
  const r = await rig(t)
  r.sender.answer = (_texts, call) => (call === 1 ? { ...RETRY, afterMs: 42_000 } : SENT)
  await r.append('a')
  r.loop.start()
  await r.clock.until(() => r.loop.itemCounts().sent === 1)
  const [first, second] = r.sender.seen
  assert.equal((second?.atMs ?? 0) - (first?.atMs ?? 0), 42_000)
  await r.loop.stop(1000)
  await r.log.close()
})

test('one bad part among many is found by halving and dead-lettered, the rest is sent', async (t) => {
  const r = await rig(t)
  r.sender.answer = (texts) => (texts.includes('bad') ? REJECTED : SENT)
  for (const text of ['a', 'b', 'c', 'bad', 'd', 'e', 'f']) await r.append(text)
  r.loop.start()
  await r.clock.until(() => r.loop.itemCounts().queued === 0)
  await r.loop.stop(1000)
  const letters = await r.loop.deadLetters.list()
  assert.deepEqual(
    letters.map((l) => [l.sequence, l.code, l.items, l.attempts]),
    [['4', 'parse', 1, 1]],
  )
  const letter = await r.loop.deadLetters.read(letters[0]?.id ?? '')
  assert.equal(Buffer.from(letter?.bytes ?? []).toString(), 'bad')
  assert.equal(r.loop.itemCounts().sent, 6)
  assert.equal(r.loop.itemCounts().deadLettered, 1)
  assert.equal(r.metrics.total('observa_dead_letter_items_total'), 1)
  await r.log.close()
})

test('a sender that can split a part loses only the bad item', async (t) => {
  const r = await rig(t)
  const sender: Sender = r.sender
  sender.split = (part) => {
    const words = Buffer.from(part.bytes).toString().split(' ')
    if (words.length < 2) return null
    const middle = words.length >> 1
    return [words.slice(0, middle), words.slice(middle)].map((w) => ({
      ...part,
      items: w.length,
      bytes: Buffer.from(w.join(' ')),
    }))
  }
  r.sender.answer = (texts) => (texts.some((x) => x.includes('bad')) ? REJECTED : SENT)
  const bytes = Buffer.from('one two bad four five')
  const facts = { eventCount: 0, eventIds: new Uint8Array(0), claims: new Int32Array(0) }
  const parts = [{ exporter: 'x', stream: 's', items: 5, bytes }]
  await r.log.append({ pipeline: 'p', parts, ...facts, createdAtMs: 0 })
  r.loop.start()
  await r.clock.until(() => r.loop.itemCounts().queued === 0)
  await r.loop.stop(1000)
  assert.equal(r.loop.itemCounts().sent, 4)
  const [letter] = await r.loop.deadLetters.list()
  assert.equal(letter?.items, 1)
  const read = await r.loop.deadLetters.read(letter?.id ?? '')
  assert.equal(Buffer.from(read?.bytes ?? []).toString(), 'bad')
  await r.log.close()
})

test('after a stop in the middle of an outage the restart sends the very same batch', async (t) => {
  const r = await rig(t)
  r.sender.answer = () => RETRY
  await r.append('a', 'b')
  await r.append('c')
  r.loop.start()
  await r.clock.until(() => r.sender.seen.length >= 2)
  const stopping = r.loop.stop(0)
  await r.clock.untilSettled(stopping)
  const before = r.sender.seen[0]
  await r.append('d')
  await r.log.close()
  r.sender.seen.length = 0
  r.sender.answer = () => SENT
  await r.open({ limits: { itemsMax: 1, bytesMax: 10, delayMs: 0 } })
  r.loop.start()
  await r.clock.until(() => r.loop.itemCounts().queued === 0)
  assert.equal(r.sender.seen[0]?.id, before?.id)
  assert.deepEqual(r.sender.seen[0]?.texts, before?.texts)
  assert.deepEqual(
    r.sender.seen.slice(1).map((s) => s.texts),
    [['d']],
  )
  await r.clock.untilSettled(r.loop.stop(1000))
  await r.log.close()
})

test('dead letters at their size limit block the exporter until somebody makes room', async (t) => {
  const r = await rig(t, { deadLetterBytesMax: 300 })
  r.sender.answer = (texts) => (texts[0]?.startsWith('bad') ? REJECTED : SENT)
  await r.append('bad1')
  await r.append('bad2')
  await r.append('good')
  r.loop.start()
  await r.clock.until(() => !r.loop.health().ok && r.loop.health().detail.includes('size limit'))
  assert.equal(r.loop.itemCounts().deadLettered, 1)
  const [letter] = await r.loop.deadLetters.list()
  await r.loop.deadLetters.remove(letter?.id ?? '')
  await r.clock.until(() => r.loop.itemCounts().queued === 0)
  assert.equal(r.loop.itemCounts().sent, 1)
  await r.clock.untilSettled(r.loop.stop(1000))
  await r.log.close()
})

test('items refused without being named are counted and leave a letter', async (t) => {
  const r = await rig(t)
  const rejected = { items: 1, code: 'partial', message: 'one row was bad' }
  r.sender.answer = () => ({ kind: 'sent', rejected })
  await r.append('a', 'b', 'c')
  r.loop.start()
  await r.clock.until(() => r.loop.itemCounts().queued === 0)
  assert.equal(r.loop.itemCounts().sent, 2)
  assert.equal((await r.loop.deadLetters.list())[0]?.hasBytes, false)
  await r.clock.untilSettled(r.loop.stop(1000))
  await r.log.close()
})

test('a sender that never answers is given up after its deadline and asked again', async (t) => {
  const r = await rig(t, { attemptTimeoutMs: 5000 })
  r.sender.answer = (_texts, call) => (call === 1 ? new Promise(() => {}) : SENT)
  await r.append('a')
  r.loop.start()
  await r.clock.until(() => r.loop.itemCounts().sent === 1)
  assert.equal(r.metrics.value('observa_exporter_retries_total', 'exporter="x",code="stuck"'), 1)
  await r.clock.untilSettled(r.loop.stop(1000))
  await r.log.close()
})

test('a store that keeps its own position is believed', async (t) => {
  const r = await rig(t)
  for (const text of ['a', 'b', 'c']) await r.append(text)
  await r.log.close()
  const sender: Sender = r.sender
  sender.committedSequence = async () => 2n
  await r.open()
  r.loop.start()
  await r.clock.until(() => r.sender.seen.length > 0)
  assert.deepEqual(allTexts(r.sender), ['c'])
  await r.clock.untilSettled(r.loop.stop(1000))
  await r.log.close()
})

test('a store that is not there at start is asked until it answers, and then nothing is sent twice', async (t) => {
  const r = await rig(t)
  for (const text of ['a', 'b', 'c']) await r.append(text)
  await r.log.close()
  let questions = 0
  const sender: Sender = r.sender
  sender.committedSequence = async () => {
    questions++
    if (questions < 4) throw new Error('connection refused')
    return 2n
  }
  await r.open()
  assert.equal(questions, 1)
  r.loop.start()
  await r.clock.until(() => allTexts(r.sender).length === 1)
  await r.loop.stop(1000)
  assert.deepEqual(allTexts(r.sender), ['c'])
  assert.equal(questions, 4)
  await r.log.close()
})

test('a store that is empty after it was sent something is told once, and a new one is not', async (t) => {
  const r = await rig(t)
  const told: string[] = []
  const logger = pino({ level: 'error' }, { write: (line) => void told.push(line) })
  const sender: Sender = r.sender
  let isNew = true
  sender.madeStore = () => {
    const was = isNew
    isNew = false
    return was
  }
  const lived = async (): Promise<void> => {
    const before = r.sender.seen.length
    await r.append('a')
    r.loop.start()
    await r.clock.until(() => r.sender.seen.length > before)
    await r.clock.untilSettled(r.loop.stop(1000))
    await r.log.close()
  }
  await r.log.close()
  await r.open({ logger })
  await lived()
  assert.deepEqual(told, [])
  // Emptied while the instance was stopped, and then while it ran.
  isNew = true
  await r.open({ logger })
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /1 items had been delivered/)
  sender.send = async (batch) => {
    isNew = true
    r.sender.seen.push({ id: batch.batchId, texts: [], atMs: 0 })
    return SENT
  }
  await lived()
  assert.equal(told.length, 2)
})

test('the memory of a batch is freed once it is sent, if the sender keeps none and no attempt may still read it', async (t) => {
  const r = await rig(t, { limits: { itemsMax: 1, bytesMax: 1_000_000, delayMs: 0 } })
  r.sender.keepsNoBytes = true
  r.sender.answer = (texts, call) => (texts[0] === 'late' && call === 2 ? RETRY : SENT)
  for (const text of ['first', 'late']) await r.append(text)
  r.loop.start()
  await r.clock.until(() => r.sender.seen.length === 3)
  await r.loop.stop(1000)
  assert.deepEqual(
    r.sender.bytes.map((b) => b.length),
    [0, 4, 4],
  )
  await r.log.close()
  r.sender.keepsNoBytes = false
  await r.open()
  await r.append('kept')
  r.loop.start()
  await r.clock.until(() => r.sender.seen.length === 4)
  await r.loop.stop(1000)
  assert.equal(r.sender.bytes[3]?.length, 4)
  await r.log.close()
})
