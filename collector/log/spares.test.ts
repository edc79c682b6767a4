// Spare segments on a real directory: how many are kept, and that a log whose consumers let go of much at a time writes its data once.

import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { DurableLog, type LogOptions } from './log.ts'
import { nodeQueueFs, type QueueFile, type QueueFs } from './queue-fs.ts'

const quiet = { info: () => {}, warn: () => {}, error: () => {} }
const KIB = 1024
const SEGMENT = 64 * KIB
const RECORD_BYTES = 8 * KIB

interface Disk {
  readonly fs: QueueFs
  written: number
  freeBytes: number
}

/** The real files, with a count of what is written to them. */
function countingDisk(): Disk {
  const disk = { written: 0, freeBytes: 1e12 }
  const counted = (file: QueueFile): QueueFile =>
    new Proxy(file, {
      get: (target, name) => {
        const found: unknown = Reflect.get(target, name)
        if (typeof found !== 'function') return found
        return async (...args: unknown[]): Promise<unknown> => {
          const result: unknown = await Reflect.apply(found, target, args)
          if (name === 'writev') disk.written += Number(result)
          return result
        }
      },
    })
  const fs: QueueFs = {
    ...nodeQueueFs,
    open: async (path, mode) => counted(await nodeQueueFs.open(path, mode)),
    space: async () => ({ freeBytes: disk.freeBytes, totalBytes: 1e12 }),
  }
  return Object.assign(disk, { fs })
}

interface World {
  readonly log: DurableLog
  readonly dir: string
  readonly append: (records: number) => Promise<void>
  /** The consumer lets go of all that was appended. */
  readonly release: () => Promise<void>
  readonly spares: () => Promise<string[]>
}

async function world(t: TestContext, disk: Disk, more: Partial<LogOptions> = {}): Promise<World> {
  const dir = more.dir ?? (await mkdtemp(join(tmpdir(), 'observa-spares-')))
  t.after(() => rm(dir, { recursive: true, force: true }))
  const log = await DurableLog.open({
    dir,
    clock: systemClock,
    metrics: new Metrics(),
    log: quiet,
    fs: disk.fs,
    freeBytesMin: 1000,
    segmentBytes: SEGMENT,
    bytesMax: 80 * SEGMENT,
    retainBytes: 0,
    ...more,
  })
  t.after(() => log.close())
  log.keepFor('slow', 0n)
  const spares = async (): Promise<string[]> =>
    (await readdir(dir)).filter((name) => name.startsWith('spare'))
  return {
    log,
    dir,
    spares,
    append: async (records) => {
      for (let n = 0; n < records; n++)
        await log.append({
          pipeline: 'traces',
          parts: [
            { exporter: 'e', stream: 's', items: 1, bytes: Buffer.alloc(RECORD_BYTES, n & 255) },
          ],
          eventCount: 0,
          eventIds: new Uint8Array(0),
          claims: new Int32Array(0),
          createdAtMs: n,
        })
    },
    release: async () => {
      log.keepFor('slow', log.nextSequence)
      const deadline = performance.now() + 20_000
      while ((await readdir(dir)).filter((name) => name.startsWith('w-')).length > 1) {
        assert.ok(performance.now() < deadline, 'segments are removed')
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    },
  }
}

/** More than five segments. */
const ROUND = 40

test('what consumers let go of at once is used again: the data is written once, not zeros before it', async (t) => {
  const disk = countingDisk()
  const { append, release, spares } = await world(t, disk)
  await append(ROUND)
  await release()
  assert.ok((await spares()).length >= 4, String(await spares()))
  const before = disk.written
  for (let n = 0; n < 3; n++) {
    await append(ROUND)
    await release()
  }
  const shareOfData = (disk.written - before) / (3 * ROUND * RECORD_BYTES)
  assert.ok(shareOfData < 1.6, `written ${shareOfData} times`)
})

test('spares are an eighth of the log at most, eight at most, and one in a small log', async (t) => {
  const large = await world(t, countingDisk(), { bytesMax: 800 * SEGMENT })
  await large.append(3 * ROUND)
  await large.release()
  assert.equal((await large.spares()).length, 8)
  const small = await world(t, countingDisk(), { bytesMax: 15 * SEGMENT })
  await small.append(ROUND)
  await small.release()
  assert.equal((await small.spares()).length, 1)
})

test('less is kept when less is needed, one after a minute without a segment and on a full disk, and none of what is to be erased', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const disk = countingDisk()
  const { log, append, spares } = await world(t, disk)
  const until = async (least: number, most = least): Promise<void> => {
    for (let turns = 0; ; turns++) {
      const { length } = await spares()
      if (length >= least && length <= most) return
      assert.ok(turns < 10_000, `${length} are to be ${least} to ${most}`)
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }
  await append(ROUND)
  log.keepFor('slow', log.nextSequence)
  await until(4, 6)
  // The last ones may still be on their way.
  for (let turns = 0; turns < 300; turns++)
    await new Promise<void>((resolve) => setImmediate(resolve))
  t.mock.timers.tick(59_000)
  await until(4, 6)
  t.mock.timers.tick(1_000)
  await until(1)
  await append(ROUND)
  log.keepFor('slow', log.nextSequence)
  await until(4, 6)
  while (!(await log.erase(log.nextSequence))) log.keepFor('slow', log.nextSequence)
  await until(0)
})

test('a full disk has one spare', async (t) => {
  const disk = countingDisk()
  const { log, append, release, spares } = await world(t, disk)
  await append(ROUND)
  await release()
  assert.ok((await spares()).length > 1)
  disk.freeBytes = 0
  const deadline = performance.now() + 20_000
  while ((await spares()).length > 1) {
    assert.ok(performance.now() < deadline)
    log.pressure()
    log.keepFor('slow', log.nextSequence)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
})

test('a start takes the spares of the last run, and those of another size go', async (t) => {
  const disk = countingDisk()
  const first = await world(t, disk)
  await first.append(ROUND)
  await first.release()
  const left = await first.spares()
  await first.log.close()
  const again = await world(t, disk, { dir: first.dir })
  assert.deepEqual(await again.spares(), left.slice(1), 'one is the new segment')
  await again.log.close()
  const smaller = await world(t, disk, { dir: first.dir, segmentBytes: 2 * SEGMENT })
  assert.deepEqual(await smaller.spares(), [])
})
