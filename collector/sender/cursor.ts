// The cursor of an exporter on disk: how far the log has been sent. There are two copies, written alternately, so
// that a crash or damage costs at most one. The cursor has the range in flight, because a restart must send exactly
// the same batch again, and the exporter's item counts, so that these stay exact over restarts.

import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { isMissing, type QueueFs } from '../log/queue-fs.ts'

const CURSOR_BYTES_MAX = 64 * 1024
const COPIES = 2

/** A position between parts: before part `part` of record `sequence`. */
export interface Position {
  readonly sequence: bigint
  readonly part: number
}

export function isBefore(a: Position, b: Position): boolean {
  return a.sequence === b.sequence ? a.part < b.part : a.sequence < b.sequence
}

/** The range of a batch, which is fixed before its first attempt. `to` is exclusive. */
export interface FrozenRange {
  readonly from: Position
  readonly to: Position
}

/** The range that is being sent, with the counts that are needed if the store reports that it has the range. */
export interface InFlight extends FrozenRange {
  /** The sequence number of the range's last part. Records between it and `to` have no parts for this exporter. */
  readonly lastSequence: bigint
  readonly items: number
  /** The number of items ever appended for the exporter up to the end of the range. */
  readonly itemsAfter: number
}

export interface CursorState {
  /** Everything before this position is sent, dead-lettered or known to be unreadable. */
  readonly next: Position
  readonly inFlight: InFlight | null
  /**
   * The number of items ever appended for this exporter before `next`. Null after the cursor was lost, until the next
   * part is read.
   */
  readonly items: number | null
  /** The number of items that were appended before this cursor existed. This sender does not send them. */
  readonly base: number
  readonly sent: number
  readonly deadLettered: number
  readonly damaged: number
  /** Passed over because the exporter was too far behind. */
  readonly skipped: number
}

export interface StoredCursor extends CursorState {
  readonly exporter: string
  readonly logId: string
}

export class CursorStore {
  readonly #fs: QueueFs
  readonly #dir: string
  readonly #exporter: string
  readonly #logId: string
  #generation = 0

  constructor(fs: QueueFs, dir: string, exporter: string, logId: string) {
    this.#fs = fs
    this.#dir = dir
    this.#exporter = exporter
    this.#logId = logId
  }

  /**
   * Returns the newer of the readable copies. Null when this log has no cursor; sending then begins at the oldest
   * segment.
   */
  async load(): Promise<CursorState | null> {
    await this.#fs.mkdir(this.#dir)
    let newest: CursorState | null = null
    for (let copy = 0; copy < COPIES; copy++) {
      const read = await this.#read(copy)
      if (read === null || read.generation <= this.#generation) continue
      this.#generation = read.generation
      newest = read.state.logId === this.#logId ? read.state : null
    }
    return newest
  }

  /** Writes the state. It is durable when the promise resolves. */
  async save(state: CursorState): Promise<void> {
    const generation = this.#generation + 1
    const body = JSON.stringify(
      { v: 1, generation, exporter: this.#exporter, logId: this.#logId, ...state },
      (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
    )
    const bytes = Buffer.from(`${sumOf(body)} ${body}\n`)
    const temp = join(this.#dir, `${fileName(this.#exporter)}.tmp`)
    const file = await this.#fs.open(temp, 'create')
    try {
      if ((await file.writev([bytes], 0)) < bytes.length)
        throw Object.assign(new Error('no space left on device (cursor)'), { code: 'ENOSPC' })
      await file.datasync()
    } finally {
      await file.close()
    }
    await this.#fs.rename(temp, this.#path(generation % COPIES))
    await this.#fs.fsyncDir(this.#dir)
    this.#generation = generation
  }

  async #read(copy: number): Promise<{ generation: number; state: StoredCursor } | null> {
    try {
      const file = await this.#fs.open(this.#path(copy), 'read')
      try {
        const size = Math.min(await file.sizeBytes(), CURSOR_BYTES_MAX)
        const bytes = Buffer.alloc(size)
        const n = await file.read(bytes, 0)
        return parseCursor(bytes.toString('utf8', 0, n))
      } finally {
        await file.close()
      }
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }

  #path(copy: number): string {
    return join(this.#dir, `${fileName(this.#exporter)}.${copy}`)
  }
}

/** The file name for an exporter id such as `kafka/eu`. */
export function fileName(exporter: string): string {
  return encodeURIComponent(exporter)
}

function sumOf(body: string): string {
  return crc32(body).toString(16).padStart(8, '0')
}

/** Returns null for anything but a file that `save` wrote completely. */
export function parseCursor(text: string): { generation: number; state: StoredCursor } | null {
  const body = text.slice(9, -1)
  if (text.at(-1) !== '\n' || text.slice(0, 9) !== `${sumOf(body)} `) return null
  // The CRC proves that `save` wrote the text, so its shape is known.
  const raw = JSON.parse(body) as RawCursor
  const { generation, exporter, logId, items, base, sent, deadLettered, damaged } = raw
  // Absent in cursors of versions before 0.2.
  const skipped = raw.skipped ?? 0
  const inFlight = raw.inFlight === null ? null : parseInFlight(raw.inFlight)
  const counts = { items, base, sent, deadLettered, damaged, skipped }
  return { generation, state: { exporter, logId, next: position(raw.next), inFlight, ...counts } }
}

interface RawPosition {
  readonly sequence: string
  readonly part: number
}

interface RawCursor extends Omit<StoredCursor, 'next' | 'inFlight' | 'skipped'> {
  readonly skipped?: number
  readonly generation: number
  readonly next: RawPosition
  readonly inFlight: RawInFlight | null
}

interface RawInFlight extends Omit<InFlight, 'from' | 'to' | 'lastSequence'> {
  readonly from: RawPosition
  readonly to: RawPosition
  readonly lastSequence: string
}

function parseInFlight(raw: RawInFlight): InFlight {
  const { items, itemsAfter } = raw
  const range = { from: position(raw.from), to: position(raw.to) }
  return { ...range, lastSequence: BigInt(raw.lastSequence), items, itemsAfter }
}

function position(raw: RawPosition): Position {
  return { sequence: BigInt(raw.sequence), part: raw.part }
}
