// What storing an event costs when 100,000 conversations, sessions and users are live: `node exporters/postgres/sessions.bench.ts`.
// Each trace of seven events changes the rows of an owner of its own, in an order that is not that of the rows.
// `bench/scenarios/sessions.ts` measures the same with the whole product around it.

import { R } from '../../core/fields.ts'
import type { EncodedPart } from '../../core/task.ts'
import { sampleEvents, setTime } from '../clickhouse/testing/sample-events.ts'
import { partsOf, setCall, startBenchStore } from './testing/bench-store.ts'

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
    setCall(events, e, id)
    events.setText(e, R.user_id, `user-${owner}`)
    events.setText(e, R.session_id, `session-${owner}`)
    events.setText(e, R.conversation_id, `conversation-${owner}`)
    setTime(events, e, R.start_time, BigInt(now - 1000 + e) * 1_000_000n)
    setTime(events, e, R.end_time, BigInt(now + e) * 1_000_000n)
  }
  return partsOf(events)
}

const store = await startBenchStore()
const sender = await store.sender('bench')

/** Updates, HOT updates, dead rows and bytes of the groups' tables and of the traces. */
async function tables(): Promise<Record<string, Record<string, number>>> {
  // The counters are behind by up to a second.
  await new Promise((resolve) => setTimeout(resolve, 1500))
  const { rows } = await store.pool.query<Record<string, number> & { name: string }>(
    `SELECT relname AS name, n_tup_upd::float8 AS updates, n_tup_hot_upd::float8 AS hot, n_dead_tup::float8 AS dead, seq_scan::float8 AS scans,
       pg_table_size(relid)::float8 AS bytes, pg_indexes_size(relid)::float8 AS "indexBytes" FROM pg_stat_user_tables
     WHERE relname IN ('trace_summaries', 'conversations', 'sessions', 'end_users', 'usage_daily')`,
  )
  return Object.fromEntries(rows.map(({ name, ...counts }) => [name, counts]))
}

async function walBytes(): Promise<number> {
  const sql = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS n"
  return (await store.pool.query<{ n: number }>(sql)).rows[0]?.n ?? 0
}

for (let i = 0; i < OWNERS; i += BATCH) {
  await sender.send(parts(BATCH, 1))
  await store.pool.query('ANALYZE')
}
const before = await tables()
const batches = Array.from({ length: BATCHES }, () => parts(BATCH, SPANS))
const wal = await walBytes()
const events = BATCH * BATCHES
const { collectorUs, serverUs, waitedUs } = await store.costOf(sender, batches, events)
console.log(
  `${collectorUs.toFixed(1)} µs of CPU in the collector, ${serverUs.toFixed(1)} µs in the server, ${waitedUs.toFixed(1)} µs waited, ` +
    `${(((await walBytes()) - wal) / events).toFixed(1)} bytes of WAL, an event`,
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
await store.stop()
