// Measures what layer 3 costs for calls that are not sampled: `node bench/semantic/unsampled.bench.ts [calls]`. Nothing of it is on the path
// of a span. What remains is the job that looks at stored calls for those that are sampled: the CPU time of the engine and of this process,
// for each call that it leaves out.

import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../core/clock.ts'
import { Metrics } from '../../core/metrics.ts'
import { EndpointClient } from '../../semantic/endpoint/endpoint-client.ts'
import { SEMANTIC_METRICS } from '../../semantic/semantic-metrics.ts'
import { startSemanticStores } from '../../semantic/testing/semantic-stores.ts'
import { embedSample } from '../../semantic/vectors/embed-job.ts'
import { Embedder } from '../../semantic/vectors/embedder.ts'
import { rowsOf } from '../../storage/semantic/clickhouse-rows.ts'
import { silentLog } from '../../storage/testing/stores.ts'
import { ProcessTree } from '../cpu.ts'

const CALLS = Number(process.argv[2] ?? 50_000)
const ROUNDS = 5
/** Of one insert: its block is made in the memory of the engine. */
const ROWS = 10_000

const stores = await startSemanticStores()
const { client, pool } = stores
const metrics = new Metrics()
metrics.declare(SEMANTIC_METRICS)
const endpoint = { url: 'http://127.0.0.1:9/v1', key: null, allowLinkLocal: false, timeoutMs: 1000 }
const settings = {
  endpoint,
  model: 'e',
  dimensions: null,
  batch: 64,
  usdPerDay: 1,
  priceNano: () => 0,
}
const embedder = new Embedder(settings, {
  pool,
  clock: systemClock,
  metrics,
  client: new EndpointClient(endpoint, systemClock),
  capNano: 1e9,
  callsMax: 1e6,
})
const job = embedSample({
  pool,
  clickhouse: client,
  clock: systemClock,
  metrics,
  embedder,
  sampling: {
    rate: 0,
    rules: [],
    always: ['errors', 'high_severity', 'feedback'],
    tracesPerDay: 1000,
  },
})

const tree = new ProcessTree({ pid: process.pid, marker: 'none' })
const each: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  await insertCalls(round)
  await mergesDone()
  const before = tree.usage().cpuSeconds
  await job.run({
    id: 'x',
    payload: {},
    attempt: 1,
    signal: new AbortController().signal,
    log: silentLog,
  })
  each.push(((tree.usage().cpuSeconds - before) * 1e6) / CALLS)
}
const texts = each.map((us) => us.toFixed(2))
process.stdout.write(
  `µs CPU for each of ${CALLS.toLocaleString('en-US')} new calls of an hour, run after run: ${texts.join(', ')}\n`,
)
await stores.stop()

/** Merges would be counted too. */
async function mergesDone(): Promise<void> {
  for (let quiet = 0; quiet < 5; ) {
    const [row] = await rowsOf<{ n: number }>(
      client,
      'SELECT toUInt32(count()) AS n FROM system.merges',
      {},
    )
    quiet = row?.n === 0 ? quiet + 1 : 0
    await sleep(200)
  }
}

/** Calls of this hour, each a trace of its own, with content, in the size of real ones. */
async function insertCalls(round: number): Promise<void> {
  const text = 'x'.repeat(1500)
  for (let from = 0; from < CALLS; from += ROWS)
    await client.command({
      query: `INSERT INTO canonical_events (event_id, tenant_id, project_id, trace_id, span_id, kind, name, response_model, status, start_time,
        input_messages, output_messages, received_at, version)
        SELECT MD5(concat('event ${round} ', toString(number))), 't', 'p', MD5(concat('trace ${round} ', toString(number))),
          substring(MD5(toString(number)), 1, 8), 'llm', 'chat', 'gpt-test', 'ok', now64(9), '${text}', '${text}', now64(3), 1
        FROM numbers(${from}, ${Math.min(ROWS, CALLS - from)})`,
    })
}
