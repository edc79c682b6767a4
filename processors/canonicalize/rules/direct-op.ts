// Which transforms have a usual case that needs no call. `steps/direct-ops.ts` executes it.

/**
 * What the event maker may do itself for a step, for the values that these rules nearly always find. Other values,
 * and all other rules, are left to the rule's transform.
 */
export const OP = { TRANSFORM: 0, TEXT: 1, ID: 2, INT: 3, SECONDS: 4 } as const
export const OP_OF: Readonly<Record<string, number>> = {
  text: OP.TEXT,
  id: OP.ID,
  int: OP.INT,
  seconds: OP.SECONDS,
}
