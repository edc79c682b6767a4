// What the scanner calls its candidates.

/** Candidate ids below `FIRST_ANCHOR` are not literals. */
export const CANDIDATE = { DIGITS: 0, ESCAPE: 1, SPLIT_TEXT: 2 } as const

export const FIRST_ANCHOR = 3
