// Reading typed arrays at indexes that are known to be inside them.

/** The integer at an index that is known to be there. */
export function intAt(ints: Int32Array, index: number): number {
  return ints[index] as number
}
