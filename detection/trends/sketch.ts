// A sketch of values from which quantiles are read with 1 % error: counts by buckets whose bounds grow by a constant factor (the
// mapping of DDSketch). Two sketches added up are exactly the sketch of all values, in any order.

const ERROR = 0.01
const GAMMA = (1 + ERROR) / (1 - ERROR)
const LOG_GAMMA = Math.log(GAMMA)
/** Values below are counted as zero: a nanosecond in ms, a billionth of a USD. */
const SMALLEST = 1e-9

export interface Sketch {
  count: number
  sum: number
  zeros: number
  /** Counts by index of the bucket. */
  readonly bins: Map<number, number>
}

export const newSketch = (): Sketch => ({ count: 0, sum: 0, zeros: 0, bins: new Map() })

export function add(sketch: Sketch, value: number): void {
  sketch.count++
  if (!(value > SMALLEST)) {
    sketch.zeros++
    return
  }
  sketch.sum += value
  const index = Math.ceil(Math.log(value) / LOG_GAMMA)
  sketch.bins.set(index, (sketch.bins.get(index) ?? 0) + 1)
}

/** Adds all values of `from` to `into`. */
export function merge(into: Sketch, from: Sketch): void {
  into.count += from.count
  into.sum += from.sum
  into.zeros += from.zeros
  for (const [index, n] of from.bins) into.bins.set(index, (into.bins.get(index) ?? 0) + n)
}

/** The value below which the share `q` of all lies; 0 for a sketch without values. */
export function quantile(sketch: Sketch, q: number): number {
  const rank = q * (sketch.count - 1)
  let seen = sketch.zeros
  if (sketch.count === 0 || rank < seen) return 0
  for (const [index, n] of [...sketch.bins].toSorted((a, b) => a[0] - b[0])) {
    seen += n
    if (seen > rank) return (2 * GAMMA ** index) / (GAMMA + 1)
  }
  return 0
}
