// How the statements of a batch find rows by their keys: through the primary key, whatever the planner knows about the table.
//
// Every table begins its indexes with tenant and project. Before the first ANALYZE the planner takes a key of three columns and
// an index of which it knows two for equally good, and reads all rows of the project for each key: 5000 traces among 100,000
// took more than a minute. With statistics of a small table it would rather read the whole table and keep that plan.

/** Settings for a transaction, as columns of a SELECT: only index scans and nested loops, and no compiling of queries. */
export const PLAN_SETTINGS: string = [
  'enable_seqscan',
  'enable_hashjoin',
  'enable_mergejoin',
  'enable_sort',
  'enable_incremental_sort',
  // A plan that has to sort nevertheless is thought to be very expensive, and would be compiled.
  'jit',
]
  .map((name) => `set_config('${name}', 'off', true)`)
  .join(', ')

/**
 * Joins the row `t` of `table` whose key is that of `r` (tenant, project, id). The text ends in a condition, to which others
 * can be added with AND. It takes the first row at or behind the key in key order, because only the primary key gives that
 * without a sort.
 */
export function rowOf(table: string, id: string, columns: string): string {
  return `CROSS JOIN LATERAL (SELECT ${columns} FROM ${table} AS o
  WHERE (o.tenant_id, o.project_id, o.${id}) >= (r.tenant, r.project, r.id)
  ORDER BY o.tenant_id, o.project_id, o.${id} LIMIT 1) AS t
WHERE t.tenant_id = r.tenant AND t.project_id = r.project AND t.${id} = r.id`
}
