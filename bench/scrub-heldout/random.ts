// Seeded random numbers, so that a seed always gives the same corpus. Nothing in this folder may use Math.random.

export interface Random {
  /** Integer from `low` to `high`, both included. */
  readonly int: (low: number, high: number) => number
  readonly pick: <T>(items: readonly T[]) => T
  readonly chance: (probability: number) => boolean
  /** A string of `length` characters of `alphabet`. */
  readonly chars: (alphabet: string, length: number) => string
  readonly shuffle: <T>(items: readonly T[]) => T[]
}

/** The mulberry32 generator. Its 32 bits of state are enough for a corpus of some thousand texts. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1))
  const pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new Error('nothing to pick from')
    return items[int(0, items.length - 1)] as T // in range by construction
  }
  const shuffle = <T>(items: readonly T[]): T[] => {
    const out = [...items]
    for (let i = out.length - 1; i > 0; i--) {
      const j = int(0, i)
      const swap = out[i] as T
      out[i] = out[j] as T
      out[j] = swap
    }
    return out
  }
  const chars = (alphabet: string, length: number): string => {
    let out = ''
    for (let i = 0; i < length; i++) out += alphabet.charAt(int(0, alphabet.length - 1))
    return out
  }
  return { int, pick, chance: (p) => next() < p, chars, shuffle }
}

export const DIGITS = '0123456789'
export const HEX = '0123456789abcdef'
export const LOWER = 'abcdefghijklmnopqrstuvwxyz'
export const UPPER = LOWER.toUpperCase()
export const ALNUM = DIGITS + UPPER + LOWER
export const BASE64URL = `${ALNUM}-_`
export const BASE64 = `${ALNUM}+/`
