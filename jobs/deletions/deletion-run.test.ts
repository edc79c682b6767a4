// Tests a deletion that is interrupted before or after each single statement and then run again: all data of the subject is removed, and
// every sum equals the sum of the remaining events.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type ClickHouseClient, createClient } from '@clickhouse/client'
import { requestDeletion, retryDeletion } from '../../accounts/deletions.ts'
import type { SubjectKind } from '../../core/deletion/subject.ts'
import { PLAIN_IDS } from '../../core/identity/stored-ids.ts'
import { type DeletionRow, findDeletion, updateDeletion } from '../../storage/control/deletions.ts'
import type { PostgresPool } from '../../storage/postgres/pool.ts'
import { withRole, withTenant } from '../../storage/postgres/roles.ts'
import { findGroup } from '../../storage/queries/groups.ts'
import { findTrace } from '../../storage/queries/traces.ts'
import {
  silentLog,
  startTestClickHouse,
  startTestPostgres,
  type TestClickHouse,
  type TestPostgres,
} from '../../storage/testing/stores.ts'
import { DeletionRun } from './deletion-run.ts'
import { RUN_DELETION, runDeletion } from './deletions.ts'

let store: TestClickHouse
let server: TestPostgres
let client: ClickHouseClient
before(async () => {
  store = await startTestClickHouse()
  server = await startTestPostgres()
  client = createClient({ url: store.url, database: 'observa' })
})
after(async () => {
  await client.close()
  await store.stop()
  await server.stop()
})

class CutOff extends Error {}

/** A store that fails at the n-th operation, before or after the operation was done. */
class Cutter {
  readonly #at: number
  readonly #isAfter: boolean
  done = 0

  constructor(at: number, isAfter: boolean) {
    this.#at = at
    this.#isAfter = isAfter
  }

  around<Args extends unknown[], T>(work: (...args: Args) => Promise<T>) {
    return async (...args: Args): Promise<T> => {
      const isHere = ++this.done === this.#at
      if (isHere && !this.#isAfter) throw new CutOff()
      const result = await work(...args)
      if (isHere) throw new CutOff()
      return result
    }
  }
}

function cut<T extends object>(target: T, names: readonly string[], cutter: Cutter): T {
  return new Proxy(target, {
    get: (of, name) => {
      const value: unknown = Reflect.get(of, name, of)
      if (typeof value !== 'function') return value
      const bound = value.bind(of) as (...args: unknown[]) => Promise<unknown>
      return names.includes(String(name)) ? cutter.around(bound) : bound
    },
  })
}

/** Of the first event, below the second. */
const NANOS = 123_456_789

const trace = (n: number): string => n.toString(16).padStart(32, '0')

interface Event {
  readonly trace: number
  readonly user: string | null
  readonly conversation: string | null
  readonly tokens: number
}

/** Three traces of the user ann, one of which also has spans of the user ben, and two traces of ben. */
const EVENTS: readonly Event[] = [
  { trace: 1, user: 'ann', conversation: 'c1', tokens: 0 },
  { trace: 1, user: null, conversation: null, tokens: 10 },
  { trace: 2, user: 'ann', conversation: null, tokens: 20 },
  { trace: 3, user: 'ann', conversation: 'c1', tokens: 40 },
  { trace: 3, user: 'ben', conversation: 'c1', tokens: 80 },
  { trace: 4, user: 'ben', conversation: 'c2', tokens: 160 },
  { trace: 5, user: 'ben', conversation: null, tokens: 320 },
]

const seen = (tenant: string) => ({ tenant_id: tenant, project_id: 'p' })

async function seed(tenant: string): Promise<void> {
  await client.insert({
    table: 'canonical_events',
    values: EVENTS.map((e, i) => ({
      ...seen(tenant),
      event_id: `${tenant.slice(-6).padStart(12, '0')}${String(i).padStart(4, '0')}`,
      trace_id: Buffer.from(trace(e.trace), 'hex').toString('latin1'),
      span_id: String(i).padStart(8, '0'),
      kind: e.tokens > 0 ? 'llm' : 'agent',
      status: 'ok',
      // Each event a nanosecond after the one before.
      start_time: `2026-09-01 10:00:00.${NANOS + i}`,
      start_time_known: true,
      user_id: e.user,
      conversation_id: e.conversation,
      request_model: 'm',
      provider: 'x',
      input_tokens: e.tokens,
      total_tokens: e.tokens,
      usage_aggregate: false,
      received_at: '2026-09-01 10:00:05',
      version: 1,
    })),
    format: 'JSONEachRow',
  })
  await withRole(server.pool, 'observa_exporter', async (c) => {
    const sums = (rows: readonly Event[]): string =>
      `${rows.length}, ${rows.filter((r) => r.tokens > 0).length}, 0, ${rows.reduce((n, r) => n + r.tokens, 0)}`
    const at = `'2026-09-01 10:00:00Z', '2026-09-01 10:00:00Z'`
    for (const n of [1, 2, 3, 4, 5]) {
      const rows = EVENTS.filter((e) => e.trace === n)
      const of = (name: 'user' | 'conversation'): string => {
        const [least] = rows.flatMap((r) => r[name] ?? []).toSorted()
        return least === undefined ? 'NULL' : `'${least}'`
      }
      await c.query(`INSERT INTO trace_summaries (tenant_id, project_id, trace_id, user_id, conversation_id, start_time, end_time, tool_calls,
          output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, unpriced, kinds, models, seen,
          spans, llm_calls, errors, input_tokens)
        VALUES ('${tenant}', 'p', '${trace(n)}', ${of('user')}, ${of('conversation')}, ${at}, 0, 0, 0, 0, 0, 0, 0, 0, '{}', '{}', '{}', ${sums(rows)})`)
    }
    const group = async (table: string, id: string, of: (e: Event) => boolean): Promise<void> => {
      const name = table === 'end_users' ? 'user_id' : 'conversation_id'
      await c.query(`INSERT INTO ${table} (tenant_id, project_id, ${name}, first_at, last_at, output_tokens, total_tokens, cost_usd, events,
          llm_calls, errors, input_tokens) VALUES ('${tenant}', 'p', '${id}', ${at}, 0, 0, 0, ${sums(EVENTS.filter(of))})`)
    }
    await group('end_users', 'ann', (e) => e.user === 'ann' || (e.user === null && e.trace === 1))
    await group('end_users', 'ben', (e) => e.user === 'ben')
    await group('conversations', 'c1', (e) => [1, 3].includes(e.trace))
    await group('conversations', 'c2', (e) => e.trace === 4)
    const calls = EVENTS.filter((e) => e.tokens > 0)
    const total = calls.reduce((n, e) => n + e.tokens, 0)
    await c.query(`INSERT INTO usage_daily (tenant_id, project_id, day, environment, provider, model, events, llm_calls, errors, input_tokens,
        output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_usd, unpriced)
      VALUES ('${tenant}', 'p', '2026-09-01', 'default', 'x', 'm', ${calls.length}, ${calls.length}, 0, ${total}, 0, ${total}, 0, 0, 0, 0, ${calls.length})`)
  })
}

async function stateOf(tenant: string): Promise<unknown> {
  const rows = await store.rows<{ t: string; n: number }>(
    `SELECT lower(hex(trace_id)) AS t, toUInt32(count()) AS n FROM observa.canonical_events FINAL WHERE tenant_id = '${tenant}' GROUP BY t ORDER BY t`,
  )
  return await withRole(server.pool, 'observa_exporter', async (c) => {
    const read = async (columns: string, table: string, order: string): Promise<unknown[]> =>
      (
        await c.query({
          text: `SELECT ${columns} FROM ${table} WHERE tenant_id = $1 ORDER BY ${order}`,
          values: [tenant],
          rowMode: 'array',
        })
      ).rows
    return {
      events: rows.map((r) => [Number.parseInt(r.t, 16), r.n]),
      traces: await read(
        "trim(leading '0' FROM trace_id), user_id, conversation_id, spans::int, llm_calls::int, input_tokens::int",
        'trace_summaries',
        'trace_id',
      ),
      users: await read(
        'user_id, events::int, llm_calls::int, input_tokens::int',
        'end_users',
        'user_id',
      ),
      talks: await read(
        'conversation_id, events::int, llm_calls::int, input_tokens::int',
        'conversations',
        'conversation_id',
      ),
      days: await read('events::int, llm_calls::int, input_tokens::int', 'usage_daily', 'day'),
    }
  })
}

const AFTER_ANN = {
  events: [
    [3, 1],
    [4, 1],
    [5, 1],
  ],
  traces: [
    ['3', 'ben', 'c1', 1, 1, 80],
    ['4', 'ben', 'c2', 1, 1, 160],
    ['5', 'ben', null, 1, 1, 320],
  ],
  users: [['ben', 3, 3, 560]],
  talks: [
    ['c1', 1, 1, 80],
    ['c2', 1, 1, 160],
  ],
  days: [[3, 3, 560]],
}

const AFTER_TRACE_3 = {
  events: [
    [1, 2],
    [2, 1],
    [4, 1],
    [5, 1],
  ],
  traces: [
    ['1', 'ann', 'c1', 2, 1, 10],
    ['2', 'ann', null, 1, 1, 20],
    ['4', 'ben', 'c2', 1, 1, 160],
    ['5', 'ben', null, 1, 1, 320],
  ],
  users: [
    ['ann', 3, 2, 30],
    ['ben', 2, 2, 480],
  ],
  talks: [
    ['c1', 2, 1, 10],
    ['c2', 1, 1, 160],
  ],
  days: [[4, 4, 510]],
}

async function request(tenantId: string, kind: SubjectKind, id: string): Promise<DeletionRow> {
  return await withRole(server.pool, 'observa_control', async (c) => {
    const actor = { kind: 'system', id: null } as const
    const wanted = { kind, id, projectId: null }
    const row = await requestDeletion({ client: c, actor, tenantId }, wanted, PLAIN_IDS)
    await updateDeletion(c, row, { state: 'deleting' })
    return row
  })
}

async function go(row: DeletionRow, cutter: Cutter): Promise<number> {
  const fresh = await withRole(server.pool, 'observa_control', (c) =>
    findDeletion(c, row.tenant_id, row.deletion_id),
  )
  const pool: PostgresPool = cut(server.pool, ['transaction'], cutter)
  const clickhouse = cut(client, ['query', 'command', 'insert'], cutter)
  const run = new DeletionRun({ pool, clickhouse }, fresh as DeletionRow, {
    signal: new AbortController().signal,
    log: silentLog,
  })
  await run.delete()
  return await run.countAfter()
}

for (const [kind, id, expected] of [
  ['user', 'ann', AFTER_ANN],
  ['trace', trace(3), AFTER_TRACE_3],
] as const)
  test(`a deletion of a ${kind}, cut off at any statement and run again, leaves the sums of what is left`, async () => {
    let isWhole = false
    for (let at = 1; !isWhole; at++) {
      const tenant = `${kind}-${at}`
      await seed(tenant)
      const row = await request(tenant, kind, id)
      const cutter = new Cutter(at, at % 2 === 0)
      isWhole = await go(row, cutter).then(
        () => true,
        (thrown: unknown) => {
          assert.ok(thrown instanceof CutOff, String(thrown))
          return false
        },
      )
      const left = await go(row, new Cutter(0, false))
      assert.equal(left, 0)
      assert.deepEqual(await stateOf(tenant), expected, `cut off at operation ${at}`)
    }
  })

test('the times of what is left are those of its events, to the nanosecond', async () => {
  const tenant = 'times'
  await seed(tenant)
  await go(await request(tenant, 'user', 'ann'), new Cutter(0, false))
  const scope = { tenantId: tenant, projectId: 'p' }
  // Of trace 3 the event of ben, the fifth, is left.
  const left = await findTrace(server.pool, scope, trace(3))
  const time = `2026-09-01T10:00:00.${NANOS + 4}Z`
  assert.deepEqual([left?.start_time, left?.end_time, left?.duration_ms], [time, time, 0])
  const talk = await findGroup(server.pool, scope, 'conversations', ['c1'])
  assert.deepEqual([talk?.first_at, talk?.last_at], [time, time])
})

test('a deletion leaves the same trace and user of another tenant alone', async () => {
  await seed('first')
  await seed('other')
  const was = await stateOf('other')
  await go(await request('first', 'user', 'ann'), new Cutter(0, false))
  assert.deepEqual(await stateOf('first'), AFTER_ANN)
  assert.deepEqual(await stateOf('other'), was)
})

test('a store that refuses at every try fails the deletion with the reason and what remains; started again, it is done', async () => {
  const tenant = 'refused'
  await seed(tenant)
  const row = await request(tenant, 'user', 'ann')
  const revoke = (verb: string): Promise<unknown> =>
    server.pool.query(
      `${verb} UPDATE ON trace_summaries ${verb === 'GRANT' ? 'TO' : 'FROM'} observa_exporter`,
    )
  const attempt = (n: number): Promise<void> =>
    runDeletion({ pool: server.pool, clickhouse: client }).run({
      id: row.deletion_id,
      payload: { tenant_id: tenant, deletion_id: row.deletion_id },
      attempt: n,
      signal: new AbortController().signal,
      log: silentLog,
    })
  const now = async (): Promise<DeletionRow> =>
    (await withRole(server.pool, 'observa_control', (c) =>
      findDeletion(c, tenant, row.deletion_id),
    )) as DeletionRow
  await revoke('REVOKE')
  try {
    await assert.rejects(attempt(RUN_DELETION.retries))
    assert.equal((await now()).state, 'deleting', 'another try follows')
    await assert.rejects(attempt(RUN_DELETION.retries + 1))
  } finally {
    await revoke('GRANT')
  }
  const failed = await now()
  assert.deepEqual([failed.state, failed.error_code], ['failed', '42501'])
  assert.match(failed.stores['postgres']?.detail ?? '', /deleting: 42501; 3 of 3 traces remain/)
  const change = { actor: { kind: 'operator', id: 'me' }, tenantId: tenant } as const
  const retry = (): Promise<DeletionRow> =>
    withTenant(
      server.pool,
      tenant,
      (c) => retryDeletion({ ...change, client: c }, row.deletion_id),
      { readOnly: false },
    )
  assert.deepEqual([(await retry()).state, (await now()).error_code], ['waiting', null])
  await assert.rejects(retry(), /only failed ones/)
  await withRole(server.pool, 'observa_control', (c) =>
    updateDeletion(c, row, { state: 'deleting' }),
  )
  assert.equal(await go(row, new Cutter(0, false)), 0)
  assert.deepEqual(await stateOf(tenant), AFTER_ANN)
})
