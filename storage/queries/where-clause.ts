// The WHERE clause of a Postgres query: all values are parameters, and the tenant is set for the transaction, so that
// row-level security protects the rows even if a condition is forgotten.

import type { QueryResultRow } from '../postgres/connection.ts'
import type { PostgresPool } from '../postgres/pool.ts'
import { withTenant } from '../postgres/roles.ts'
import { decodeCursor, type Scope } from './page.ts'

/** A WHERE clause that always has the tenant and the project, and whose values are all parameters. */
export class WhereClause {
  readonly #parts: string[]
  readonly #values: unknown[]
  readonly #tenantId: string

  constructor(scope: Scope) {
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

  after(cursor: string | undefined, time: string, id: string): void {
    const at = cursor === undefined ? null : decodeCursor(cursor)
    if (at === null) return
    this.#values.push(at.time, at.id)
    const n = this.#values.length
    this.#parts.push(`(${time}, ${id}) < ($${n - 1}::timestamptz, $${n})`)
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
