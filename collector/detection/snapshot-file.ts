// The file with the state of a detection: the id of the log, the sequence number of the next record, and the state in pieces. A
// new file is written beside the old one and renamed, so that the file is always complete.

import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { makeDirectory } from '../../core/files/make-directory.ts'

export interface Snapshot {
  /** Sequence number of the next record to read, in the log that the state was made from. */
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

  /** Returns the stored state. Null if there is none, if it is damaged, or if it belongs to another log. */
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

  /** Writes the pieces one by one. The event loop gets a turn between them. */
  async write(next: bigint, pieces: Iterable<Buffer>): Promise<void> {
    await makeDirectory(this.#dir, 0o700)
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
