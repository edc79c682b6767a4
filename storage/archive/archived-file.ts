// One file of a unit on its way to the place and back. What was put is read from the place again before it counts: its length and its
// hash must be those of what was written.

import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type ArchivePlace, synced } from './archive-place.ts'
import {
  type ArchivedFile,
  type ArchiveUnit,
  damaged,
  folderOf,
  spoolFile,
} from './archive-unit.ts'

export type Written = Pick<ArchivedFile, 'name' | 'bytes' | 'sha256'>

/** Writes a stream to the place. Resolves with what is there when it is complete and synced; no manifest names it yet. */
export async function writeFileTo(
  place: ArchivePlace,
  unit: ArchiveUnit,
  name: string,
  body: Readable,
): Promise<Written> {
  const local = await spoolFile(place)
  try {
    const sha = createHash('sha256')
    const hashing = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        sha.update(chunk)
        done(null, chunk)
      },
    })
    await pipeline(body, hashing, createWriteStream(local, { mode: 0o600, flags: 'wx' }))
    await synced(local)
    const { size } = await stat(local)
    await place.put(`${folderOf(unit)}${name}`, local)
    return { name, bytes: size, sha256: sha.digest('hex') }
  } finally {
    await rm(local, { force: true })
  }
}

/**
 * Copies a file of the place to this machine, checks it against what the manifest says, and hands its path to `work`. Throws
 * `OBS_ARCHIVE_DAMAGED` before `work` when it is another file or none.
 */
export async function withVerified<T>(
  place: ArchivePlace,
  unit: ArchiveUnit,
  { name, bytes, sha256 }: Written,
  work: (file: string) => Promise<T>,
): Promise<T> {
  const path = `${folderOf(unit)}${name}`
  const body = await place.read(path)
  if (body === null) throw damaged(place, path, 'the file is missing')
  const local = await spoolFile(place)
  try {
    await pipeline(body, createWriteStream(local, { mode: 0o600, flags: 'wx' }))
    const sha = createHash('sha256')
    await pipeline(createReadStream(local), sha)
    const { size } = await stat(local)
    if (size !== bytes) throw damaged(place, path, `it has ${size} bytes instead of ${bytes}`)
    if (sha.digest('hex') !== sha256) throw damaged(place, path, 'its SHA-256 is another one')
    return await work(local)
  } finally {
    await rm(local, { force: true })
  }
}
