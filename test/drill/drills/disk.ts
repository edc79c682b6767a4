// Disk faults under the queue of a real process under load: slow syncs, failing syncs, a full disk.

import { spawnSync } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { DiskFaults } from '../../faults/disk-faults.ts'
import { until } from '../../instance.ts'
import type { Drill, Report, Round } from '../drill.ts'
import { type LoadedInstance, newDirectory, underLoad } from '../under-load.ts'

const HOLD_MS_MIN = 100
const HOLD_MS_SPREAD = 900

async function withFaults(): Promise<{ readonly dir: string; readonly faults: DiskFaults }> {
  const dir = await newDirectory()
  const faults = new DiskFaults(dir, '/data/queue/')
  await faults.set()
  return { dir, faults }
}

/** A condition that becomes true when there is a further response with this status. */
function since(loaded: LoadedInstance, status: string): () => Promise<boolean> {
  const before = loaded.answers(status)
  return () => Promise.resolve(loaded.answers(status) > before)
}

async function syncDelay(round: Round): Promise<Report> {
  const { dir, faults } = await withFaults()
  let heldMs = 0
  return underLoad(round, {
    dir,
    options: { env: faults.env },
    cycle: async (loaded, cycle) => {
      await faults.set('hold-sync')
      // The duration of the delay is random. No condition depends on it.
      const ms = HOLD_MS_MIN + Math.floor(round.random() * HOLD_MS_SPREAD)
      await delay(ms)
      heldMs += ms
      // In every other cycle the process is killed while a sync is running. Acknowledged data must be there even then.
      if (cycle % 2 === 1) await loaded.kill()
      const isTaken = since(loaded, '200')
      await faults.set()
      if (cycle % 2 === 1) await loaded.start()
      await until(isTaken, 'taken again')
    },
    notes: () => ({ held_ms: heldMs }),
  })
}

async function syncFail(round: Round): Promise<Report> {
  const { dir, faults } = await withFaults()
  return underLoad(round, {
    dir,
    options: { env: faults.env },
    cycle: async (loaded) => {
      const isRefused = since(loaded, '503')
      await faults.set('fail-sync')
      await until(isRefused, 'refused')
      // As documented, a log whose syncs have failed twice accepts nothing until the process is restarted.
      await loaded.kill()
      await faults.set()
      await loaded.start()
    },
  })
}

const SPACE = '24m'

/** The queue has its own small file system, which a file beside the queue fills up. */
async function fullDisk(round: Round): Promise<Report> {
  const dir = await newDirectory()
  const small = join(dir, 'small')
  await mkdir(small)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${SPACE}`, 'none', small])
  if (mounted.status !== 0) throw new Error(`mount failed: ${String(mounted.stderr)}`)
  const filler = join(small, 'filler')
  return underLoad(round, {
    dir,
    options: {
      config: 'queue: { dir: "$DIR/small/queue", segment_bytes: 1MiB, min_free_bytes: 0 }',
    },
    cycle: async (loaded) => {
      const isRefused = since(loaded, '503')
      await fill(filler)
      await until(isRefused, 'refused')
      const isTaken = since(loaded, '200')
      await rm(filler)
      await until(isTaken, 'taken again without a restart')
    },
    cleanUp: () => void spawnSync('umount', ['-l', small]),
  })
}

/** Fills the disk to the last byte. Ends when not even a small write succeeds. */
async function fill(path: string): Promise<void> {
  for (const bytes of [1024 * 1024, 64 * 1024, 4096])
    for (;;) {
      const written = await writeFile(path, Buffer.alloc(bytes), { flag: 'a' }).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'ENOSPC') throw error
          return false
        },
      )
      if (!written) break
    }
}

function mountMissing(): string | null {
  if (process.platform !== 'linux') return 'needs Linux'
  return process.getuid?.() === 0 ? null : 'needs root, to mount a small tmpfs'
}

const interposed = { cycles: 6, roundCycles: 20, missing: () => DiskFaults.missing() }

export const syncDelayDrill: Drill = {
  ...interposed,
  name: 'sync-delay',
  about: 'syncs of the queue hang for up to a second; every other time the process dies meanwhile',
  cycle: 'a hold of all syncs',
  run: syncDelay,
}

export const syncFailDrill: Drill = {
  ...interposed,
  name: 'sync-fail',
  about:
    'syncs of the queue fail until clients are refused, then SIGKILL and a start on a mended disk',
  cycle: 'a failing disk and a restart',
  run: syncFail,
}

export const fullDiskDrill: Drill = {
  name: 'full-disk',
  about: 'the file system of the queue is filled to the last byte under load, and emptied again',
  cycle: 'full and free again',
  cycles: 6,
  roundCycles: 20,
  missing: mountMissing,
  run: fullDisk,
}
