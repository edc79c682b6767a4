// One element of an indexed family, as its programs read it.

/**
 * The path after the index, and its attribute, counted from the span's first. A family has its elements in the order
 * of their indexes.
 */
export type Element = ReadonlyMap<string, number>
