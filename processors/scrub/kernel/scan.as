// The scanner as AssemblyScript; compiled by `generate.ts`. Sixteen bytes a step: for each of four bytes in a
// row two table look-ups, by low and by high nibble, give the set of anchor groups that byte may belong to;
// where the eight sets have a group in common an anchor may begin, and only there the exact tables are asked.
// Digit runs and at-signs are found in the same step. `slow-scan.ts` says the same in plain words.
//
// Memory, written by `scanner.ts`:
//   4      id of the one-byte anchor, or -1        8     1 = digit runs are wanted
//   64     eight tables of 16 bytes (low and high nibble of byte 0, 1, 2, 3) for groups 0 to 7
//   192    the same for groups 8 to 15
//   512    4096 slots (u16): first entry by hash of three bytes
//   8704   65536 bits: which hashes of three bytes exist
//   16896  entries of 12 bytes: next u16, id u16, length u8, flags u8 (1 any case, 2 assigns), place of the three
//          bytes in the anchor u8, 1 free, literal u32

const ONE_BYTE: usize = 4
const DIGITS_ON: usize = 8
const NIBBLES: usize = 64
const SLOTS: usize = 512
const BITS: usize = 8704
const ENTRIES: usize = 16896
const DIGITS_MIN: i32 = 9
const LOOK_BACK: i32 = 24
const LOOK_AHEAD: i32 = 40

// @ts-ignore: decorator
@inline
function isDigit(c: u32): bool {
  return c - 48 < 10
}

// @ts-ignore: decorator
@inline
function isAlnum(c: u32): bool {
  return c - 48 < 10 || (c | 32) - 97 < 26
}

// @ts-ignore: decorator
@inline
function isName(c: u32): bool {
  return isAlnum(c) || c === 0x5f || c === 0x2d
}

// @ts-ignore: decorator
@inline
function isJoint(c: u32): bool {
  return c === 0x20 || c === 0x2d || c === 0x2e || c === 0x2b || c === 0x5f || c === 0x28 || c === 0x29 || c >= 0x80
}

// @ts-ignore: decorator
@inline
function byteAt(p: i32): u32 {
  return <u32>load<u8>(<usize>p)
}

/** Writes (position, id) pairs to `out`; returns how many, or -1 when there are more than `max`. */
export function scan(from: i32, to: i32, out: i32, max: i32): i32 {
  const lo0 = v128.load(NIBBLES)
  const hi0 = v128.load(NIBBLES + 16)
  const lowB0 = v128.load(NIBBLES + 128)
  const highB0 = v128.load(NIBBLES + 144)
  const lo1 = v128.load(NIBBLES + 32)
  const hi1 = v128.load(NIBBLES + 48)
  const lowB1 = v128.load(NIBBLES + 160)
  const highB1 = v128.load(NIBBLES + 176)
  const lo2 = v128.load(NIBBLES + 64)
  const hi2 = v128.load(NIBBLES + 80)
  const lowB2 = v128.load(NIBBLES + 192)
  const highB2 = v128.load(NIBBLES + 208)
  const lo3 = v128.load(NIBBLES + 96)
  const hi3 = v128.load(NIBBLES + 112)
  const lowB3 = v128.load(NIBBLES + 224)
  const highB3 = v128.load(NIBBLES + 240)
  const low = i8x16.splat(15)
  const zero = i8x16.splat(0)
  const at = i8x16.splat(0x40)
  const nought = i8x16.splat(48)
  const ten = i8x16.splat(10)
  const wantsDigits = load<i32>(DIGITS_ON) !== 0
  const oneByte = load<i32>(ONE_BYTE)
  let n = 0
  let carry: u32 = 0
  let digits: u32 = <u32>i8x16.bitmask(i8x16.lt_u(i8x16.sub(v128.load(<usize>from), nought), ten))
  for (let i = from; i < to; i += 16) {
    const v0 = v128.load(<usize>i)
    const v1 = v128.load(<usize>i, 1)
    const v2 = v128.load(<usize>i, 2)
    const v3 = v128.load(<usize>i, 3)
    const n0 = v128.and(v0, low)
    const n1 = v128.and(v1, low)
    const n2 = v128.and(v2, low)
    const n3 = v128.and(v3, low)
    const h0 = i8x16.shr_u(v0, 4)
    const h1 = i8x16.shr_u(v1, 4)
    const h2 = i8x16.shr_u(v2, 4)
    const h3 = i8x16.shr_u(v3, 4)
    const a0 = v128.and(i8x16.swizzle(lo0, n0), i8x16.swizzle(hi0, h0))
    const a1 = v128.and(i8x16.swizzle(lo1, n1), i8x16.swizzle(hi1, h1))
    const a2 = v128.and(i8x16.swizzle(lo2, n2), i8x16.swizzle(hi2, h2))
    const a3 = v128.and(i8x16.swizzle(lo3, n3), i8x16.swizzle(hi3, h3))
    const b0 = v128.and(i8x16.swizzle(lowB0, n0), i8x16.swizzle(highB0, h0))
    const b1 = v128.and(i8x16.swizzle(lowB1, n1), i8x16.swizzle(highB1, h1))
    const b2 = v128.and(i8x16.swizzle(lowB2, n2), i8x16.swizzle(highB2, h2))
    const b3 = v128.and(i8x16.swizzle(lowB3, n3), i8x16.swizzle(highB3, h3))
    const both = v128.or(v128.and(v128.and(a0, a1), v128.and(a2, a3)), v128.and(v128.and(b0, b1), v128.and(b2, b3)))
    let anchors: u32 = <u32>i8x16.bitmask(i8x16.ne(both, zero))
    let ats: u32 = <u32>i8x16.bitmask(i8x16.eq(v0, at))
    let next: u32 = <u32>i8x16.bitmask(i8x16.lt_u(i8x16.sub(v128.load(<usize>i, 16), nought), ten))
    if (i + 32 > to) {
      const left = to - i
      const keep: u32 = left >= 16 ? 0xffff : (<u32>1 << <u32>left) - 1
      anchors &= keep
      ats &= keep
      digits &= keep
      next = left <= 16 ? 0 : next & ((<u32>1 << <u32>(left - 16)) - 1)
    }
    const d = digits | (next << 16)
    let runs: u32 = d & ~((d << 1) | carry) & (d >> 1) & (d >> 2) & (d >> 3) & 0xffff
    carry = (d >> 15) & 1
    digits = next
    if (!wantsDigits) runs = 0
    let hits = anchors | ats | runs
    while (hits !== 0) {
      const lane = <i32>ctz(hits)
      hits &= hits - 1
      const p = i + lane
      const bit: u32 = <u32>1 << <u32>lane
      if (n + 16 > max) return -1
      if ((anchors & bit) !== 0) {
        const hash = ((load<u32>(<usize>p) & 0xffffff) * 0x9e3779b1) >>> 16
        if (((<u32>load<u8>(BITS + <usize>(hash >>> 3)) >>> (hash & 7)) & 1) !== 0) n = lookUp(hash, p, from, to, out, n)
        if (((runs | ats) & bit) === 0) continue
      }
      if ((runs & bit) !== 0 && isNumber(p, from, to)) n = emit(out, n, p, 0)
      if ((ats & bit) !== 0 && oneByte >= 0 && isBetween(p, from, to)) n = emit(out, n, p, oneByte)
    }
  }
  return n
}

/** Adds a pair in its place: an anchor is found in its middle, so it may begin before the last one. */
function emit(out: i32, n: i32, p: i32, id: i32): i32 {
  let at = <usize>(out + n * 8)
  const first = <usize>out
  while (at > first && (load<i32>(at - 8) > p || (load<i32>(at - 8) === p && load<i32>(at - 4) > id))) {
    store<i64>(at, load<i64>(at - 8))
    at -= 8
  }
  store<i32>(at, p)
  store<i32>(at, id, 4)
  return n + 1
}

/** An at-sign between something and a letter or digit. */
function isBetween(p: i32, from: i32, to: i32): bool {
  if (p <= from || p + 1 >= to) return false
  const next = byteAt(p + 1)
  return byteAt(p - 1) > 0x20 && (isAlnum(next) || next >= 0x80)
}

function lookUp(hash: u32, window: i32, from: i32, to: i32, out: i32, count: i32): i32 {
  let n = count
  let e = <u32>load<u16>(SLOTS + <usize>((hash >>> 4) << 1))
  while (e !== 0) {
    const entry = ENTRIES + <usize>(e * 12)
    const len = <i32>load<u8>(entry, 4)
    const flags = <u32>load<u8>(entry, 5)
    const p = window - <i32>load<u8>(entry, 6)
    if (p >= from && p + len <= to && window + 3 <= to && isLiteral(p, load<i32>(entry, 8), len, (flags & 1) !== 0)) {
      if ((flags & 2) === 0 || mayAssign(p + len, to)) n = emit(out, n, p, <i32>load<u16>(entry, 2))
    }
    e = <u32>load<u16>(entry)
  }
  return n
}

function isLiteral(p: i32, literal: i32, len: i32, anyCase: bool): bool {
  for (let i = 0; i < len; i++) {
    let c = byteAt(p + i)
    if (anyCase && c - 65 < 26) c += 32
    if (c !== byteAt(literal + i)) return false
  }
  return true
}

function mayAssign(p: i32, to: i32): bool {
  let i = p
  const max = min(to, p + 40)
  while (i < max && isName(byteAt(i))) i++
  if (i >= to) return false
  const c = byteAt(i)
  if (c === 0x2e || c === 0x21 || c === 0x3f || (c < 0x20 && c !== 0x0a && c !== 0x09 && c !== 0x0d)) return false
  // Of brackets only a call with a string: setPassword("..").
  if (c === 0x28) return i + 1 < to && isQuote(byteAt(i + 1))
  if (c !== 0x20) return true
  while (i < max && byteAt(i) === 0x20) i++
  if (i >= to) return false
  const d = byteAt(i)
  if (!isAlnum(d)) return true
  if (isFlag(p)) return true
  if (d === 0x69 || d === 0x66 || d === 0x6f || d === 0x74 || d === 0x61 || d === 0x65 || d === 0x77 || d === 0x6c) return true
  return isMixedWord(i, to)
}

// @ts-ignore: decorator
@inline
function isQuote(c: u32): bool {
  return c === 0x22 || c === 0x27 || c === 0x60 || c === 0x5c
}

/** The word at `p` has a digit among its first 24 bytes: "the password hunter42 works", not "the password field". */
function isMixedWord(p: i32, to: i32): bool {
  const max = min(to, p + 24)
  for (let i = p; i < max; i++) {
    const c = byteAt(i)
    if (isDigit(c)) return true
    if (c <= 0x20) return false
  }
  return false
}

function isFlag(p: i32): bool {
  let i = p
  const low = max(0, p - 40)
  while (i > low && isName(byteAt(i - 1))) i--
  return byteAt(i) === 0x2d && byteAt(i + 1) === 0x2d
}

function isNumber(p: i32, from: i32, to: i32): bool {
  let end = p
  while (end < to && isDigit(byteAt(end)) && end - p < DIGITS_MIN) end++
  const n = end - p
  if (n >= 7 && p - 2 >= from && byteAt(p - 1) === 0x2e && isDigit(byteAt(p - 2))) return false
  if (n >= DIGITS_MIN) return true
  return n + ahead(end, min(to, p + LOOK_AHEAD)) + behind(p, max(from, p - LOOK_BACK)) >= DIGITS_MIN
}

function ahead(p: i32, max: i32): i32 {
  let n = 0
  let gap = 0
  for (let i = p; i < max; i++) {
    const c = byteAt(i)
    if (isDigit(c)) {
      n++
      gap = 0
    } else if (!isJoint(c) || ++gap > 4) break
  }
  return n
}

function behind(p: i32, min: i32): i32 {
  let n = 0
  let gap = 0
  for (let i = p - 1; i >= min; i--) {
    const c = byteAt(i)
    if (isDigit(c)) {
      n++
      gap = 0
    } else if (!isJoint(c) || ++gap > 4) break
  }
  return n
}
