// A pseudorandom number generator that derives numbers from 0 to 1 from a seed with a hash, so that every machine gets the same numbers.

import { createHash } from 'node:crypto'

export function seededRandom(seed: string): () => number {
  let n = 0
  return () => createHash('sha256').update(`${seed}\0${n++}`).digest().readUInt32LE(0) / 2 ** 32
}
