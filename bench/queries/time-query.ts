// Measures a query over many runs with different parameters.

export interface QueryTime {
  readonly name: string
  readonly first: number
  readonly p50: number
  readonly p95: number
  readonly max: number
}

/** The first run is reported separately, because this process has not yet read any of the data. */
export async function timed(
  name: string,
  run: (i: number) => Promise<unknown>,
  repeats: number,
): Promise<QueryTime> {
  const ms: number[] = []
  for (let i = 0; i <= repeats; i++) {
    const startedAt = performance.now()
    await run(i)
    ms.push(performance.now() - startedAt)
  }
  const [first = Number.NaN, ...rest] = ms
  const sorted = rest.toSorted((a, b) => a - b)
  const at = (q: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN
  return { name, first, p50: at(0.5), p95: at(0.95), max: sorted.at(-1) ?? Number.NaN }
}
