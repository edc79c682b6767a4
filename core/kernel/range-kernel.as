// Passes over ranges of the arena that look at every byte, as AssemblyScript; compiled by `generate.ts`. `oracle.ts` says the same in
// plain words.
//
// Memory, written by `literal-set.ts`:
//   131072  131072 bits: which hashes of five bytes lead to a literal
//   147456  4096 slots (u16): first entry by the upper bits of the hash
//   155648  entries of 12 bytes: next u16, number of the literal u16, length u16, where its five bytes begin u16, address u32; then the
//           literals with every byte folded

const BITS: usize = 131072
const SLOTS: usize = 147456
const ENTRIES: usize = 155648
const MULTIPLIER: u64 = 0x9e3779b97f4a7c15
const HASH_SHIFT: u64 = 47
/** Leaves five bytes of eight. */
const GRAM_SHIFT: u64 = 24
/** From a hash to its slot. */
const SLOT_SHIFT: u32 = 5
/** Makes ASCII letters lower case, and other bytes something equally rare. */
const FOLD: u32 = 0x20202020
const FOLD_8: u64 = 0x2020202020202020

const K0: u64 = 0x9e3779b97f4a7c15
const K1: u64 = 0xc2b2ae3d27d4eb4f
const K2: u64 = 0x165667b19e3779f9
const K3: u64 = 0x27d4eb2f165667c5

// @ts-ignore: decorator
@inline
function hashAt(p: usize): u32 {
  return <u32>((((load<u64>(p) | FOLD_8) << GRAM_SHIFT) * MULTIPLIER) >>> HASH_SHIFT)
}

// @ts-ignore: decorator
@inline
function bitOf(h: u32): u32 {
  return (<u32>load<u8>(BITS + <usize>(h >>> 3)) >>> (h & 7)) & 1
}

/**
 * Writes pairs (position, number) of every literal in `[from, to)` to `out`, in the order of the places where their rare bytes stand.
 * Returns twice their number, plus one when all bytes are ASCII; -1 when there are more than `max`. What stands
 * past `to` makes no difference, but there must be eight bytes.
 *
 * Only every second position is looked at: of each literal two fingerprints are known, one at an even and one at an odd
 * distance from its beginning.
 */
export function literals(from: i32, to: i32, out: i32, max: i32): i32 {
  let n = 0
  let all: u64 = 0
  let p = <usize>from
  const end = <usize>to
  // Four positions a step, the last of which ends eleven bytes on.
  for (; p + 11 <= end; p += 8) {
    all |= load<u64>(p)
    const h0 = hashAt(p)
    const h1 = hashAt(p + 2)
    const h2 = hashAt(p + 4)
    const h3 = hashAt(p + 6)
    const b0 = bitOf(h0)
    const b1 = bitOf(h1)
    const b2 = bitOf(h2)
    const b3 = bitOf(h3)
    if ((b0 | b1 | b2 | b3) === 0) continue
    if (b0) n = compare(from, to, <i32>p, h0, out, n, max)
    if (b1) n = compare(from, to, <i32>p + 2, h1, out, n, max)
    if (b2) n = compare(from, to, <i32>p + 4, h2, out, n, max)
    if (b3) n = compare(from, to, <i32>p + 6, h3, out, n, max)
  }
  for (let q = p; q < end; q++) all |= <u64>load<u8>(q)
  for (; p + 5 <= end; p += 2) {
    const h = hashAt(p)
    if (bitOf(h) !== 0) n = compare(from, to, <i32>p, h, out, n, max)
  }
  if (n > max) return -1
  return (n << 1) | <i32>((all & 0x8080808080808080) === 0)
}

/** Adds the literals whose five bytes stand at `p`; those beyond `max` are only counted. */
function compare(from: i32, to: i32, p: i32, h: u32, out: i32, n: i32, max: i32): i32 {
  let entry = <u32>load<u16>(SLOTS + ((<usize>(h >>> SLOT_SHIFT)) << 1))
  while (entry !== 0) {
    const e = ENTRIES + <usize>(entry * 12)
    const len = <i32>load<u16>(e, 4)
    const at = p - <i32>load<u16>(e, 6)
    if (at >= from && at + len <= to && isSame(<usize>at, <usize>load<u32>(e, 8), len)) {
      if (n < max) {
        store<i32>(<usize>(out + (n << 3)), at)
        store<i32>(<usize>(out + (n << 3)), <i32>load<u16>(e, 2), 4)
      }
      n++
    }
    entry = <u32>load<u16>(e)
  }
  return n
}

// @ts-ignore: decorator
@inline
function isSame(text: usize, literal: usize, len: i32): bool {
  let i = 0
  for (; i + 4 <= len; i += 4)
    if ((load<u32>(text + i) | FOLD) !== load<u32>(literal + i)) return false
  for (; i < len; i++)
    if (((<u32>load<u8>(text + i)) | 0x20) !== <u32>load<u8>(literal + i)) return false
  return true
}

// @ts-ignore: decorator
@inline
function mixed(h: u64, word: u64, k: u64): u64 {
  const x = (h ^ word) * k
  return x ^ (x >>> 29)
}

/** A hash of the range, a whole number from 1 to 2^52. */
export function hash(off: i32, len: i32): f64 {
  let p = <usize>off
  const end = p + <usize>len
  let a: u64 = K0 ^ <u64>len
  let b: u64 = K1
  let c: u64 = K2
  let d: u64 = K3
  for (; p + 32 <= end; p += 32) {
    a = mixed(a, load<u64>(p), K1)
    b = mixed(b, load<u64>(p, 8), K2)
    c = mixed(c, load<u64>(p, 16), K3)
    d = mixed(d, load<u64>(p, 24), K0)
  }
  for (; p + 8 <= end; p += 8) a = mixed(a, load<u64>(p), K3)
  let tail: u64 = 0
  for (let shift: u64 = 0; p < end; p++, shift += 8) tail |= <u64>load<u8>(p) << shift
  a = mixed(a, tail, K2)
  let h = mixed(mixed(mixed(a, b, K0), c, K1), d, K2)
  h = (h ^ (h >>> 32)) * K1
  return <f64>(h >>> 12) + 1
}

/**
 * How many bytes the ranges of `len` bytes at `a` and `b` have in common at their beginning, times two, plus one when all of these are
 * ASCII.
 */
export function samePrefix(a: i32, b: i32, len: i32): i32 {
  const p = <usize>a
  const q = <usize>b
  const n = <usize>len
  let i: usize = 0
  let all = i8x16.splat(0)
  for (; i + 16 <= n; i += 16) {
    const x = v128.load(p + i)
    if (!i8x16.all_true(i8x16.eq(x, v128.load(q + i)))) break
    all = v128.or(all, x)
  }
  let isAscii = i8x16.bitmask(all) === 0
  for (; i < n; i++) {
    const byte = load<u8>(p + i)
    if (byte !== load<u8>(q + i)) break
    if (byte >= 0x80) isAscii = false
  }
  return (<i32>i << 1) | <i32>isAscii
}
