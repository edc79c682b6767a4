// The WHERE clause of a Postgres query: all values are parameters, and the tenant is set for the transaction, so that
// row-level security protects the rows even if a condition is forgotten.

import type { QueryResultRow } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withTenant } from '../postgres/roles.ts'
import { type ProjectScope, placeOf, type SortKind } from './page.ts'

export interface Order {
  readonly kind: SortKind
  readonly isDescending: boolean
}

/** Names of columns, each as it is or with a minus for the other direction. */
export type SortOf<Name extends string> = Name | `-${Name}`

/** All sorts by these columns, the descending ones first. */
export function sortsOf<Name extends string>(
  columns: Readonly<Record<Name, string>>,
): readonly [SortOf<Name>, ...SortOf<Name>[]] {
  // The keys of a literal are exactly its names, and every list can be sorted by something.
  const names = Object.keys(columns) as Name[]
  return [...names.map((n) => `-${n}` as const), ...names] as [SortOf<Name>, ...SortOf<Name>[]]
}

/** Names of columns that are times, and of those that are texts; all others are figures. */
const TIMES = /(^|_)(at|time|seen)$/
const TEXTS = /^(name|email|role)$/

const kindOf = (name: string): SortKind =>
  TIMES.test(name) ? 'timestamp' : TEXTS.test(name) ? 'text' : 'number'

/** The SQL by which a text is sorted: by its letters whatever their case, the same on every server, and without one first. */
export const textOrder = (column: string): string => `lower(coalesce(${column}, '')) COLLATE "C"`

/** The order that a sort asks for. */
export function orderOf<Name extends string>(
  sort: SortOf<Name>,
  columns: Readonly<Record<Name, string>>,
): Order & { readonly sql: string; readonly direction: 'ASC' | 'DESC' } {
  const isDescending = sort.startsWith('-')
  // A sort is a name with or without a minus.
  const name = sort.replace(/^-/, '') as Name
  return {
    sql: columns[name],
    kind: kindOf(name),
    isDescending,
    direction: isDescending ? 'DESC' : 'ASC',
  }
}

const NEWEST: Order = { kind: 'timestamp', isDescending: true }

const SQL_TYPES: Readonly<Record<Exclude<SortKind, 'ns'>, string>> = {
  timestamp: 'timestamptz',
  number: 'float8',
  text: 'text',
}

/** The type that the value of a cursor has in Postgres, whose times are no nanoseconds. */
export const sqlTypeOf = (kind: SortKind): string => SQL_TYPES[kind === 'ns' ? 'number' : kind]

/**
 * The hour of a time, as the columns `last_hour` hold it: the time itself changes with every event, so that an index with it
 * would change with every event too. Rows are found by the hour and then compared by their exact time.
 */
export function hourOf(time: string): string {
  return `date_bin('1 hour', ${time}, '2000-01-01 00:00:00+00')`
}

/** Rows whose last event, in the column `time`, was at or after a time in ms since the epoch. */
export function since(time: string, ms: string): string {
  const from = `to_timestamp(${ms}::float8 / 1000)`
  return `${time} >= ${from} AND last_hour >= ${hourOf(from)}`
}

/** The same for rows whose last event was before it. */
export function until(time: string, ms: string): string {
  const to = `to_timestamp(${ms}::float8 / 1000)`
  return `${time} < ${to} AND last_hour <= ${hourOf(to)}`
}

/** A WHERE clause that always has the tenant and the project, and whose values are all parameters. */
export class WhereClause {
  readonly #parts: string[]
  readonly #values: unknown[]
  readonly #tenantId: string

  constructor(scope: ProjectScope) {
    this.#parts = ['tenant_id = $1', 'project_id = $2']
    this.#values = [scope.tenantId, scope.projectId]
    this.#tenantId = scope.tenantId
  }

  get sql(): string {
    return this.#parts.join(' AND ')
  }

  add(
    value: string | number | boolean | readonly string[] | undefined,
    part: (placeholder: string) => string,
  ): void {
    if (value === undefined) return
    this.#values.push(value)
    this.#parts.push(part(`$${this.#values.length}`))
  }

  /**
   * Rows behind the cursor in a list that is sorted by `value` and then by `id`. `hour` is the column with the hour of `value`,
   * if there is one.
   */
  after(
    cursor: string | undefined,
    value: string,
    id: string,
    order: Order = NEWEST,
    hour: string | null = null,
  ): void {
    const at = placeOf(cursor, order.kind)
    if (at === null) return
    this.#values.push(at.time, at.id)
    const n = this.#values.length
    const type = sqlTypeOf(order.kind)
    const than = order.isDescending ? '<' : '>'
    this.#parts.push(`(${value}, ${id}) ${than} ($${n - 1}::${type}, $${n})`)
    if (hour !== null) this.#parts.push(`${hour} ${than}= ${hourOf(`$${n - 1}::timestamptz`)}`)
  }

  async rows<Row extends QueryResultRow>(
    pool: PostgresPool,
    sql: string,
    limit: number,
  ): Promise<Row[]> {
    const text = `${sql} LIMIT ${Math.floor(limit)}`
    const run = withTenant(pool, this.#tenantId, (c) => c.query<Row>(text, this.#values))
    return (await run).rows
  }
}

/** A row without the column that only the cursor needs. */
export function withoutSort<Row extends { readonly sort_time: string }>(
  row: Row,
): Omit<Row, 'sort_time'> {
  const { sort_time: _, ...rest } = row
  return rest
}
