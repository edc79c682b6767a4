// Seeded random numbers for the traffic generator: a seed gives the same bytes on every machine. Not for secrets.

export interface Dice {
  /** A uniform number in [0, 1). */
  float(): number
  /** A uniform integer in [low, high]. */
  int(low: number, high: number): number
  chance(probability: number): boolean
  pick<T>(items: readonly T[]): T
  /** Approximately log-normal around `median`; a `spread` of 0.5 is mild, of 1 wide. */
  skewed(median: number, spread: number): number
  /** `length` characters of `alphabet`. */
  chars(length: number, alphabet: string): string
  hex(length: number): string
}

export const ALPHABET = {
  hex: '0123456789abcdef',
  digits: '0123456789',
  alnum: '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
  base32: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
} as const

/** The generator number `stream` of `seed`. Separate streams make request 7 independent of requests 0 to 6. */
export function dice(seed: number, stream: number): Dice {
  const next = sfc32(
    seed | 0,
    stream | 0,
    0x9e3779b9 | 0,
    (seed ^ Math.imul(stream, 0x85ebca6b)) | 0,
  )
  for (let i = 0; i < 12; i++) next()
  const float = (): number => next() / 4294967296
  const int = (low: number, high: number): number => low + Math.floor(float() * (high - low + 1))
  const chars = (length: number, alphabet: string): string => {
    let out = ''
    for (let i = 0; i < length; i++) out += alphabet[int(0, alphabet.length - 1)]
    return out
  }
  return {
    float,
    int,
    chance: (probability) => float() < probability,
    pick: (items) => {
      const item = items[int(0, items.length - 1)]
      if (item === undefined) throw new Error('pick from an empty list')
      return item
    },
    skewed: (median, spread) => {
      const normal = Math.sqrt(-2 * Math.log(1 - float())) * Math.cos(2 * Math.PI * float())
      return median * Math.exp(spread * normal)
    },
    chars,
    hex: (length) => chars(length, ALPHABET.hex),
  }
}

/** Chris Doty-Humphrey's small fast counter generator (sfc32): four words of state, 32 bits of output. */
function sfc32(a: number, b: number, c: number, d: number): () => number {
  return () => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return t >>> 0
  }
}
