// Returns the period of the same length directly before a time range.

type Bounds = {
  readonly from: string
  readonly to: string
}

export function previousOf({ from, to }: Bounds): Bounds {
  const start = Date.parse(from)
  return { from: new Date(Math.max(0, 2 * start - Date.parse(to))).toISOString(), to: from }
}
