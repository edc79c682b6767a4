// The identity of an event where its parts lie: the first 16 bytes of SHA-256 (FIPS 180-4) over project digest, trace id, span
// id and event type. AssemblyScript, compiled by generate.ts; the plain version is `eventId` of core/identity/identity.ts.

/** `work`: 256 bytes of the standard's constants (the caller's), then 256 for the schedule and 256 for the message. */
const SCHEDULE: i32 = 256
const MESSAGE: i32 = 512
const IDS: i32 = 40
const TYPE_MAX: i32 = 128

/** Ids that are absent (below 0) count as zeros. Writes 16 bytes at `out`. */
export function eventId(
  out: i32,
  project: i32,
  trace: i32,
  span: i32,
  type: i32,
  typeLen: i32,
  work: i32,
): void {
  const m = work + MESSAGE
  const n = min(typeLen, TYPE_MAX)
  const total = (IDS + n + 9 + 63) & ~63
  for (let i = 0; i < total; i += 16) v128.store(m + i, i64x2.splat(0))
  v128.store(m, v128.load(project))
  if (trace >= 0) v128.store(m + 16, v128.load(trace))
  if (span >= 0) store<u64>(m + 32, load<u64>(span))
  for (let i = 0; i < n; i++) store<u8>(m + IDS + i, load<u8>(type + i))
  store<u8>(m + IDS + n, 0x80)
  store<u32>(m + total - 4, bswap<u32>((IDS + n) * 8))
  let h0: u32 = 0x6a09e667
  let h1: u32 = 0xbb67ae85
  let h2: u32 = 0x3c6ef372
  let h3: u32 = 0xa54ff53a
  let h4: u32 = 0x510e527f
  let h5: u32 = 0x9b05688c
  let h6: u32 = 0x1f83d9ab
  let h7: u32 = 0x5be0cd19
  const w = work + SCHEDULE
  for (let block = 0; block < total; block += 64) {
    for (let i = 0; i < 64; i += 4) store<u32>(w + i, bswap<u32>(load<u32>(m + block + i)))
    for (let i = w + 64; i < w + 256; i += 4) {
      const x = load<u32>(i - 60)
      const y = load<u32>(i - 8)
      const s0 = rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >>> 3)
      const s1 = rotr<u32>(y, 17) ^ rotr<u32>(y, 19) ^ (y >>> 10)
      store<u32>(i, load<u32>(i - 64) + s0 + load<u32>(i - 28) + s1)
    }
    let a = h0
    let b = h1
    let c = h2
    let d = h3
    let e = h4
    let f = h5
    let g = h6
    let h = h7
    for (let i = 0; i < 256; i += 4) {
      const s1 = rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25)
      const t1 = h + s1 + ((e & f) ^ (~e & g)) + load<u32>(work + i) + load<u32>(w + i)
      const s0 = rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)
      const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c))
      h = g
      g = f
      f = e
      e = d + t1
      d = c
      c = b
      b = a
      a = t1 + t2
    }
    h0 += a
    h1 += b
    h2 += c
    h3 += d
    h4 += e
    h5 += f
    h6 += g
    h7 += h
  }
  store<u32>(out, bswap<u32>(h0))
  store<u32>(out, bswap<u32>(h1), 4)
  store<u32>(out, bswap<u32>(h2), 8)
  store<u32>(out, bswap<u32>(h3), 12)
}

/** For four at a time: constants as above, then 1024 bytes for the schedule and 256 for the messages. */
const SCHEDULE_4: i32 = 256
const MESSAGES_4: i32 = 1280

/**
 * `count` ids, a multiple of four, 16 bytes each at `out`. Rows of three words at `list`: project, trace and span. The type is
 * short enough for all of it to be one block (15 bytes).
 */
export function eventIds(list: i32, count: i32, out: i32, type: i32, typeLen: i32, work: i32): void {
  for (let n = 0; n < count; n += 4) {
    for (let lane = 0; lane < 4; lane++)
      message(work + MESSAGES_4 + lane * 64, list + (n + lane) * 12, type, typeLen)
    hashFour(work, out + n * 16)
  }
}

function message(m: i32, row: i32, type: i32, typeLen: i32): void {
  const trace = load<i32>(row, 4)
  const span = load<i32>(row, 8)
  v128.store(m, v128.load(load<i32>(row)))
  v128.store(m, trace >= 0 ? v128.load(trace) : i64x2.splat(0), 16)
  v128.store(m, i64x2.splat(0), 32)
  v128.store(m, i64x2.splat(0), 48)
  if (span >= 0) store<u64>(m, load<u64>(span), 32)
  for (let i = 0; i < typeLen; i++) store<u8>(m + IDS + i, load<u8>(type + i))
  store<u8>(m + IDS + typeLen, 0x80)
  store<u32>(m, bswap<u32>((IDS + typeLen) * 8), 60)
}

// @ts-ignore: a decorator of the compiler
@inline
function rotr4(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n))
}

// @ts-ignore: a decorator of the compiler
@inline
function swapped(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12))
}

function hashFour(work: i32, out: i32): void {
  const m = work + MESSAGES_4
  const w = work + SCHEDULE_4
  for (let i = 0; i < 16; i++) {
    let x = i32x4.splat(load<i32>(m + i * 4))
    x = i32x4.replace_lane(x, 1, load<i32>(m + i * 4, 64))
    x = i32x4.replace_lane(x, 2, load<i32>(m + i * 4, 128))
    x = i32x4.replace_lane(x, 3, load<i32>(m + i * 4, 192))
    v128.store(w + i * 16, swapped(x))
  }
  for (let i = w + 256; i < w + 1024; i += 16) {
    const x = v128.load(i - 240)
    const y = v128.load(i - 32)
    const s0 = v128.xor(v128.xor(rotr4(x, 7), rotr4(x, 18)), i32x4.shr_u(x, 3))
    const s1 = v128.xor(v128.xor(rotr4(y, 17), rotr4(y, 19)), i32x4.shr_u(y, 10))
    v128.store(i, i32x4.add(i32x4.add(v128.load(i - 256), s0), i32x4.add(v128.load(i - 112), s1)))
  }
  let a = i32x4.splat(0x6a09e667)
  let b = i32x4.splat(0xbb67ae85)
  let c = i32x4.splat(0x3c6ef372)
  let d = i32x4.splat(0xa54ff53a)
  let e = i32x4.splat(0x510e527f)
  let f = i32x4.splat(0x9b05688c)
  let g = i32x4.splat(0x1f83d9ab)
  let h = i32x4.splat(0x5be0cd19)
  for (let i = 0; i < 256; i += 4) {
    const s1 = v128.xor(v128.xor(rotr4(e, 6), rotr4(e, 11)), rotr4(e, 25))
    const ch = v128.xor(g, v128.and(e, v128.xor(f, g)))
    const kw = i32x4.add(v128.load32_splat(work + i), v128.load(w + i * 4))
    const t1 = i32x4.add(i32x4.add(h, s1), i32x4.add(ch, kw))
    const s0 = v128.xor(v128.xor(rotr4(a, 2), rotr4(a, 13)), rotr4(a, 22))
    const maj = v128.or(v128.and(a, b), v128.and(c, v128.or(a, b)))
    h = g
    g = f
    f = e
    e = i32x4.add(d, t1)
    d = c
    c = b
    b = a
    a = i32x4.add(t1, i32x4.add(s0, maj))
  }
  a = swapped(i32x4.add(a, i32x4.splat(0x6a09e667)))
  b = swapped(i32x4.add(b, i32x4.splat(0xbb67ae85)))
  c = swapped(i32x4.add(c, i32x4.splat(0x3c6ef372)))
  d = swapped(i32x4.add(d, i32x4.splat(0xa54ff53a)))
  put(out, i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0), i32x4.extract_lane(c, 0), i32x4.extract_lane(d, 0))
  put(out + 16, i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1), i32x4.extract_lane(c, 1), i32x4.extract_lane(d, 1))
  put(out + 32, i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2), i32x4.extract_lane(c, 2), i32x4.extract_lane(d, 2))
  put(out + 48, i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3), i32x4.extract_lane(c, 3), i32x4.extract_lane(d, 3))
}

function put(out: i32, a: i32, b: i32, c: i32, d: i32): void {
  store<i32>(out, a)
  store<i32>(out, b, 4)
  store<i32>(out, c, 8)
  store<i32>(out, d, 12)
}
