// Arithmetic with vectors. All vectors of one calculation have the same number of dimensions.

/** The scalar product. For two vectors of length 1 it is their cosine. */
export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

/** Scales the vector to length 1, in place. A vector of zeros stays as it is. */
export function normalize(v: Float32Array): Float32Array {
  const length = Math.sqrt(dot(v, v))
  if (length > 0) for (let i = 0; i < v.length; i++) v[i] = (v[i] ?? 0) / length
  return v
}

export function meanOf(vectors: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(vectors[0]?.length ?? 0)
  for (const v of vectors)
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) + (v[i] ?? 0)
  for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] ?? 0) / Math.max(1, vectors.length)
  return mean
}

/**
 * Subtracts the centre and scales the rest to length 1. The vectors of some models all point in nearly the same direction
 * (cosines from .75 to .90), and only the rest without their mean distinguishes them.
 */
export function centred(v: Float32Array, center: Float32Array): Float32Array {
  return normalize(v.map((x, i) => x - (center[i] ?? 0)))
}

/** The value that this share of the numbers does not exceed; 0 for an empty list. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}
