// Times to the nanosecond in Postgres, whose timestamps hold microseconds. Beside such a timestamp there is a bigint with the same
// time in nanoseconds since the epoch, which is null in rows of older versions. A version that does not know the bigint goes on
// writing the timestamp alone, so the bigint counts only where both are of the same microsecond.

/** SQL of the nanoseconds below the microsecond of the timestamp `time`, 0-999; `exact` is the bigint beside it. */
export function nanosOf(time: string, exact: string): string {
  return `CASE WHEN ${exact} / 1000 = (date_part('epoch', ${time}) * 1000000)::bigint THEN ${exact} % 1000 ELSE 0 END`
}

/** SQL of a time as RFC 3339 with nanoseconds. */
export function exactInstant(time: string, exact: string): string {
  return `to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || to_char(${nanosOf(time, exact)}, 'FM000"Z"')`
}

/** SQL of the milliseconds from one time to another, as a double. */
export function exactMs(
  from: string,
  fromExact: string,
  until: string,
  untilExact: string,
): string {
  const nanos = `(${nanosOf(until, untilExact)}) - (${nanosOf(from, fromExact)})`
  return `(extract(epoch FROM ${until} - ${from}) * 1000 + (${nanos})::numeric / 1000000)::float8`
}
