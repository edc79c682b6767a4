// The file operations that the log needs, as an interface, and the implementation for real disks. Everything durable
// goes through it, so that tests can use `model-fs.ts`, which cuts the power at any operation.

import {
  close,
  fdatasync,
  fstat,
  fsync,
  ftruncate,
  open,
  read,
  readdir,
  rename,
  statfs,
  unlink,
  writev,
} from 'node:fs'
import { promisify } from 'node:util'
import { messageOf, ObservaError } from '../../core/errors.ts'
import { makeDirectory } from '../../core/files/make-directory.ts'

const DIR_MODE = 0o700
const FILE_MODE = 0o600

export interface QueueFile {
  /**
   * Writes all buffers at `position` and returns the number of bytes written. It may write less without an error, as
   * a full disk does, so callers must compare.
   */
  writev(buffers: readonly Uint8Array[], position: number): Promise<number>
  /** Fills `into` from `position` and returns the number of bytes. It is smaller only at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  /**
   * Data and size are on the disk when it resolves. After a failure nothing is known about unsynced data of this
   * file.
   */
  datasync(): Promise<void>
  truncate(lengthBytes: number): Promise<void>
  sizeBytes(): Promise<number>
  close(): Promise<void>
}

/** `create` makes or empties the file. `write` opens an existing file for reading and writing. */
export type OpenMode = 'read' | 'write' | 'create' | 'create-new'

export interface QueueFs {
  open(path: string, mode: OpenMode): Promise<QueueFile>
  /** The names in a directory, unsorted. Empty when the directory does not exist. */
  list(dir: string): Promise<string[]>
  /** Makes the directory and its parents with mode 0700. */
  mkdir(dir: string): Promise<void>
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Makes creations, renames and removals in the directory durable. */
  fsyncDir(dir: string): Promise<void>
  space(dir: string): Promise<DiskSpace>
}

export interface DiskSpace {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** True for a failure that ends when somebody frees disk space. */
export function isNoSpace(thrown: unknown): boolean {
  const code = errorCode(thrown)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

/** The error of a short write, which is how a full disk can show itself. */
export function shortWriteError(): Error {
  return Object.assign(new Error('no space left on device (short write)'), { code: 'ENOSPC' })
}

export function isMissing(thrown: unknown): boolean {
  return errorCode(thrown) === 'ENOENT'
}

/** The error for an operator when a file of the log cannot be read. It names the file and what to check. */
export function unreadableError(dir: string, cause: unknown): ObservaError {
  return new ObservaError(
    'OBS_LOG_UNREADABLE',
    `The log in ${dir} cannot be read: ${messageOf(cause)}.`,
    'Look at the owner and the permissions of that file, and at the disk. Nothing was changed.',
    { cause },
  )
}

export function errorCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
}

const OPEN_FLAGS: Readonly<Record<OpenMode, string>> = {
  read: 'r',
  write: 'r+',
  create: 'w+',
  'create-new': 'wx+',
}

const openAsync = promisify(open)
const readdirAsync = promisify(readdir)
const renameAsync = promisify(rename)
const unlinkAsync = promisify(unlink)
const statfsAsync = promisify(statfs)
const fsyncAsync = promisify(fsync)
const closeAsync = promisify(close)

/** Uses the callback API with plain descriptors, which needs about half the CPU time of `fs/promises` handles. */
class NodeFile implements QueueFile {
  readonly #fd: number

  constructor(fd: number) {
    this.#fd = fd
  }

  writev(buffers: readonly Uint8Array[], position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      writev(this.#fd, buffers as Uint8Array[], position, (error, written) => {
        if (error === null) resolve(written)
        else reject(error)
      })
    })
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    let done = 0
    while (done < into.length) {
      const n = await this.#readOnce(into, done, position + done)
      if (n === 0) break
      done += n
    }
    return done
  }

  datasync(): Promise<void> {
    return this.#call((cb) => fdatasync(this.#fd, cb))
  }

  truncate(lengthBytes: number): Promise<void> {
    return this.#call((cb) => ftruncate(this.#fd, lengthBytes, cb))
  }

  sizeBytes(): Promise<number> {
    return new Promise((resolve, reject) => {
      fstat(this.#fd, (error, s) => (error === null ? resolve(s.size) : reject(error)))
    })
  }

  close(): Promise<void> {
    return closeAsync(this.#fd)
  }

  #readOnce(into: Uint8Array, offset: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      read(this.#fd, into, offset, into.length - offset, position, (error, n) => {
        if (error === null) resolve(n)
        else reject(error)
      })
    })
  }

  #call(run: (cb: (error: NodeJS.ErrnoException | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      run((error) => (error === null ? resolve() : reject(error)))
    })
  }
}

export const nodeQueueFs: QueueFs = {
  async open(path, mode) {
    return new NodeFile(await openAsync(path, OPEN_FLAGS[mode], FILE_MODE))
  },
  async list(dir) {
    try {
      return await readdirAsync(dir)
    } catch (error) {
      if (isMissing(error)) return []
      throw error
    }
  },
  mkdir(dir) {
    return makeDirectory(dir, DIR_MODE)
  },
  rename: renameAsync,
  unlink: unlinkAsync,
  async fsyncDir(dir) {
    const fd = await openAsync(dir, 'r')
    try {
      await fsyncAsync(fd)
    } finally {
      await closeAsync(fd)
    }
  },
  async space(dir) {
    const s = await statfsAsync(dir)
    return { freeBytes: s.bavail * s.bsize, totalBytes: s.blocks * s.bsize }
  },
}
