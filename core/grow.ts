// Growing typed arrays. The index tables of a batch double when they are full and keep their size from batch to batch.

/** A copy with at least `min` elements, and at least twice as many as before. */
export function grownInts(array: Int32Array<ArrayBuffer>, min: number): Int32Array<ArrayBuffer> {
  const bigger = new Int32Array(Math.max(min, array.length * 2))
  bigger.set(array)
  return bigger
}

export function grownBytes(array: Uint8Array<ArrayBuffer>, min: number): Uint8Array<ArrayBuffer> {
  const bigger = new Uint8Array(Math.max(min, array.length * 2))
  bigger.set(array)
  return bigger
}

export function grownFloats(
  array: Float64Array<ArrayBuffer>,
  min: number,
): Float64Array<ArrayBuffer> {
  const bigger = new Float64Array(Math.max(min, array.length * 2))
  bigger.set(array)
  return bigger
}
