// Changes of scores in a real Postgres: who makes them is told from who reads them only if somebody reads.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ScoreChange } from '../../core/scores/score-change.ts'
import type { Statements } from '../postgres/connection.ts'
import { withRole, withTenant } from '../postgres/roles.ts'
import { addScore } from '../queries/scores.ts'
import { startTestPostgres, type TestPostgres } from '../testing/stores.ts'
import { noteScoreReader, takeScoreChanges } from './score-changes.ts'
import { type Score, showScoresOf } from './scores.ts'

let server: TestPostgres
before(async () => {
  server = await startTestPostgres()
})
after(() => server.stop())

const never = new AbortController().signal
const SCOPE = { tenantId: 'acme', projectId: 'web' }
const TRACE = 'a'.repeat(32)

async function taken(): Promise<ScoreChange[]> {
  const out: ScoreChange[] = []
  const take = async (changes: readonly ScoreChange[]): Promise<void> => void out.push(...changes)
  while ((await takeScoreChanges(server.pool, take, never)) > 0);
  return out
}

const judged = (value: number): Score => ({
  ...SCOPE,
  environment: '',
  traceId: TRACE,
  spanId: 'b'.repeat(16),
  eventId: 'c'.repeat(32),
  name: 'faithfulness',
  value,
  label: '',
  evidence: {},
  source: 'judge',
  evaluator: 'judge-faithfulness@1',
  model: 'm',
  at: '0',
})

const given = (name: string): ReturnType<typeof addScore> =>
  asTenant((client) =>
    addScore(client, SCOPE, {
      traceId: TRACE,
      spanId: null,
      name,
      value: 'good',
      comment: 'a comment',
      source: 'user',
      author: 'ada',
    }),
  )

const asTenant = <T>(work: (client: Statements) => Promise<T>): Promise<T> =>
  withTenant(server.pool, SCOPE.tenantId, work, { readOnly: false })

test('nothing is noted before somebody reads', async () => {
  await given('unread')
  assert.deepEqual(await taken(), [])
})

test('scores of jobs and of people are told once, and again when they change', async () => {
  await noteScoreReader(server.pool)
  const row = await given('read')
  await showScoresOf(server.pool, [judged(0.25)])
  const [first, second, ...more] = await taken()
  assert.equal(more.length, 0)
  assert.partialDeepStrictEqual(first, {
    tenant_id: 'acme',
    project_id: 'web',
    trace_id: TRACE,
    span_id: null,
    score_id: row.score_id,
    name: 'read',
    value: 'good',
    comment: 'a comment',
    author: 'ada',
    deleted: false,
  })
  assert.partialDeepStrictEqual(second, { name: 'faithfulness', value: 0.25, source: 'judge' })
  assert.match(second?.at ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
  await showScoresOf(server.pool, [judged(0.25)])
  assert.deepEqual(await taken(), [], 'a job that runs again changes nothing')
  await showScoresOf(server.pool, [judged(0.5)])
  await showScoresOf(server.pool, [judged(0.75)])
  assert.deepEqual(
    (await taken()).map(({ value }) => value),
    [0.75],
    'only the newest state waits',
  )
})

test('a change waits when it could not be taken, and is gone without a trace of its text when its score was deleted', async () => {
  await given('waits')
  const refuse = (): Promise<never> => Promise.reject(new Error('the log is full'))
  await assert.rejects(takeScoreChanges(server.pool, refuse, never), /the log is full/)
  await asTenant((client) => client.query("DELETE FROM scores WHERE name = 'waits'", []))
  const found = await taken()
  assert.deepEqual(
    found.map(({ deleted, comment }) => [deleted, comment]),
    [[true, undefined]],
  )
})

test('what retention removes is not told, and what waited of it goes', async () => {
  await given('old')
  await withRole(server.pool, 'observa_exporter', (client) =>
    client.query("DELETE FROM scores WHERE name = 'old'", []),
  )
  assert.deepEqual(await taken(), [])
})

test('a tenant sees no changes of another one', async () => {
  await given('mine')
  const seen = await withTenant(server.pool, 'other', (client) =>
    client.query('SELECT FROM score_changes', []),
  )
  assert.equal(seen.rows.length, 0)
  await taken()
})
