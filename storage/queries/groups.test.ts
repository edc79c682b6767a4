// Lists of traces, conversations, sessions, users and issues by the time of their last event. They find rows by the hour and sort by the
// exact time, so they are compared with a sort of all rows.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { withRole } from '../postgres/roles.ts'
import { startTestPostgres, type TestPostgres } from '../testing/stores.ts'
import { type GroupFilter, listGroups } from './groups.ts'
import { listIssues } from './issues.ts'
import { listTraces } from './traces.ts'

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 10, 30, 12)
const SCOPE = { tenantId: 'acme', projectId: 'main' }
const LARGE = { ...SCOPE, tenantId: 'large' }
const OTHERS = 20_000
const SECONDS_APART = 5
const ROWS_AN_HOUR = 3600 / SECONDS_APART

interface Row {
  readonly id: string
  /** ms since the epoch */
  readonly at: number
}

/** Many at one moment, at the borders of hours, one ms beside them, and anywhere in between. */
const ROWS: readonly Row[] = Array.from({ length: 300 }, (_, i) => {
  const hour = NOON - (i % 5) * HOUR
  const at = [hour, hour - 1, hour + 1, hour + ((i * 7919) % HOUR), NOON - 30 * 60_000][i % 6] ?? 0
  return { id: `g${(i * 37) % 300}`, at: at === 0 ? hour + HOUR / 2 : at }
})

const KINDS = [
  { kind: 'conversations', table: 'conversations', id: 'conversation_id' },
  { kind: 'sessions', table: 'sessions', id: 'session_id' },
  { kind: 'users', table: 'end_users', id: 'user_id' },
] as const

let server: TestPostgres
before(async () => {
  server = await startTestPostgres()
  await withRole(server.pool, 'observa_exporter', async (c) => {
    for (const { table, id } of KINDS) {
      const insert = (tenant: string, rows: string): string =>
        `INSERT INTO ${table} (tenant_id, project_id, ${id}, first_at, last_at, events, llm_calls, errors, input_tokens, output_tokens,
           total_tokens, cost_usd, signals) SELECT '${tenant}', 'main', id, at, at, 1, 0, 0, 0, 0, 0, 0, 0 FROM ${rows}`
      const own =
        'json_to_recordset($1::json) AS r(id text, ms double precision), to_timestamp(ms / 1000) AS at'
      await c.query(insert('acme', own), [
        JSON.stringify(ROWS.map(({ id, at }) => ({ id, ms: at }))),
      ])
      const many = `(SELECT 'x' || n AS id, to_timestamp(${NOON / 1000} - n * ${SECONDS_APART}) AS at FROM generate_series(1, ${OTHERS}) AS n) AS r`
      await c.query(insert('large', many))
    }
    await c.query(
      `INSERT INTO trace_summaries (tenant_id, project_id, trace_id, root_name, start_time, end_time, spans, llm_calls, tool_calls, errors,
         input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, unpriced,
         kinds, models, seen)
       SELECT 'large', 'main', md5(n::text), 'x', at, at, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '{}', '{}', '{}'
       FROM generate_series(1, ${OTHERS}) AS n, to_timestamp(${NOON / 1000} - n * ${SECONDS_APART}) AS at`,
    )
    await c.query(
      `INSERT INTO issues (tenant_id, project_id, issue_id, fingerprint, type, severity, title, count, first_seen, last_seen, rule, evidence)
       SELECT 'acme', 'main', id, id, 'error', 'low', 'x', 1, at, at, 'r', '{}'
       FROM json_to_recordset($1::json) AS r(id text, ms double precision), to_timestamp(ms / 1000) AS at`,
      [JSON.stringify(ROWS.map(({ id, at }) => ({ id, ms: at })))],
    )
  })
  await server.pool.query('ANALYZE')
})
after(() => server.stop())

/** The rows in order, sorted without any index. */
function sorted(sort: string, f: Pick<GroupFilter, 'fromMs' | 'toMs'>): readonly string[] {
  const sign = sort.startsWith('-') ? -1 : 1
  return ROWS.filter(({ at }) => at >= (f.fromMs ?? 0) && at < (f.toMs ?? Number.MAX_VALUE))
    .toSorted((a, b) => sign * (a.at - b.at || (a.id < b.id ? -1 : 1)))
    .map((row) => row.id)
}

const RANGES: readonly Pick<GroupFilter, 'fromMs' | 'toMs'>[] = [
  {},
  { fromMs: NOON - 2 * HOUR },
  { fromMs: NOON - 2 * HOUR - 1, toMs: NOON },
  { toMs: NOON - HOUR + 1 },
  { fromMs: NOON - 3 * HOUR + 1234, toMs: NOON - HOUR - 1 },
]

for (const { kind, id } of KINDS)
  for (const sort of ['-last_at', 'last_at'] as const)
    test(`${kind} sorted by ${sort} page by page are all rows in exact order`, async () => {
      for (const range of RANGES) {
        const found: string[] = []
        let cursor: string | undefined
        do {
          const page = await listGroups(server.pool, SCOPE, kind, {
            ...range,
            sort,
            limit: 7,
            cursor,
          })
          for (const row of page.rows)
            found.push(String((row as unknown as Record<string, unknown>)[id]))
          cursor = page.next ?? undefined
        } while (cursor !== undefined)
        assert.deepEqual(found, sorted(sort, range), JSON.stringify(range))
      }
    })

test('issues by their last occurrence, page by page, are all issues in exact order', async () => {
  for (const sort of ['-last_seen', 'last_seen'] as const) {
    const found: string[] = []
    let cursor: string | undefined
    do {
      const page = await listIssues(server.pool, SCOPE, { sort, limit: 7, cursor })
      for (const row of page.rows) found.push(row.issue_id)
      cursor = page.next ?? undefined
    } while (cursor !== undefined)
    assert.deepEqual(found, sorted(sort, {}))
  }
})

test('a cursor stays where it is when rows before and behind it change', async () => {
  const first = await listGroups(server.pool, SCOPE, 'sessions', { limit: 50 })
  const expected = sorted('-last_at', {})
  const moved = [expected[3], expected[60], expected[250]] as string[]
  await withRole(server.pool, 'observa_exporter', (c) =>
    c.query(
      `UPDATE sessions SET last_at = to_timestamp($1::float8 / 1000) WHERE tenant_id = 'acme' AND session_id = ANY ($2)`,
      [NOON + 2 * HOUR, moved],
    ),
  )
  const second = await listGroups(server.pool, SCOPE, 'sessions', {
    limit: 300,
    cursor: first.next ?? undefined,
  })
  // What became newer than the cursor is on earlier pages now; all other rows follow without a gap.
  assert.deepEqual(
    second.rows.map((row) => row.session_id),
    expected.slice(50).filter((id) => !moved.includes(id)),
  )
})

interface Reads {
  readonly scans: number
  readonly rows: number
  readonly whole: number
}

test('a page of the newest reads the newest hours, not the table', async () => {
  for (const { kind, table } of KINDS)
    await readsFew(table, 2 * ROWS_AN_HOUR, async () => {
      const page = await listGroups(server.pool, LARGE, kind, { limit: 10 })
      return page.rows.length
    })
})

test('a page of traces reads the traces of the page, in both directions and of any range', async () => {
  for (const f of [
    {},
    { sort: 'start_time' },
    { fromMs: NOON - 30 * 24 * HOUR, toMs: NOON },
  ] as const)
    await readsFew('trace_summaries', 100, async () => {
      const page = await listTraces(server.pool, LARGE, { limit: 10, ...f })
      return page.rows.length
    })
})

/** Lists ten rows, and looks at how many the server has read for them. */
async function readsFew(
  table: string,
  rowsMax: number,
  list: () => Promise<number>,
): Promise<void> {
  const reads = async (): Promise<Reads> => {
    const sql = `SELECT idx_scan::float8 AS scans, idx_tup_fetch::float8 AS rows, seq_scan::float8 AS whole
      FROM pg_stat_user_tables WHERE relname = $1`
    return (await server.pool.query<Reads & Record<string, number>>(sql, [table])).rows[0] as Reads
  }
  const before = await reads()
  assert.equal(await list(), 10)
  // A server writes its counters down when a connection has been idle for a moment.
  let now = await reads()
  for (const end = performance.now() + 20_000; now.scans === before.scans; now = await reads())
    assert.ok(performance.now() < end, `no index of ${table} was used`)
  assert.equal(now.whole, before.whole, table)
  assert.ok(now.rows - before.rows < rowsMax, `${now.rows - before.rows} of ${table}`)
}
