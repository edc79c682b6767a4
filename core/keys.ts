// Attribute keys as small integers. Well-known keys are registered when their module loads. Keys that arrive with the
// data are added up to a bound and keep their id for the life of the worker, so that a rule is looked up once for each
// key and not once for each attribute.

/** Beyond this many keys a new one gets `UNKNOWN_KEY`. Its bytes are still in the batch, so nothing is lost. */
const KEYS_MAX = 16_384
const KEY_LEN_MAX = 256
export const UNKNOWN_KEY = 0

const SLOTS = 65_536
const slots = new Int32Array(SLOTS)
const names: string[] = ['']
const hashes: number[] = [0]
let pool = new Uint8Array(1 << 16)
let poolTop = 0
const offs: number[] = [0]
const lens: number[] = [0]

/** Registers a key by name and returns its id; the same name always gives the same id. */
export function key(name: string): number {
  const bytes = Buffer.from(name, 'utf8')
  return internKey(bytes, 0, bytes.length)
}

/** Number of known keys. A table indexed by key id needs this many rows; the number may grow. */
export function keyCount(): number {
  return names.length
}

export function keyName(id: number): string {
  return names[id] as string
}

/**
 * The id of the key in `bytes[off, off + len)`. A new key is added while there is room; otherwise the result is
 * `UNKNOWN_KEY`.
 */
export function internKey(bytes: Uint8Array, off: number, len: number): number {
  if (len === 0 || len > KEY_LEN_MAX) return UNKNOWN_KEY
  let h = len | 0
  for (let i = off, end = off + len; i < end; i++) h = (Math.imul(h, 31) + (bytes[i] as number)) | 0
  h = (h ^ (h >>> 15)) | 0
  let slot = h & (SLOTS - 1)
  for (;;) {
    const id = slots[slot] as number
    if (id === 0) return learn(bytes, off, len, h, slot)
    if (hashes[id] === h && lens[id] === len && sameBytes(bytes, off, offs[id] as number, len))
      return id
    slot = (slot + 1) & (SLOTS - 1)
  }
}

/** By key id: the key that came after it the last time. */
const followers = new Int32Array(KEYS_MAX)

/**
 * `internKey` for a key that comes right after the key `previous`. An instrumentation library writes its attributes in
 * a fixed order, so the key that followed last time is nearly always the right guess, and comparing with it costs a
 * third of hashing and searching.
 */
export function internKeyAfter(
  previous: number,
  bytes: Uint8Array,
  off: number,
  len: number,
): number {
  const guess = followers[previous] as number
  if (guess !== 0 && lens[guess] === len && sameBytes(bytes, off, offs[guess] as number, len))
    return guess
  const id = internKey(bytes, off, len)
  followers[previous] = id
  return id
}

function sameBytes(bytes: Uint8Array, off: number, poolOff: number, len: number): boolean {
  for (let i = 0; i < len; i++) if (bytes[off + i] !== pool[poolOff + i]) return false
  return true
}

function learn(bytes: Uint8Array, off: number, len: number, hash: number, slot: number): number {
  if (names.length >= KEYS_MAX) return UNKNOWN_KEY
  if (poolTop + len > pool.length) {
    const bigger = new Uint8Array(pool.length * 2)
    bigger.set(pool)
    pool = bigger
  }
  pool.set(bytes.subarray(off, off + len), poolTop)
  const id = names.length
  names.push(Buffer.from(bytes.subarray(off, off + len)).toString('utf8'))
  hashes.push(hash)
  offs.push(poolTop)
  lens.push(len)
  poolTop += len
  slots[slot] = id
  return id
}
