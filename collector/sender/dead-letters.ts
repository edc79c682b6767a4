// Dead letters: parts that a destination refuses for good, one file each, with the reason. A letter is named by its
// position in the log, so that a crash between storing it and moving the cursor does not store it twice.
// `dead-letter-commands.ts` lists, shows, drops and retries letters.
//
// File: magic u32 | header length u32 | header CRC u32 | payload CRC u32 | header (JSON) | payload.

import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { isMissing, type QueueFs } from '../log/queue-fs.ts'
import { fileName } from './cursor.ts'

const MAGIC = 0x4c44_424f
const FIXED_BYTES = 16
const HEADER_BYTES_MAX = 64 * 1024
const SUFFIX = '.letter'

export interface DeadLetterHead {
  readonly exporter: string
  readonly stream: string
  readonly items: number
  readonly sequence: string
  readonly part: number
  /** The piece of the part if the sender split it: `0`, `0.1`, ..; '' for the whole part. */
  readonly piece: string
  readonly code: string
  readonly message: string
  readonly attempts: number
  readonly firstAtMs: number
  readonly lastAtMs: number
  /**
   * False if the destination did not say which items of a batch it refused. Such a letter has no bytes to send again.
   */
  readonly hasBytes: boolean
}

export interface DeadLetter {
  readonly head: DeadLetterHead
  readonly bytes: Uint8Array
}

export interface DeadLetterSummary extends DeadLetterHead {
  readonly id: string
  readonly fileBytes: number
}

export type WhenFull = 'block' | 'drop_oldest'

export interface DeadLetterLimits {
  readonly bytesMax: number
  readonly whenFull: WhenFull
}

/** The result of `add`. `full` means that nothing was stored and that somebody has to make room first. */
export interface AddOutcome {
  readonly kind: 'stored' | 'full'
  readonly droppedItems: number
}

export class DeadLetterBox {
  readonly #fs: QueueFs
  readonly dir: string
  readonly #limits: DeadLetterLimits

  constructor(fs: QueueFs, dir: string, limits: DeadLetterLimits) {
    this.#fs = fs
    this.dir = dir
    this.#limits = limits
  }

  /** Stores a letter. It is durable when this resolves with `stored`. */
  async add(letter: DeadLetter): Promise<AddOutcome> {
    const { head } = letter
    const id = letterId(head)
    const buffers = encodeLetter(letter)
    const length = buffers.reduce((n, b) => n + b.length, 0)
    await this.#fs.mkdir(this.dir)
    const room = await this.#makeRoom(id, length)
    if (room.kind === 'full') return room
    const temp = join(this.dir, `${id}.tmp`)
    const file = await this.#fs.open(temp, 'create')
    try {
      if ((await file.writev(buffers, 0)) < length)
        throw Object.assign(new Error('no space left on device (dead letter)'), { code: 'ENOSPC' })
      await file.datasync()
    } finally {
      await file.close()
    }
    await this.#fs.rename(temp, join(this.dir, id + SUFFIX))
    await this.#fs.fsyncDir(this.dir)
    return room
  }

  /** All letters, the oldest position in the log first. Damaged files are not listed, but their bytes count. */
  async list(): Promise<DeadLetterSummary[]> {
    const out: DeadLetterSummary[] = []
    for (const id of await this.#ids()) {
      const read = await this.#readHead(id)
      if (read !== null) out.push({ ...read.head, id, fileBytes: read.fileBytes })
    }
    return out
  }

  /** Returns null if there is no such letter or its bytes are damaged. */
  async read(id: string): Promise<DeadLetter | null> {
    if (!isLetterId(id)) return null
    return this.#withFile(id, async (file, fileBytes) => {
      const b = Buffer.allocUnsafeSlow(fileBytes)
      const n = await file.read(b, 0)
      const head = decodeHead(b.subarray(0, n))
      if (head === null) return null
      const bytes = b.subarray(FIXED_BYTES + b.readUInt32LE(4), n)
      return crc32(bytes) === b.readUInt32LE(12) ? { head, bytes } : null
    })
  }

  async remove(id: string): Promise<void> {
    if (!isLetterId(id)) return
    try {
      await this.#fs.unlink(join(this.dir, id + SUFFIX))
      await this.#fs.fsyncDir(this.dir)
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }

  async #makeRoom(id: string, length: number): Promise<AddOutcome> {
    const { bytesMax, whenFull } = this.#limits
    const sizes = new Map<string, number>()
    for (const known of await this.#ids())
      sizes.set(known, (await this.#withFile(known, (_f, size) => Promise.resolve(size))) ?? 0)
    sizes.delete(id)
    let used = 0
    for (const size of sizes.values()) used += size
    let droppedItems = 0
    for (const [oldest, size] of sizes) {
      if (used + length <= bytesMax || whenFull === 'block') break
      droppedItems += (await this.#readHead(oldest))?.head.items ?? 0
      await this.remove(oldest)
      used -= size
    }
    // A letter that is larger than the limit is stored while there is no other one, because refusing it would block
    // the exporter for ever.
    const fits = used + length <= bytesMax || used === 0
    return { kind: fits ? 'stored' : 'full', droppedItems }
  }

  async #ids(): Promise<string[]> {
    const names = await this.#fs.list(this.dir)
    const ids = names.filter((n) => n.endsWith(SUFFIX)).map((n) => n.slice(0, -SUFFIX.length))
    return ids.sort()
  }

  #readHead(id: string): Promise<{ head: DeadLetterHead; fileBytes: number } | null> {
    return this.#withFile(id, async (file, fileBytes) => {
      const b = Buffer.alloc(Math.min(fileBytes, FIXED_BYTES + HEADER_BYTES_MAX))
      const head = decodeHead(b.subarray(0, await file.read(b, 0)))
      return head === null ? null : { head, fileBytes }
    })
  }

  async #withFile<T>(
    id: string,
    use: (file: Awaited<ReturnType<QueueFs['open']>>, fileBytes: number) => Promise<T>,
  ): Promise<T | null> {
    try {
      const file = await this.#fs.open(join(this.dir, id + SUFFIX), 'read')
      try {
        return await use(file, await file.sizeBytes())
      } finally {
        await file.close()
      }
    } catch (error) {
      if (isMissing(error)) return null
      throw error
    }
  }
}

/** The directory of an exporter's letters, below the queue's directory. */
export function deadLetterDir(queueDir: string, exporter: string): string {
  return join(queueDir, 'dlq', fileName(exporter))
}

/** The id of a letter. Ids sort by position in the log. */
function letterId(h: DeadLetterHead): string {
  const place = `${BigInt(h.sequence).toString(16).padStart(16, '0')}-${String(h.part).padStart(5, '0')}`
  return h.piece === '' ? place : `${place}-${h.piece}`
}

function isLetterId(id: string): boolean {
  return /^[0-9a-f]{16}-\d{5}(?:-[0-9a-z.]{1,200})?$/.test(id)
}

function encodeLetter({ head, bytes }: DeadLetter): Uint8Array[] {
  const text = Buffer.from(JSON.stringify({ v: 1, ...head }))
  const fixed = Buffer.alloc(FIXED_BYTES)
  fixed.writeUInt32LE(MAGIC, 0)
  fixed.writeUInt32LE(text.length, 4)
  fixed.writeUInt32LE(crc32(text), 8)
  fixed.writeUInt32LE(crc32(bytes), 12)
  return [fixed, text, bytes].filter((b) => b.length > 0)
}

function decodeHead(b: Buffer): DeadLetterHead | null {
  if (b.length < FIXED_BYTES || b.readUInt32LE(0) !== MAGIC) return null
  const length = b.readUInt32LE(4)
  const text = b.subarray(FIXED_BYTES, FIXED_BYTES + length)
  if (text.length < length || crc32(text) !== b.readUInt32LE(8)) return null
  // The CRC proves that `encodeLetter` wrote the text, so its shape is known.
  return JSON.parse(text.toString('utf8')) as DeadLetterHead
}
