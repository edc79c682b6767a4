// Pseudorandom numbers from a seed: equal on every machine, and fast enough for thousands of permutations.

import { createHash } from 'node:crypto'

/** Returns numbers from 0 to 1. The generator is mulberry32; its state is a hash of the seed. */
export function randomOf(seed: string): () => number {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Draws an index below `n`. */
export const below = (random: () => number, n: number): number => Math.floor(random() * n)
