// The lists of the REST API that Postgres answers, with as many traces, conversations, sessions and users as the largest
// project of `generate-events.ts`. The server makes the rows itself, because only reading is measured.

import { hash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { migratePostgres } from '../../storage/migrations/postgres.ts'
import { removeDataDirectory } from '../../storage/postgres/engine/data-directory.ts'
import { startPostgresEngine } from '../../storage/postgres/engine/engine.ts'
import { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { findGroup, listGroups } from '../../storage/queries/groups.ts'
import type { ProjectScope } from '../../storage/queries/page.ts'
import { findTrace, listTraces } from '../../storage/queries/traces.ts'
import { type QueryTime, timed } from './time-query.ts'

export interface GroupSample {
  readonly scope: ProjectScope
  readonly traces: number
  readonly conversations: number
  readonly sessions: number
  readonly users: number
}

const DAYS_MS = 30 * 86_400_000

export async function measurePostgres(
  sample: GroupSample,
  repeats: number,
  say: (text: string) => void,
): Promise<QueryTime[]> {
  const dir = mkdtempSync(join(tmpdir(), 'observa-bench-postgres-'))
  const dataDir = join(dir, 'postgres')
  const engine = await startPostgresEngine({
    dataDir,
    log: pino({ level: 'silent' }),
    progress: say,
  })
  const pool = new PostgresPool({ url: engine.url, statementTimeoutMs: 300_000 })
  try {
    await migratePostgres(pool)
    await withRole(pool, 'observa_exporter', async (client) => {
      for (const sql of fillOf(sample)) await client.query(sql)
    })
    const times: QueryTime[] = []
    for (const [name, run] of queriesOf(pool, sample)) times.push(await timed(name, run, repeats))
    return times
  } finally {
    await pool.end()
    await engine.stop()
    removeDataDirectory(dataDir)
    rmSync(dir, { recursive: true, force: true })
  }
}

export function fillOf({ scope, traces, conversations, sessions, users }: GroupSample): string[] {
  const place = `'${scope.tenantId}', '${scope.projectId}'`
  const at = (n: number): string => `now() - (${n} - i) * interval '1 millisecond' * ${DAYS_MS / n}`
  const group = (
    table: string,
    id: string,
    prefix: string,
    n: number,
    more: string,
    values: string,
  ): string =>
    `INSERT INTO ${table} (tenant_id, project_id, ${id}, ${more}first_at, last_at, events, llm_calls, errors, input_tokens,
      output_tokens, total_tokens, cost_usd, models)
    SELECT ${place}, '${prefix}-' || i, ${values}${at(n)}, ${at(n)}, 8, 3, (i % 20 = 0)::int, 5000, 900, 5900, 0.01,
      ARRAY['gpt-4o', 'gpt-4o-mini'] FROM generate_series(1, ${n}) AS i`
  const user = `'user-' || i % ${users}`
  return [
    `INSERT INTO trace_summaries (tenant_id, project_id, trace_id, environment, root_name, root_kind, service_name, user_id,
      session_id, conversation_id, start_time, end_time, spans, llm_calls, tool_calls, errors, input_tokens, output_tokens,
      total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, unpriced, kinds, models, seen)
    SELECT ${place}, md5(i::text), 'prod', 'invoke_agent main', 'agent', 'api', ${user},
      'sess-' || i * ${sessions}::bigint / ${traces}, 'conv-' || i * ${conversations}::bigint / ${traces},
      ${at(traces)}, ${at(traces)} + interval '1 second', 8, 3, 3, (i % 20 = 0)::int, 5000, 900, 5900, 0, 0, 0, 0.01, 0,
      ARRAY['agent', 'llm', 'tool'], ARRAY['gpt-4o'], ARRAY[i, i + 1, i + 2, i + 3]::float8[]
    FROM generate_series(1, ${traces}) AS i`,
    group(
      'conversations',
      'conversation_id',
      'conv',
      conversations,
      'user_id, session_id, ',
      `${user}, 'sess-' || i * ${sessions}::bigint / ${conversations}, `,
    ),
    group('sessions', 'session_id', 'sess', sessions, 'user_id, ', `${user}, `),
    group('end_users', 'user_id', 'user', users, '', ''),
    'ANALYZE',
  ]
}

function queriesOf(
  pool: PostgresPool,
  { scope, traces, conversations, sessions, users }: GroupSample,
): readonly (readonly [name: string, run: (i: number) => Promise<unknown>])[] {
  const limit = 50
  const nth = (i: number, n: number): number => 1 + ((i * 7919) % n)
  const toMs = (i: number): number => Date.now() - (i % 28) * 86_400_000
  const trace = async (i: number): Promise<unknown> =>
    await findTrace(pool, scope, hash('md5', String(nth(i, traces)), 'hex'))
  return [
    ['one trace', trace],
    ['traces, newest', (i) => listTraces(pool, scope, { limit, toMs: toMs(i) })],
    [
      'traces with errors',
      (i) => listTraces(pool, scope, { limit, hasErrors: true, toMs: toMs(i) }),
    ],
    [
      'traces of a user',
      (i) => listTraces(pool, scope, { limit, userId: [`user-${nth(i, users)}`] }),
    ],
    [
      'conversations, newest',
      (i) => listGroups(pool, scope, 'conversations', { limit, toMs: toMs(i) }),
    ],
    [
      'one conversation',
      (i) => findGroup(pool, scope, 'conversations', [`conv-${nth(i, conversations)}`]),
    ],
    ['sessions, newest', (i) => listGroups(pool, scope, 'sessions', { limit, toMs: toMs(i) })],
    ['one session', (i) => findGroup(pool, scope, 'sessions', [`sess-${nth(i, sessions)}`])],
    ['users, newest', (i) => listGroups(pool, scope, 'users', { limit, toMs: toMs(i) })],
    ['one user', (i) => findGroup(pool, scope, 'users', [`user-${nth(i, users)}`])],
  ]
}
