// What storing an event in Postgres costs, with and without a row in `counted_events`: `node exporters/postgres/postgres.bench.ts`.
// A batch has 1000 priced calls of one project. The table holds a million rows of earlier events, about what a project has after
// 35 days that sends 20 events a minute without a trace. The row of an event costs the server 13 µs and the collector 6 µs, so
// that such an event is still cheaper than one of a trace (2026-11-30, 2-core VM under load).

import { R } from '../../core/fields.ts'
import type { EncodedPart } from '../../core/task.ts'
import { withRole } from '../../storage/postgres/roles.ts'
import { sampleEvents } from '../clickhouse/testing/sample-events.ts'
import { partsOf, setCall, startBenchStore } from './testing/bench-store.ts'

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
    const id = trace === null ? null : Buffer.alloc(16)
    if (trace !== null) id?.writeUInt32LE(round * BATCH + trace + 1)
    setCall(events, e, id)
    if (!hasId) events.clear(e, R.event_id)
    events.setText(e, R.user_id, `user ${e % 50}`)
  }
  return partsOf(events)
}

const store = await startBenchStore()
for (let i = 0; i < EARLIER / FILL; i++)
  await withRole(store.pool, 'observa_exporter', (client) =>
    client.query(
      `INSERT INTO counted_events (tenant_id, project_id, trace_id, event)
       SELECT 'bench', 'default', '', (random() * 9007199254740991)::bigint FROM generate_series(1, ${FILL})
       ON CONFLICT DO NOTHING`,
    ),
  )
let round = 0
for (const kind of KINDS) {
  const sender = await store.sender(`bench/${kind.name}`)
  const batches = Array.from({ length: BATCHES }, () => parts(round++, kind))
  const { collectorUs, serverUs, waitedUs } = await store.costOf(sender, batches, BATCH * BATCHES)
  const us = (value: number): string => value.toFixed(1).padStart(6)
  console.log(
    `${kind.name.padEnd(18)}${us(collectorUs)} µs of CPU in the collector, ${us(serverUs)} µs in the server, ${us(waitedUs)} µs waited, an event`,
  )
  await sender.stop()
}
await store.stop()
