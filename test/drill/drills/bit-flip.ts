// Flips bits in closed segments of the log between a kill and the next start. The instance must report exactly what is
// destroyed; everything else must arrive unchanged.

import { mkdir, open, readdir, rm, rmdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Instance, until } from '../../instance.ts'
import { Books } from '../books.ts'
import { Clients } from '../client.ts'
import { bookedItems, fromFile } from '../destinations.ts'
import {
  add,
  type Drill,
  EMPTY,
  nothingMissing,
  type Report,
  type Round,
  reportOf,
} from '../drill.ts'
import { newDirectory } from '../under-load.ts'

const REQUESTS = 60
const PADDING = 500
const BITS_MAX = 8
const config = 'queue: { segment_bytes: 1MiB }'

async function bitFlips(round: Round): Promise<Report> {
  let sum = EMPTY
  for (let i = 0; i < round.cycles && !round.isOver(); i++) {
    sum = add(sum, await damaged(round))
    const { bits_flipped: bits, destroyed } = sum.notes
    round.progress(
      `${sum.cycles} logs, ${Number(bits)} bits flipped, ${Number(destroyed)} spans destroyed`,
    )
  }
  return sum
}

async function damaged(round: Round): Promise<Report> {
  const dir = await newDirectory()
  const out = join(dir, 'out.ndjson')
  const books = new Books()
  try {
    // A directory in place of the output file keeps the exporter from delivering anything.
    await mkdir(out)
    await filledLog(dir, books)
    await rmdir(out)
    const bits = 1 + Math.floor(round.random() * BITS_MAX)
    for (let i = 0; i < bits; i++) await flipOne(join(dir, 'data/queue'), round.random)
    const instance = await Instance.start({ dir, config })
    await new Clients(books).once(instance)
    await instance.drained()
    const { damaged: destroyed = 0, deadLettered = 0 } = await bookedItems(instance, 'file')
    const arrivals = await fromFile(instance)
    await instance.kill()
    const findings = books.check(arrivals, { deadLettered, destroyed })
    // Everything was acknowledged, so the instance must not report more as destroyed than is missing.
    const missing = books.acknowledged - findings.delivered
    const lost = Math.abs(missing - destroyed - deadLettered)
    return reportOf(books, { ...findings, lost }, 1, { bits_flipped: bits, destroyed })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Makes a log of several segments from which nothing was delivered, and kills its instance. */
async function filledLog(dir: string, books: Books): Promise<void> {
  const instance = await Instance.start({ dir, config })
  const clients = new Clients(books)
  const wanted = REQUESTS
  const isOver = (): boolean => (clients.answers.get('200') ?? 0) >= wanted
  await clients.run(instance, 4, { copies: false, random: () => 0, padding: PADDING, isOver })
  const isHeld = async (): Promise<boolean> =>
    ((await bookedItems(instance, 'file'))['queued'] ?? 0) === books.acknowledged
  await until(isHeld, 'held back')
  await instance.kill()
}

async function flipOne(dir: string, random: () => number): Promise<void> {
  const closed = (await readdir(dir))
    .filter((n) => n.endsWith('.seg'))
    .toSorted()
    .slice(0, -1)
  const name = closed[Math.floor(random() * closed.length)]
  if (name === undefined) throw new Error('there is no closed segment to damage')
  const path = join(dir, name)
  const file = await open(path, 'r+')
  try {
    const at = Math.floor(random() * (await stat(path)).size)
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, at)
    byte.writeUInt8(byte.readUInt8() ^ (1 << Math.floor(random() * 8)))
    await file.write(byte, 0, 1, at)
  } finally {
    await file.close()
  }
}

export const bitFlip: Drill = {
  name: 'bit-flip',
  about:
    'bits flip in closed segments of a stopped log; what is gone must be what the books say is gone',
  cycle: 'a filled log, up to 8 flipped bits, and a start',
  cycles: 5,
  roundCycles: 20,
  missing: nothingMissing,
  run: bitFlips,
}
