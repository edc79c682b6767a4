// The file exporter on a real file system: lines, rotation, and a crash at every point of a write.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test, { type TestContext } from 'node:test'
import fc from 'fast-check'
import type { Host } from '../../core/component.ts'
import type { Signal } from '../../core/signals/signal.ts'
import type { EncodedPart } from '../../core/task.ts'
import {
  hexId,
  processed,
  quietChain,
  sendBatch,
  testDir,
  testHost,
} from '../../test/exporter-host.ts'
import { encoder } from './encode.ts'
import { file } from './index.ts'
import type { FileSender } from './send.ts'

const lines = (n: number, from = 0): EncodedPart => ({
  exporter: 'file',
  stream: 'events',
  items: n,
  bytes: Buffer.from(Array.from({ length: n }, (_, i) => `{"n":${from + i}}\n`).join('')),
})

async function started(host: Host, path: string, config: object = {}): Promise<FileSender> {
  const sender = (await file.createSender(
    file.schema.parse({ path, ...config }),
    host,
  )) as FileSender
  await sender.start()
  return sender
}

const numbers = (path: string): number[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { n: number }).n)

const place = (t: TestContext): { host: Host; path: string } => {
  const host = testHost(t)
  return { host, path: join(host.dataDir, 'out', 'events.ndjson') }
}

test('each event and signal is one JSON line that names its record type; skipped and dropped events are not written', () => {
  const signal = { signal_id: hexId(9), type: 'error', evidence: { note: 'a\nb' } }
  const input = processed(
    [1, 2, 3].map((n) => ({ eventId: hexId(n), traceId: hexId(n), input: '{"a":1}' })),
    [signal as unknown as Signal],
  )
  input.batch.drop(2)
  const parts = encoder('file/x', { signals: true }).encode(input, new Set([0]), quietChain)
  assert.deepEqual(
    parts.map((p) => [p.exporter, p.stream, p.items]),
    [
      ['file/x', 'events', 1],
      ['file/x', 'signals', 1],
    ],
  )
  const [event, line] = parts.map((p) => JSON.parse(Buffer.from(p.bytes).toString()))
  assert.equal(event.record, 'event')
  assert.equal(event.event_id, hexId(2))
  assert.deepEqual(event.input, { a: 1 })
  assert.deepEqual(line, { record: 'signal', ...signal })
})

test('batches are appended in order to a file that only its owner can read', async (t) => {
  const { host, path } = place(t)
  const sender = await started(host, path)
  await sender.send(sendBatch([lines(2), lines(1, 2)]))
  await sender.send(sendBatch([lines(2, 3)]))
  await sender.stop()
  assert.deepEqual(numbers(path), [0, 1, 2, 3, 4])
  assert.equal(statSync(path).mode & 0o777, 0o600)
})

test('the last batch is not written again when it is sent again, also after a restart', async (t) => {
  const { host, path } = place(t)
  const sender = await started(host, path)
  const batch = sendBatch([lines(3)])
  await sender.send(batch)
  assert.deepEqual(await sender.send(batch), { kind: 'sent' })
  await sender.stop()
  const again = await started(host, path)
  await again.send(batch)
  await again.send(sendBatch([lines(1, 3)], batch.batchId))
  await again.stop()
  assert.deepEqual(
    numbers(path),
    [0, 1, 2, 3],
    'half a batch under the same id is not mistaken for it',
  )
})

test('after a crash at any point of a write, a restart and a retry leave every line whole and once', async (t) => {
  const { host, path } = place(t)
  const first = sendBatch([lines(20)])
  const second = sendBatch([lines(20, 20)])
  const sender = await started(host, path)
  await sender.send(first)
  const before = statSync(path).size
  await sender.send(second)
  await sender.stop()
  const whole = readFileSync(path)
  const cuts = fc.integer({ min: before, max: whole.length })
  await fc.assert(
    fc.asyncProperty(cuts, async (cut) => {
      truncateSync(path, cut)
      const again = await started(host, path)
      await again.send(second)
      await again.stop()
      assert.deepEqual(readFileSync(path), whole)
    }),
    { numRuns: 40 },
  )
})

test('an incomplete last line is removed even without the side file', async (t) => {
  const { host, path } = place(t)
  const sender = await started(host, path)
  await sender.send(sendBatch([lines(2)]))
  await sender.stop()
  appendFileSync(path, '{"n":99')
  const again = await started(testHost(t), path)
  await again.send(sendBatch([lines(1, 2)]))
  await again.stop()
  assert.deepEqual(numbers(path), [0, 1, 2])
})

test('a full file is rotated, old ones are removed, and other files are left alone', async (t) => {
  const { host, path } = place(t)
  const sender = await started(host, path, { rotation: { size: 100, keep: 2 } })
  appendFileSync(join(path, '../events-notes.ndjson'), 'mine')
  for (let i = 0; i < 5; i++) await sender.send(sendBatch([lines(8, i * 8)]))
  await sender.stop()
  const names = readdirSync(join(path, '..')).toSorted()
  assert.equal(names.length, 4, names.join(' '))
  assert.ok(names.includes('events-notes.ndjson'))
  assert.deepEqual(numbers(path), [32, 33, 34, 35, 36, 37, 38, 39])
})

test('an old file is rotated', async (t) => {
  let nowMs = Date.now()
  const clock = { nowMs: () => nowMs, monotonicMs: () => 0, sleep: () => Promise.resolve() }
  const host = testHost(t, { clock })
  const path = join(host.dataDir, 'events.ndjson')
  const sender = await started(host, path, { rotation: { age: '1h' } })
  await sender.send(sendBatch([lines(1)]))
  nowMs += 3_600_001
  await sender.send(sendBatch([lines(1, 1)]))
  await sender.stop()
  assert.deepEqual(numbers(path), [1])
  assert.equal(readdirSync(host.dataDir).filter((n) => n.startsWith('events-')).length, 1)
})

test('a path that cannot be written is reported with its reason and retried slowly, without a crash', async (t) => {
  const { host } = place(t)
  const notAFolder = join(host.dataDir, 'plain')
  appendFileSync(notAFolder, 'x')
  const sender = await started(host, join(notAFolder, 'events.ndjson'))
  const verdict = await sender.send(sendBatch([lines(1)]))
  assert.ok(verdict.kind === 'retry' && (verdict.afterMs ?? 0) >= 1000)
  await sender.stop()
})

/** A file system of so many bytes; null where this machine does not permit one. */
function smallDisk(t: TestContext, bytes: number): string | null {
  const dir = mkdtempSync(join(tmpdir(), 'observa-small-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'none', dir])
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', dir])
    rmSync(dir, { recursive: true, force: true })
  })
  return mounted.status === 0 ? dir : null
}

function fill(dir: string): void {
  const block = Buffer.alloc(4096)
  for (;;)
    try {
      appendFileSync(join(dir, 'filler'), block)
    } catch {
      return
    }
}

test('with 0 bytes free where data_dir is, batches are written to a file on another disk', async (t) => {
  const dataDir = smallDisk(t, 1024 * 1024)
  if (dataDir === null) return t.skip('needs root, to mount a small tmpfs')
  const path = join(testDir(t), 'out.ndjson')
  const host = testHost(t, { dataDir })
  const sender = await started(host, path)
  assert.equal((await sender.send(sendBatch([lines(1)]))).kind, 'sent')
  fill(dataDir)
  for (let i = 1; i < 4; i++) {
    const batch = { ...sendBatch([lines(1, i)]), batchId: `b${i}` }
    assert.deepEqual(await sender.send(batch), { kind: 'sent' })
  }
  await sender.stop()
  // A restart finds the last batch described, and writes it no second time.
  const again = await started(host, path)
  const last = { ...sendBatch([lines(1, 3)]), batchId: 'b3' }
  assert.deepEqual(await again.send(last), { kind: 'sent' })
  await again.stop()
  assert.deepEqual(numbers(path), [0, 1, 2, 3])
})

test('a batch described by an earlier version is not written again', async (t) => {
  const { host, path } = place(t)
  const sender = await started(host, path)
  const batch = sendBatch([lines(2)])
  await sender.send(batch)
  await sender.stop()
  const side = join(host.dataDir, 'file', `${host.id}.json`)
  const [text = ''] = readFileSync(side, 'utf8').trimStart().split('\n')
  writeFileSync(side, JSON.stringify((JSON.parse(text) as { intent: object }).intent))
  const again = await started(host, path)
  await again.send(batch)
  await again.stop()
  assert.deepEqual(numbers(path), [0, 1])
})

/** A batch that ends at this sequence number of the log. */
const upTo = (sequence: bigint, parts: readonly EncodedPart[]) => ({
  ...sendBatch(parts),
  firstSequence: sequence,
  lastSequence: sequence,
})

test('the position in the log is kept with the file: whole batches count, others do not', async (t) => {
  const { host, path } = place(t)
  const sender = await started(host, path)
  assert.equal(await sender.committedSequence(), null)
  await sender.send(upTo(4n, [lines(20)]))
  await sender.send(upTo(7n, [lines(20, 20)]))
  // A dead letter that is sent again is older.
  await sender.send(upTo(2n, [lines(1, 90)]))
  assert.equal(await sender.committedSequence(), 7n)
  await sender.send(upTo(9n, [lines(20, 40)]))
  await sender.stop()
  const whole = statSync(path).size
  for (const [size, committed] of [
    [whole, 9n],
    [whole - 1, 7n],
  ] as const) {
    truncateSync(path, size)
    const again = await started(host, path)
    assert.equal(await again.committedSequence(), committed)
    await again.stop()
  }
})

test('rotation does not lose the position, whenever the process dies', async (t) => {
  const { host, path } = place(t)
  const rotation = { rotation: { size: '1KiB' } }
  const sender = await started(host, path, rotation)
  for (let n = 1; n <= 30; n++) {
    await sender.send(upTo(BigInt(n), [lines(10, n * 10)]))
    // Another sender finds what a start after a SIGKILL would find.
    const other = await started(host, path, rotation)
    assert.equal(await other.committedSequence(), BigInt(n))
    await other.stop()
  }
  await sender.stop()
  assert.ok(readdirSync(dirname(path)).length > 2, 'it rotated')
})

test('a file that was emptied by somebody else does not move the position forward', async (t) => {
  const { host, path } = place(t)
  const sender = await started(host, path)
  await sender.send(upTo(4n, [lines(2)]))
  await sender.send(upTo(5n, [lines(2)]))
  await sender.stop()
  truncateSync(path, 0)
  const again = await started(host, path)
  assert.equal(await again.committedSequence(), 4n)
  await again.stop()
})
