// As long a time just before another.

type Bounds = {
  readonly from: string
  readonly to: string
}

export function previousOf({ from, to }: Bounds): Bounds {
  const start = Date.parse(from)
  return { from: new Date(Math.max(0, 2 * start - Date.parse(to))).toISOString(), to: from }
}
