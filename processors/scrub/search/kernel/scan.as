// The scanner as AssemblyScript; compiled by `generate.ts`. Sixteen bytes a step: for each of four bytes in a
// row two table look-ups, by low and by high nibble, give the set of anchor groups that byte may belong to;
// where the eight sets have a group in common an anchor may begin (an alarm). Alarms are sifted by hashes of the bytes around them,
// and only what is left is compared. Digit runs and at-signs are found in the same step. `slow-scan.ts` says the same in plain words.
//
// A fingerprint of an anchor is four bytes in a row. What is hashed of it depends on what the anchor has around it, its kind: 0 the four
// bytes, 1 the first three, 2 the four and two behind them, 3 two before them and the four.
//
// Memory, written by `scanner.ts`:
//   4      id of the one-byte anchor, or -1        8     1 = digit runs are wanted
//   16     where the anchors begin
//   64     eight tables of 16 bytes (low and high nibble of byte 0, 1, 2, 3) for groups 0 to 7
//   192    the same for groups 8 to 15              320   the same for groups 16 to 23
//   448    sets of bytes (256 bits each), numbered from 1: what must stand behind an anchor of two bytes
//   640    4096 slots (u16): first entry by the upper bits of a hash
//   8832   65536 bits: hashes of the first four bytes of fingerprints of the kinds 0, 2 and 3
//   17024  65536 bits: hashes of the three bytes of kind 1
//   25216  which hashes of the other kinds exist: words of 32 bits, chosen by the upper bits of a hash, of which two more bits are
//          asked: 1024 words of kind 2, at 29312 512 of kind 0, at 31360 512 of kind 3
//   33408  entries of 4 bytes, one for each hash of a fingerprint: next u16, kind in two bits and number of the anchor in 14
//          behind them the anchors, of 10 bytes: id u16, length u8, flags u8 (1 any case, 2 assigns, 8 the set holds
//          for two bytes), place of the fingerprint in the anchor u8, number of the set behind it u8 (0 none), literal u32
//   120320 scratch: alarms of a chunk (u32), up to one a byte
//   128640 scratch: digit runs of a chunk (u32)
//   130432 scratch: alarms and digits of a chunk, a bit a byte

const ONE_BYTE: usize = 4
const DIGITS_ON: usize = 8
const NIBBLES: usize = 64
const SLOTS: usize = 640
const BITS: usize = 8832
const BITS_OF_THREE: usize = 17024
const ENTRIES: usize = 33408
const ANCHORS: usize = 16
const TAILS: usize = 416
const HITS: usize = 120320
const RUNS: usize = 128640
const MASKS: usize = 130432
const MASKS_BYTES: usize = 256
const CONSTANTS: usize = 131008
const CHUNK: i32 = 2048
const END: i32 = 0x7fffffff
/** Kinds of fingerprints: which bytes around the four are hashed. */
const FOUR: u32 = 0
const THREE: u32 = 1
const AHEAD: u32 = 2
const BEHIND: u32 = 3
const MULTIPLIER: u64 = 0x9e3779b97f4a7c15
const MULTIPLIER_32: u32 = 0x9e3779b1
/** Makes ASCII letters lower case. */
const FOLD: u64 = 0x2020202020202020
const TWO_BEHIND: u32 = 8
/** The at-sign and what else becomes it. */
const FOLDED_AT: u32 = 0x60
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

/**
 * Which of the 16 bytes at `p` may begin (in the middle of) an anchor or are an at-sign. The nibbles are below 16,
 * so the relaxed swizzle gives what the strict one gives, without the clamp.
 */
// @ts-ignore: decorator
@inline
function alarms(p: usize, low: v128, atSign: v128): u64 {
  const v0 = v128.load(p)
  const v1 = v128.load(p, 1)
  const v2 = v128.load(p, 2)
  const v3 = v128.load(p, 3)
  const n0 = v128.and(v0, low)
  const n1 = v128.and(v1, low)
  const n2 = v128.and(v2, low)
  const n3 = v128.and(v3, low)
  const h0 = v128.and(i16x8.shr_u(v0, 4), low)
  const h1 = v128.and(i16x8.shr_u(v1, 4), low)
  const h2 = v128.and(i16x8.shr_u(v2, 4), low)
  const h3 = v128.and(i16x8.shr_u(v3, 4), low)
  const a0 = v128.and(look(0, n0), look(16, h0))
  const a1 = v128.and(look(32, n1), look(48, h1))
  const a2 = v128.and(look(64, n2), look(80, h2))
  const a3 = v128.and(look(96, n3), look(112, h3))
  const b0 = v128.and(look(128, n0), look(144, h0))
  const b1 = v128.and(look(160, n1), look(176, h1))
  const b2 = v128.and(look(192, n2), look(208, h2))
  const b3 = v128.and(look(224, n3), look(240, h3))
  const c0 = v128.and(look(256, n0), look(272, h0))
  const c1 = v128.and(look(288, n1), look(304, h1))
  const c2 = v128.and(look(320, n2), look(336, h2))
  const c3 = v128.and(look(352, n3), look(368, h3))
  const a = v128.and(v128.and(a0, a1), v128.and(a2, a3))
  const b = v128.and(v128.and(b0, b1), v128.and(b2, b3))
  const c = v128.and(v128.and(c0, c1), v128.and(c2, c3))
  const any = v128.or(v128.or(v128.or(a, b), c), i8x16.eq(v0, atSign))
  return <u64>(<u32>i8x16.bitmask(i8x16.eq(any, i8x16.splat(0))) ^ 0xffff)
}

// @ts-ignore: decorator
@inline
function look(table: usize, nibbles: v128): v128 {
  return i8x16.relaxed_swizzle(v128.load(NIBBLES + table), nibbles)
}

// @ts-ignore: decorator
@inline
function digitsOf(p: usize, shift: v128, nine: v128): u64 {
  // Signed, because there is an instruction for that: 48..57 become -128..-119.
  return <u64>(<u32>i8x16.bitmask(i8x16.lt_s(i8x16.add(v128.load(p), shift), nine)))
}

/** Where pairs go, how many there may be and how many there are. */
let pairs: i32 = 0
let room: i32 = 0
let count: i32 = 0
let oneByte: i32 = -1

/**
 * Writes (position, id) pairs to `out`; returns how many, or -1 when there are `max` or more.
 * A chunk at a time: first all alarms of the chunk are written down without a branch, then looked at.
 */
export function scan(from: i32, to: i32, out: i32, max: i32): i32 {
  pairs = out
  room = max
  count = 0
  oneByte = load<i32>(ONE_BYTE)
  const wantsDigits: u64 = load<i32>(DIGITS_ON) !== 0 ? ~0 : 0
  // Loaded, because V8 makes a constant anew each time it is used: 1.57 against 1.13 µs a span (2026-11-25).
  v128.store(CONSTANTS, i8x16.splat(15))
  v128.store(CONSTANTS, i8x16.splat(0x40), 16)
  v128.store(CONSTANTS, i8x16.splat(0x50), 32)
  v128.store(CONSTANTS, i8x16.splat(-118), 48)
  const low = v128.load(CONSTANTS)
  const atSign = v128.load(CONSTANTS, 16)
  const shift = v128.load(CONSTANTS, 32)
  const nine = v128.load(CONSTANTS, 48)
  let before: u64 = 0
  let fours: u64 = 0
  for (let base = from; base < to; base += CHUNK) {
    const end = min(to, base + CHUNK)
    let hits: usize = HITS
    let runs: usize = RUNS
    // Nothing but look-ups in this loop: with more in it V8 runs out of registers.
    let w: usize = MASKS
    for (let p = <usize>base; p < <usize>end; p += 16) {
      store<u16>(w, <u16>alarms(p, low, atSign))
      store<u16>(w, <u16>digitsOf(p, shift, nine), MASKS_BYTES)
      w += 2
    }
    w = MASKS
    for (let i = base; i < end; i += 64) {
      let m = load<u64>(w)
      let d = load<u64>(w, MASKS_BYTES)
      w += 8
      if (i + 64 > to) {
        const keep: u64 = (<u64>1 << <u64>(to - i)) - 1
        m &= keep
        d &= keep
      }
      // The fourth digit of each run; the three before it may stand in the block before.
      const f = d & ((d << 1) | (before >> 63)) & ((d << 2) | (before >> 62)) & ((d << 3) | (before >> 61))
      let r = f & ~((f << 1) | (fours >> 63)) & wantsDigits
      before = d
      fours = f
      hits = flatten(hits, m, i)
      store<i32>(runs, i + <i32>ctz(r) - 3)
      runs += <usize>(r !== 0) << 2
      for (r &= r - 1; r !== 0; r &= r - 1) {
        store<i32>(runs, i + <i32>ctz(r) - 3)
        runs += 4
      }
    }
    judge(sifted(hits), runs, from, to)
    if (count >= max) return -1
  }
  return count
}

/** Writes the positions of the bits of `m`; the first eight without asking how many there are. */
// @ts-ignore: decorator
@inline
function flatten(at: usize, m: u64, base: i32): usize {
  const count = <usize>popcnt(m)
  let rest = m
  store<i32>(at, base + <i32>ctz(rest))
  rest &= rest - 1
  store<i32>(at, base + <i32>ctz(rest), 4)
  rest &= rest - 1
  store<i32>(at, base + <i32>ctz(rest), 8)
  rest &= rest - 1
  store<i32>(at, base + <i32>ctz(rest), 12)
  rest &= rest - 1
  store<i32>(at, base + <i32>ctz(rest), 16)
  rest &= rest - 1
  store<i32>(at, base + <i32>ctz(rest), 20)
  rest &= rest - 1
  store<i32>(at, base + <i32>ctz(rest), 24)
  rest &= rest - 1
  store<i32>(at, base + <i32>ctz(rest), 28)
  rest &= rest - 1
  let next = at + 32
  while (rest !== 0) {
    store<i32>(next, base + <i32>ctz(rest))
    next += 4
    rest &= rest - 1
  }
  return at + (count << 2)
}

/** The hash of what is left of eight bytes. */
// @ts-ignore: decorator
@inline
function hashOf(x: u64, mask: u64): u32 {
  return <u32>(((x & mask) * MULTIPLIER) >>> 32)
}

// @ts-ignore: decorator
@inline
function slotOf(hash: u32): u32 {
  return <u32>load<u16>(SLOTS + <usize>((hash >>> 20) << 1))
}

/** Whether some fingerprint may have the hash of the three or four bytes of `x`. */
// @ts-ignore: decorator
@inline
function bitOf(bits: usize, x: u32): u32 {
  const hash = (x * MULTIPLIER_32) >>> 16
  return (<u32>load<u8>(bits + <usize>(hash >>> 3)) >>> (hash & 7)) & 1
}

/** The same for another hash: two bits of a word, whose places are taken modulo 32. */
// @ts-ignore: decorator
@inline
function isKnown(words: usize, hash: u32, index: u32): u32 {
  const w = load<u32>(words + <usize>(index << 2))
  return (w >>> (hash >>> 11)) & (w >>> (hash >>> 16)) & 1
}

// @ts-ignore: decorator
@inline
function isAhead(h: u32): u32 {
  return isKnown(25216, h, h >>> 22)
}

// @ts-ignore: decorator
@inline
function isFour(h: u32): u32 {
  return isKnown(29312, h, h >>> 23)
}

// @ts-ignore: decorator
@inline
function isBehind(h: u32): u32 {
  return isKnown(31360, h, h >>> 23)
}

/**
 * Drops the alarms that no anchor has the hashes of, in place; returns the new end. First those of the four bytes, then, of the
 * tenth that is left, those of more bytes: all at once costs more than what it drops (3.7 against 3.2 µs a span, 2026-12-01).
 */
function sifted(end: usize): usize {
  let kept: usize = HITS
  for (let at: usize = HITS; at < end; at += 4) {
    const p = load<i32>(at)
    const x = load<u32>(<usize>p) | <u32>FOLD
    store<i32>(kept, p)
    const isKept = bitOf(BITS, x) | bitOf(BITS_OF_THREE, x & 0xffffff) | <u32>((x & 0xff) === FOLDED_AT)
    kept += <usize>(isKept << 2)
  }
  const rest = kept
  kept = HITS
  for (let at: usize = HITS; at < rest; at += 4) {
    const p = load<i32>(at)
    const x = load<u64>(<usize>p)
    const folded = x | FOLD
    store<i32>(kept, p)
    const isKept =
      bitOf(BITS_OF_THREE, <u32>folded & 0xffffff) |
      isFour(hashOf(folded, 0xffffffff)) |
      isAhead(hashOf(folded, 0xffffffffffff)) |
      isBehind(hashOf(load<u64>(<usize>(p - 2)) | FOLD, 0xffffffffffff)) |
      <u32>((x & 0xff) === 0x40)
    kept += <usize>(isKept << 2)
  }
  return kept
}

/** Alarms and digit runs of a chunk, in the order of their positions. */
function judge(hitsEnd: usize, runsEnd: usize, from: i32, to: i32): void {
  store<i32>(hitsEnd, END)
  store<i32>(runsEnd, END)
  let hit: usize = HITS
  let run: usize = RUNS
  let nextRun = load<i32>(run)
  while (hit < hitsEnd || run < runsEnd) {
    const p = load<i32>(hit)
    if (nextRun <= p) {
      if (isNumber(nextRun, from, to)) emit(nextRun, 0)
      run += 4
      nextRun = load<i32>(run)
      continue
    }
    hit += 4
    const x = load<u64>(<usize>p)
    const folded = x | FOLD
    const h4 = hashOf(folded, 0xffffffff)
    const ahead = hashOf(folded, 0xffffffffffff)
    const behind = hashOf(load<u64>(<usize>(p - 2)) | FOLD, 0xffffffffffff)
    if (isFour(h4)) lookUp(slotOf(h4), FOUR, p, from, to)
    if (bitOf(BITS_OF_THREE, <u32>folded & 0xffffff)) lookUp(slotOf(hashOf(folded, 0xffffff)), THREE, p, from, to)
    if (isAhead(ahead)) lookUp(slotOf(ahead), AHEAD, p, from, to)
    if (isBehind(behind)) lookUp(slotOf(behind), BEHIND, p, from, to)
    if ((x & 0xff) === 0x40 && oneByte >= 0 && isBetween(p, from, to)) emit(p, oneByte)
  }
}

/** Adds a pair in its place: an anchor is found in its middle, so it may begin before the last one. */
function emit(p: i32, id: i32): void {
  if (count >= room) return
  let at = <usize>(pairs + count * 8)
  const first = <usize>pairs
  while (at > first && (load<i32>(at - 8) > p || (load<i32>(at - 8) === p && load<i32>(at - 4) > id))) {
    store<i64>(at, load<i64>(at - 8))
    at -= 8
  }
  store<i32>(at, p)
  store<i32>(at, id, 4)
  count++
}

/** An at-sign between something and a letter or digit. */
function isBetween(p: i32, from: i32, to: i32): bool {
  if (p <= from || p + 1 >= to) return false
  const next = byteAt(p + 1)
  return byteAt(p - 1) > 0x20 && (isAlnum(next) || next >= 0x80)
}

/** Follows a chain of entries; looks at those whose fingerprint is of `kind`. */
function lookUp(first: u32, kind: u32, window: i32, from: i32, to: i32): void {
  let e = first
  while (e !== 0) {
    const entry = load<u32>(ENTRIES + <usize>(e << 2))
    e = entry & 0xffff
    if (entry >>> 30 !== kind) continue
    const anchor = <usize>load<u32>(ANCHORS) + <usize>(((entry >>> 16) & 0x3fff) * 10)
    const len = <i32>load<u8>(anchor, 2)
    const flags = <u32>load<u8>(anchor, 3)
    const p = window - <i32>load<u8>(anchor, 4)
    if (
      p >= from &&
      p + len <= to &&
      isLiteral(p, load<i32>(anchor, 6), len, (flags & 1) !== 0) &&
      isTail(p + len, to, <usize>load<u8>(anchor, 5)) &&
      ((flags & TWO_BEHIND) === 0 || isTail(p + len + 1, to, <usize>load<u8>(anchor, 5))) &&
      ((flags & 2) === 0 || mayAssign(p + len, to))
    )
      emit(p, <i32>load<u16>(anchor))
  }
}

/** What must stand behind an anchor of two bytes. */
function isTail(p: i32, to: i32, table: usize): bool {
  if (table === 0) return true
  if (p >= to) return false
  const c = byteAt(p)
  return (((<u32>load<u8>(TAILS + (table << 5) + <usize>(c >>> 3))) >>> (c & 7)) & 1) !== 0
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
  // "Could you share your API key?" is answered by the next message.
  if (c === 0x2e || c === 0x3f) return i + 1 < to && (isQuote(byteAt(i + 1)) || byteAt(i + 1) === 0x0a)
  if (c === 0x21 || (c < 0x20 && c !== 0x0a && c !== 0x09 && c !== 0x0d)) return false
  // Of brackets only a call with a string: setPassword("..").
  if (c === 0x28) return i + 1 < to && isQuote(byteAt(i + 1))
  if (c !== 0x20) return true
  const blank = i
  while (i < max && byteAt(i) === 0x20) i++
  if (i >= to) return false
  // The name heads a column of an aligned table.
  if (i - blank > 1) return true
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
