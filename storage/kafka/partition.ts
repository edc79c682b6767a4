// Maps a key to a partition with the murmur2 hash of the Java client, so that all producers of a topic, this one and others,
// put a trace into the same partition. All drivers use this function, because their own defaults differ.

const M = 0x5bd1e995
const SEED = 0x9747b28c

/** Returns the hash, which is never negative. The partition is the hash modulo the number of partitions. */
export function partitionHash(key: Uint8Array): number {
  const length = key.length
  let h = SEED ^ length
  const words = length - (length % 4)
  for (let i = 0; i < words; i += 4) {
    let k =
      (key[i] as number) |
      ((key[i + 1] as number) << 8) |
      ((key[i + 2] as number) << 16) |
      ((key[i + 3] as number) << 24)
    k = Math.imul(k, M)
    k ^= k >>> 24
    k = Math.imul(k, M)
    h = Math.imul(h, M) ^ k
  }
  if (words < length) {
    for (let i = length - 1; i >= words; i--) h ^= (key[i] as number) << ((i - words) * 8)
    h = Math.imul(h, M)
  }
  h ^= h >>> 13
  h = Math.imul(h, M)
  h ^= h >>> 15
  return h & 0x7fffffff
}
