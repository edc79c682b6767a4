// Stores the data of an INSERT until the engine has read it: in a file that only this user can read, in shared memory
// if there is room, else in the data directory. The engine reads it with FROM INFILE, so the data never passes
// through its SQL parser. Files are deleted after use, and those of a killed process at the next start.

import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { makeDirectorySync } from '../../../core/files/make-directory.ts'

const SHARED_MEMORY = '/dev/shm'
/** How much shared memory must stay free. It counts against the machine's RAM. */
const SHARED_MEMORY_FREE_MIN = 512 * 1024 * 1024

export class BodyTooLarge extends Error {}

export class InsertFiles {
  readonly #memoryDir: string | null
  readonly #diskDir: string
  readonly #bytesMax: number

  constructor(dataDir: string, bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#diskDir = join(dataDir, 'spool')
    rmSync(this.#diskDir, { recursive: true, force: true })
    makeDirectorySync(this.#diskDir, 0o700)
    this.#memoryDir = memoryDir(dataDir)
  }

  /** Writes the stream to a new file and returns its path. The caller deletes it with `remove`. */
  async write(body: Readable, before: Buffer): Promise<string> {
    const path = join(this.#dirFor(), randomBytes(12).toString('hex'))
    let left = this.#bytesMax - before.length
    const limit = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        left -= chunk.length
        if (left < 0) done(new BodyTooLarge('the body is larger than this engine takes'))
        else done(null, chunk)
      },
    })
    if (before.length > 0) limit.push(before)
    try {
      await pipeline(body, limit, createWriteStream(path, { mode: 0o600, flags: 'wx' }))
    } catch (error) {
      this.remove(path)
      throw error
    }
    return path
  }

  remove(path: string): void {
    rmSync(path, { force: true })
  }

  /** Deletes all files. Nothing may be written afterwards. */
  close(): void {
    rmSync(this.#diskDir, { recursive: true, force: true })
    if (this.#memoryDir !== null) rmSync(this.#memoryDir, { recursive: true, force: true })
  }

  #dirFor(): string {
    if (this.#memoryDir === null) return this.#diskDir
    const fs = statfsSync(this.#memoryDir)
    const isRoomy = fs.bavail * fs.bsize > SHARED_MEMORY_FREE_MIN + this.#bytesMax
    return isRoomy ? this.#memoryDir : this.#diskDir
  }
}

/** The prefix of the names that a data directory's files have in shared memory. */
export function spoolPrefix(dataDir: string): string {
  return `observa-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}-`
}

/** The directory in shared memory, named after the data directory. Null if there is none. */
function memoryDir(dataDir: string): string | null {
  const prefix = spoolPrefix(dataDir)
  try {
    for (const name of readdirSync(SHARED_MEMORY)) {
      if (name.startsWith(prefix))
        rmSync(join(SHARED_MEMORY, name), { recursive: true, force: true })
    }
    const dir = join(SHARED_MEMORY, `${prefix}${randomBytes(6).toString('hex')}`)
    mkdirSync(dir, { mode: 0o700 })
    return dir
  } catch {
    // There is no usable shared memory, so the data directory is used.
    return null
  }
}
