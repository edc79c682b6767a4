// Where archived data lies: a directory or an S3 bucket. A place knows files by paths and nothing of what is in them. A file is there as
// a whole or not at all, and `put` resolves when a crash cannot take it away any more.

import { open } from 'node:fs/promises'
import { type Readable, Transform } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'

export interface StoredFile {
  readonly path: string
  readonly bytes: number
}

export interface ArchivePlace {
  /** For people: the directory or the URL, without credentials. */
  readonly name: string
  /** A directory of this machine that only this user can read, for a file until it is put. */
  readonly spoolDir: string
  /** Moves a local file to the place. An earlier file of that path is replaced. */
  put(path: string, localFile: string): Promise<void>
  /** Null when there is none. */
  read(path: string): Promise<Readable | null>
  /** All files whose path begins with the prefix, by path. */
  list(prefix: string): Promise<readonly StoredFile[]>
  /** Removes a file; one that is not there is no fault. */
  remove(path: string): Promise<void>
}

/** The whole of a stream that must not be longer than `bytesMax`. */
export async function bytesOf(body: Readable, bytesMax: number): Promise<Buffer> {
  let size = 0
  const limit = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size > bytesMax) done(new RangeError('a file of the archive is too long'))
      else done(null, chunk)
    },
  })
  const [bytes] = await Promise.all([buffer(limit), pipeline(body, limit)])
  return bytes
}

/** An id as one segment of a path: no other id gives the same, and none leaves its folder. */
export function segmentOf(id: string): string {
  if (id === '') throw new RangeError('an id is never empty')
  return encodeURIComponent(id).replaceAll('.', '%2E').replaceAll('*', '%2A')
}

export const idOfSegment = (segment: string): string => decodeURIComponent(segment)

/** Makes a file, or the names in a directory, survive a loss of power. */
export async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
