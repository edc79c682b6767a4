// Keyset pagination shared by the read queries: a cursor is the sort key of the last row, opaque to clients.

/** Time and id of the last row of a page. */
export interface Position {
  readonly time: string
  readonly id: string
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** For the next page; null on the last. */
  readonly next: string | null
}

/** Whose rows a query may see: required by every query, taken from the credential alone. */
export interface Scope {
  readonly tenantId: string
  readonly projectId: string
}

export function encodeCursor(at: Position): string {
  return Buffer.from(JSON.stringify([at.time, at.id])).toString('base64url')
}

/** Null when it is no cursor of ours. */
export function decodeCursor(text: string): Position | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    if (!Array.isArray(parsed) || parsed.length !== 2) return null
    const [time, id] = parsed as unknown[]
    if (typeof time !== 'string' || typeof id !== 'string' || id.includes('\0')) return null
    return { time, id }
  } catch {
    // Not base64 of JSON: the caller answers 400.
    return null
  }
}

const NS_MAX = 2n ** 63n - 1n
const POSTGRES_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-5])(:\d\d)?$/

/** Is it a place in a list of this store? ClickHouse gives nanoseconds, Postgres its text of a time. */
export function isCursorOf(store: 'clickhouse' | 'postgres', text: string): boolean {
  const time = decodeCursor(text)?.time
  if (time === undefined) return false
  if (store === 'clickhouse') return /^\d{1,19}$/.test(time) && BigInt(time) <= NS_MAX
  return (
    POSTGRES_TIME.test(time) && Number.isFinite(Date.parse(time.slice(0, 19).replace(' ', 'T')))
  )
}

/** One page of `limit` from rows that were asked for with one more. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => Position,
): Page<Row> {
  const last = rows[limit - 1]
  if (rows.length <= limit || last === undefined) return { rows, next: null }
  return { rows: rows.slice(0, limit), next: encodeCursor(position(last)) }
}

/** What an id that is asked for may be stored as; any of them is meant. */
export type IdForms = readonly string[]
