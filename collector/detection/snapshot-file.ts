// The file in which a detection keeps its state between starts: the log's id, the sequence number up to which the state goes, and the
// pieces of the state. It is written beside and renamed, so it is always whole.

import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'

export interface Snapshot {
  /** The next record to read, of the log that the state was made from. */
  readonly next: bigint
  readonly pieces: readonly Buffer[]
}

const MAGIC = Buffer.from('observa-detection-1\n')
const HEADER_BYTES = MAGIC.length + 16 + 8

export class SnapshotFile {
  readonly #dir: string
  readonly #path: string
  readonly #logId: Buffer

  constructor(dir: string, id: string, logId: Uint8Array) {
    this.#dir = join(dir, 'detection')
    this.#path = join(this.#dir, `${id.replaceAll(/[^\w.-]/g, '_')}.snapshot`)
    this.#logId = Buffer.alloc(16)
    this.#logId.set(logId.subarray(0, 16))
  }

  /** The stored state; null when there is none, when it is damaged or of another log. */
  async read(): Promise<Snapshot | null> {
    const bytes = await readFile(this.#path).catch(() => null)
    if (bytes === null || bytes.length < HEADER_BYTES) return null
    const logId = bytes.subarray(MAGIC.length, MAGIC.length + 16)
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC) || !logId.equals(this.#logId)) return null
    const pieces: Buffer[] = []
    let at = HEADER_BYTES
    while (at + 8 <= bytes.length) {
      const length = bytes.readUInt32LE(at)
      const piece = bytes.subarray(at + 8, at + 8 + length)
      if (piece.length < length || crc32(piece) !== bytes.readUInt32LE(at + 4)) return null
      pieces.push(piece)
      at += 8 + length
    }
    return { next: bytes.readBigUInt64LE(MAGIC.length + 16), pieces }
  }

  /** Writes the pieces one by one, giving way between them. */
  async write(next: bigint, pieces: Iterable<Buffer>): Promise<void> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 })
    const draft = `${this.#path}.new`
    const file = await open(draft, 'w', 0o600)
    try {
      const header = Buffer.alloc(8)
      header.writeBigUInt64LE(next)
      await file.writev([MAGIC, this.#logId, header])
      for (const piece of pieces) {
        const head = Buffer.alloc(8)
        head.writeUInt32LE(piece.length, 0)
        head.writeUInt32LE(crc32(piece), 4)
        await file.writev([head, piece])
      }
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(draft, this.#path)
  }
}
