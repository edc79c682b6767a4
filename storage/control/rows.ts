// What the lists of the control plane share: conditions whose values are parameters, and pages by what they are sorted by and id.

import type { QueryResultRow, Statements } from '../postgres/connection.ts'
import { type Page, pageOf, placeOf } from '../queries/page.ts'
import { type Order, sqlTypeOf } from '../queries/where-clause.ts'

export interface PageWanted {
  readonly limit: number
  readonly cursor?: string | undefined
}

/** Where a row stands in its list. */
export interface PlacedBy {
  readonly time: string
  readonly id: string
  /** Another order than newest first. */
  readonly order?: (Order & { readonly sql: string }) | undefined
}

/** Columns that only the cursor needs. They are not shown. */
interface Sorted {
  readonly sort_time: string
  readonly sort_id: string
}

type Value = string | number | boolean | Date | readonly string[]

/** The conditions of a list. The transaction's role limits the rows to those of the tenant. */
export class Conditions {
  readonly #parts: string[] = []
  readonly #values: unknown[] = []

  add(value: Value | undefined, part: (placeholder: string) => string): this {
    if (value === undefined) return this
    this.#values.push(value)
    this.#parts.push(part(`$${this.#values.length}`))
    return this
  }

  /** Adds a condition without a value. */
  and(part: string): this {
    this.#parts.push(part)
    return this
  }

  /** One page in the order `order`, without one newest first by `time`, and then by `id`. `sql` selects without WHERE and ORDER BY. */
  async page<Row extends QueryResultRow>(
    client: Statements,
    sql: string,
    by: PlacedBy,
    { limit, cursor }: PageWanted,
  ): Promise<Page<Row>> {
    const { id, order = { sql: by.time, kind: 'timestamp', isDescending: true } } = by
    const at = placeOf(cursor, order.kind)
    const parts = [...this.#parts]
    const values = [...this.#values]
    if (at !== null) {
      values.push(at.time, at.id)
      parts.push(
        `(${order.sql}, ${id}::text) ${order.isDescending ? '<' : '>'} ($${values.length - 1}::${sqlTypeOf(order.kind)}, $${values.length})`,
      )
    }
    const direction = order.isDescending ? 'DESC' : 'ASC'
    const where = parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`
    const found = await client.query<Row & Sorted>(
      `SELECT (${order.sql})::text AS sort_time, ${id}::text AS sort_id, ${sql} ${where}
       ORDER BY ${order.sql} ${direction}, ${id}::text ${direction} LIMIT ${Math.floor(limit) + 1}`,
      values,
    )
    return pageOf<Row & Sorted>(found.rows, limit, (r) => ({ time: r.sort_time, id: r.sort_id }))
  }
}
