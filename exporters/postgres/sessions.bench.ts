// What storing an event costs when 100,000 conversations, sessions and users are live: `node exporters/postgres/sessions.bench.ts`.
// Each trace of seven events changes the rows of an owner of its own, in an order that is not that of the rows.
// `bench/scenarios/sessions.ts` measures the same with the whole product around it.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { N, R } from '../../core/fields.ts'
import { Metrics } from '../../core/metrics.ts'
import type { EncodedPart } from '../../core/task.ts'
import { silentLog, startTestPostgres } from '../../storage/testing/stores.ts'
import { sampleEvents, setTime } from '../clickhouse/testing/sample-events.ts'
import { encoder } from './encode.ts'
import { postgres } from './index.ts'
import { serverSeconds } from './testing/server-seconds.ts'

const OWNERS = 100_000
/** Prime to the number of owners, so that its multiples visit each. */
const STEP = 61_803
const BATCH = 5000
const TASK = 500
const SPANS = 7
const BATCHES = Number(process.argv[2] ?? 60)

let traces = 0

/** The documents of `count` events of traces of `spans` events each. */
function parts(count: number, spans: number): EncodedPart[] {
  const out: EncodedPart[] = []
  for (let first = 0; first < count; first += TASK) out.push(...task(spans))
  return out
}

function task(spans: number): EncodedPart[] {
  const events = sampleEvents({ count: TASK, tenantId: 'bench', seed: traces + 1 })
  const now = Date.now()
  for (let e = 0; e < TASK; e++) {
    if (e % spans === 0) traces++
    const owner = (traces * STEP) % OWNERS
    const id = Buffer.alloc(16)
    id.writeUInt32LE(Math.imul(traces, 0x9e3779b1) >>> 0)
    id.writeUInt32LE(traces, 8)
    events.setRange(e, R.trace_id, events.arena.append(id), 16)
    events.setText(e, R.kind, 'llm')
    events.setText(e, R.user_id, `user-${owner}`)
    events.setText(e, R.session_id, `session-${owner}`)
    events.setText(e, R.conversation_id, `conversation-${owner}`)
    events.setText(e, R.response_model, 'gpt-x')
    setTime(events, e, R.start_time, BigInt(now - 1000 + e) * 1_000_000n)
    setTime(events, e, R.end_time, BigInt(now + e) * 1_000_000n)
    events.setNum(e, N.input_tokens, 10)
    events.setNum(e, N.output_tokens, 5)
    events.setNum(e, N.total_tokens, 15)
    events.setNum(e, N.cost_usd, 0.25)
    events.setNum(e, N.usage_aggregate, 0)
  }
  const ctx = { count: () => {}, signal: () => {}, signals: [], explain: false }
  const batch = { batch: events.batch, events, signals: [] }
  return encoder('postgres', {}).encode(batch, new Set(), ctx)
}

const server = await startTestPostgres()
const dataDir = mkdtempSync(join(tmpdir(), 'observa-postgres-bench-'))
const config = postgres.schema.parse({ url: server.url })
const sender = await postgres.createSender(config, {
  id: 'bench',
  log: silentLog,
  metrics: new Metrics(),
  clock: systemClock,
  random: Math.random,
  dataDir,
  progress: () => {},
})
await sender.start(new AbortController().signal)
let sequence = 0n

async function send(batch: EncodedPart[]): Promise<void> {
  sequence++
  const sent = await sender.send(
    {
      batchId: sequence.toString(16).padStart(32, '0'),
      firstSequence: sequence,
      lastSequence: sequence,
      parts: batch,
    },
    new AbortController().signal,
  )
  if (sent.kind !== 'sent') throw new Error(JSON.stringify(sent))
}

/** Updates, HOT updates, dead rows and bytes of the groups' tables and of the traces. */
async function tables(): Promise<Record<string, Record<string, number>>> {
  // The counters are behind by up to a second.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const { rows } = await server.pool.query<Record<string, number> & { name: string }>(
    `SELECT relname AS name, n_tup_upd::float8 AS updates, n_tup_hot_upd::float8 AS hot, n_dead_tup::float8 AS dead, seq_scan::float8 AS scans,
       pg_table_size(relid)::float8 AS bytes, pg_indexes_size(relid)::float8 AS "indexBytes" FROM pg_stat_user_tables
     WHERE relname IN ('trace_summaries', 'conversations', 'sessions', 'end_users', 'usage_daily')`,
  )
  return Object.fromEntries(rows.map(({ name, ...counts }) => [name, counts]))
}

async function walBytes(): Promise<number> {
  const sql = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS n"
  return (await server.pool.query<{ n: number }>(sql)).rows[0]?.n ?? 0
}

for (let i = 0; i < OWNERS; i += BATCH) {
  await send(parts(BATCH, 1))
  await server.pool.query('ANALYZE')
}
const before = await tables()
const batches = Array.from({ length: BATCHES }, () => parts(BATCH, SPANS))
const cpu = process.cpuUsage()
const serverBefore = serverSeconds(server.dataDir)
const wal = await walBytes()
const startedAt = performance.now()
for (const batch of batches) await send(batch)
const wallMs = performance.now() - startedAt
const { user, system } = process.cpuUsage(cpu)
const serverS = serverSeconds(server.dataDir) - serverBefore
const events = BATCH * BATCHES
const us = (value: number): string => (value / events).toFixed(1)
console.log(
  `${us(user + system)} µs of CPU in the collector, ${us(serverS * 1e6)} µs in the server, ${us(wallMs * 1000)} µs waited, ` +
    `${us((await walBytes()) - wal)} bytes of WAL, an event`,
)
const after = await tables()
for (const [
  name,
  { updates = 0, hot = 0, dead = 0, scans = 0, bytes = 0, indexBytes = 0 },
] of Object.entries(after)) {
  const b = before[name] ?? {}
  const changed = updates - (b['updates'] ?? 0)
  const mb = (now: number, then = 0): string =>
    `${(now / 1e6).toFixed(1)} MB (+${((now - then) / 1e6).toFixed(1)})`
  console.log(
    `${name.padEnd(16)} ${changed} updates, ${((100 * (hot - (b['hot'] ?? 0))) / Math.max(1, changed)).toFixed(0)} % HOT, ${dead} dead rows, ` +
      `${scans - (b['scans'] ?? 0)} sequential scans, table ${mb(bytes, b['bytes'])}, indexes ${mb(indexBytes, b['indexBytes'])}`,
  )
}
await sender.stop()
await server.stop()
rmSync(dataDir, { recursive: true, force: true })
