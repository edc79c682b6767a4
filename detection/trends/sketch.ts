// A sketch of values gives quantiles with an error of 1 %. It counts values in bins whose bounds grow by a constant factor, as
// DDSketch does. The sum of two sketches is exactly the sketch of all their values, in any order. A quantile is the number of a bin:
// it takes two bytes where it is kept.

const ERROR = 0.01
const GAMMA = (1 + ERROR) / (1 - ERROR)
const LOG_GAMMA = Math.log(GAMMA)
/** Smaller values are counted as zero: a nanosecond for values in ms, a billionth of a dollar for values in USD. */
const SMALLEST = 1e-9
/** The bin of zero, and the last one, which has everything above. */
export const ZERO_BIN = -32_768
const BIN_MAX = 32_767
/** With fewer values a list of their bins is smaller than counts of bins. */
const FEW = 24

export interface Sketch {
  count: number
  /** The bins of few values, unordered; null when there are counts. */
  few: number[] | null
  bins: Map<number, number> | null
}

export const newSketch = (): Sketch => ({ count: 0, few: null, bins: null })

export const binOf = (value: number): number =>
  value > SMALLEST ? Math.min(BIN_MAX, Math.ceil(Math.log(value) / LOG_GAMMA)) : ZERO_BIN

/** The value that stands for a bin. */
export const valueOf = (bin: number): number =>
  bin === ZERO_BIN ? 0 : (2 * GAMMA ** bin) / (GAMMA + 1)

/** Adds all values of `from` to `into`. */
export function merge(into: Sketch, from: Sketch): void {
  if (from.few !== null) for (const bin of from.few) addBin(into, bin, 1)
  if (from.bins !== null) for (const [bin, n] of from.bins) addBin(into, bin, n)
}

/** Adds `n` values of a bin. */
export function addBin(sketch: Sketch, bin: number, n: number): void {
  sketch.count += n
  if (sketch.bins === null) {
    if (sketch.count <= FEW) {
      if (sketch.few === null) sketch.few = [bin]
      else sketch.few.push(bin)
      for (let i = 1; i < n; i++) sketch.few.push(bin)
      return
    }
    sketch.bins = new Map()
    for (const known of sketch.few ?? []) sketch.bins.set(known, (sketch.bins.get(known) ?? 0) + 1)
    sketch.few = null
  }
  sketch.bins.set(bin, (sketch.bins.get(bin) ?? 0) + n)
}

/** The bins of the quantiles `qs`, ascending numbers from 0 to 1; all zero for a sketch without values. */
export function quantileBins(sketch: Sketch, qs: readonly number[]): number[] {
  if (sketch.count === 0) return qs.map(() => ZERO_BIN)
  const last = sketch.count - 1
  if (sketch.bins === null) {
    const sorted = (sketch.few ?? []).toSorted((a, b) => a - b)
    return qs.map((q) => sorted[Math.floor(q * last)] ?? ZERO_BIN)
  }
  const sorted = [...sketch.bins].toSorted((a, b) => a[0] - b[0])
  const out: number[] = []
  let seen = 0
  let i = -1
  for (const q of qs) {
    while (seen <= q * last) seen += sorted[++i]?.[1] ?? 1
    out.push(sorted[i]?.[0] ?? ZERO_BIN)
  }
  return out
}
