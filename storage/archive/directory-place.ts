// An archive in a directory of this machine, or one that is mounted there.

import { createReadStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { codeOf } from '../../core/errors.ts'
import { type ArchivePlace, type StoredFile, synced } from './archive-place.ts'

/** The folder for files that are being written. No tenant has a segment that begins with a dot. */
const SPOOL = '.spool'

export class DirectoryPlace implements ArchivePlace {
  readonly name: string
  readonly spoolDir: string

  constructor(directory: string) {
    this.name = directory
    // In the same file system, so that a rename puts a file there as a whole.
    this.spoolDir = join(directory, SPOOL)
  }

  async put(path: string, localFile: string): Promise<void> {
    const target = join(this.name, path)
    await mkdir(dirname(target), { recursive: true, mode: 0o700 })
    await synced(localFile)
    await rename(localFile, target)
    // The names are synced up to the root of the archive: a folder may be new as well.
    for (let dir = dirname(target); dir.startsWith(this.name); dir = dirname(dir)) await synced(dir)
  }

  async read(path: string): Promise<Readable | null> {
    const file = join(this.name, path)
    try {
      await stat(file)
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return null
      throw thrown
    }
    return createReadStream(file)
  }

  async list(prefix: string): Promise<readonly StoredFile[]> {
    const found: StoredFile[] = []
    await this.#collect(join(this.name, prefix), found)
    return found.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  }

  async remove(path: string): Promise<void> {
    const file = join(this.name, path)
    await rm(file, { force: true })
    await synced(dirname(file)).catch(() => {
      // The folder is gone as well.
    })
  }

  async #collect(directory: string, found: StoredFile[]): Promise<void> {
    for (const entry of await entriesOf(directory)) {
      const full = join(directory, entry.name)
      if (entry.isDirectory() && entry.name !== SPOOL) await this.#collect(full, found)
      if (!entry.isFile()) continue
      const path = relative(this.name, full).split(sep).join('/')
      found.push({ path, bytes: (await stat(full)).size })
    }
  }
}

async function entriesOf(directory: string) {
  try {
    return await readdir(directory, { withFileTypes: true })
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return []
    throw thrown
  }
}
