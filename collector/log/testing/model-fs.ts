// A file system in memory that loses data like a real one. When the power fails, unsynced data may be lost or torn at
// 512 bytes, directory entries need `fsyncDir`, and a failed sync has dropped its pages. Faults are injected by
// operation. It is used by tests and the simulator only.

import { dirname } from 'node:path'
import type { DiskSpace, OpenMode, QueueFile, QueueFs } from '../queue-fs.ts'

const SECTOR_BYTES = 512

export type FsOp =
  | 'list'
  | 'open'
  | 'writev'
  | 'read'
  | 'datasync'
  | 'truncate'
  | 'rename'
  | 'unlink'
  | 'fsyncDir'

/** `short` writes only a part. An errno fails the operation. Null does nothing. */
export type Fault = 'short' | 'EIO' | 'ENOSPC' | 'EMFILE' | null

class Inode {
  /** The current contents, as a reader sees them. */
  data = Buffer.alloc(0)
  /** The contents that surely survive a power cut. */
  durable = Buffer.alloc(0)
  /** The sectors that were written since the last sync. */
  dirty = new Set<number>()
  isSizeDirty = false
  /** The shortest length since the last sync. After a power cut the file may have any length from it on. */
  shortest = 0
}

type DirOp =
  | { readonly kind: 'link'; readonly path: string; readonly inode: Inode }
  | { readonly kind: 'unlink'; readonly path: string }
  | { readonly kind: 'rename'; readonly from: string; readonly path: string; readonly inode: Inode }

export class ModelFs {
  #names = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()
  /** Changes of names since the last `fsyncDir` of their directory, in order. */
  #pending: DirOp[] = []
  /** The number of power cuts so far. Handles from before a power cut fail. */
  #life = 0
  readonly #random: () => number
  /** Called before each operation to decide on a fault. */
  fault: (op: FsOp, path: string) => Fault = () => null
  capacityBytes = Number.POSITIVE_INFINITY
  /** The number of operations so far, so that a test can cut the power at the n-th. */
  operations = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /**
   * Cuts the power and restores it. Each unsynced sector survives or not, at random, and names are as a journal would
   * keep them.
   */
  crash(): void {
    this.#life++
    const kept = Math.floor(this.#random() * (this.#pending.length + 1))
    const names = new Map(this.#durableNames)
    for (const op of this.#pending.slice(0, kept)) apply(names, op)
    for (const inode of new Set(names.values())) this.#tear(inode)
    this.#names = new Map(names)
    this.#durableNames = names
    this.#pending = []
  }

  /** The current bytes of a file, to damage or to compare. */
  bytesOf(path: string): Buffer | undefined {
    return this.#names.get(path)?.data
  }

  /** Replaces a file durably. */
  put(path: string, bytes: Buffer): void {
    const inode = new Inode()
    inode.data = Buffer.from(bytes)
    inode.durable = Buffer.from(bytes)
    inode.shortest = bytes.length
    this.#names.set(path, inode)
    this.#durableNames.set(path, inode)
  }

  /** Removes a file durably. */
  forget(path: string): void {
    this.#names.delete(path)
    this.#durableNames.delete(path)
  }

  paths(): string[] {
    return [...this.#names.keys()]
  }

  /** The file system for one process. After the next power cut it no longer responds. */
  process(): QueueFs {
    const life = this.#life
    return {
      open: (path, mode) => this.#run(life, 'open', path, () => this.#open(path, mode, life)),
      list: (dir) =>
        this.#run(life, 'list', dir, () => {
          const inside = [...this.#names.keys()].filter((p) => dirname(p) === dir)
          return inside.map((p) => p.slice(dir.length + 1))
        }),
      mkdir: async () => {
        await Promise.resolve()
      },
      rename: (from, to) => this.#run(life, 'rename', from, () => this.#rename(from, to)),
      unlink: (path) => this.#run(life, 'unlink', path, () => this.#unlink(path)),
      fsyncDir: (dir) =>
        this.#run(life, 'fsyncDir', dir, () => {
          for (const op of this.#pending) apply(this.#durableNames, op)
          this.#pending = []
        }),
      space: async (): Promise<DiskSpace> => {
        await Promise.resolve()
        return { freeBytes: this.capacityBytes - this.#usedBytes(), totalBytes: this.capacityBytes }
      },
    }
  }

  #open(path: string, mode: OpenMode, life: number): QueueFile {
    let inode = this.#names.get(path)
    if (inode === undefined && (mode === 'read' || mode === 'write')) throw errno('ENOENT', path)
    if (inode !== undefined && mode === 'create-new') throw errno('EEXIST', path)
    if (inode === undefined) {
      inode = new Inode()
      this.#link(path, inode)
    } else if (mode === 'create') this.#resize(inode, 0)
    return this.#handle(path, inode, life)
  }

  #rename(from: string, to: string): void {
    const inode = this.#names.get(from)
    if (inode === undefined) throw errno('ENOENT', from)
    this.#names.set(to, inode)
    this.#names.delete(from)
    this.#pending.push({ kind: 'rename', from, path: to, inode })
  }

  /**
   * Waits a moment, so that other work can run in between, then checks for a power cut and faults. The operation
   * itself is atomic.
   */
  async #run<T>(
    life: number,
    op: FsOp,
    path: string,
    act: (fault: 'short' | null) => T,
  ): Promise<T> {
    await Promise.resolve()
    if (life !== this.#life) return never()
    this.operations++
    const fault = this.fault(op, path)
    if (life !== this.#life) return never()
    if (fault === null || fault === 'short') return act(fault)
    throw errno(fault, path)
  }

  #handle(path: string, inode: Inode, life: number): QueueFile {
    const run = <T>(op: FsOp, act: (fault: 'short' | null) => T): Promise<T> =>
      this.#run(life, op, path, act)
    return {
      writev: (buffers, position) =>
        run('writev', (fault) => this.#write(inode, buffers, position, fault)),
      read: (into, position) =>
        run('read', () => {
          const end = Math.min(inode.data.length, position + into.length)
          return position >= end ? 0 : inode.data.copy(into, 0, position, end)
        }),
      datasync: async () => {
        try {
          await run('datasync', () => sync(inode))
        } catch (error) {
          // Linux marks the pages clean nevertheless, so that a later sync does not write them.
          inode.dirty.clear()
          throw error
        }
      },
      truncate: (lengthBytes) => run('truncate', () => this.#resize(inode, lengthBytes)),
      sizeBytes: async () => {
        await Promise.resolve()
        return inode.data.length
      },
      close: () => Promise.resolve(),
    }
  }

  #write(
    inode: Inode,
    buffers: readonly Uint8Array[],
    position: number,
    fault: 'short' | null,
  ): number {
    const all = Buffer.concat(buffers)
    const room = this.capacityBytes - this.#usedBytes() + Math.max(0, inode.data.length - position)
    const wanted = fault === 'short' ? Math.floor(this.#random() * all.length) : all.length
    const n = Math.max(0, Math.min(wanted, room))
    if (n === 0 && all.length > 0) throw errno('ENOSPC', 'write')
    if (position + n > inode.data.length) this.#resize(inode, position + n)
    all.copy(inode.data, position, 0, n)
    const last = Math.floor((position + n - 1) / SECTOR_BYTES)
    for (let s = Math.floor(position / SECTOR_BYTES); s <= last; s++) inode.dirty.add(s)
    return n
  }

  #resize(inode: Inode, length: number): void {
    const bytes = Buffer.alloc(length)
    inode.data.copy(bytes)
    inode.data = bytes
    inode.isSizeDirty = true
    inode.shortest = Math.min(inode.shortest, length)
  }

  #tear(inode: Inode): void {
    const size = inode.isSizeDirty ? this.#tornSize(inode) : inode.durable.length
    const after = Buffer.alloc(size)
    inode.durable.copy(after)
    for (const s of inode.dirty) if (this.#random() < 0.5) copySector(inode.data, after, s)
    inode.data = after
    inode.durable = Buffer.from(after)
    inode.dirty.clear()
    inode.isSizeDirty = false
    inode.shortest = after.length
  }

  #tornSize(inode: Inode): number {
    const longest = Math.max(inode.durable.length, inode.data.length)
    const pick = this.#random()
    if (pick < 0.3) return inode.durable.length
    if (pick < 0.6) return inode.data.length
    return inode.shortest + Math.floor(this.#random() * (longest - inode.shortest + 1))
  }

  #link(path: string, inode: Inode): void {
    this.#names.set(path, inode)
    this.#pending.push({ kind: 'link', path, inode })
  }

  #unlink(path: string): void {
    if (!this.#names.has(path)) throw errno('ENOENT', path)
    this.#names.delete(path)
    this.#pending.push({ kind: 'unlink', path })
  }

  #usedBytes(): number {
    let used = 0
    for (const inode of new Set(this.#names.values())) used += inode.data.length
    return used
  }
}

function sync(inode: Inode): void {
  const after = Buffer.alloc(inode.data.length)
  inode.durable.copy(after)
  for (const s of inode.dirty) copySector(inode.data, after, s)
  inode.durable = after
  inode.dirty.clear()
  inode.isSizeDirty = false
  inode.shortest = after.length
}

function copySector(from: Buffer, to: Buffer, sector: number): void {
  const start = sector * SECTOR_BYTES
  if (start < from.length) from.copy(to, start, start, start + SECTOR_BYTES)
}

function apply(names: Map<string, Inode>, op: DirOp): void {
  if (op.kind === 'unlink') names.delete(op.path)
  else names.set(op.path, op.inode)
  if (op.kind === 'rename') names.delete(op.from)
}

function errno(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}

/** A promise that never settles, because after a power cut the old process does nothing. */
function never<T>(): Promise<T> {
  return new Promise(() => {})
}
