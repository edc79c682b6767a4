// Keyset pagination for the queries. A cursor is the sort key of the last row, and clients cannot interpret it.

/** What the rows are sorted by, of the last row of a page, and its id. */
export interface Position {
  readonly time: string
  readonly id: string
}

export interface Page<Row> {
  readonly rows: readonly Row[]
  /** The cursor of the next page. Null on the last page. */
  readonly next: string | null
}

/**
 * The tenant and project whose rows a query may return. Every query needs it, and it comes only from the credential.
 */
export interface ProjectScope {
  readonly tenantId: string
  readonly projectId: string
}

/** A cursor that is of another list or sort than it was given to. */
export class CursorError extends Error {}

export function encodeCursor(at: Position): string {
  return Buffer.from(JSON.stringify([at.time, at.id])).toString('base64url')
}

/** Returns null when the text is not one of our cursors. */
export function decodeCursor(text: string): Position | null {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))
    if (!Array.isArray(parsed) || parsed.length !== 2) return null
    const [time, id] = parsed as unknown[]
    if (typeof time !== 'string' || typeof id !== 'string' || id.includes('\0')) return null
    return { time, id }
  } catch {
    // The text is not base64 of JSON, and the caller answers 400.
    return null
  }
}

const NS_MAX = 2n ** 63n - 1n
const POSTGRES_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?[+-](0\d|1[0-5])(:\d\d)?$/

/** What a list is sorted by: ClickHouse gives times as nanoseconds, Postgres as its text of a time. */
export type SortKind = 'ns' | 'timestamp' | 'number' | 'text'

const IS_KIND: Readonly<Record<SortKind, (time: string) => boolean>> = {
  ns: (time) => /^\d{1,19}$/.test(time) && BigInt(time) <= NS_MAX,
  timestamp: (time) =>
    POSTGRES_TIME.test(time) && Number.isFinite(Date.parse(time.slice(0, 19).replace(' ', 'T'))),
  number: (time) =>
    /^-?\d{1,20}(\.\d{1,30})?(e[+-]?\d{1,3})?$/i.test(time) && Number.isFinite(Number(time)),
  text: (text) => !text.includes('\0'),
}

/** Is it a place in a list that is sorted in one of these ways? */
export function isCursorOf(kinds: readonly SortKind[], text: string): boolean {
  const time = decodeCursor(text)?.time
  return time !== undefined && kinds.some((kind) => IS_KIND[kind](time))
}

/** The place a cursor names in a list that is sorted so. */
export function placeOf(cursor: string | undefined, kind: SortKind): Position | null {
  if (cursor === undefined) return null
  const at = decodeCursor(cursor)
  if (at === null || !IS_KIND[kind](at.time)) throw new CursorError()
  return at
}

/** One page of `limit` rows, from a result that may have one more row. */
export function pageOf<Row>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => Position,
): Page<Row> {
  const last = rows[limit - 1]
  if (rows.length <= limit || last === undefined) return { rows, next: null }
  return { rows: rows.slice(0, limit), next: encodeCursor(position(last)) }
}

/** The forms in which an id that a client asks for may be stored. A row with any of them matches. */
export type IdForms = readonly string[]
