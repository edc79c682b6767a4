// Cursors and dead letters: damage, loss, a full disk, and the commands.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendBatch, Sender } from '../../core/component.ts'
import { Metrics } from '../../core/metrics.ts'
import type { SendVerdict } from '../../core/verdict.ts'
import { DurableLog } from '../log/log.ts'
import { ModelFs } from '../log/testing/model-fs.ts'
import { type CursorState, CursorStore, parseCursor } from './cursor.ts'
import { dlqDrop, dlqList, dlqRetry, dlqShow } from './dead-letter-commands.ts'
import { SenderLoop } from './sender-loop.ts'
import { VirtualClock } from './testing/virtual-clock.ts'

const quiet = { info: () => {}, warn: () => {}, error: () => {} }

function state(sequence: bigint): CursorState {
  const counts = { items: 10, base: 0, sent: 8, deadLettered: 1, damaged: 1, skipped: 0 }
  const to = { sequence: sequence + 3n, part: 2 }
  const inFlight = {
    from: { sequence, part: 0 },
    to,
    items: 5,
    itemsAfter: 15,
    lastSequence: sequence + 3n,
  }
  return { next: { sequence, part: 0 }, inFlight, ...counts }
}

test('the newest cursor is read back, and the one before when the newest is damaged', async () => {
  const fs = new ModelFs(() => 0.5)
  const store = (): CursorStore => new CursorStore(fs.process(), '/c', 'kafka/eu', 'id')
  const first = store()
  assert.equal(await first.load(), null)
  await first.save(state(4n))
  await first.save(state(7n))
  assert.deepEqual(await store().load(), { exporter: 'kafka/eu', logId: 'id', ...state(7n) })
  const newest = fs
    .paths()
    .find((p) => parseCursor(String(fs.bytesOf(p)))?.generation === 2) as string
  const bytes = fs.bytesOf(newest) as Buffer
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes)
    damaged[at] = (damaged[at] as number) ^ 4
    fs.put(newest, damaged)
    assert.equal((await store().load())?.next.sequence, 4n, `byte ${at}`)
  }
  // The next save must not overwrite the good copy with an older number.
  const next = store()
  await next.load()
  await next.save(state(9n))
  assert.equal((await store().load())?.next.sequence, 9n)
})

test('a cursor of another log is no cursor', async () => {
  const fs = new ModelFs(() => 0.5)
  await new CursorStore(fs.process(), '/c', 'x', 'one').save(state(4n))
  assert.equal(await new CursorStore(fs.process(), '/c', 'x', 'two').load(), null)
})

class Rig {
  readonly fs = new ModelFs(() => 0.5)
  readonly clock = new VirtualClock()
  readonly metrics = new Metrics()
  readonly sent: string[] = []
  readonly ids: string[] = []
  answer: (texts: string[]) => SendVerdict = () => ({ kind: 'sent' })
  committed: bigint | null = null
  isRecordWise = false
  log!: DurableLog
  loop!: SenderLoop

  async open(more: { readonly durability?: 'durable' | 'memory' } = {}): Promise<void> {
    const fs = this.fs.process()
    const { clock, metrics } = this
    const lock = (): Promise<() => Promise<void>> => Promise.resolve(() => Promise.resolve())
    const base = { fs, clock, metrics, lock, log: quiet, dir: '/q', freeBytesMin: 0, ...more }
    this.log = await DurableLog.open(base)
    this.loop = await SenderLoop.open({
      exporterId: 'x',
      sender: this.#sender(),
      limits: { itemsMax: 100, bytesMax: 1_000_000, delayMs: 0 },
      log: this.log,
      dir: '/q',
      clock,
      random: () => 0.5,
      metrics,
      logger: quiet,
    })
  }

  async append(...texts: string[]): Promise<void> {
    const parts = texts.map((text) => {
      return { exporter: 'x', stream: 's', items: 1, bytes: Buffer.from(text) }
    })
    const facts = { eventCount: 0, eventIds: new Uint8Array(0), claims: new Int32Array(0) }
    await this.log.append({ pipeline: 'p', parts, ...facts, createdAtMs: this.clock.nowMs() })
  }

  async drain(): Promise<void> {
    this.loop.start()
    await this.clock.until(() => this.loop.itemCounts().queued === 0)
    await this.clock.untilSettled(this.loop.stop(1000))
  }

  #sender(): Sender {
    const send = async (batch: SendBatch): Promise<SendVerdict> => {
      const texts = batch.parts.map((p) => Buffer.from(p.bytes).toString())
      this.ids.push(batch.batchId)
      const verdict = this.answer(texts)
      if (verdict.kind === 'sent') this.sent.push(...texts)
      return verdict
    }
    const plain = { send, start: async () => {}, stop: async () => {} }
    return this.isRecordWise ? { ...plain, committedSequence: async () => this.committed } : plain
  }
}

test('without any cursor everything in the log is sent again, and the item counts are exact', async () => {
  const rig = new Rig()
  await rig.open()
  await rig.append('a', 'b')
  await rig.drain()
  await rig.log.close()
  for (const p of rig.fs.paths()) if (p.includes('/cursors/')) rig.fs.forget(p)
  await rig.open()
  await rig.append('c')
  await rig.drain()
  assert.deepEqual(rig.sent, ['a', 'b', 'a', 'b', 'c'])
  const counts = {
    appended: 3,
    base: 0,
    sent: 3,
    deadLettered: 0,
    damaged: 0,
    skipped: 0,
    queued: 0,
  }
  assert.deepEqual(rig.loop.itemCounts(), counts)
})

test('when the disk takes no cursor, sending goes on and the failure is counted', async () => {
  const rig = new Rig()
  await rig.open()
  await rig.append('a')
  rig.fs.fault = (op, path) => (op === 'writev' && path.includes('cursors') ? 'ENOSPC' : null)
  await rig.drain()
  assert.deepEqual(rig.sent, ['a'])
  assert.ok(rig.metrics.total('observa_cursor_write_failed_total') > 0)
  await rig.log.close()
  rig.fs.fault = () => null
  await rig.open()
  await rig.drain()
  assert.deepEqual(rig.sent, ['a', 'a'])
})

test('damage in the log is counted as damage, item by item', async () => {
  const rig = new Rig()
  await rig.open()
  for (const text of ['a', 'b', 'c']) await rig.append(text)
  await rig.log.close()
  const path = rig.fs.paths().find((p) => p.includes('/w-')) as string
  const bytes = Buffer.from(rig.fs.bytesOf(path) as Buffer)
  const at = bytes.readUInt32LE(4096 + 8) + 4096
  // This damages the header of the second record. Its counts are known from the third record.
  bytes[at + 30] = 255
  rig.fs.put(path, bytes)
  await rig.open()
  await rig.drain()
  assert.deepEqual(rig.sent, ['a', 'c'])
  const counts = {
    appended: 3,
    base: 0,
    sent: 2,
    deadLettered: 0,
    damaged: 1,
    skipped: 0,
    queued: 0,
  }
  assert.deepEqual(rig.loop.itemCounts(), counts)
})

test('a store that has seen more than the log holds makes the numbering go on behind it', async () => {
  const rig = new Rig()
  rig.isRecordWise = true
  rig.committed = 41n
  await rig.open({ durability: 'memory' })
  assert.equal(rig.log.nextSequence, 42n)
  await rig.append('a')
  await rig.drain()
  assert.deepEqual(rig.sent, ['a'])
})

test('a store with a cursor of its own gets whole records only, also while a bad one is looked for', async () => {
  const rig = new Rig()
  rig.isRecordWise = true
  const asked: string[] = []
  rig.answer = (texts) => {
    asked.push(texts.join(''))
    return texts.includes('!')
      ? { kind: 'rejected', code: 'bad', message: 'bad' }
      : { kind: 'sent' }
  }
  await rig.open()
  await rig.append('a', 'b')
  await rig.append('c', '!', 'd')
  await rig.append('e', 'f')
  await rig.drain()
  assert.deepEqual(asked, ['abc!def', 'abc!d', 'ab', 'c!d', 'ef'])
  assert.equal(rig.loop.itemCounts().deadLettered, 3)
})

test('dead letters are listed, shown, retried through the log, and dropped', async () => {
  const rig = new Rig()
  rig.answer = (texts) =>
    texts.some((t) => t.startsWith('bad'))
      ? { kind: 'rejected', code: 'schema', message: 'no such column' }
      : { kind: 'sent' }
  await rig.open()
  await rig.append('bad one', 'good', 'bad two')
  await rig.drain()
  const fs = rig.fs.process()
  const lines: string[] = []
  const out = (text: string): void => {
    lines.push(text)
  }
  assert.equal(await dlqList('/q', out, 'x', fs), 2)
  const [first, second] = lines.map((line) => JSON.parse(line).id)
  lines.length = 0
  await dlqShow('/q', 'x', first, out, fs)
  assert.match(lines.join(''), /"code": "schema"[\s\S]*bad one/)
  await rig.log.close()
  rig.answer = () => ({ kind: 'sent' })
  await rig.open()
  assert.equal(await dlqRetry('/q', 'x', [first], rig.log, out, 0, fs), 1)
  await rig.drain()
  assert.deepEqual(rig.sent, ['good', 'bad one'])
  assert.equal(await dlqDrop('/q', 'x', 'all', out, fs), 1)
  assert.equal(await dlqList('/q', out, 'x', fs), 0)
  await assert.rejects(dlqShow('/q', 'x', second, out, fs), { code: 'OBS_DLQ_NOT_FOUND' })
})
