// Remembers how far the log was written. Without that, damage to the very end of a log looks like an append that was
// never finished. There are two files, `end.0` and `end.1`, written alternately, each with a CRC. They are written a
// moment after commits and at a stop, and only describe records that are as durable as the configuration demands.
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
  /** The current end of the log. */
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

  /** Called when the end has moved. It is written soon after. */
  moved(): void {
    if (this.#isScheduled || this.#closing.signal.aborted) return
    this.#isScheduled = true
    this.#running = this.#soon()
  }

  /** Writes the final end. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
    await this.#write(true)
  }

  async #soon(): Promise<void> {
    try {
      await this.#s.clock.sleep(DELAY_MS, this.#closing.signal)
    } catch {
      // The log is closing, and `close` writes the last mark.
      return
    }
    this.#isScheduled = false
    await this.#write(false)
  }

  /** Writes the mark. If that fails, the previous mark stays, and only the exact count of lost records suffers. */
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
      // The disk is full or broken, which the log itself reports.
    }
  }
}

/** Returns the newest mark of this log, or null if there is none. */
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
      // The CRC of an empty text is zero, which would match a file of zeros after a power cut.
      if (size <= SUM_BYTES || size > BYTES_MAX) return null
      const bytes = Buffer.alloc(size)
      if ((await file.read(bytes, 0)) < size) return null
      return decoded(bytes, logId)
    } finally {
      await file.close()
    }
  } catch {
    // The file is missing or unreadable. The mark only helps to count, so the log opens without it.
    return null
  }
}

function decoded(bytes: Buffer, logId: Buffer): Mark | null {
  const body = bytes.subarray(SUM_BYTES)
  if (crc32(body) !== bytes.readUInt32LE(0)) return null
  // The CRC is right, so this program wrote the text.
  const raw: Written = JSON.parse(body.toString('utf8'))
  if (raw.logId !== logId.toString('hex')) return null
  const totals = { events: raw.events, items: new Map(Object.entries(raw.items)) }
  return { generation: raw.generation, end: { nextSequence: BigInt(raw.nextSequence), totals } }
}
