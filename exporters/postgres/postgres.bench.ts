// What storing an event in Postgres costs, with and without a row in `counted_events`: `node exporters/postgres/postgres.bench.ts`.
// A batch has 1000 priced calls of one project. The table holds a million rows of earlier events, about what a project that
// sends 20 events a minute without a trace has after 35 days. Its row costs the
// server 13 µs and the collector 6 µs, so that such an event is still cheaper than one of a trace (2026-11-30, 2-core VM under load).

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import { N, R } from '../../core/fields.ts'
import { Metrics } from '../../core/metrics.ts'
import type { EncodedPart } from '../../core/task.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { silentLog, startTestPostgres } from '../../storage/testing/stores.ts'
import { sampleEvents } from '../clickhouse/testing/sample-events.ts'
import { encoder } from './encode.ts'
import { postgres } from './index.ts'
import { serverSeconds } from './testing/server-seconds.ts'

const BATCH = 1000
const BATCHES = 60
const EARLIER = 1_000_000
/** Rows inserted by one statement, which has a time limit. */
const FILL = 50_000

const KINDS = [
  { name: 'in traces of 10', hasId: true, traceOf: (n: number) => Math.floor(n / 10) },
  { name: 'without a trace', hasId: true, traceOf: () => null },
  // No event is without an id. It is what an event without a trace costs where it needs no row.
  { name: 'without either', hasId: false, traceOf: () => null },
] as const

function parts(round: number, { hasId, traceOf }: (typeof KINDS)[number]): EncodedPart[] {
  const events = sampleEvents({ count: BATCH, tenantId: 'bench', seed: round + 1 })
  for (let e = 0; e < BATCH; e++) {
    const trace = traceOf(e)
    if (!hasId) events.clear(e, R.event_id)
    if (trace === null) events.clear(e, R.trace_id)
    else {
      const id = Buffer.alloc(16)
      id.writeUInt32LE(round * BATCH + trace + 1)
      events.setRange(e, R.trace_id, events.arena.append(id), 16)
    }
    events.setText(e, R.kind, 'llm')
    events.setText(e, R.user_id, `user ${e % 50}`)
    events.setText(e, R.response_model, 'gpt-x')
    events.setNum(e, N.input_tokens, 10)
    events.setNum(e, N.output_tokens, 5)
    events.setNum(e, N.total_tokens, 15)
    events.setNum(e, N.cost_usd, 0.25)
    events.setNum(e, N.usage_aggregate, 0)
  }
  const ctx = { count: () => {}, signal: () => {}, signals: [], explain: false }
  return encoder('postgres', {}).encode(
    { batch: events.batch, events, signals: [] },
    new Set(),
    ctx,
  )
}

const server = await startTestPostgres()
const dataDir = mkdtempSync(join(tmpdir(), 'observa-postgres-bench-'))
for (let i = 0; i < EARLIER / FILL; i++)
  await withRole(server.pool, 'observa_exporter', (client) =>
    client.query(
      `INSERT INTO counted_events (tenant_id, project_id, trace_id, event)
       SELECT 'bench', 'default', '', (random() * 9007199254740991)::bigint FROM generate_series(1, ${FILL})
       ON CONFLICT DO NOTHING`,
    ),
  )
let round = 0
let sequence = 0n
for (const kind of KINDS) {
  const { name } = kind
  const config = postgres.schema.parse({ url: server.url })
  const sender = await postgres.createSender(config, {
    id: `bench/${name}`,
    log: silentLog,
    metrics: new Metrics(),
    clock: systemClock,
    random: Math.random,
    dataDir,
    progress: () => {},
  })
  await sender.start(new AbortController().signal)
  const batches = Array.from({ length: BATCHES }, () => parts(round++, kind))
  const cpu = process.cpuUsage()
  const before = serverSeconds(server.dataDir)
  const startedAt = performance.now()
  for (const batch of batches) {
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
  const wallMs = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpu)
  const events = BATCH * BATCHES
  console.log(
    `${name.padEnd(18)}${((user + system) / events).toFixed(1).padStart(6)} µs of CPU in the collector, ` +
      `${(((serverSeconds(server.dataDir) - before) * 1e6) / events).toFixed(1).padStart(6)} µs in the server, ` +
      `${((wallMs * 1000) / events).toFixed(1).padStart(6)} µs waited, an event`,
  )
  await sender.stop()
}
await server.stop()
rmSync(dataDir, { recursive: true, force: true })
