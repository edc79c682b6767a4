// The identity of an event where its parts lie: the first 16 bytes of SHA-256 (FIPS 180-4) over project digest, trace id, span
// id and event type. AssemblyScript, compiled by generate.ts; the plain version is `eventId` of core/identity.ts.

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
