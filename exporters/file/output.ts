// The output file. A description of the batch being written (`side-file.ts`) is written before the batch's first byte. After a
// crash the output file can therefore be cut to the beginning of an incomplete batch, never inside a line, and a complete
// batch is not written twice.

import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { makeDirectory } from '../../core/files/make-directory.ts'
import { type Intent, SideFile } from './side-file.ts'

/** How much is read at once when searching backwards for the end of the last complete line. */
const TAIL_BYTES = 64 * 1024
const LF = 0x0a

export interface RotationLimits {
  readonly sizeBytesMax: number
  /** Age at which a file is rotated; 0 means never. */
  readonly ageMsMax: number
  /** Number of rotated files to keep; 0 means all. */
  readonly keep: number
}

export class RotatedFile {
  readonly #path: string
  readonly #sidePath: string
  readonly #side: SideFile
  readonly #limits: RotationLimits
  #file: FileHandle | null = null
  #size = 0
  #bornAtMs = 0
  /** The last batch that is known to be complete in the file. */
  #last: Intent | null = null
  #committed: bigint | null = null

  constructor(path: string, side: string, limits: RotationLimits) {
    this.#path = path
    this.#sidePath = side
    this.#side = new SideFile(side)
    this.#limits = limits
  }

  /**
   * The last sequence number of the log that was written to this path, in files that rotation has put aside too. Null before the first one
   * and while the file is not open.
   */
  get committed(): bigint | null {
    return this.#committed
  }

  /** Opens the file and removes an incomplete batch that a crash left behind. Returns how many bytes were cut off. */
  async open(nowMs: number): Promise<number> {
    await makeDirectory(dirname(this.#path), 0o700)
    await makeDirectory(dirname(this.#sidePath), 0o700)
    const file = await open(this.#path, 'a+', 0o600)
    this.#file = file
    const stat = await file.stat()
    this.#bornAtMs = stat.size === 0 ? nowMs : stat.birthtimeMs
    await this.#side.close()
    const intent = await this.#side.open(this.#path)
    const end = await wholeEnd(file, stat.size, intent)
    const isWhole = intent !== null && end >= intent.start + intent.length
    this.#last = isWhole ? intent : null
    this.#committed = sequenceOf(isWhole ? intent.committed : intent?.before)
    if (end < stat.size) {
      await file.truncate(end)
      await file.datasync()
    }
    this.#size = end
    return stat.size - end
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = null
    await this.#side.close()
    await file?.close()
  }

  /**
   * Appends the parts, which end at the sequence number `lastSequence` of the log, and syncs them. Returns false, and writes nothing, when
   * the file already ends with this batch.
   */
  async append(
    batchId: string,
    lastSequence: bigint,
    parts: readonly Uint8Array[],
    nowMs: number,
  ): Promise<boolean> {
    if (this.#file === null) await this.open(nowMs)
    const sha256 = await digestOf(parts)
    const length = parts.reduce((n, part) => n + part.length, 0)
    if (this.#last?.batchId === batchId && this.#last.sha256 === sha256) return false
    if (this.#isDue(length, nowMs)) await this.#rotate(nowMs)
    const before = this.#committed
    // A dead letter that is sent again is older than what was written last.
    const committed = before !== null && before > lastSequence ? before : lastSequence
    const intent: Intent = {
      path: this.#path,
      batchId,
      sha256,
      start: this.#size,
      length,
      committed: committed.toString(),
      before: before?.toString() ?? null,
    }
    await this.#side.write(intent)
    const file = this.#file as FileHandle
    try {
      await writeAll(file, parts)
      await file.datasync()
    } catch (error) {
      // Removes what was written of the batch, so that the next attempt starts at the beginning of a line.
      await file.truncate(intent.start)
      throw error
    }
    this.#size += length
    this.#last = intent
    this.#committed = committed
    return true
  }

  #isDue(more: number, nowMs: number): boolean {
    if (this.#size === 0) return false
    const { sizeBytesMax, ageMsMax } = this.#limits
    return this.#size + more > sizeBytesMax || (ageMsMax > 0 && nowMs - this.#bornAtMs >= ageMsMax)
  }

  async #rotate(nowMs: number): Promise<void> {
    // Of the new file nothing could tell that the last batch is whole, so that is written down for either file.
    if (this.#last !== null) {
      const { committed } = this.#last
      const rotated = { ...this.#last, start: this.#size, length: 0, sha256: NOTHING }
      await this.#side.write({
        ...rotated,
        ...(committed === undefined ? {} : { before: committed }),
      })
    }
    await this.#file?.close()
    this.#file = null
    const stamp = new Date(nowMs).toISOString().replaceAll(':', '-')
    const extension = extname(this.#path)
    const stem = this.#path.slice(0, this.#path.length - extension.length)
    const taken = new Set(await readdir(dirname(this.#path)))
    let to = `${stem}-${stamp}${extension}`
    for (let i = 1; taken.has(basename(to)); i++) to = `${stem}-${stamp}-${i}${extension}`
    await rename(this.#path, to)
    this.#file = await open(this.#path, 'a+', 0o600)
    await syncFolder(dirname(this.#path))
    this.#size = 0
    this.#bornAtMs = nowMs
    this.#last = null
    await this.#removeOld()
  }

  async #removeOld(): Promise<void> {
    if (this.#limits.keep === 0) return
    const folder = dirname(this.#path)
    const extension = extname(this.#path)
    const stem = basename(this.#path, extension)
    const rotated = (await readdir(folder)).filter(
      (name) =>
        ROTATED.test(name.slice(stem.length)) &&
        name.startsWith(`${stem}-`) &&
        name.endsWith(extension),
    )
    const old = rotated.toSorted().slice(0, Math.max(0, rotated.length - this.#limits.keep))
    await Promise.all(old.map((name) => rm(join(folder, name), { force: true })))
  }
}

/**
 * The suffix that rotation adds to a file name. Only files with it may be removed; other files of the folder belong to
 * others.
 */
const ROTATED = /^-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z(-\d+)?(\.|$)/

/** Where the complete part of the file ends. An incomplete batch is cut off as a whole. */
async function wholeEnd(file: FileHandle, size: number, intent: Intent | null): Promise<number> {
  if (intent === null || size < intent.start) return lineEnd(file, size)
  const isWhole = size >= intent.start + intent.length && (await holds(file, intent))
  return isWhole ? lineEnd(file, size) : intent.start
}

const sequenceOf = (text: string | null | undefined): bigint | null =>
  text === null || text === undefined ? null : BigInt(text)

/** The hash of no bytes. */
const NOTHING = createHash('sha256').digest('hex')

async function holds(file: FileHandle, intent: Intent): Promise<boolean> {
  const bytes = Buffer.alloc(intent.length)
  const { bytesRead } = await file.read(bytes, 0, intent.length, intent.start)
  return createHash('sha256').update(bytes.subarray(0, bytesRead)).digest('hex') === intent.sha256
}

/** The offset after the last line feed, searched backwards. */
async function lineEnd(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(TAIL_BYTES)
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - TAIL_BYTES)
    const { bytesRead } = await file.read(block, 0, end - start, start)
    const at = block.subarray(0, bytesRead).lastIndexOf(LF)
    if (at >= 0) return start + at + 1
    end = start
  }
  return 0
}

/** Checks how many bytes were written, because a full disk makes a write short without an error. */
async function writeAll(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const { bytesWritten } = await file.write(part, at, part.length - at)
      if (bytesWritten === 0)
        throw Object.assign(new Error('the write ended short'), { code: 'ENOSPC' })
      at += bytesWritten
    }
  }
}

/**
 * Bytes that are hashed before other work gets a turn of the main thread. Hashing a large batch at once would block it for 20
 * ms.
 */
const HASH_BYTES = 512 * 1024

async function digestOf(parts: readonly Uint8Array[]): Promise<string> {
  const sum = createHash('sha256')
  let bytes = 0
  for (const part of parts) {
    sum.update(part)
    bytes += part.length
    if (bytes < HASH_BYTES) continue
    bytes = 0
    await new Promise((resolve) => setImmediate(resolve))
  }
  return sum.digest('hex')
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
