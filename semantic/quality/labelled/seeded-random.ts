// Numbers from 0 to 1 that a seed decides, from a hash, so that every machine draws the same.

import { createHash } from 'node:crypto'

export function seededRandom(seed: string): () => number {
  let n = 0
  return () => createHash('sha256').update(`${seed}\0${n++}`).digest().readUInt32LE(0) / 2 ** 32
}
