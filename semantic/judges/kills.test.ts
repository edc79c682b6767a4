// Runs four job workers as processes against an endpoint that is in turn wrong, hostile, busy, broken and slow, and kills three of the
// workers while they judge. No question is lost, no cap is exceeded, and calls that are paid twice are counted.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { stringify } from 'yaml'
import { withRole } from '../../storage/postgres/roles.ts'
import { connectClickHouse } from '../../storage/semantic/clickhouse-rows.ts'
import { startTestClickHouse, startTestPostgres } from '../../storage/testing/stores.ts'
import { type Behaviour, drawnBy, FakeEndpoint, PLANTED } from '../testing/fake-endpoint.ts'
import { storeCalls } from '../testing/stored-calls.ts'

const MAIN = join(import.meta.dirname, '../../collector/main.ts')
const DEADLINE_MS = 240_000
const WORKERS = 4
const KILLS = 3
const CAP_USD = 0.1
/** The number of calls of a tenant within the cap, and of a tenant above the cap. */
const FEW = 50
const MANY = 200
const TIMEOUT_MS = 2000

/** One fifth of the questions fail at the first attempt. */
function behave(question: string, times: number): Behaviour {
  const drawn = drawnBy(`trouble ${question}`)
  if (times > 0 || drawn > 0.2) return drawn > 0.9 ? 'stream' : 'answer'
  const kinds: Behaviour[] = ['busy', 'error', 'broken', 'refusal', 'slow']
  return kinds[Math.floor(drawn * 25)] ?? 'answer'
}

interface Spend {
  readonly tenant_id: string
  readonly settled: number
  readonly reserved: number
  readonly lost: number
}

test('4 workers and 3 kills: no question is lost, spend stays within its cap, and what is paid again is counted', async (t) => {
  const [clickhouse, postgres] = await Promise.all([startTestClickHouse(), startTestPostgres()])
  const fake = await FakeEndpoint.start({
    wrong: 0.2,
    hostile: 0.05,
    behave,
    slowMs: TIMEOUT_MS + 1000,
    latencyMs: 60,
  })
  const dir = mkdtempSync(join(tmpdir(), 'observa-judges-'))
  const children = new Set<ChildProcess>()
  let told = ''
  t.after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await fake.stop()
    await Promise.all([clickhouse.stop(), postgres.stop()])
    rmSync(dir, { recursive: true, force: true })
  })
  const client = connectClickHouse({
    kind: 'clickhouse',
    url: clickhouse.url,
    database: clickhouse.database,
  })
  for (const [tenant, n] of [
    ['few', FEW],
    ['many', MANY],
  ] as const)
    await storeCalls(
      client,
      Array.from({ length: n }, (_, i) => ({
        tenant,
        project: 'p',
        trace: i,
        ask: `Tell ${tenant} about number ${i}.`,
        answer: i % 3 === 0 ? `Everybody knows that ${PLANTED}, also ${i}.` : `${i} is a number.`,
      })),
    )
  await client.close()
  const file = join(dir, 'observa.yaml')
  writeFileSync(
    file,
    stringify(configOf(clickhouse.url, clickhouse.database, postgres.url, fake.url, dir)),
  )
  const start = (): void => {
    const child = spawn(
      process.execPath,
      [MAIN, 'worker', '--config', file, '--database', postgres.url],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
    children.add(child)
    child.stderr?.on('data', (chunk: Buffer) => {
      told = (told + chunk.toString()).slice(-4000)
    })
    child.once('exit', () => children.delete(child))
  }
  for (let i = 0; i < WORKERS; i++) start()

  const ask = async <T>(sql: string): Promise<T[]> =>
    (await withRole(postgres.pool, 'observa_exporter', (c) => c.query(sql))).rows as T[]
  const deadline = performance.now() + DEADLINE_MS
  const until = async (isTrue: () => Promise<boolean>, what: string): Promise<void> => {
    while (!(await isTrue())) {
      assert.ok(performance.now() < deadline, `${what}; the workers said: ${told}`)
      await delay(20)
    }
  }
  for (let kill = 1; kill <= KILLS; kill++) {
    await until(async () => fake.requests.length >= kill * 25, `${kill * 25} requests`)
    // A request has just arrived, so its worker is waiting for the response.
    const [victim] = children
    victim?.kill('SIGKILL')
    start()
  }
  await until(async () => {
    const [row] = await ask<{ all: number; waiting: number }>(
      `SELECT count(*)::int AS all, count(*) FILTER (WHERE state = 'waiting')::int AS waiting FROM judge_requests`,
    )
    return row?.all === FEW + MANY && row.waiting === 0
  }, 'every question has an end')

  const states = await ask<{ tenant_id: string; state: string; outcome: string; n: number }>(
    'SELECT tenant_id, state, outcome, count(*)::int AS n FROM judge_requests GROUP BY 1, 2, 3 ORDER BY 1, 2, 3',
  )
  const spends = await ask<Spend>(
    'SELECT tenant_id, settled::float8 AS settled, reserved::float8 AS reserved, lost::float8 AS lost FROM semantic_spend',
  )
  const charged = fake.charges.reduce(
    (sum, c) => sum + c.inputTokens * 1000 + c.outputTokens * 2000,
    0,
  )
  t.diagnostic(JSON.stringify({ states, spends, charged, charges: fake.charges.length }))
  const few = states.filter((s) => s.tenant_id === 'few')
  assert.equal(
    few.reduce((n, s) => n + s.n, 0),
    FEW,
  )
  assert.ok(
    few.every((s) => s.state === 'done'),
    'within its cap everything is judged',
  )
  assert.ok(states.some((s) => s.tenant_id === 'many' && s.outcome === 'over_budget'))
  for (const { tenant_id, settled, reserved } of spends) {
    assert.ok(settled <= CAP_USD * 1e9, `${tenant_id} settled ${settled}`)
    assert.equal(reserved, 0, `${tenant_id} has reservations left`)
  }
  const settled = spends.reduce((sum, s) => sum + s.settled, 0)
  assert.ok(charged <= settled, `${charged} charged, ${settled} settled`)

  // A question may be paid twice only if its worker was killed or the response came too late.
  const seen = new Map<string, number>()
  for (const c of fake.charges) seen.set(c.question, (seen.get(c.question) ?? 0) + 1)
  const again = [...seen.values()].reduce((n, times) => n + times - 1, 0)
  const late = fake.charges.filter((c) => c.behaviour === 'slow').length
  const lost = spends.reduce((n, s) => n + s.lost, 0)
  assert.ok(again - late <= KILLS, `${again} paid again, ${late} came too late`)
  assert.ok(lost <= KILLS, `${lost} lost`)
  assert.ok(again - late <= lost, 'and each of them is counted')
})

function configOf(
  clickhouse: string,
  database: string,
  postgres: string,
  fake: string,
  dir: string,
): object {
  return {
    data_dir: join(dir, 'data'),
    receivers: { otlp: {} },
    processors: { scrub: {}, canonicalize: {} },
    exporters: { clickhouse: { url: clickhouse, database }, postgres: { url: postgres } },
    service: {
      pipelines: {
        traces: {
          receivers: ['otlp'],
          processors: ['scrub', 'canonicalize'],
          exporters: ['clickhouse', 'postgres'],
        },
      },
    },
    semantic: {
      quality: { enabled: false },
      judges: {
        url: fake,
        model: 'judge-model',
        timeout: `${TIMEOUT_MS}ms`,
        concurrency: 1,
        usd_per_day: CAP_USD,
        input_usd_per_million: 1,
        output_usd_per_million: 2,
        max_output_tokens: 500,
        rules: [{ name: 'all', rate: 1, use: ['hallucination'] }],
      },
    },
  }
}
