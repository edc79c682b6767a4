// Growing typed arrays. The index tables of a batch double when they are full and keep their size from batch to batch.

/** A copy with at least `min` elements, and at least twice as many as before. */
export function grownInts(a: Int32Array<ArrayBuffer>, min: number): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(Math.max(min, a.length * 2))
  bigger.set(a)
  return bigger
}

export function grownBytes(a: Uint8Array<ArrayBuffer>, min: number): Uint8Array<ArrayBuffer> {
  const bigger = new Uint8Array(Math.max(min, a.length * 2))
  bigger.set(a)
  return bigger
}

export function grownFloats(a: Float64Array<ArrayBuffer>, min: number): Float64Array<ArrayBuffer> {
  const bigger = new Float64Array(Math.max(min, a.length * 2))
  bigger.set(a)
  return bigger
}
