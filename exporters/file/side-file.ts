// The description of the batch that is being written, in a file of fixed size. It has two places that are written
// alternately, so that a crash during a write leaves the other one intact. A full disk does not prevent a write, because no
// space is allocated.

import { createHash } from 'node:crypto'
import { type FileHandle, open, readFile, rename } from 'node:fs/promises'

/** Which batch is about to be written, and where. */
export interface Intent {
  readonly path: string
  readonly batchId: string
  readonly sha256: string
  readonly start: number
  readonly length: number
  /** The last sequence number of the log in the output once this batch is whole, in decimal. Absent in files of versions before 0.2. */
  readonly committed?: string
  /** The same while this batch is not whole; null when nothing came before it. */
  readonly before?: string | null
}

/** Room for the longest path, with each character escaped. */
const PLACE_BYTES = 32 * 1024
const PLACES = 2

interface Entry {
  readonly generation: number
  readonly intent: Intent
}

export class SideFile {
  readonly #path: string
  #file: FileHandle | null = null
  #generation = 0

  constructor(path: string) {
    this.#path = path
  }

  /** Returns the last description for the output `output`, or null when there is none that can be read. */
  async open(output: string): Promise<Intent | null> {
    const bytes = await readFile(this.#path).catch(() => null)
    const last = bytes === null ? null : lastEntry(bytes)
    this.#generation = last?.generation ?? 0
    if (bytes?.length !== PLACES * PLACE_BYTES) await this.#create(last)
    this.#file = await open(this.#path, 'r+')
    return last?.intent.path === output ? last.intent : null
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }

  /** Writes and syncs a description, over the older of the two. */
  async write(intent: Intent): Promise<void> {
    const file = this.#file
    if (file === null) throw new Error('the side file is not open')
    const entry = { generation: this.#generation + 1, intent }
    const bytes = placeOf(entry)
    await file.write(bytes, 0, bytes.length, (entry.generation % PLACES) * PLACE_BYTES)
    await file.datasync()
    this.#generation = entry.generation
  }

  /** Makes the file at its full size. The first start needs room for it, and so does the first after an upgrade. */
  async #create(last: Entry | null): Promise<void> {
    const all = Buffer.alloc(PLACES * PLACE_BYTES, ' ')
    if (last !== null) placeOf(last).copy(all, (last.generation % PLACES) * PLACE_BYTES)
    const temporary = `${this.#path}.new`
    const file = await open(temporary, 'w', 0o600)
    try {
      await file.writeFile(all)
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(temporary, this.#path)
  }
}

/** A line of JSON, its checksum, and blanks to the end of the place. */
function placeOf(entry: Entry): Buffer {
  const place = Buffer.alloc(PLACE_BYTES, ' ')
  const text = JSON.stringify(entry)
  place.write(`${text}\n${sumOf(text)}\n`)
  return place
}

const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex')

function lastEntry(bytes: Buffer): Entry | null {
  if (bytes.length !== PLACES * PLACE_BYTES) return ofOldForm(bytes)
  let last: Entry | null = null
  for (let at = 0; at < bytes.length; at += PLACE_BYTES) {
    const [text = '', sum] = bytes.toString('utf8', at, at + PLACE_BYTES).split('\n')
    if (sum !== sumOf(text)) continue
    // The type is right: the checksum says that `placeOf` wrote it.
    const entry = JSON.parse(text) as Entry
    if (last === null || entry.generation > last.generation) last = entry
  }
  return last
}

/** Reads the form of earlier versions, which wrote the description alone. */
function ofOldForm(bytes: Buffer): Entry | null {
  try {
    const found = JSON.parse(bytes.toString('utf8')) as Partial<Intent>
    const isWhole = typeof found.start === 'number' && typeof found.length === 'number'
    return isWhole ? { generation: 0, intent: found as Intent } : null
  } catch {
    // Without a readable description, the output is cut after its last line feed.
    return null
  }
}
