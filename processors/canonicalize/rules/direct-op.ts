// The table of direct operations: which transforms have a usual case that needs no call. `steps/direct-ops.ts` executes it.

/**
 * What the event maker may do itself for a step, for the values that these rules nearly always meet; anything else, and
 * any other rule, is the rule's transform's.
 */
export const OP = { TRANSFORM: 0, TEXT: 1, ID: 2, INT: 3, SECONDS: 4 } as const
export const OP_OF: Readonly<Record<string, number>> = {
  text: OP.TEXT,
  id: OP.ID,
  int: OP.INT,
  seconds: OP.SECONDS,
}
