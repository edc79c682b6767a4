// What the lists of the control plane share: conditions whose values are parameters, and pages by time and id.

import type { QueryResultRow, Statements } from '../postgres/connection.ts'
import { decodeCursor, type Page, pageOf } from '../queries/page.ts'

export interface PageWanted {
  readonly limit: number
  readonly cursor?: string | undefined
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

  /** One page, newest first by `time` and then `id`. `sql` selects without WHERE and ORDER BY. */
  async page<Row extends QueryResultRow>(
    client: Statements,
    sql: string,
    by: { readonly time: string; readonly id: string },
    { limit, cursor }: PageWanted,
  ): Promise<Page<Row>> {
    const at = cursor === undefined ? null : decodeCursor(cursor)
    const parts = [...this.#parts]
    const values = [...this.#values]
    if (at !== null) {
      values.push(at.time, at.id)
      parts.push(
        `(${by.time}, ${by.id}::text) < ($${values.length - 1}::timestamptz, $${values.length})`,
      )
    }
    const where = parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`
    const found = await client.query<Row & Sorted>(
      `SELECT ${by.time}::text AS sort_time, ${by.id}::text AS sort_id, ${sql} ${where}
       ORDER BY ${by.time} DESC, ${by.id}::text DESC LIMIT ${Math.floor(limit) + 1}`,
      values,
    )
    return pageOf<Row & Sorted>(found.rows, limit, (r) => ({ time: r.sort_time, id: r.sort_id }))
  }
}
