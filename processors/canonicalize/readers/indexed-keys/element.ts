// One element of an indexed family: what its programs look at.

/** Path behind the index -> its attribute, counted from the span's first. A family has them in the order of indexes. */
export type Element = ReadonlyMap<string, number>
