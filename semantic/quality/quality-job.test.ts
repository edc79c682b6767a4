// Tests the job `quality.score` on real stores: every stored event is checked once, whenever it arrives, and evaluations that a client
// sent are shown next to the scores.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import type { Signal } from '../../core/signals/signal.ts'
import { withTenant } from '../../storage/postgres/roles.ts'
import { rowsOf } from '../../storage/semantic/clickhouse-rows.ts'
import { takeDerivedSignals } from '../../storage/semantic/derived-signals.ts'
import { silentLog } from '../../storage/testing/stores.ts'
import { SEMANTIC_METRICS } from '../semantic-metrics.ts'
import { type SemanticStores, startSemanticStores } from '../testing/semantic-stores.ts'
import { type StoredCall, storeCalls } from '../testing/stored-calls.ts'
import { scoreQuality } from './quality-job.ts'

let stores: SemanticStores
before(async () => {
  stores = await startSemanticStores()
})
after(() => stores.stop())

const metrics = new Metrics()
metrics.declare(SEMANTIC_METRICS)

async function run(): Promise<void> {
  const job = scoreQuality({
    pool: stores.pool,
    clickhouse: stores.client,
    clock: systemClock,
    metrics,
  })
  const signal = new AbortController().signal
  await job.run({ id: job.kind.name, payload: {}, attempt: 1, signal, log: silentLog })
}

const store = (calls: readonly StoredCall[]): Promise<void> => storeCalls(stores.client, calls)

interface ScoreRow {
  readonly trace_id: string
  readonly name: string
  readonly value: number | null
  readonly source: string
}
const scoresIn = (project: string): Promise<readonly ScoreRow[]> =>
  rowsOf<ScoreRow>(
    stores.client,
    'SELECT trace_id, name, value, source FROM scores FINAL WHERE project_id = {project:String} ORDER BY name, trace_id',
    { project },
  )

test('every stored call is looked at once, late ones too, and faults are scores with evidence in both stores', async () => {
  const refused = "I'm sorry, but I can't help with that."
  await store([
    { project: 'a', trace: 1, ask: 'Write a poem.', answer: refused },
    { project: 'a', trace: 2, ask: 'Write a poem.', answer: 'Roses are red, violets are blue.' },
    { project: 'b', trace: 3, ask: 'Respond only with JSON.', answer: 'Sure, I can do that.' },
  ])
  await run()
  assert.deepEqual(
    (await scoresIn('a')).map(({ name, value, source }) => ({ name, value, source })),
    [{ name: 'refusal', value: 1, source: 'quality' }],
  )
  assert.deepEqual(
    (await scoresIn('b')).map((s) => s.name),
    ['format_violation'],
  )
  const shown = await withTenant(stores.pool, 't', (c) =>
    c.query<{ name: string; comment: string; author: string }>(
      "SELECT name, comment, author FROM scores WHERE project_id = 'a'",
    ),
  )
  assert.equal(shown.rows.length, 1)
  assert.match(shown.rows[0]?.comment ?? '', /quote: I'm sorry, but I can't help/)
  assert.equal(shown.rows[0]?.author, 'refusal@1')

  // A late event of the same hour arrives, the same rows are sent again, and one run finds nothing new.
  await store([
    { project: 'a', trace: 1, ask: 'Write a poem.', answer: refused },
    { project: 'a', trace: 4, ask: 'Write a poem.', answer: refused },
  ])
  await run()
  await run()
  assert.equal((await scoresIn('a')).length, 2)
  const seen = await rowsOf<{ n: number; rows: number }>(
    stores.client,
    "SELECT uniqExact(event_id)::UInt32 AS n, count()::UInt32 AS rows FROM scored_events WHERE project_id = 'a'",
    {},
  )
  assert.deepEqual(seen, [{ n: 3, rows: 3 }], 'nothing is looked at twice')
})

test('documents of the trace and the turn before in the conversation belong to a call', async () => {
  const docs = JSON.stringify([
    {
      id: 'd1',
      content:
        'The rent of the flat is 940 euros a month. It is due on the third day of every month.',
    },
  ])
  await store([
    { project: 'c', trace: 5, kind: 'retrieval', documents: docs, agoS: 9 },
    {
      project: 'c',
      trace: 5,
      ask: 'How much is the rent?',
      answer: 'The rent is 1,150 euros a month.',
      agoS: 8,
    },
    {
      project: 'c',
      trace: 6,
      ask: 'How much is the rent?',
      answer: 'It is 940 euros.',
      conversation: 'k',
      agoS: 7,
    },
    {
      project: 'c',
      trace: 7,
      ask: "That's wrong, I asked for the rent.",
      answer: 'I see.',
      conversation: 'k',
      agoS: 6,
    },
  ])
  await run()
  assert.deepEqual(
    (await scoresIn('c')).map((s) => s.name),
    ['ungrounded', 'user_frustration'],
  )
})

test('an evaluation that a stores.client sent is a score beside those of the checks', async () => {
  await store([
    {
      project: 'd',
      trace: 8,
      kind: 'evaluation',
      evaluation: { name: 'Relevance', score: 0.5, label: 'meh', explanation: 'because' },
    },
    {
      project: 'd',
      trace: 9,
      kind: 'span',
      evaluation: { name: 'Tone', score: null, label: 'rude', explanation: '' },
    },
  ])
  await run()
  assert.deepEqual(
    (await scoresIn('d')).map(({ name, value, source }) => ({ name, value, source })),
    [
      { name: 'Relevance', value: 0.5, source: 'sdk' },
      { name: 'Tone', value: null, source: 'sdk' },
    ],
  )
})

test('a share of faults that rises is one signal a day, and one that does not is none', async () => {
  const calls = (n: number, faults: number, agoS: number, project: string): StoredCall[] =>
    Array.from({ length: n }, (_, i) => ({
      project,
      trace: agoS * 1000 + i,
      ask: 'Write a poem about the sea.',
      answer: i < faults ? "I can't help with that." : `Waves roll in, wave ${i} of many.`,
      agoS,
    }))
  await store([
    ...calls(210, 4, 86_400, 'rise'),
    ...calls(60, 30, 60, 'rise'),
    ...calls(210, 100, 86_400, 'steady'),
    ...calls(60, 29, 60, 'steady'),
  ])
  await run()
  await run()
  const signals: Signal[] = []
  const taken = await takeDerivedSignals(
    stores.pool,
    async (all) => void signals.push(...all),
    new AbortController().signal,
  )
  assert.equal(taken, 1)
  const [first] = signals
  assert.equal(first?.type, 'quality_degradation')
  assert.equal(first?.project_id, 'rise')
  assert.equal(first?.value, 0.5)
  assert.equal(first?.evidence['faults'], 30)
  const examples = first?.evidence['example_traces']
  assert.ok(typeof examples === 'string')
  assert.equal(examples.split(' ').length, 3)
})
