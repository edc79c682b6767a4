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
    return typeof time === 'string' && typeof id === 'string' ? { time, id } : null
  } catch {
    // Not base64 of JSON: the caller answers 400.
    return null
  }
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
