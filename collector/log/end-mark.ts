// How far the log went, kept beside it: what damage takes from the very end of a log cannot be told from an append that was
// never finished, unless somebody remembers that it was. Two files in turn, `end.0` and `end.1`, each with a CRC; written a
// moment after a commit and at the end, and only ever of what is as durable as the log is configured to make it.
//   CRC-32 of the rest u32 | JSON {generation, logId, nextSequence, events, items}

import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Clock } from '../../core/clock.ts'
import type { QueueFs } from './queue-fs.ts'
import type { Totals } from './record.ts'

export interface End {
  readonly nextSequence: bigint
  readonly totals: Totals
}

export interface EndMarkSettings {
  readonly dir: string
  readonly fs: QueueFs
  readonly logId: Buffer
  readonly clock: Clock
  /** The end as it is now. */
  readonly end: () => End
}

const NAMES = ['end.0', 'end.1']
const DELAY_MS = 250
const BYTES_MAX = 1024 * 1024
const SUM_BYTES = 4

interface Mark {
  readonly generation: number
  readonly end: End
}

export class EndMark {
  readonly #s: EndMarkSettings
  readonly #closing = new AbortController()
  #generation: number
  #isScheduled = false
  #running: Promise<void> = Promise.resolve()

  constructor(settings: EndMarkSettings, generation: number) {
    this.#s = settings
    this.#generation = generation
  }

  /** The end has moved: it will be written down soon. */
  moved(): void {
    if (this.#isScheduled || this.#closing.signal.aborted) return
    this.#isScheduled = true
    this.#running = this.#soon()
  }

  /** Writes the end down for good. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    await this.#write(true)
  }

  async #soon(): Promise<void> {
    try {
      await this.#s.clock.sleep(DELAY_MS, this.#closing.signal)
    } catch {
      // Closing: the last mark is written then.
      return
    }
    this.#isScheduled = false
    await this.#write(false)
  }

  /** A mark that cannot be written costs only what it is for; the one before stays. */
  async #write(isLast: boolean): Promise<void> {
    const { dir, fs, logId, end } = this.#s
    const generation = this.#generation + 1
    try {
      const file = await fs.open(join(dir, `end.${generation & 1}`), 'create')
      try {
        const bytes = encoded({ generation, end: end() }, logId)
        if ((await file.writev([bytes], 0)) < bytes.length) return
        if (isLast) await file.datasync()
      } finally {
        await file.close()
      }
      this.#generation = generation
    } catch {
      // A full or broken disk: the log itself says so.
    }
  }
}

/** The newest mark of this log; null when there is none. */
export async function readEndMark(dir: string, fs: QueueFs, logId: Buffer): Promise<Mark | null> {
  const marks = await Promise.all(NAMES.map((name) => readOne(join(dir, name), fs, logId)))
  return marks.reduce((a, b) => (b !== null && (a === null || b.generation > a.generation) ? b : a))
}

interface Written {
  readonly generation: number
  readonly logId: string
  readonly nextSequence: string
  readonly events: number
  readonly items: Readonly<Record<string, number>>
}

function encoded({ generation, end }: Mark, logId: Buffer): Buffer {
  const { events, items } = end.totals
  const written: Written = {
    generation,
    logId: logId.toString('hex'),
    nextSequence: String(end.nextSequence),
    events,
    items: Object.fromEntries(items),
  }
  const body = Buffer.from(JSON.stringify(written))
  const sum = Buffer.alloc(SUM_BYTES)
  sum.writeUInt32LE(crc32(body))
  return Buffer.concat([sum, body])
}

async function readOne(path: string, fs: QueueFs, logId: Buffer): Promise<Mark | null> {
  try {
    const file = await fs.open(path, 'read')
    try {
      const size = await file.sizeBytes()
      // A sum of nothing is zero, as in a file that a power cut left with zeros.
      if (size <= SUM_BYTES || size > BYTES_MAX) return null
      const bytes = Buffer.alloc(size)
      if ((await file.read(bytes, 0)) < size) return null
      return decoded(bytes, logId)
    } finally {
      await file.close()
    }
  } catch {
    // Missing or unreadable: it only helps to count, and must not keep the log from opening.
    return null
  }
}

function decoded(bytes: Buffer, logId: Buffer): Mark | null {
  const body = bytes.subarray(SUM_BYTES)
  if (crc32(body) !== bytes.readUInt32LE(0)) return null
  // The sum is right, so we wrote it.
  const raw: Written = JSON.parse(body.toString('utf8'))
  if (raw.logId !== logId.toString('hex')) return null
  const totals = { events: raw.events, items: new Map(Object.entries(raw.items)) }
  return { generation: raw.generation, end: { nextSequence: BigInt(raw.nextSequence), totals } }
}
