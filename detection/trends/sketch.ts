// A sketch of values gives quantiles with an error of 1 %. It counts values in buckets whose bounds grow by a constant factor, as
// DDSketch does. The sum of two sketches is exactly the sketch of all their values, in any order.

const ERROR = 0.01
const GAMMA = (1 + ERROR) / (1 - ERROR)
const LOG_GAMMA = Math.log(GAMMA)
/** Smaller values are counted as zero: a nanosecond for values in ms, a billionth of a dollar for values in USD. */
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

/** The quantile `q` (0 to 1). Returns 0 for a sketch without values. */
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
